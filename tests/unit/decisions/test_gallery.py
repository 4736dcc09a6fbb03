from pathlib import Path

import numpy as np
import pytest

from facerec.decisions.gallery import Gallery
from facerec.errors import FacerecError
from facerec.networks.metric import of_length_one


def faces(count: int, seed: int, dimensions: int = 5) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return of_length_one(generator.normal(size=(count, dimensions)).astype(np.float32))


def pictures(name: str, count: int) -> list[bytes]:
    return [f"{name}{number}".encode() for number in range(count)]


@pytest.fixture
def gallery() -> Gallery:
    found = Gallery.empty("means", 5)
    for seed, (name, count) in enumerate((("Zoë", 3), ("Ada", 2), ("Unknown", 4))):
        found = found.with_faces(name, faces(count, seed), pictures(name, count))
    return found


def same(one: Gallery, other: Gallery) -> bool:
    return (
        (one.matcher, one.people, one.pictures) == (other.matcher, other.people, other.pictures)
        and np.array_equal(one.labels, other.labels)
        and np.array_equal(one.embeddings, other.embeddings)
    )


def test_people_come_in_the_order_in_which_they_are_enrolled(gallery: Gallery) -> None:
    assert gallery.people == ("Zoë", "Ada", "Unknown")
    assert gallery.counts() == {"Zoë": 3, "Ada": 2, "Unknown": 4} and len(gallery) == 9
    assert gallery.labels.tolist() == [0, 0, 0, 1, 1, 2, 2, 2, 2]
    assert gallery.pictures_of("Ada") == [b"Ada0", b"Ada1"]
    np.testing.assert_allclose(gallery.embeddings[3:5], faces(2, 1), atol=1e-6)


def test_more_faces_go_to_whom_they_belong_whatever_the_capitals(gallery: Gallery) -> None:
    more = gallery.with_faces(" zoË ", faces(2, 9), [b"new0", b"new1"])
    assert more.people == gallery.people
    assert more.counts() == {"Zoë": 5, "Ada": 2, "Unknown": 4}
    assert more.pictures_of("Zoë") == [*pictures("Zoë", 3), b"new0", b"new1"]
    np.testing.assert_allclose(more.embeddings[3:5], faces(2, 9), atol=1e-6)
    np.testing.assert_allclose(more.embeddings[5:7], faces(2, 1), atol=1e-6)
    assert gallery.counts()["Zoë"] == 3, "the one before is not changed"


def test_faces_are_made_of_length_1(gallery: Gallery) -> None:
    found = gallery.with_faces("Bo", 7 * faces(1, 3), [b""])
    np.testing.assert_allclose(np.linalg.norm(found.embeddings, axis=1), 1, atol=1e-6)


def test_who_is_removed_leaves_no_trace(gallery: Gallery) -> None:
    left = gallery.without("Ada")
    assert left.people == ("Zoë", "Unknown") and left.labels.tolist() == [0] * 3 + [1] * 4
    assert not any(picture.startswith(b"Ada") for picture in left.pictures)
    np.testing.assert_allclose(left.embeddings[3:], faces(4, 2), atol=1e-6)
    assert same(gallery.without("Unknown").without("Ada"), left.without("Unknown"))
    nobody = left.without("Zoë").without("Unknown")
    assert nobody.people == () and len(nobody) == 0 and nobody.embeddings.shape == (0, 5)
    assert nobody.with_faces("Bo", faces(1, 0), [b""]).people == ("Bo",)
    with pytest.raises(FacerecError, match="Nobody named Bo"):
        left.without("Bo")


@pytest.mark.parametrize("name", ["", "a/b", "..", "x" * 200])
def test_a_name_that_is_none_is_refused(gallery: Gallery, name: str) -> None:
    with pytest.raises(FacerecError, match="name"):
        gallery.with_faces(name, faces(1, 0), [b""])


def test_nobody_is_enrolled_without_a_face(gallery: Gallery) -> None:
    with pytest.raises(FacerecError, match="no face of Bo"):
        gallery.with_faces("Bo", faces(0, 0), [])


def test_a_file_keeps_all_of_it(gallery: Gallery, tmp_path: Path) -> None:
    for found in (gallery, Gallery.empty("svm", 5)):
        found.save(tmp_path / "gallery.npz")
        loaded = Gallery.load(tmp_path / "gallery.npz")
        assert same(loaded, found)
        assert loaded.embeddings.dtype == np.float32
    assert [path.name for path in tmp_path.iterdir()] == ["gallery.npz"]


class Bomb:
    """Runs code when it is unpickled without care."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


def test_a_file_never_runs_code(gallery: Gallery, tmp_path: Path) -> None:
    file, trace = tmp_path / "gallery.npz", tmp_path / "trace"
    gallery.save(file)
    content = dict(np.load(file))
    np.savez(file, **{**content, "people": np.array([Bomb(trace)] * 3, dtype=object)})
    with pytest.raises(FacerecError, match=r"gallery\.npz is damaged"):
        Gallery.load(file)
    assert not trace.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"labels": np.array([0, 0, 0, 1, 1, 2, 2, 2, 3])},
        {"labels": np.array([0, 0, 1, 0, 1, 2, 2, 2, 2])},
        {"labels": np.zeros(9, int)},
        {"labels": np.zeros(3, int)},
        {"embeddings": np.ones((9, 5), np.float32)},
        {"embeddings": np.full((9, 5), np.nan, np.float32)},
        {"people": np.array(["Zoë", "Ada", "Ada"])},
        {"people": np.array(["Zoë", "Ada", "../Bo"])},
        {"picture_ends": np.arange(4)},
    ],
)
def test_content_that_does_not_fit_is_damage(
    gallery: Gallery, tmp_path: Path, change: dict[str, np.ndarray]
) -> None:
    file = tmp_path / "gallery.npz"
    gallery.save(file)
    np.savez(file, **{**np.load(file), **change})
    with pytest.raises(FacerecError, match=r"gallery\.npz is damaged"):
        Gallery.load(file)


@pytest.mark.parametrize("content", [b"", b"no zip"])
def test_a_file_that_is_none_is_damage(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "gallery.npz").write_bytes(content)
    with pytest.raises(FacerecError, match=r"gallery\.npz is damaged"):
        Gallery.load(tmp_path / "gallery.npz")
