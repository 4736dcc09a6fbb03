import threading
from pathlib import Path

import numpy as np
import pytest

from facerec.datasets.folder import UNKNOWN
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import Outputs
from facerec.errors import FacerecError
from facerec.faces import drawing, images, videos
from facerec.faces.detection import Box
from facerec.live.files import (
    LabelledFrame,
    damage_words,
    file_pipeline,
    label_file,
)
from facerec.live.pipeline import LivePipeline
from tests.examples import FixedDetector, scene
from tests.looking import faces_named

BOX = Box(100, 60, 80, 80)


class Sure:
    """Stands for a classifier: everybody is Ada, by 80 %."""

    classes = ("Ada", UNKNOWN)

    def outputs(self, faces: np.ndarray) -> Outputs:
        return Outputs(np.tile(np.log(np.float32([0.8, 0.2])), (len(faces), 1)))


class Bright:
    """Stands for a classifier: the brighter a face, the surer it is Ada; keeps what it was given.

    With similarities, so that all of the outputs are compared.
    """

    classes = ("Ada", UNKNOWN)

    def __init__(self) -> None:
        self.batches: list[np.ndarray] = []

    def outputs(self, faces: np.ndarray) -> Outputs:
        self.batches.append(faces)
        brightness = faces.mean(axis=(1, 2, 3), dtype=np.float32)[:, None] / 50
        logits = np.concatenate([brightness, 4 - brightness], axis=1)
        return Outputs(logits, logits / 10)


def pipeline_of(point: OperatingPoint) -> LivePipeline:
    return file_pipeline(FixedDetector([BOX]), {"sure": Sure()}, {"sure": point})


@pytest.fixture
def pipeline() -> LivePipeline:
    return pipeline_of(OperatingPoint())


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    with videos.VideoWriter(path) as writer:
        for _ in range(3):
            writer.write(scene())
    return path


def collected(source, pipeline: LivePipeline, output=None) -> list[LabelledFrame]:
    frames: list[LabelledFrame] = []
    label_file(source, pipeline, frames.append, output)
    return frames


def outline(pixels: np.ndarray) -> np.ndarray:
    return pixels[BOX.y + 40, BOX.x]


def test_an_image_is_labelled_and_written(pipeline: LivePipeline, tmp_path: Path) -> None:
    source, output = tmp_path / "in.png", tmp_path / "new" / "out.png"
    images.write(source, scene())
    (frame,) = collected(source, pipeline, output=output)
    assert (frame.number, frame.total) == (0, 1)
    assert [(face.label, face.box) for face in frame.faces] == [("Ada", BOX)]
    np.testing.assert_array_equal(outline(frame.pixels), drawing.GREEN)
    np.testing.assert_array_equal(images.read(output), frame.pixels)
    np.testing.assert_array_equal(images.read(source), scene())


