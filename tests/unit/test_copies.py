import numpy as np
import pytest

from facerec import images
from facerec.augmentation import Augmentation
from facerec.copies import write_augmented_copies
from facerec.dataset import COPY_MARK, FaceFolder
from facerec.errors import FacerecError
from facerec.splits import split

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
@pytest.mark.parametrize("seed", range(5))
def test_no_split_parts_a_copy_from_its_original(copied: FaceFolder, how: str, seed: int) -> None:
    training, validating = split(copied.face_files(), how, 0.3, seed)
    assert not any(COPY_MARK in face.path.name for face in validating)
    validated = {(face.class_name, face.original) for face in validating}
    assert not validated & {(face.class_name, face.original) for face in training}
    assert sum(COPY_MARK in face.path.name for face in training) == 3 / 4 * len(training)


def test_copies_of_copies_are_not_made(copied: FaceFolder) -> None:
    assert write_augmented_copies(copied, "again", RECIPE, copies=1) == 48


@pytest.mark.parametrize(("second_seed", "same"), [(0, True), (1, False)])
def test_the_seed_decides(small_dataset: FaceFolder, second_seed: int, same: bool) -> None:
    write_augmented_copies(small_dataset, "first", RECIPE, 1, seed=0)
    write_augmented_copies(small_dataset, "second", RECIPE, 1, seed=second_seed)
    hashes = {FaceFolder.open(name).content_hash() for name in ("first", "second")}
    assert (len(hashes) == 1) == same


@pytest.mark.parametrize("copies", [0, -1, 51])
def test_numbers_out_of_range_are_refused(small_dataset: FaceFolder, copies: int) -> None:
    with pytest.raises(FacerecError, match="Copies"):
        write_augmented_copies(small_dataset, "more", RECIPE, copies)


def test_a_data_set_with_images_is_not_written_over(small_dataset: FaceFolder) -> None:
    with pytest.raises(FacerecError, match="has images already"):
        write_augmented_copies(small_dataset, small_dataset.name, RECIPE, 1)


def test_progress_may_stop_it(small_dataset: FaceFolder) -> None:
    seen = []

    def progress(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_augmented_copies(small_dataset, "more", RECIPE, 1, progress=progress)
    assert seen == [(1, 24), (2, 24)]
