import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from facerec.datasets.folder import UNKNOWN
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import Outputs
from facerec.errors import FacerecError
from facerec.faces import drawing
from facerec.faces.boxes import mirrored
from facerec.faces.detection import Box
from facerec.faces.preprocessing import extract_faces
from facerec.live.frames import FacesFound, FrameDrawn, LiveEvent, LiveLook
from facerec.live.pipeline import LivePipeline
from facerec.recognition.named_faces import RecognizedFace, ScoredFace, name_face
from tests.examples import COLORS, FixedDetector, scene
from tests.waiting import LONG, until

BOX = Box(100, 60, 80, 80)
SMALL = Box(10, 60, 60, 60)
ELSEWHERE = Box(220, 140, 90, 90)
FRAME = scene((BOX, COLORS["Ada"]), (SMALL, COLORS["Zoë"]))


class Fixed:
    """Stands for a classifier: its first class by 80 %; works only while ``go`` is set."""

    def __init__(self, name: str = "Ada", share: float = 0.8) -> None:
        self.classes = (name, UNKNOWN)
        self.share = share
        self.go = threading.Event()
        self.batches: list[np.ndarray] = []

    def outputs(self, faces: np.ndarray) -> Outputs:
        self.batches.append(faces)
        assert self.go.wait(LONG)
        logits = np.log(np.float32([self.share, 1 - self.share]))
        return Outputs(np.tile(logits, (len(faces), 1)))

    @property
    def sizes(self) -> list[int]:
        """Number of faces in each batch."""
        return [len(batch) for batch in self.batches]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames come at even times, however busy the computer is: speeds and gaps depend on them."""
    tenths = count()
    even = SimpleNamespace(monotonic=lambda: next(tenths) / 10, perf_counter=time.perf_counter)
    monkeypatch.setattr("facerec.live.pipeline.time", even)


@pytest.fixture
def classifier() -> Fixed:
    return Fixed()


@pytest.fixture
def make(classifier: Fixed) -> Iterator[Callable[..., LivePipeline]]:
    """Makes pipelines with the classifier as "first", and closes them."""
    made: list[LivePipeline] = []

    def pipeline(*boxes: Box, **settings: Any) -> LivePipeline:
        detector = FixedDetector(list(boxes or (BOX,)))
        made.append(
            LivePipeline(
                detector,
                {"first": classifier},
                {"first": OperatingPoint()},
                **{"looks": 1, **settings},
            )
        )
        return made[-1]

    yield pipeline
    classifier.go.set()
    for one in made:
        one.close()


@pytest.fixture
def pipeline(make: Callable[..., LivePipeline]) -> LivePipeline:
    return make(recognise_every=0.0)


@pytest.fixture
def filed(make: Callable[..., LivePipeline], classifier: Fixed) -> Callable[..., LivePipeline]:
    """Makes pipelines that need not wait, for ``look``."""
    classifier.go.set()
    return make


def show(pipeline: LivePipeline) -> np.ndarray:
    frame = av.VideoFrame.from_ndarray(FRAME, format="rgb24")
    return pipeline.video_frame(frame).to_ndarray(format="rgb24")


def outline(pixels: np.ndarray, box: Box = BOX) -> tuple[int, ...]:
    return tuple(pixels[box.y + 40, box.x].tolist())


def named(pipeline: LivePipeline, name: str | None = None) -> list[str | None]:
    return [face.recognized and face.recognized.label for face in pipeline.faces(name)]


def named_boxes(pipeline: LivePipeline) -> list[tuple[int, str | None, int | None]]:
    """Where each face is, its name, and where the named one is, of one and the same moment."""
    return [
        (face.box.x, face.recognized and face.recognized.label,
         face.recognized and face.recognized.box.x)
        for face in pipeline.faces()
    ]  # fmt: skip


def look_once(pipeline: LivePipeline, classifier: Fixed) -> None:
    """Let the pipeline look at one frame and no other."""
    show(pipeline)
    classifier.go.set()
    until(lambda: named(pipeline) == [classifier.classes[0]])


# The stream


def test_a_mirror_turns_picture_and_boxes_and_not_what_is_recognised(
    pipeline: LivePipeline, classifier: Fixed
) -> None:
    look_once(pipeline, classifier)
    straight = show(pipeline)
    pipeline.mirrored = True
    turned = show(pipeline)
    width = FRAME.shape[1]
    assert outline(straight) == outline(turned, mirrored(BOX, width)) == drawing.GREEN
    assert pipeline.faces()[0].box == BOX


def test_a_frozen_frame_stays_and_its_names_follow_the_threshold(
    pipeline: LivePipeline, classifier: Fixed
) -> None:
    pipeline.freeze(True)
    look_once(pipeline, classifier)
    told: list[object] = []
    pipeline.subscribe(FacesFound, told.append)
    pipeline.subscribe(LiveLook, told.append)
    pipeline.freeze(True)
    other = av.VideoFrame.from_ndarray(255 - FRAME, format="rgb24")
    shown = pipeline.video_frame(other).to_ndarray(format="rgb24")
    assert outline(shown) == drawing.GREEN
    corner = slice(0, 20), slice(0, 20)
    np.testing.assert_array_equal(shown[corner], FRAME[corner])
    pipeline.points = {"first": OperatingPoint(1.0)}
    assert outline(pipeline.video_frame(other).to_ndarray(format="rgb24")) == drawing.RED
    # Another recogniser looks at it, too; nobody else hears of it.
    second = Fixed()
    second.go.set()
    pipeline.points = {"second": OperatingPoint()}
    pipeline.recognisers = {"second": second}
    until(lambda: (show(pipeline), named(pipeline) == [second.classes[0]])[1])
    assert not told
    pipeline.freeze(False)
    shown = pipeline.video_frame(other).to_ndarray(format="rgb24")
    np.testing.assert_array_equal(shown[corner], 255 - FRAME[corner])


def test_frames_come_back_at_once_while_recognition_is_slow(
    pipeline: LivePipeline, classifier: Fixed
) -> None:
    # Were this thread to recognise, it would wait for ``go``, and fail.
    show(pipeline)
    until(lambda: len(classifier.batches) == 1)
    for _ in range(5):
        assert outline(show(pipeline)) == drawing.BLUE, "found, and not recognised yet"
    assert named(pipeline) == [None] and "recognition" not in pipeline.milliseconds
    look_once(pipeline, classifier)
    until(lambda: pipeline.milliseconds.get("recognition", 0) > 0)
    assert set(pipeline.milliseconds) == {"detection", "recognition", "drawing"}
    np.testing.assert_array_equal(pipeline.detector.seen[0], FRAME)


def test_boxes_follow_while_recognition_is_slow(pipeline: LivePipeline, classifier: Fixed) -> None:
    look_once(pipeline, classifier)
    classifier.go.clear()
    show(pipeline)
    until(lambda: len(classifier.batches) == 2)
    for x in (110, 120, 130):
        pipeline.detector = FixedDetector([BOX._replace(x=x)])
        show(pipeline)
        # The name is that of the last recognition, at the box that is found now.
        until(lambda x=x: named_boxes(pipeline) == [(x, "Ada", x)])


def test_recognition_takes_the_newest_frame(pipeline: LivePipeline, classifier: Fixed) -> None:
    show(pipeline)
    until(lambda: len(classifier.batches) == 1)
    for boxes in ([BOX], [BOX, SMALL], [SMALL], [SMALL]):
        pipeline.detector = FixedDetector(boxes)
        show(pipeline)
        # At the next frame, what was found in the one before has been handed over.
        until(lambda: pipeline.detector.seen)
    classifier.go.set()
    until(lambda: named(pipeline) == ["Ada"])
    assert classifier.sizes[1] == 1, "the frames in between are left out"
    expected = extract_faces(FRAME, FixedDetector([BOX, SMALL]))
    np.testing.assert_array_equal(classifier.batches[1][0], expected[1].pixels)


def test_the_point_acts_on_the_next_frame_without_new_recognition(
    pipeline: LivePipeline, classifier: Fixed
) -> None:
    look_once(pipeline, classifier)
    classifier.go.clear()
    assert outline(show(pipeline)) == drawing.GREEN
    for point, label, color in (
        (OperatingPoint(0.9), UNKNOWN, drawing.RED),
        (OperatingPoint(0.7, "margin"), UNKNOWN, drawing.RED),
        (OperatingPoint(0.5), "Ada", drawing.GREEN),
    ):
        pipeline.points = {"first": point}
        assert named(pipeline) == [label]
        assert outline(show(pipeline)) == color


def test_a_score_that_cannot_be_told_is_told_and_the_stream_goes_on(
    pipeline: LivePipeline, classifier: Fixed
) -> None:
    look_once(pipeline, classifier)
    assert pipeline.error is None
    pipeline.points = {"first": OperatingPoint(0.5, "similarity")}
    assert outline(show(pipeline)) == drawing.BLUE
    assert named(pipeline) == [None]
    assert "not known yet" in pipeline.error
    pipeline.points = {}
    assert pipeline.error == "There is no operating point for first."
    pipeline.points = {"first": OperatingPoint()}
    assert pipeline.error is None and named(pipeline) == ["Ada"]


def test_another_run_acts_on_the_next_frame_looked_at(
    make: Callable[..., LivePipeline], classifier: Fixed
) -> None:
    """Also where the face need not be recognised again for long."""
    pipeline = make(recognise_every=1000.0)
    look_once(pipeline, classifier)
    other = Fixed("Grace")
    pipeline.recognisers = {"first": other}
    assert named(pipeline) == [None], "what the run before said is not this one's"
    show(pipeline)
    other.go.set()
    until(lambda: named(pipeline) == ["Grace"])


def test_another_detector_acts_on_the_next_frame_looked_at(
    pipeline: LivePipeline, classifier: Fixed
) -> None:
    look_once(pipeline, classifier)
    pipeline.detector = FixedDetector([])
    show(pipeline)
    until(lambda: pipeline.faces() == [])
    assert pipeline.error is None
    pipeline.detector = FixedDetector([BOX])
    look_once(pipeline, classifier)


@pytest.mark.parametrize("broken", ["detector", "recognisers"])
def test_a_failure_is_told_and_the_stream_goes_on(
    pipeline: LivePipeline, classifier: Fixed, broken: str
) -> None:
    class Broken:
        classes = ("Ada", UNKNOWN)

        def detect(self, image: np.ndarray) -> None:
            raise RuntimeError("out of memory")

        outputs = detect

    classifier.go.set()
    working = getattr(pipeline, broken)
    setattr(pipeline, broken, Broken() if broken == "detector" else {"first": Broken()})
    show(pipeline)
    until(lambda: pipeline.error == "out of memory")
    assert show(pipeline).shape == FRAME.shape
    setattr(pipeline, broken, working)
    show(pipeline)
    until(lambda: pipeline.error is None and named(pipeline) == ["Ada"])


def test_who_subscribes_to_frames_gets_what_came_in_and_what_goes_out(
    pipeline: LivePipeline, classifier: Fixed
) -> None:
    look_once(pipeline, classifier)
    frames: list[FrameDrawn] = []
    unsubscribe = pipeline.subscribe(FrameDrawn, frames.append)
    returned = show(pipeline)
    unsubscribe()
    show(pipeline)
    (frame,) = frames
    np.testing.assert_array_equal(frame.raw, FRAME)
    np.testing.assert_array_equal(frame.annotated, returned)
    assert outline(frame.annotated) == drawing.GREEN


@pytest.mark.parametrize("kind", [FrameDrawn, FacesFound, LiveLook])
def test_a_listener_that_fails_is_told_and_the_stream_goes_on(
    pipeline: LivePipeline, classifier: Fixed, kind: type
) -> None:
    def fail(event: object) -> None:
        raise RuntimeError("the disk is full")

    classifier.go.set()
    unsubscribe = pipeline.subscribe(kind, fail)
    assert show(pipeline).shape == FRAME.shape
    until(lambda: pipeline.error == "the disk is full")
    unsubscribe()
    show(pipeline)
    until(lambda: pipeline.error is None and named(pipeline) == ["Ada"])


def test_frames_per_second_are_those_returned(
    pipeline: LivePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(
        "facerec.live.pipeline.time",
        SimpleNamespace(monotonic=lambda: now[0], perf_counter=time.perf_counter),
    )
    for _ in range(4):
        show(pipeline)
        now[0] += 0.1
    assert pipeline.frames_per_second == pytest.approx(10)
    now[0] = 9.0
    assert pipeline.frames_per_second == 0


# Threads


def live_threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("live-")}


def test_a_pipeline_has_two_threads_while_it_is_open(
    pipeline: LivePipeline, classifier: Fixed
) -> None:
    assert live_threads() == set()
    look_once(pipeline, classifier)
    assert live_threads() == {"live-detection", "live-recognition"}
    pipeline.close()
    pipeline.close()
    assert live_threads() == set()
    np.testing.assert_array_equal(show(pipeline), FRAME)
    assert live_threads() == set()


def test_two_thousand_frames_leave_nothing_behind(
    pipeline: LivePipeline, classifier: Fixed
) -> None:
    """Neither threads nor frames that wait nor faces that are gone."""
    look_once(pipeline, classifier)
    threads = set(threading.enumerate())
    frame = av.VideoFrame.from_ndarray(FRAME, format="rgb24")
    for number in range(2000):
        pipeline.detector = FixedDetector([(BOX, ELSEWHERE)[number % 2]], seen=_Nothing())
        pipeline.video_frame(frame)
    assert set(threading.enumerate()) <= threads
    looked_at = len(classifier.batches)
    pipeline.detector = FixedDetector([SMALL])
    show(pipeline)
    until(lambda: [face.box for face in pipeline.faces()] == [SMALL])
    until(lambda: named(pipeline) == ["Ada"])
    # A frame may have been under way and one have waited, at detection and at recognition each.
    assert len(classifier.batches) <= looked_at + 5
    assert len(pipeline._memory.tracks) <= len(pipeline._tracker.ids) <= 10


class _Nothing(list):
    """A list that keeps nothing."""

    def append(self, item: object) -> None:
        pass


# What is recognised when


def test_the_faces_of_a_frame_are_one_batch(
    filed: Callable[..., LivePipeline], classifier: Fixed
) -> None:
    pipeline = filed(BOX, SMALL)
    found = pipeline.look(FRAME)
    assert classifier.sizes == [2]
    cut_out = extract_faces(FRAME, pipeline.detector)
    np.testing.assert_array_equal(classifier.batches[0], [item.pixels for item in cut_out])
    assert [face.box for face in found] == [BOX, SMALL]
    assert [face.track for face in found] == [1, 2]
    for face, item in zip(found, cut_out, strict=True):
        np.testing.assert_array_equal(face.pixels, item.pixels)
    outputs = classifier.outputs(classifier.batches[0])
    assert [face.recognized for face in found] == [
        name_face(ScoredFace(box, outputs[row : row + 1]), classifier.classes, OperatingPoint())
        for row, box in enumerate((BOX, SMALL))
    ]
    assert isinstance(found[0].recognized, RecognizedFace)


def test_a_look_fails_where_a_score_cannot_be_told(filed: Callable[..., LivePipeline]) -> None:
    pipeline = filed()
    pipeline.points = {"first": OperatingPoint(0.5, "similarity")}
    with pytest.raises(FacerecError, match="not known yet"):
        pipeline.look(FRAME)


def test_a_followed_face_is_recognised_now_and_then(
    filed: Callable[..., LivePipeline], classifier: Fixed
) -> None:
    pipeline = filed(recognise_every=0.25)
    recognised = []
    for number in range(9):
        (face,) = pipeline.look(FRAME, number / 10)
        assert (face.track, face.recognized.label) == (1, "Ada")
        recognised.append(len(classifier.batches))
    assert recognised == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    pipeline.recognise_every = 0.0
    pipeline.look(FRAME, 0.9)
    pipeline.look(FRAME, 0.91)
    assert len(classifier.batches) == 5


def test_a_new_face_is_recognised_at_once_and_the_largest_with_it(
    filed: Callable[..., LivePipeline], classifier: Fixed
) -> None:
    pipeline = filed(BOX, recognise_every=1.0)
    looks: list[LiveLook] = []
    pipeline.subscribe(LiveLook, looks.append)
    for seconds, boxes in (
        (0.0, [BOX]),
        (0.1, [BOX]),
        (0.2, [BOX, SMALL]),
        (0.3, [ELSEWHERE, BOX, SMALL]),
        (0.4, []),
    ):
        pipeline.detector = FixedDetector(boxes)
        pipeline.look(FRAME, seconds)
    assert [[face.track for face in look.faces] for look in looks] == [[1], [1, 2], [3]]
    assert [face.box for face in looks[1].faces] == [BOX, SMALL]
    assert classifier.sizes == [1, 2, 1]


def test_an_earlier_time_begins_a_new_video(
    filed: Callable[..., LivePipeline], classifier: Fixed
) -> None:
    pipeline = filed(recognise_every=100.0)
    pipeline.look(FRAME, 50.0)
    (face,) = pipeline.look(FRAME, 0.0)
    assert (face.track, classifier.sizes) == (2, [1, 1])


def test_who_is_gone_is_forgotten(filed: Callable[..., LivePipeline], classifier: Fixed) -> None:
    pipeline = filed(recognise_every=100.0)
    pipeline.look(FRAME, 0.0)
    pipeline.detector = FixedDetector([])
    assert pipeline.look(FRAME, 0.1) == []
    pipeline.detector = FixedDetector([BOX])
    # For a moment, it stays known.
    assert [face.track for face in pipeline.look(FRAME, 0.2)] == [1]
    assert [face.track for face in pipeline.look(FRAME, 9.0)] == [2]
    assert classifier.sizes == [1, 1] and list(pipeline._memory.tracks) == [2]


# Looks


def certainty(pipeline: LivePipeline, classifier: Fixed, share: float, seconds: float) -> float:
    """How sure the first class is after a frame in which the classifier gives it a share."""
    classifier.share = share
    (face,) = pipeline.look(FRAME, seconds)
    return face.recognized.probabilities["Ada"]


def test_a_face_is_named_at_its_last_look(
    filed: Callable[..., LivePipeline], classifier: Fixed
) -> None:
    pipeline = filed(looks=3, recognise_every=0.0)
    logit, shares = np.log(4), (0.8, 0.2, 0.8)  # logits 4, -4 and 4 against the other class
    for number, share in enumerate(shares[:2]):
        classifier.share = share
        (face,) = pipeline.look(FRAME, number / 10)
        assert face.recognized is None and pipeline.seconds_to_name is None
    expected = 1 / (1 + np.exp(-logit / 3))
    assert certainty(pipeline, classifier, shares[2], 0.2) == pytest.approx(expected)
    pipeline.looks = 1
    assert certainty(pipeline, classifier, 0.2, 0.3) == pytest.approx(0.2), "it acts at once"
    pipeline.looks = 4
    assert pipeline.faces()[0].recognized is not None
    pipeline.looks = 5
    assert pipeline.faces()[0].recognized is None


def test_the_time_until_a_name_is_measured(
    filed: Callable[..., LivePipeline], classifier: Fixed
) -> None:
    pipeline = filed(looks=3, recognise_every=0.25)
    for number in range(20):
        pipeline.look(FRAME, number / 10)
    # At 0.0, 0.3 and 0.6 seconds, and the time that recognition takes.
    assert 0.6 <= pipeline.seconds_to_name < 0.9
    pipeline.detector = FixedDetector([ELSEWHERE])
    for number in range(20, 40):
        pipeline.look(FRAME, number / 10)
    assert len(pipeline._waits) == 2, "each face waits once"


def test_looks_begin_anew_with_another_face_or_run(
    filed: Callable[..., LivePipeline], classifier: Fixed
) -> None:
    pipeline = filed(looks=2, recognise_every=0.0)
    pipeline.look(FRAME, 0.0)
    assert certainty(pipeline, classifier, 0.9, 0.1) > 0.5
    pipeline.detector = FixedDetector([ELSEWHERE])
    assert pipeline.look(FRAME, 0.2)[0].recognized is None
    assert pipeline.look(FRAME, 0.3)[0].recognized is not None
    other = Fixed("Ada")
    other.go.set()
    pipeline.recognisers = {"first": other}
    assert pipeline.look(FRAME, 0.4)[0].recognized is None


def test_listeners_get_what_the_network_said(
    filed: Callable[..., LivePipeline], classifier: Fixed
) -> None:
    """Of each look alone, a row for each face."""
    pipeline = filed(BOX, SMALL, looks=3, recognise_every=0.0)
    looks: list[LiveLook] = []
    unsubscribe = pipeline.subscribe(LiveLook, looks.append)
    for number, share in enumerate((0.9, 0.2)):
        classifier.share = share
        pipeline.look(FRAME, number / 10)
    unsubscribe()
    pipeline.look(FRAME, 0.2)
    first, second = looks
    assert (first.time, second.time) == (0.0, 0.1)
    np.testing.assert_array_equal(second.frame, FRAME)
    assert [(face.track, face.box) for face in second.faces] == [(1, BOX), (2, SMALL)]
    assert second.faces[1].pixels.shape == (224, 224, 3)
    np.testing.assert_allclose(second.outputs["first"].probabilities(), [[0.2, 0.8]] * 2, rtol=1e-5)


def test_each_kind_of_event_is_told_on_its_own_thread(
    pipeline: LivePipeline, classifier: Fixed
) -> None:
    heard: list[tuple[type, str]] = []

    def hear(event: LiveEvent) -> None:
        heard.append((type(event), threading.current_thread().name))

    for kind in (FrameDrawn, FacesFound, LiveLook):
        pipeline.subscribe(kind, hear)
    look_once(pipeline, classifier)
    until(lambda: len(heard) == 3)
    assert set(heard) == {
        (FrameDrawn, threading.current_thread().name),
        (FacesFound, "live-detection"),
        (LiveLook, "live-recognition"),
    }


def test_detections_are_told_whether_or_not_anybody_is_there_or_due(
    filed: Callable[..., LivePipeline],
) -> None:
    pipeline = filed(BOX, SMALL, recognise_every=100.0)
    found: list[FacesFound] = []
    pipeline.subscribe(FacesFound, found.append)
    for seconds in (0.0, 0.1):
        pipeline.look(FRAME, seconds)
    pipeline.detector = FixedDetector([])
    pipeline.look(FRAME, 0.2)
    assert [event.time for event in found] == [0.0, 0.1, 0.2]
    assert [[face.box for face in event.faces] for event in found] == [[BOX, SMALL]] * 2 + [[]]
    np.testing.assert_array_equal(found[0].frame, FRAME)


def test_listeners_of_a_pipeline_hear_of_the_next_one(
    filed: Callable[..., LivePipeline],
) -> None:
    looks: list[LiveLook] = []
    first = filed()
    unsubscribe = first.subscribe(LiveLook, looks.append)
    first.close()
    second = filed(listeners=first.listeners)
    second.look(FRAME, 0.0)
    assert len(looks) == 1
    unsubscribe()
    second.look(FRAME, 9.0)
    assert len(looks) == 1


# Several runs


def test_each_recogniser_names_the_faces_at_its_own_point(
    filed: Callable[..., LivePipeline], classifier: Fixed
) -> None:
    other = Fixed("Grace", 0.6)
    other.go.set()
    pipeline = filed(BOX, SMALL)
    pipeline.points = {"second": OperatingPoint(0.5), "first": OperatingPoint(0.9)}
    pipeline.recognisers = {"second": other, "first": classifier}
    looks: list[LiveLook] = []
    pipeline.subscribe(LiveLook, looks.append)
    pipeline.look(FRAME, 0.0)
    assert named(pipeline) == named(pipeline, "second") == ["Grace", "Grace"]
    assert named(pipeline, "first") == [UNKNOWN, UNKNOWN]
    assert named(pipeline, "third") == [None, None]
    assert classifier.sizes == other.sizes == [2]
    assert {name: len(outputs) for name, outputs in looks[0].outputs.items()} == {
        "second": 2,
        "first": 2,
    }
    pipeline.points = {"second": OperatingPoint(0.5), "first": OperatingPoint(0.5, "similarity")}
    assert named(pipeline) == ["Grace", "Grace"]
    assert "not known yet" in pipeline.error


def test_one_more_recogniser_is_asked_at_once(
    filed: Callable[..., LivePipeline], classifier: Fixed
) -> None:
    pipeline = filed(recognise_every=100.0)
    pipeline.look(FRAME, 0.0)
    other = Fixed("Grace")
    other.go.set()
    pipeline.points = {**pipeline.points, "second": OperatingPoint()}
    pipeline.recognisers = {**pipeline.recognisers, "second": other}
    pipeline.look(FRAME, 0.1)
    assert named(pipeline, "second") == ["Grace"]
    pipeline.recognisers = {}
    assert named(pipeline) == [None] and pipeline.error is None
    assert [face.recognized for face in pipeline.look(FRAME, 200.0)] == [None]


def test_closing_without_waiting_returns_at_once_and_ends_the_threads(
    pipeline: LivePipeline, classifier
) -> None:
    show(pipeline)
    until(lambda: classifier.sizes)
    # Recognition still works on the frame; nobody waits for it.
    pipeline.close(wait=False)
    assert pipeline.closed
    classifier.go.set()
    pipeline.close()
    before = FRAME.copy()
    np.testing.assert_array_equal(show(pipeline), before)
