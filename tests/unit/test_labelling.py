from pathlib import Path

import numpy as np
import pytest

from facerec import drawing, images
from facerec.dataset import UNKNOWN
from facerec.detection import Box
from facerec.errors import FacerecError
from facerec.importing import named
from facerec.labelling import LabelledFrame, label_file, labelled_video
from facerec.recognition import Recognizer
from facerec.scores import OperatingPoint, Outputs
from tests.examples import FixedDetector, scene

BOX = Box(100, 60, 80, 80)


class Sure:
    """Stands for a classifier: everybody is Ada, by 80 %."""

    classes = ("Ada", UNKNOWN)

    def outputs(self, faces: np.ndarray) -> Outputs:
        return Outputs(np.tile(np.log(np.float32([0.8, 0.2])), (len(faces), 1)))


@pytest.fixture
def recognizer() -> Recognizer:
    return Recognizer(Sure(), FixedDetector([BOX]))


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    with images.VideoWriter(path) as writer:
        for _ in range(3):
            writer.write(scene())
    return path


def collected(source, recognizer: Recognizer, threshold=0.5, output=None) -> list[LabelledFrame]:
    frames: list[LabelledFrame] = []
    label_file(source, recognizer, OperatingPoint(threshold), frames.append, output)
    return frames


def outline(pixels: np.ndarray) -> np.ndarray:
    return pixels[BOX.y + 40, BOX.x]


def test_an_image_is_labelled_and_written(recognizer: Recognizer, tmp_path: Path) -> None:
    source, output = tmp_path / "in.png", tmp_path / "new" / "out.png"
    images.write(source, scene())
    (frame,) = collected(source, recognizer, output=output)
    assert (frame.number, frame.total) == (0, 1)
    assert [(face.label, face.box) for face in frame.faces] == [("Ada", BOX)]
    np.testing.assert_array_equal(outline(frame.pixels), drawing.GREEN)
    np.testing.assert_array_equal(images.read(output), frame.pixels)
    np.testing.assert_array_equal(images.read(source), scene())


def test_every_frame_of_a_video_is_labelled(
    recognizer: Recognizer, film: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.mp4"
    frames = collected(film, recognizer, output=output)
    assert [(frame.number, frame.total) for frame in frames] == [(0, 3), (1, 3), (2, 3)]
    written = list(images.video_frames(output))
    assert len(written) == 3
    np.testing.assert_allclose(outline(written[2]), drawing.GREEN, atol=60)


def test_an_uploaded_video_becomes_one_with_boxes(recognizer: Recognizer, film: Path) -> None:
    seen = []
    upload, point = named("film.mp4", film.read_bytes()), OperatingPoint(0.9)
    content = labelled_video(upload, recognizer, point, seen.append)
    frames = list(images.video_frames(named("out.mp4", content)))
    assert len(frames) == len(seen) == 3
    np.testing.assert_allclose(outline(frames[0]), drawing.RED, atol=60)


def test_under_the_threshold_a_face_is_unknown(recognizer: Recognizer, film: Path) -> None:
    for threshold, label in ((0.79, "Ada"), (0.81, UNKNOWN)):
        frames = collected(film, recognizer, threshold)
        assert {face.label for frame in frames for face in frame.faces} == {label}


def test_a_score_that_cannot_be_told_leaves_no_half_video(
    recognizer: Recognizer, film: Path, tmp_path: Path
) -> None:
    before = set(tmp_path.iterdir())
    with pytest.raises(FacerecError, match="mean features of the classes are not known"):
        label_file(film, recognizer, OperatingPoint(0.5, "similarity"), print, tmp_path / "out.mp4")
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.mp4", "no file"),
        ("missing.jpg", "no file"),
        ("notes.txt", "cannot be read: it is no image"),
        ("broken.gif", "cannot be read as a video"),
    ],
)
def test_what_cannot_be_read_is_refused(
    recognizer: Recognizer, tmp_path: Path, name: str, message: str
) -> None:
    if "missing" not in name:
        (tmp_path / name).write_bytes(b"nothing to see")
    with pytest.raises(FacerecError, match=message):
        collected(tmp_path / name, recognizer, output=tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, FacerecError])
def test_stopping_leaves_no_half_video(
    recognizer: Recognizer, film: Path, tmp_path: Path, error: type[BaseException]
) -> None:
    def stop(frame: LabelledFrame) -> None:
        raise error

    before = set(tmp_path.iterdir())
    with pytest.raises(error):
        label_file(film, recognizer, OperatingPoint(), stop, tmp_path / "out.mp4")
    assert set(tmp_path.iterdir()) == before
