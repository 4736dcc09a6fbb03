from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from facerec.collecting import guidance
from facerec.collecting.capture import FaceCollector
from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.faces import drawing, images
from facerec.faces.detection import Box, Face
from tests.examples import COLORS, FixedDetector, scene
from tests.waiting import until

BOX = Box(100, 60, 80, 80)
FRAME = scene((BOX, COLORS["Ada"]))
# Eyes, nose and mouth of a face that looks straight at the camera.
LANDMARKS = np.array([[120, 90], [160, 90], [140, 113], [124, 130], [156, 130]], np.float32)


class Clock:
    """Stands for the time module of ``facerec.collecting.capture``."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("facerec.collecting.capture.time", clock)
    return clock


@pytest.fixture
def folder(home: Path) -> FaceFolder:
    return FaceFolder.create("captured")


@pytest.fixture
def made(folder: FaceFolder, clock: Clock, monkeypatch) -> Iterator[Callable[..., FaceCollector]]:
    """Makes collectors of which the worker works at once, in place of beside the video."""
    monkeypatch.setattr("facerec.collecting.capture.NewestFrameWorker", WorkAtOnce)
    collectors = []

    def make(*people: tuple[str, int], **options: object) -> FaceCollector:
        collectors.append(FaceCollector(folder, people, "morning", FixedDetector([BOX]), **options))
        return collectors[-1]

    yield make
    for collector in collectors:
        collector.close()


@pytest.fixture
def collector(made: Callable[..., FaceCollector]) -> FaceCollector:
    """One that is recording Ada."""
    collector = made(("Ada", 3))
    collector.record()
    return collector


class WorkAtOnce(SimpleNamespace):
    def __init__(self, work: Callable) -> None:
        super().__init__(work=work, error=None)

    def submit(self, frame: np.ndarray) -> None:
        self.work(frame)

    def close(self) -> None:
        pass


def show(collector: FaceCollector) -> np.ndarray:
    frame = av.VideoFrame.from_ndarray(FRAME, format="rgb24")
    return collector.video_frame(frame).to_ndarray(format="rgb24")


def show_many(collector: FaceCollector, clock: Clock, count: int) -> None:
    """Show frames that are far enough apart for an image each."""
    for _ in range(count):
        clock.now += 1
        show(collector)


def saved(collector: FaceCollector) -> list[int]:
    return [person.saved for person in collector.state.people]


def test_images_are_spaced_in_time_until_there_are_enough(
    collector: FaceCollector, folder: FaceFolder, clock: Clock
) -> None:
    counts = []
    for clock.now in (0.0, 0.1, 0.2, 0.3, 0.5, 0.9, 1.3):
        show(collector)
        counts.append(collector.state.person.saved)
    assert counts == [1, 1, 2, 2, 3, 3, 3]
    assert collector.state.done and not collector.state.recording
    assert len(folder.face_files("Ada")) == 3


@pytest.mark.parametrize(
    ("boxes", "hint"),
    [
        ([], guidance.NO_FACE),
        ([BOX, Box(10, 10, 80, 80)], guidance.SEVERAL),
        ([Box(10, 10, 40, 50)], guidance.TOO_FAR),
    ],
)
def test_only_a_single_face_of_usable_size_is_taken(
    collector: FaceCollector, folder: FaceFolder, boxes: list[Box], hint: guidance.Hint
) -> None:
    collector.detector.boxes = boxes
    show(collector)
    assert collector.state.recording and collector.state.hint == hint
    assert [face.box for face in collector.state.faces] == boxes
    assert saved(collector) == [0] and folder.face_files() == []


def test_other_hints_do_not_stop_recording(collector: FaceCollector) -> None:
    collector.detector.boxes = [Box(-20, 60, 100, 100)]
    show(collector)
    assert collector.state.hint == guidance.OUTSIDE and saved(collector) == [1]


def test_nothing_is_taken_before_recording(made, folder: FaceFolder) -> None:
    collector = made(("Ada", 3))
    show(collector)
    assert saved(collector) == [0] and len(collector.state.faces) == 1
    assert collector.state.hint == guidance.Hint()


def test_one_person_after_the_other(made, folder: FaceFolder, clock: Clock) -> None:
    collector = made(("Ada", 2), ("Zoë", 3))
    collector.record()
    show_many(collector, clock, 5)
    assert saved(collector) == [2, 0]
    assert collector.state.person.name == "Zoë" and not collector.state.recording
    # What is known of Ada's images is written while Zoë sits down.
    assert len(folder.details()) == 2
    collector.record()
    show_many(collector, clock, 2)
    collector.pause()
    show_many(collector, clock, 2)
    assert saved(collector) == [2, 2] and len(folder.details()) == 4
    collector.record()
    show_many(collector, clock, 2)
    assert saved(collector) == [2, 3] and collector.state.done
    assert folder.sessions() == {"Ada": ["morning"], "Zoë": ["morning"]}
    assert folder.counts() == {"Ada": 2, "Zoë": 3}


def test_who_is_skipped_comes_last(made, clock: Clock) -> None:
    collector = made(("Ada", 1), ("Ben", 1), ("Zoë", 1))
    assert collector.state.following == 1
    collector.choose(1)
    assert collector.state.following == 2
    order = []
    while not collector.state.done:
        order.append(collector.state.person.name)
        collector.record()
        show_many(collector, clock, 1)
    assert order == ["Ben", "Zoë", "Ada"]
    assert collector.state.following is None


def test_more_images_of_one_who_is_complete(made, clock: Clock) -> None:
    collector = made(("Ada", 2), ("Zoë", 1))
    collector.record()
    show_many(collector, clock, 2)
    for total in (4, 6):
        collector.choose(0)
        collector.record()
        show_many(collector, clock, 5)
        assert saved(collector) == [total, 0]
        assert collector.state.person.name == "Zoë"


def test_choosing_somebody_else_pauses(collector: FaceCollector, clock: Clock) -> None:
    collector.choose(0)
    show_many(collector, clock, 2)
    assert not collector.state.recording and saved(collector) == [0]


def test_poses_are_counted_and_lacking_ones_asked_for(
    collector: FaceCollector, clock: Clock, monkeypatch
) -> None:
    landmarks = LANDMARKS.copy()
    detect = lambda image: [Face(BOX, 0.9, landmarks)]  # noqa: E731
    monkeypatch.setattr(collector.detector, "detect", detect, raising=False)
    show_many(collector, clock, 1)
    assert collector.state.person.poses == {"straight": 1}
    assert collector.state.hint.text == guidance.POSES["left"]
    landmarks[2, 0] += 15
    show_many(collector, clock, 1)
    assert collector.state.person.poses == {"straight": 1, "left": 1}
    assert not collector.state.hint.stops
    collector.pause()
    assert collector.state.hint == guidance.Hint()


def test_without_landmarks_no_poses_are_counted(collector: FaceCollector) -> None:
    show(collector)
    assert collector.state.person.poses == {}
    assert collector.state.hint == guidance.ANY_TURN


def test_whole_frames_are_kept_and_the_index_written_at_close(
    collector: FaceCollector, folder: FaceFolder
) -> None:
    show(collector)
    raw = images.read(folder.path / "_raw" / "Ada" / "morning_0001.jpg")
    assert np.abs(raw.astype(int) - FRAME).mean() < 5
    assert folder.details() == {}
    collector.close()
    collector.close()
    entry = folder.details()["Ada/morning_0001.jpg"]
    assert (entry["source"], entry["detector"], entry["face_size"]) == ("webcam", "fixed", 80)
    show(collector)
    collector.record()
    assert saved(collector) == [1] and not collector.state.recording


def test_raw_frames_can_be_left_out(made, folder: FaceFolder, clock: Clock) -> None:
    collector = made(("Ada", 1), keep_raw=False)
    collector.record()
    show(collector)
    assert len(folder.face_files()) == 1
    assert not (folder.path / "_raw").exists()


def test_the_video_is_a_mirror_and_says_whether_the_face_is_taken(
    collector: FaceCollector,
) -> None:
    left = FRAME.shape[1] - BOX.x - BOX.width
    shown = show(collector)
    np.testing.assert_array_equal(shown[BOX.y + 40, left], drawing.GREEN)
    np.testing.assert_array_equal(shown[100, left + 40], FRAME[100, ::-1][left + 40])
    np.testing.assert_array_equal(shown[-2, 0], drawing.BLUE)
    collector.detector.boxes = [BOX, Box(200, 60, 80, 80)]
    shown = show(collector)
    np.testing.assert_array_equal(shown[BOX.y + 40, left], drawing.RED)
    np.testing.assert_array_equal(shown[-2, 0], drawing.RED)


def test_an_existing_person_gets_a_new_session(
    made, folder: FaceFolder, clock: Clock, small_dataset: FaceFolder
) -> None:
    for wanted in (1, 2):
        collector = made(("Ada", wanted))
        collector.record()
        show_many(collector, clock, wanted)
    assert folder.sessions() == {"Ada": ["morning", "morning-2"]}
    assert made((" ada ", 1)).state.person.name == "Ada"


@pytest.mark.parametrize(
    ("people", "message"),
    [
        ([], "name somebody"),
        ([("Ada", 1), ("Zoë", 1), ("ada ", 1)], "ada is in the list twice"),
        ([("../Ada", 1)], "character that folders may not"),
        ([(" ", 1)], "The name is empty"),
        ([("Ada", 0)], "at least 1"),
    ],
)
def test_people_who_cannot_be_recorded_are_refused(
    made, folder: FaceFolder, people: list[tuple[str, int]], message: str
) -> None:
    with pytest.raises(FacerecError, match=message):
        made(*people)
    assert folder.class_names() == []


def refuse(*arguments: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_full_disk_interrupts_recording_and_is_told(
    collector: FaceCollector, clock: Clock, monkeypatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("facerec.system.files.os.replace", refuse)
        show_many(collector, clock, 2)
    assert not collector.state.recording and saved(collector) == [0]
    assert "the disk is full" in collector.error
    collector.record()
    show_many(collector, clock, 1)
    assert collector.error is None and saved(collector) == [1]


def test_an_index_that_cannot_be_written_is_an_error_in_words(
    collector: FaceCollector, monkeypatch
) -> None:
    show(collector)
    with monkeypatch.context() as patch:
        patch.setattr(collector._writer, "close", refuse)
        collector.pause()
    assert "cannot be saved: No space left" in collector.error


def test_the_worker_s_error_is_told(collector: FaceCollector) -> None:
    collector._worker.error = "the camera is on fire"
    assert collector.error == "the camera is on fire"


def test_frames_are_handed_over_to_the_worker(folder: FaceFolder) -> None:
    collector = FaceCollector(folder, [("Ada", 1)], "morning", FixedDetector([BOX]))
    collector.record()
    frame = av.VideoFrame.from_ndarray(FRAME, format="rgb24")

    def shown() -> bool:
        collector.video_frame(frame)
        return collector.state.done

    until(shown)
    collector.close()
    assert saved(collector) == [1]
    assert len(folder.details()) == 1
