from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from facerec.collecting.sources import named
from facerec.errors import FacerecError
from facerec.faces import images
from tests.unit.faces.conftest import BLUE, RED, halves


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".jpg", ".jpeg", ".webp"])
def test_round_trip_keeps_rgb_on_a_non_ascii_path(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "Ζωή 😀" / f"ä{suffix}"
    images.write(path, halves())
    difference = np.abs(images.read(path).astype(int) - halves())
    assert np.median(difference) <= 4


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    path = tmp_path / "phone.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned clockwise by 90 degrees
    Image.fromarray(halves(40, 60)).save(path, exif=exif, quality=95)
    pixels = images.read(path)
    assert pixels.shape == (60, 40, 3)
    np.testing.assert_allclose(pixels[30, 35], RED, atol=12)
    np.testing.assert_allclose(pixels[30, 5], BLUE, atol=12)


def test_gray_and_transparent_images_become_rgb(tmp_path: Path) -> None:
    for mode in ("L", "RGBA", "P"):
        path = tmp_path / f"{mode}.png"
        Image.fromarray(halves()).convert(mode).save(path)
        assert images.read(path).shape == (40, 60, 3)


@pytest.mark.parametrize("suffix", ["PNG", "TIFF"])
@pytest.mark.parametrize(("deep", "expected"), [(0, 0), (200, 0), (128 * 257, 128), (65535, 255)])
def test_16_bits_of_grey_are_scaled_however_dark(suffix: str, deep: int, expected: int) -> None:
    buffer = BytesIO()
    Image.fromarray(np.full((40, 60), deep, np.uint16)).save(buffer, suffix)
    assert np.unique(images.decode(buffer.getvalue())).tolist() == [expected]


def test_measurements_are_no_picture() -> None:
    buffer = BytesIO()
    Image.fromarray(np.full((40, 60), 0.5, np.float32)).save(buffer, "TIFF")
    with pytest.raises(FacerecError, match="32 bits a channel"):
        images.decode(buffer.getvalue())


def test_the_most_pixels_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = BytesIO()
    Image.fromarray(np.zeros((40, 60), np.uint8)).save(buffer, "PNG")
    for limit in (2399, 1000):
        monkeypatch.setattr(images, "MOST_PIXELS", limit)
        with pytest.raises(FacerecError, match="it has 60 x 40 pixels, more than"):
            images.decode(buffer.getvalue())
    monkeypatch.setattr(images, "MOST_PIXELS", 2400)
    assert images.decode(buffer.getvalue()).shape == (40, 60, 3)


def test_a_phone_s_picture_of_several_parts(tmp_path: Path) -> None:
    path = tmp_path / "phone.jpg"
    part = Image.fromarray(halves())
    part.save(path, "MPO", save_all=True, append_images=[part], quality=95)
    assert images.read(path).shape == (40, 60, 3)


@pytest.mark.parametrize("content", [b"", b"no image", b"\xff\xd8\xff\xe0 cut"])
def test_what_is_no_image_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "face.jpg"
    path.write_bytes(content)
    with pytest.raises(FacerecError, match="face.jpg cannot be read: it is "):
        images.read(path)


def test_a_missing_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FacerecError, match="none.png cannot be read: No such file"):
        images.read(tmp_path / "none.png")


def test_an_image_in_memory_can_be_read_twice() -> None:
    upload = named("face.png", images.encode(halves(), ".png"))
    for _ in range(2):
        np.testing.assert_array_equal(images.read(upload), halves())


@pytest.mark.parametrize("suffix", [".mp4", ".xyz", ""])
def test_writing_to_a_name_that_is_no_image_s_is_refused(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(FacerecError, match="labelled"):
        images.write(tmp_path / f"labelled{suffix}", halves())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_pictures_of_phones_are_read_whatever_they_are_called(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "IMG_0001.jpg"
    Image.fromarray(halves(128, 128)).save(path, kind, quality=95)
    pixels = images.read(path)
    np.testing.assert_allclose(pixels[20, 64], RED, atol=12)
    np.testing.assert_allclose(pixels[100, 64], BLUE, atol=12)


def test_a_picture_with_much_text_is_read() -> None:
    text = PngInfo()
    text.add_text("history", "brush stroke; " * 500_000, zip=True)
    buffer = BytesIO()
    Image.fromarray(halves()).save(buffer, "PNG", pnginfo=text)
    np.testing.assert_array_equal(images.decode(buffer.getvalue()), halves())


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
def test_a_very_large_picture_is_halved(monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    buffer = BytesIO()
    Image.fromarray(halves()).convert(mode).save(buffer, "PNG")
    monkeypatch.setattr(images, "MOST_PIXELS_KEPT", 2399)
    assert images.decode(buffer.getvalue()).shape == (20, 30, 3)
    monkeypatch.setattr(images, "MOST_PIXELS_KEPT", 2400)
    assert images.decode(buffer.getvalue()).shape == (40, 60, 3)


def test_the_number_of_pixels_is_read_without_the_picture() -> None:
    content = images.encode(halves(), ".png")
    assert images.pixel_count(content) == images.pixel_count(content[:-12]) == 2400
    assert images.pixel_count(b"no image") == 0
