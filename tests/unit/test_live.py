import threading
from collections.abc import Iterator

import av
import numpy as np
import pytest

from facerec import drawing
from facerec.dataset import UNKNOWN
from facerec.detection import Box
from facerec.live import LivePipeline
from facerec.recognition import Recognizer, ScoredFace
from facerec.scores import OperatingPoint, Outputs
from tests.examples import COLORS, FixedDetector, scene
from tests.unit.test_newest_frame import LONG, wait_until

BOX = Box(100, 60, 80, 80)
FRAME = scene((BOX, COLORS["Ada"]))


class Slow:
    """Stands for a classifier: Ada by 80 %; works only while ``go`` is set."""

    classes = ("Ada", UNKNOWN)

    def __init__(self) -> None:
        self.go = threading.Event()
        self.calls = 0

    def outputs(self, faces: np.ndarray) -> Outputs:
        self.calls += 1
        assert self.go.wait(LONG)
        return Outputs(np.tile(np.log(np.float32([0.8, 0.2])), (len(faces), 1)))


@pytest.fixture
def classifier() -> Slow:
    return Slow()


@pytest.fixture
def pipeline(classifier: Slow) -> Iterator[LivePipeline]:
    made = LivePipeline(Recognizer(classifier, FixedDetector([BOX])), OperatingPoint())
    yield made
    classifier.go.set()
    made.close()


def show(pipeline: LivePipeline) -> np.ndarray:
    frame = av.VideoFrame.from_ndarray(FRAME, format="rgb24")
    return pipeline.video_frame(frame).to_ndarray(format="rgb24")


def outline(pixels: np.ndarray) -> tuple[int, ...]:
    return tuple(pixels[BOX.y + 40, BOX.x].tolist())


def look_once(pipeline: LivePipeline, classifier: Slow) -> None:
    """Let the pipeline look at one frame and no other."""
    show(pipeline)
    classifier.go.set()
    wait_until(lambda: pipeline.milliseconds is not None)


def test_frames_come_back_at_once_while_recognition_is_slow(
    pipeline: LivePipeline, classifier: Slow
) -> None:
    # Were this thread to recognise, it would wait for ``go``, and fail.
    for _ in range(5):
        np.testing.assert_array_equal(show(pipeline), FRAME)
    wait_until(lambda: classifier.calls == 1)
    assert pipeline.faces() == [] and pipeline.milliseconds is None
    look_once(pipeline, classifier)
    assert [face.label for face in pipeline.faces()] == ["Ada"]
    assert pipeline.milliseconds > 0
    np.testing.assert_array_equal(pipeline.recognizer.detector.seen[0], FRAME)


def test_the_point_acts_on_the_next_frame_without_new_recognition(
    pipeline: LivePipeline, classifier: Slow
) -> None:
    look_once(pipeline, classifier)
    classifier.go.clear()
    assert outline(show(pipeline)) == drawing.GREEN
    pipeline.point = OperatingPoint(0.9)
    assert [face.label for face in pipeline.faces()] == [UNKNOWN]
    assert outline(show(pipeline)) == drawing.RED
    pipeline.point = OperatingPoint(0.7, "margin")
    assert outline(show(pipeline)) == drawing.RED
    pipeline.point = OperatingPoint(0.5)
    assert outline(show(pipeline)) == drawing.GREEN


def test_a_score_that_cannot_be_told_is_told_and_the_stream_goes_on(
    pipeline: LivePipeline, classifier: Slow
) -> None:
    look_once(pipeline, classifier)
    pipeline.point = OperatingPoint(0.5, "similarity")
    np.testing.assert_array_equal(show(pipeline), FRAME)
    assert pipeline.faces() == []
    wait_until(lambda: "mean features of the classes are not known" in (pipeline.error or ""))
    pipeline.point = OperatingPoint()
    show(pipeline)
    wait_until(lambda: pipeline.error is None and pipeline.faces() != [])


def test_another_recognizer_acts_on_the_next_frame_looked_at(
    pipeline: LivePipeline, classifier: Slow
) -> None:
    look_once(pipeline, classifier)
    other = Slow()
    other.classes = ("Grace", UNKNOWN)
    other.go.set()
    pipeline.recognizer = Recognizer(other, FixedDetector([]))
    assert [face.label for face in pipeline.faces()] == ["Ada"]
    show(pipeline)
    wait_until(lambda: pipeline.faces() == [])
    pipeline.recognizer = Recognizer(other, FixedDetector([BOX]))
    show(pipeline)
    wait_until(lambda: [face.label for face in pipeline.faces()] == ["Grace"])


def test_a_failure_is_told_and_the_stream_goes_on(pipeline: LivePipeline, classifier: Slow) -> None:
    class Broken:
        def score(self, frame: np.ndarray) -> list[ScoredFace]:
            raise RuntimeError("out of memory")

    classifier.go.set()
    pipeline.recognizer, working = Broken(), pipeline.recognizer
    show(pipeline)
    wait_until(lambda: pipeline.error == "out of memory")
    assert show(pipeline).shape == FRAME.shape
    pipeline.recognizer = working
    show(pipeline)
    wait_until(lambda: pipeline.error is None and pipeline.faces() != [])


def test_a_closed_pipeline_returns_frames_as_they_are(
    pipeline: LivePipeline, classifier: Slow
) -> None:
    look_once(pipeline, classifier)
    pipeline.close()
    pipeline.close()
    np.testing.assert_array_equal(show(pipeline), FRAME)


def test_frames_per_second_are_those_returned(
    pipeline: LivePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter([0.0, 0.1, 0.2, 0.3, 0.3, 9.0])
    monkeypatch.setattr("facerec.live.time.monotonic", lambda: next(now))
    for _ in range(4):
        show(pipeline)
    assert pipeline.frames_per_second == pytest.approx(10)
    assert pipeline.frames_per_second == 0
