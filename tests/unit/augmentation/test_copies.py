import errno
from pathlib import Path

import numpy as np
import pytest

from facerec.augmentation.copies import write_augmented_copies
from facerec.augmentation.recipe import Augmentation
from facerec.datasets.folder import COPY_MARK, FaceFolder
from facerec.datasets.splits import split
from facerec.errors import FacerecError
from facerec.faces import images
from facerec.system import files
from tests.examples import COLORS, noisy_color

RECIPE = Augmentation(brightness=0.3, horizontal_flip=0.5)


@pytest.fixture
def copied(small_dataset: FaceFolder) -> FaceFolder:
    assert write_augmented_copies(small_dataset, "more", RECIPE, copies=3) == 96
    return FaceFolder.open("more")


def test_originals_and_numbered_copies_of_each_class(
    small_dataset: FaceFolder, copied: FaceFolder
) -> None:
    assert copied.counts() == {name: 4 * n for name, n in small_dataset.counts().items()}
    names = [face.path.name for face in copied.face_files("Ada")][:4]
    stem = "session0_0000"
    assert sorted(names) == sorted(
        [f"{stem}.jpg", *(f"{stem}{COPY_MARK}{number:02d}.jpg" for number in (1, 2, 3))]
    )
    assert copied.sessions() == small_dataset.sessions()


def test_copies_differ_from_their_original(copied: FaceFolder) -> None:
    stem = "session0_0000"
    original, *copies = (
        images.read(copied.path / "Ada" / f"{stem}{mark}.jpg")
        for mark in ("", f"{COPY_MARK}01", f"{COPY_MARK}02")
    )
    for copy in copies:
        assert np.abs(copy.astype(int) - original).mean() > 2
    assert np.any(copies[0] != copies[1])


@pytest.mark.parametrize("how", ["random", "session"])
def test_no_split_parts_a_copy_from_its_original(copied: FaceFolder, how: str) -> None:
    for seed in range(21):
        training, validating = split(copied.face_files(), how, 0.3, seed)
        assert not any(face.is_copy for face in validating)
        validated = {(face.class_name, face.original) for face in validating}
        assert not validated & {(face.class_name, face.original) for face in training}
        assert sum(face.is_copy for face in training) == 3 / 4 * len(training)


def test_copies_of_copies_are_not_made(copied: FaceFolder) -> None:
    assert write_augmented_copies(copied, "again", RECIPE, copies=1) == 48


@pytest.mark.parametrize(("second_seed", "same"), [(0, True), (1, False)])
def test_the_seed_decides(small_dataset: FaceFolder, second_seed: int, same: bool) -> None:
    write_augmented_copies(small_dataset, "first", RECIPE, 1, seed=0)
    write_augmented_copies(small_dataset, "second", RECIPE, 1, seed=second_seed)
    hashes = {FaceFolder.open(name).content_hash() for name in ("first", "second")}
    assert (len(hashes) == 1) == same


def test_originals_are_the_same_bytes(small_dataset: FaceFolder, copied: FaceFolder) -> None:
    for face in small_dataset.face_files():
        copy = copied.path / face.class_name / face.path.name
        assert copy.read_bytes() == face.path.read_bytes()


def test_what_is_no_face_jpeg_becomes_one(small_dataset: FaceFolder) -> None:
    pixels = noisy_color(COLORS["Ada"], 99, size=112)
    for name in ("big_1.png", "big_2.jpg"):
        images.write(small_dataset.path / "Ada" / name, pixels)
    write_augmented_copies(small_dataset, "more", RECIPE, 1)
    more = FaceFolder.open("more")
    for name in ("big_1.jpg", "big_2.jpg", "big_1-copy01.jpg"):
        content = (more.path / "Ada" / name).read_bytes()
        assert content.startswith(b"\xff\xd8")
        assert images.decode(content).shape == (224, 224, 3)
    assert more.details()["Ada/big_1-copy01.jpg"]["source"] == "Ada/big_1.jpg"


