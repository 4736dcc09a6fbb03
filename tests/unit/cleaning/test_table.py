import os
import time
from pathlib import Path

import cv2
import pytest

from facerec.cleaning.table import face_table, look_for_faces, measure, unmeasured
from facerec.datasets.folder import FaceFolder
from facerec.faces import images, quality
from facerec.faces.detection import Box
from tests.examples import COLORS, FixedDetector, noisy_color


def test_a_table_has_a_row_for_each_image_in_order(small_dataset: FaceFolder) -> None:
    table = face_table(small_dataset)
    assert list(table["face"]) == small_dataset.face_files()
    assert list(table["class_name"]) == [face.class_name for face in small_dataset.face_files()]
    assert set(table["session"]) == {"session0", "session1"}
    assert table["brightness"].isna().all()
    assert unmeasured(table) == small_dataset.face_files()


def test_an_empty_data_set_has_an_empty_table(home: Path) -> None:
    table = face_table(FaceFolder.create("empty"))
    assert table.empty
    assert unmeasured(table) == []


def test_measuring_is_kept(small_dataset: FaceFolder) -> None:
    seen = []
    measure(
        small_dataset,
        unmeasured(face_table(small_dataset)),
        lambda done, total: seen.append((done, total)),
    )
    assert seen == [(n, 24) for n in range(1, 25)]
    table = face_table(FaceFolder.open(small_dataset.name))
    assert unmeasured(table) == []
    first = images.read(table["face"][0].path)
    assert table["brightness"][0] == pytest.approx(quality.brightness(first), abs=0.1)
    assert table["sharpness"][0] == pytest.approx(quality.sharpness(first), abs=0.1)
    assert table["hash"][0] == quality.measures(first)["hash"]


def test_what_was_measured_before_a_stop_is_kept(small_dataset: FaceFolder) -> None:
    def stop_at_ten(done: int, total: int) -> None:
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(small_dataset, small_dataset.face_files(), stop_at_ten)
    assert len(unmeasured(face_table(small_dataset))) == 14


def test_an_image_that_cannot_be_read_counts_as_black(small_dataset: FaceFolder) -> None:
    broken = small_dataset.face_files("Ada")[0]
    broken.path.write_bytes(b"no image")
    measure(small_dataset, [broken])
    assert face_table(small_dataset)["brightness"][0] == 0


def test_whether_a_face_is_found_is_kept(small_dataset: FaceFolder) -> None:
    faces = small_dataset.face_files()
    look_for_faces(small_dataset, faces[:2], FixedDetector([Box(0, 0, 90, 90)]))
    look_for_faces(small_dataset, faces[2:4], FixedDetector([]))
    assert list(face_table(small_dataset)["face_found"][:5]) == [True, True, False, False, None]


def test_a_settled_listing_sees_what_comes_and_goes(small_dataset: FaceFolder) -> None:
    """Listings that are kept must not hide changes."""
    ada = small_dataset.path / "Ada"
    long_ago = time.time() - 60
    os.utime(ada, (long_ago, long_ago))
    before = small_dataset.face_files("Ada")
    images.write(ada / "new_0001.jpg", noisy_color(COLORS["Ada"], 1))
    assert len(small_dataset.face_files("Ada")) == len(before) + 1
    (ada / "new_0001.jpg").unlink()
    assert small_dataset.face_files("Ada") == before
    small_dataset.counts()["Ada"] = 99
    assert small_dataset.counts()["Ada"] == len(before)


def test_blurring_shows_in_the_table(small_dataset: FaceFolder) -> None:
    face = small_dataset.face_files("Ada")[0]
    images.write(face.path, cv2.GaussianBlur(images.read(face.path), (0, 0), 6))
    measure(small_dataset, small_dataset.face_files("Ada"))
    table = face_table(small_dataset)
    assert table["sharpness"].idxmin() == 0


def test_a_name_that_is_no_utf_8_can_be_measured(small_dataset: FaceFolder) -> None:
    odd = small_dataset.path / "Ada" / os.fsdecode(b"caf\xe9.jpg")
    try:
        odd.write_bytes(small_dataset.face_files("Ada")[0].path.read_bytes())
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    measure(small_dataset, small_dataset.face_files())
    assert unmeasured(face_table(FaceFolder(small_dataset.path))) == []
