import shutil
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from facerec.cleaning import editing
from facerec.datasets import decoded as face_cache
from facerec.datasets.decoded import decoded_faces
from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.faces.preprocessing import face_file
from facerec.system import paths


def cached(folder: FaceFolder) -> np.ndarray:
    return decoded_faces(folder, folder.content_hash())


def test_all_images_are_decoded_in_their_order(small_dataset: FaceFolder) -> None:
    seen: list[tuple[int, int]] = []
    found = decoded_faces(
        small_dataset, small_dataset.content_hash(), lambda *counts: seen.append(counts)
    )
    expected = [face_file(face.path) for face in small_dataset.face_files()]
    np.testing.assert_array_equal(found, expected)
    assert isinstance(found, np.memmap) and not found.flags.writeable
    assert seen[-1] == (24, 24)


def test_the_second_time_nothing_is_decoded(
    small_dataset: FaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = np.array(cached(small_dataset))

    def fail(path: Path) -> None:
        raise AssertionError(f"{path} is decoded again")

    monkeypatch.setattr(face_cache, "face_file", fail)
    np.testing.assert_array_equal(cached(small_dataset), first)


def test_another_content_takes_the_place_of_the_old(small_dataset: FaceFolder) -> None:
    cached(small_dataset)
    face = small_dataset.face_files()[0]
    face.path.write_bytes(small_dataset.face_files()[1].path.read_bytes())
    found = cached(small_dataset)
    np.testing.assert_array_equal(found[0], found[1])
    assert len(list(paths.cache_folder(small_dataset.path).glob("*.npy"))) == 1


@pytest.mark.parametrize("damage", ["cut short", "no array"])
def test_a_damaged_file_is_made_anew(small_dataset: FaceFolder, damage: str) -> None:
    first = np.array(cached(small_dataset))
    (file,) = paths.cache_folder(small_dataset.path).glob("*.npy")
    content = file.read_bytes()
    file.write_bytes(content[:1000] if damage == "cut short" else b"nothing")
    np.testing.assert_array_equal(cached(small_dataset), first)


def test_several_at_once_decode_once(
    small_dataset: FaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[Path] = []
    monkeypatch.setattr(
        face_cache, "face_file", lambda path: decoded.append(path) or face_file(path)
    )
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(cached, [small_dataset] * 3))
    assert len(decoded) == 24
    np.testing.assert_array_equal(found[0], found[2])


def test_an_unreadable_image_is_named_and_nothing_is_left(small_dataset: FaceFolder) -> None:
    small_dataset.face_files()[3].path.write_bytes(b"broken")
    with pytest.raises(FacerecError, match="session0_0003.jpg cannot be read"):
        cached(small_dataset)
    assert not list(paths.cache_folder(small_dataset.path).glob("*.npy"))


def test_a_nearly_full_disk_is_told_of_before_it_is_full(
    small_dataset: FaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("Usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 10**7, 10**7))
    with pytest.raises(FacerecError, match="disk is nearly full.* 0.5 GB .* 0.0 GB are free"):
        cached(small_dataset)


def test_deleted_people_are_not_kept_in_it(small_dataset: FaceFolder) -> None:
    cache = paths.cache_folder(small_dataset.path)
    for delete in (
        lambda: editing.delete_images(small_dataset, small_dataset.face_files("Zoë")[:1]),
        lambda: editing.delete_class(small_dataset, "Zoë"),
        small_dataset.delete,
    ):
        cached(small_dataset)
        assert list(cache.glob("*.npy"))
        delete()
        assert not list(cache.glob("*.npy"))


def test_data_sets_of_the_same_name_elsewhere_have_their_own(tmp_path: Path, home: Path) -> None:
    assert paths.cache_folder(tmp_path / "a" / "x") != paths.cache_folder(tmp_path / "b" / "x")
    assert paths.cache_folder(tmp_path / "a" / "x").is_relative_to(paths.data_folder())