def test_every_frame_of_a_video_is_labelled(
    pipeline: LivePipeline, film: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.mp4"
    frames = collected(film, pipeline, output=output)
    assert [(frame.number, frame.total) for frame in frames] == [(0, 3), (1, 3), (2, 3)]
    written = list(videos.video_frames(output))
    assert len(written) == 3
    np.testing.assert_allclose(outline(written[2]), drawing.GREEN, atol=60)


def test_under_the_threshold_a_face_is_unknown(film: Path) -> None:
    for threshold, label in ((0.79, "Ada"), (0.81, UNKNOWN)):
        frames = collected(film, pipeline_of(OperatingPoint(threshold)))
        assert {face.label for frame in frames for face in frame.faces} == {label}


def test_a_score_that_cannot_be_told_leaves_no_half_video(film: Path, tmp_path: Path) -> None:
    before = set(tmp_path.iterdir())
    pipeline = pipeline_of(OperatingPoint(0.5, "similarity"))
    with pytest.raises(FacerecError, match="not known yet"):
        label_file(film, pipeline, print, tmp_path / "out.mp4")
    assert set(tmp_path.iterdir()) == before


def test_each_frame_gets_what_the_recognizer_gives_it(tmp_path: Path) -> None:
    boxes = [BOX, BOX._replace(x=10, width=60, height=60)]
    film = tmp_path / "film.mp4"
    with videos.VideoWriter(film) as writer:
        for number in range(4):
            writer.write(
                scene((boxes[0], (60 * number,) * 3), (boxes[1], (200 - 60 * number,) * 3))
            )
    point = OperatingPoint(0.6, "margin", 2.0)
    ours, alone = Bright(), Bright()
    frames = collected(
        film, file_pipeline(FixedDetector(boxes), {"bright": ours}, {"bright": point})
    )
    expected = [
        faces_named(alone, FixedDetector(boxes), frame, point)
        for frame in videos.video_frames(film)
    ]
    assert [frame.faces for frame in frames] == expected
    assert {face.label for faces in expected for face in faces} == {"Ada", UNKNOWN}
    np.testing.assert_array_equal(ours.batches, alone.batches)


def test_what_another_recogniser_says_is_known_when_the_frame_is(film: Path) -> None:
    point = OperatingPoint()
    recognisers = {"sure": Sure(), "bright": Bright()}
    pipeline = file_pipeline(FixedDetector([BOX]), recognisers, dict.fromkeys(recognisers, point))
    said = []

    def note(frame: LabelledFrame) -> None:
        (other,) = pipeline.faces("bright")
        said.append((frame.faces[0].probabilities, other.recognized.probabilities))

    label_file(film, pipeline, note)
    assert len(said) == 3
    assert all(first["Ada"] == pytest.approx(0.8) and second["Ada"] > 0.7 for first, second in said)
    assert all(second["Ada"] != pytest.approx(0.8) for _, second in said)


def test_a_followed_face_is_recognised_less_often_if_wanted(film: Path) -> None:
    """At 15 frames a second, the second of three frames lies within a tenth of a second."""
    classifier = Bright()
    pipeline = file_pipeline(
        FixedDetector([BOX]), {"bright": classifier}, {"bright": OperatingPoint()}
    )
    pipeline.recognise_every = 0.1
    frames = collected(film, pipeline)
    assert len(classifier.batches) == 2
    assert [len(frame.faces) for frame in frames] == [1, 1, 1]


def test_files_need_no_threads(pipeline: LivePipeline, film: Path) -> None:
    before = set(threading.enumerate())
    collected(film, pipeline)
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.mp4", "no file"),
        ("missing.jpg", "no file"),
        ("notes.txt", "it is no image and no video"),
        ("broken.gif", "cannot be read as a video"),
    ],
)
def test_what_cannot_be_read_is_refused(
    pipeline: LivePipeline, tmp_path: Path, name: str, message: str
) -> None:
    if "missing" not in name:
        (tmp_path / name).write_bytes(b"nothing to see")
    with pytest.raises(FacerecError, match=message):
        collected(tmp_path / name, pipeline, output=tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, FacerecError])
def test_stopping_leaves_no_half_video(
    pipeline: LivePipeline, film: Path, tmp_path: Path, error: type[BaseException]
) -> None:
    def stop(frame: LabelledFrame) -> None:
        raise error

    before = set(tmp_path.iterdir())
    with pytest.raises(error):
        label_file(film, pipeline, stop, tmp_path / "out.mp4")
    assert set(tmp_path.iterdir()) == before


def test_a_labelled_video_keeps_the_times_of_its_source(
    pipeline: LivePipeline, tmp_path: Path
) -> None:
    source, output, times = tmp_path / "in.mp4", tmp_path / "out.mp4", [0.0, 0.033, 0.066, 1.0]
    with videos.VideoWriter(source) as writer:
        for seconds in times:
            writer.write(scene(), seconds)
    collected(source, pipeline, output=output)
    found = [frame.seconds for frame in videos.timed_frames(output)]
    np.testing.assert_allclose(found, times, atol=0.001)


def test_a_damaged_video_is_labelled_around_its_damage(shared: Path, tmp_path: Path) -> None:
    frames: list[LabelledFrame] = []
    source, output = shared / "data" / "reports" / "damaged_middle.mp4", tmp_path / "out.mp4"
    damaged = label_file(source, pipeline_of(OperatingPoint()), frames.append, output)
    assert damaged == 4 and len(frames) == videos.frame_count(output) == 16
    assert [frame.number for frame in frames][-1] == 19
    assert "damaged in 4 places" in damage_words(damaged)


@pytest.mark.parametrize("name", ["out.avi", "out.jpg", "out"])
def test_a_video_is_written_as_mp4_only(
    pipeline: LivePipeline, film: Path, tmp_path: Path, name: str
) -> None:
    with pytest.raises(FacerecError, match=r"Let it end in \.mp4"):
        collected(film, pipeline, output=tmp_path / name)
    assert not (tmp_path / name).exists()


def test_the_source_is_never_written_over(
    pipeline: LivePipeline, film: Path, tmp_path: Path
) -> None:
    before = film.read_bytes()
    with pytest.raises(FacerecError, match="is the file to recognise"):
        collected(film, pipeline, output=tmp_path / ".." / tmp_path.name / "film.mp4")
    assert film.read_bytes() == before