def test_what_is_known_of_the_originals_comes_along(small_dataset: FaceFolder) -> None:
    key = "Ada/session0_0000.jpg"
    known = {"source": "webcam", "detector": "yunet", "score": 0.9, "hash": "0123456789abcdef"}
    index = {"images": {key: known}, "sessions": {"Ada": ["session0"]}}
    files.write_json(small_dataset.path / "dataset.json", index)
    write_augmented_copies(small_dataset, "more", RECIPE, 2)
    more = FaceFolder.open("more")
    assert set(more.details()) == {face.key for face in more.face_files()}
    assert known.items() <= more.details()[key].items()
    assert more.read_index()["sessions"] == {"Ada": ["session0"]}
    copy = more.details()["Ada/session0_0000-copy02.jpg"]
    assert (copy["source"], copy["session"]) == (key, "session0")
    assert {"brightness", "sharpness", "hash", "time"} <= copy.keys()
    assert copy["hash"] != known["hash"]


@pytest.mark.parametrize("copies", [0, -1, 51])
def test_numbers_out_of_range_are_refused(small_dataset: FaceFolder, copies: int) -> None:
    with pytest.raises(FacerecError, match="Copies"):
        write_augmented_copies(small_dataset, "more", RECIPE, copies)


def test_no_data_set_is_written_over(small_dataset: FaceFolder, home: Path) -> None:
    for name in (small_dataset.name, f" {small_dataset.name} "):
        with pytest.raises(FacerecError, match="There is a data set"):
            write_augmented_copies(small_dataset, name, RECIPE, 1)
    assert sum(small_dataset.counts().values()) == 24


def test_a_data_set_without_images_is_refused(home: Path) -> None:
    with pytest.raises(FacerecError, match="no images"):
        write_augmented_copies(FaceFolder.create("empty"), "more", RECIPE, 1)


def test_images_whose_copies_would_be_called_alike_are_refused(small_dataset: FaceFolder) -> None:
    images.write(small_dataset.path / "Ada" / "session0_0000.png", noisy_color((9, 9, 9), 1))
    with pytest.raises(FacerecError, match="Ada has 2 images called session0_0000"):
        write_augmented_copies(small_dataset, "more", RECIPE, 1)


def test_progress_may_stop_it_and_nothing_is_left(small_dataset: FaceFolder, home: Path) -> None:
    seen = []

    def progress(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_augmented_copies(small_dataset, "more", RECIPE, 1, progress=progress)
    assert seen == [(1, 24), (2, 24)]
    assert [folder.name for folder in (home / "data").iterdir()] == [small_dataset.name]


def test_a_damaged_image_is_named_and_nothing_is_left(
    small_dataset: FaceFolder, home: Path
) -> None:
    (small_dataset.path / "Zoë" / "session1_0009.jpg").write_bytes(b"no image")
    with pytest.raises(FacerecError, match="session1_0009.jpg cannot be read"):
        write_augmented_copies(small_dataset, "more", RECIPE, 1)
    assert [folder.name for folder in (home / "data").iterdir()] == [small_dataset.name]


def test_a_full_disk_is_said_and_nothing_is_left(
    small_dataset: FaceFolder, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "replace", full)
    with pytest.raises(FacerecError, match="the disk is full"):
        write_augmented_copies(small_dataset, "more", RECIPE, 1)
    assert [folder.name for folder in (home / "data").iterdir()] == [small_dataset.name]


def test_the_rest_of_a_crash_does_not_come_along(small_dataset: FaceFolder, home: Path) -> None:
    rest = home / "data" / ".arriving-more" / "Nobody" / "session_0001.jpg"
    images.write(rest, noisy_color((9, 9, 9), 1))
    write_augmented_copies(small_dataset, "more", RECIPE, 1)
    assert "Nobody" not in FaceFolder.open("more").class_names()
