import base64
from pathlib import Path

import numpy as np

from facerec.faces import images, thumbnails
from tests.examples import noisy_color


def picture(url: str) -> np.ndarray:
    header, _, content = url.partition(",")
    assert header == "data:image/jpeg;base64"
    return images.decode(base64.b64decode(content))


def test_large_pictures_become_small_and_keep_their_shape() -> None:
    wide = np.full((100, 640, 3), (200, 60, 60), np.uint8)
    small = picture(thumbnails.data_url(wide))
    assert small.shape == (25, 160, 3)
    assert np.abs(small.mean(axis=(0, 1)) - (200, 60, 60)).max() < 3


def test_small_pictures_stay_as_they_are() -> None:
    assert picture(thumbnails.data_url(np.zeros((40, 30, 3), np.uint8))).shape == (40, 30, 3)


def test_a_file_that_changes_gets_a_new_thumbnail(tmp_path: Path) -> None:
    file = tmp_path / "face.jpg"
    images.write(file, noisy_color((200, 60, 60), 1))
    before = thumbnails.file_url(file)
    images.write(file, noisy_color((60, 60, 200), 1))
    assert thumbnails.file_url(file) != before


def test_what_cannot_be_read_is_a_grey_square(tmp_path: Path) -> None:
    file = tmp_path / "face.jpg"
    file.write_bytes(b"no image")
    for path in (file, tmp_path / "gone.jpg"):
        assert picture(thumbnails.file_url(path)).std() < 1
