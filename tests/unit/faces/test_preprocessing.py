from pathlib import Path

import av
import numpy as np
import pytest

from facerec.collecting.capture import FaceCollector
from facerec.collecting.importing import import_faces
from facerec.datasets.folder import FaceFolder
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import Outputs
from facerec.errors import FacerecError
from facerec.faces import images
from facerec.faces.detection import Box, WholeImage
from facerec.faces.preprocessing import MARGIN, extract_faces, face_file
from tests.examples import COLORS, FixedDetector, noisy_color, scene
from tests.looking import faces_named

BOX = Box(100, 60, 80, 100)


def numbered(height: int, width: int) -> np.ndarray:
    """A frame whose red is the column, green the row and blue 7."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([columns, rows, np.full_like(rows, 7)], axis=-1).astype(np.uint8)


def test_a_face_is_a_square_around_the_box_with_margin() -> None:
    (found,) = extract_faces(numbered(240, 250), FixedDetector([BOX]))
    assert found.pixels.shape == (224, 224, 3) and found.pixels.dtype == np.uint8
    assert found.face.box == BOX
    side = round(100 * (1 + MARGIN))
    left, top = 140 - side // 2, 110 - side // 2
    red, green, blue = np.moveaxis(found.pixels.astype(int), -1, 0)
    assert abs(red[:, 0] - left).max() <= 1 and abs(red[:, -1] - (left + side - 1)).max() <= 1
    assert abs(green[0] - top).max() <= 1 and abs(green[-1] - (top + side - 1)).max() <= 1
    assert np.all(blue == 7)


def test_a_face_at_the_border_keeps_its_size_and_place() -> None:
    (found,) = extract_faces(numbered(120, 120), FixedDetector([Box(-20, -10, 60, 60)]))
    red, green, _ = np.moveaxis(found.pixels.astype(int), -1, 0)
    # The square is 72 pixels wide from -26 and high from -16: 224 pixels show 72.
    assert red[:, : 26 * 3].max() == 0 and green[: 16 * 3].max() == 0
    assert abs(red[:, -1] - 45).max() <= 1 and abs(green[-1] - 55).max() <= 1
    assert abs(red[:, round((26 + 20) * 224 / 72)] - 20).max() <= 1


def test_a_face_that_was_cut_out_before_is_cut_as_from_the_photograph() -> None:
    photograph = numbered(240, 250)
    (wanted,) = extract_faces(photograph, FixedDetector([BOX]))
    x, y, width, height = BOX
    loose = photograph[y - 25 : y + height + 25, x - 35 : x + width + 35]
    (found,) = extract_faces(loose, FixedDetector([Box(35, 25, width, height)]))
    np.testing.assert_array_equal(found.pixels, wanted.pixels)

    tight = photograph[y : y + height, x : x + width]
    (found,) = extract_faces(tight, FixedDetector([Box(0, 0, width, height)]))
    middle = slice(224 // 6, -224 // 6)
    across = slice(224 // 4, -224 // 4)
    np.testing.assert_allclose(
        found.pixels[middle, across].astype(int), wanted.pixels[middle, across], atol=1
    )


@pytest.mark.parametrize("box", [Box(400, 10, 50, 50), Box(-200, -200, 50, 50), Box(10, 500, 9, 9)])
def test_faces_wholly_outside_are_left_out(box: Box) -> None:
    assert extract_faces(numbered(240, 250), FixedDetector([box])) == []


def test_faces_keep_the_order_and_colours_of_their_boxes() -> None:
    boxes = [Box(20, 20, 120, 120), Box(200, 80, 60, 60)]
    frame = scene((boxes[0], COLORS["Ada"]), (boxes[1], COLORS["Zoë"]))
    reddish, bluish = (found.pixels for found in extract_faces(frame, FixedDetector(boxes)))
    assert reddish.mean((0, 1)).argmax() == 0
    assert bluish.mean((0, 1)).argmax() == 2


def test_a_whole_image_of_the_right_size_stays_as_it_is() -> None:
    pixels = noisy_color(COLORS["Ada"], 1)
    (found,) = extract_faces(pixels, WholeImage())
    np.testing.assert_array_equal(found.pixels, pixels)


@pytest.mark.parametrize("shape", [(112, 112), (500, 500), (90, 300), (1, 1)])
def test_a_whole_image_of_another_size_is_resized(shape: tuple[int, int]) -> None:
    pixels = np.full((*shape, 3), (10, 20, 30), np.uint8)
    (found,) = extract_faces(pixels, WholeImage())
    assert found.pixels.shape == (224, 224, 3)
    assert np.all(found.pixels == (10, 20, 30))


def test_face_file_names_a_file_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"bad")
    with pytest.raises(FacerecError, match="bad.jpg"):
        face_file(tmp_path / "bad.jpg")


class Remembering:
    """Stands for a classifier: keeps the faces it is asked about."""

    classes = ("Ada", "Zoë")

    def outputs(self, faces: np.ndarray) -> Outputs:
        self.faces = faces
        return Outputs(np.zeros((len(faces), 2), np.float32))


def test_import_capture_training_and_live_see_the_same_pixels(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Lossless files, so that JPEG does not blur the comparison.
    encode = images.encode
    monkeypatch.setattr(images, "encode", lambda pixels, suffix=".jpg": encode(pixels, ".png"))
    frame, detector = scene((BOX, COLORS["Zoë"])), FixedDetector([BOX])
    source = home / "frame.png"
    images.write(source, frame)

    imported = FaceFolder.create("imported")
    import_faces([source], imported, detector, "Zoë")
    captured = FaceFolder.create("captured")
    collector = FaceCollector(captured, [("Zoë", 1)], "morning", detector)
    collector.record()
    collector.collect(frame)
    collector.close()
    live = Remembering()
    arrived = av.VideoFrame.from_ndarray(frame, format="rgb24").to_ndarray(format="rgb24")
    faces_named(live, detector, arrived, OperatingPoint())

    for folder in (imported, captured):
        (face,) = folder.face_files()
        np.testing.assert_array_equal(face_file(face.path), live.faces[0])
