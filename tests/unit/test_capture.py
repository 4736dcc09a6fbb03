from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from facerec import drawing, images
from facerec.capture import FaceCollector
from facerec.dataset import FaceFolder
from facerec.detection import Box
from tests.examples import COLORS, FixedDetector, scene

BOX = Box(100, 60, 80, 80)
FRAME = scene((BOX, COLORS["Ada"]))


class Clock:
    """Stands for the time module of ``facerec.capture``."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("facerec.capture.time", clock)
    return clock


@pytest.fixture
def folder(home: Path) -> FaceFolder:
    return FaceFolder.create("captured")


@pytest.fixture
def collector(folder: FaceFolder, clock: Clock, monkeypatch) -> Iterator[FaceCollector]:
    # The worker works at once, in place of beside the video.
    monkeypatch.setattr("facerec.capture.NewestFrameWorker", WorkAtOnce)
    made = FaceCollector(folder, "Ada", "morning", FixedDetector([BOX]), wanted=3, interval=0.2)
    made.recording = True
    yield made
    made.close()


class WorkAtOnce(SimpleNamespace):
    def __init__(self, work: Callable) -> None:
        super().__init__(work=work, latest=None, error=None, closed=False)

    def submit(self, frame: np.ndarray) -> None:
        self.latest = self.work(frame)

    def close(self) -> None:
        self.closed = True


def show(collector: FaceCollector) -> np.ndarray:
    frame = av.VideoFrame.from_ndarray(FRAME, format="rgb24")
    return collector.video_frame(frame).to_ndarray(format="rgb24")


def test_images_are_spaced_in_time_until_there_are_enough(
    collector: FaceCollector, folder: FaceFolder, clock: Clock
) -> None:
    saved = []
    for clock.now in (0.0, 0.1, 0.2, 0.3, 0.5, 0.9, 1.3):
        show(collector)
        saved.append(collector.state.saved)
    assert saved == [1, 1, 2, 2, 3, 3, 3]
    assert collector.done
    assert len(folder.face_files("Ada")) == 3


@pytest.mark.parametrize("boxes", [[], [BOX, Box(10, 10, 40, 40)]])
def test_only_a_single_face_is_taken(
    collector: FaceCollector, folder: FaceFolder, boxes: list[Box]
) -> None:
    collector._detector.boxes = boxes
    show(collector)
    assert collector.state.saved == 0
    assert len(collector.state.faces) == len(boxes)
    assert folder.face_files() == []


def test_nothing_is_taken_before_recording(collector: FaceCollector, folder: FaceFolder) -> None:
    collector.recording = False
    show(collector)
    assert collector.state.saved == 0 and len(collector.state.faces) == 1


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
    assert collector.state.saved == 1


def test_raw_frames_can_be_left_out(folder: FaceFolder) -> None:
    collector = FaceCollector(
        folder, "Ada", "morning", FixedDetector([BOX]), wanted=1, keep_raw=False
    )
    collector.recording = True
    collector.collect(FRAME)
    collector.close()
    assert len(folder.face_files()) == 1
    assert not (folder.path / "_raw").exists()


@pytest.mark.parametrize(
    ("boxes", "color"), [([BOX], drawing.GREEN), ([BOX, Box(200, 150, 40, 40)], drawing.RED)]
)
def test_the_outline_says_whether_the_face_is_alone(
    collector: FaceCollector, boxes: list[Box], color: tuple[int, int, int]
) -> None:
    collector._detector.boxes = boxes
    shown = show(collector)
    np.testing.assert_array_equal(shown[100, 130], FRAME[100, 130])
    np.testing.assert_array_equal(shown[BOX.y + 40, BOX.x], color)


def test_the_worker_s_error_is_told(folder: FaceFolder, collector: FaceCollector) -> None:
    collector._worker.error = "the disk is full"
    assert collector.error == "the disk is full"
