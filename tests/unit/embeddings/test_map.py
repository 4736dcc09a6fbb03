import base64
from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA

from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.decisions.gallery import Gallery
from facerec.embeddings.faces import PICTURE_SIDE, embed_faces, enrolled_faces, sprite_sheet
from facerec.embeddings.map import METHODS, UNKNOWN_COLOR, PCAMap, TSNEMap, class_colors, middle
from facerec.errors import FacerecError
from facerec.faces import images
from tests.examples import noisy_color


@pytest.fixture(scope="module")
def clusters() -> np.ndarray:
    """Three people of twelve faces each, unit vectors of 16 dimensions."""
    generator = np.random.default_rng(0)
    centres = np.eye(16)[:3].repeat(12, axis=0)
    faces = (centres + 0.08 * generator.normal(size=centres.shape)).astype(np.float32)
    return faces / np.linalg.norm(faces, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def tsne(clusters: np.ndarray) -> TSNEMap:
    return TSNEMap(clusters)


def new_faces(person: int) -> np.ndarray:
    faces = np.eye(16, dtype=np.float32)[[person] * 2]
    faces[1, 9] = 0.3
    return faces / np.linalg.norm(faces, axis=1, keepdims=True)


def test_pca_places_are_those_of_scikit_learn(clusters) -> None:
    made = PCAMap(clusters)
    reference = PCA(2).fit(clusters)
    np.testing.assert_allclose(made.places, reference.transform(clusters), atol=1e-5)
    np.testing.assert_allclose(
        made.place(new_faces(1)), reference.transform(new_faces(1)), atol=1e-5
    )
    assert made.shown == pytest.approx(reference.explained_variance_ratio_.sum(), abs=1e-5)


def test_pca_places_a_known_face_where_it_is(clusters) -> None:
    made = PCAMap(clusters)
    np.testing.assert_array_equal(made.place(clusters[5:6]), made.places[5:6])


def test_tsne_keeps_people_together(clusters, tsne) -> None:
    middles = np.stack([middle(part) for part in tsne.places.reshape(3, 12, 2)])
    distances = np.linalg.norm(tsne.places[:, None] - middles, axis=2)
    np.testing.assert_array_equal(distances.argmin(axis=1), np.arange(3).repeat(12))


@pytest.mark.parametrize("person", range(3))
def test_tsne_places_a_new_face_among_its_person(clusters, tsne, person) -> None:
    own = tsne.places[12 * person : 12 * person + 12]
    for place in tsne.place(new_faces(person)):
        assert (own.min(axis=0) <= place).all() and (place <= own.max(axis=0)).all()


def test_tsne_weighs_by_similarity(tsne, clusters) -> None:
    face = new_faces(2)[:1]
    similarities = (clusters @ face[0]).tolist()
    nearest = sorted(range(36), key=lambda place: -similarities[place])[:5]
    total = sum(similarities[place] for place in nearest)
    expected = sum(similarities[place] / total * tsne.places[place] for place in nearest)
    np.testing.assert_allclose(tsne.place(face)[0], expected, rtol=1e-4)


def test_tsne_places_also_who_is_like_nobody(tsne, clusters) -> None:
    assert np.isfinite(tsne.place(-clusters[:1])).all()


@pytest.mark.parametrize("method", METHODS)
def test_the_same_faces_make_the_same_map(clusters, method) -> None:
    first, second = (METHODS[method].make(clusters[:20]) for _ in range(2))
    np.testing.assert_array_equal(first.places, second.places)
    assert first.places.shape == (20, 2)


@pytest.mark.parametrize("method", METHODS)
def test_few_faces_are_enough_and_fewer_are_told_of(clusters, method) -> None:
    assert np.isfinite(METHODS[method].make(clusters[:3]).places).all()
    with pytest.raises(FacerecError, match="at least 3 faces, and there are 2"):
        METHODS[method].make(clusters[:2])


@pytest.mark.parametrize("method", METHODS)
def test_two_pictures_over_and_over_have_places(method) -> None:
    places = METHODS[method].make(np.eye(4, dtype=np.float32)[[0, 1] * 10]).places
    assert np.isfinite(places).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("value", [0.5, np.nan])
def test_where_the_network_sees_no_difference_it_says_so(method, value) -> None:
    with pytest.raises(FacerecError, match="no difference"):
        METHODS[method].make(np.full((5, 4), value, np.float32))


def test_colors_stay_with_the_place_among_the_classes() -> None:
    colors = class_colors(["Ada", UNKNOWN, "Zoë"])
    assert list(colors) == ["Ada", UNKNOWN, "Zoë"]
    assert colors[UNKNOWN] == UNKNOWN_COLOR
    assert len(set(colors.values())) == 3
    assert class_colors(["Ada", "Zoë"]) == {name: colors[name] for name in ("Ada", "Zoë")}
    assert len(class_colors([str(number) for number in range(40)])) == 40


def test_the_middle_is_not_moved_by_one_far_away() -> None:
    assert middle(np.array([[0, 0], [1, 1], [2, 2], [900, 1]])).tolist() == [1.5, 1]


class Means:
    """Embeds a face by its mean colour."""

    def embeddings(self, faces: np.ndarray) -> np.ndarray:
        means = faces.mean(axis=(1, 2)).astype(np.float32)
        return means / np.linalg.norm(means, axis=1, keepdims=True)


def test_faces_are_embedded_in_order_with_their_pictures(small_dataset: FaceFolder) -> None:
    ada, zoe = small_dataset.face_files("Ada"), small_dataset.face_files("Zoë")
    Path(ada[0].path).unlink()
    seen = []
    faces = embed_faces(Means(), ada, zoe[:3], lambda *state: seen.append(state))
    assert faces.names == ("Ada",) * 7 + ("Zoë",) * 3
    assert faces.are_strangers.tolist() == [False] * 7 + [True] * 3
    assert seen[-1] == (10, 10)
    pixels = images.read(zoe[0].path)
    np.testing.assert_allclose(faces.embeddings[7:8], Means().embeddings(pixels[None]), atol=1e-6)
    np.testing.assert_allclose(
        faces.pictures.mean(axis=(1, 2))[7], pixels.mean(axis=(0, 1)), atol=2
    )


def test_without_any_image_left_it_says_so(small_dataset: FaceFolder) -> None:
    gone = small_dataset.face_files("Ada")
    for face in gone:
        face.path.unlink()
    with pytest.raises(FacerecError, match="None of the images"):
        embed_faces(Means(), gone)


def test_of_a_large_gallery_each_person_gives_as_many() -> None:
    picture = images.encode(noisy_color((200, 60, 60), 0)[:64, :64])
    labels = np.repeat([0, 1, 2], [40, 3, 40])
    gallery = Gallery(
        "means", ("Ada", "Bob", "Zoë"), labels, np.eye(4, dtype=np.float32)[labels],
        (picture,) * len(labels),
    )  # fmt: skip
    faces = enrolled_faces(gallery, 23)
    assert [faces.names.count(name) for name in gallery.people] == [10, 3, 10]
    np.testing.assert_array_equal(
        faces.embeddings.argmax(axis=1), sorted([0, 1, 2] * 3 + [0, 2] * 7)
    )
    assert faces.pictures.shape == (23, PICTURE_SIDE, PICTURE_SIDE, 3)
    assert len(enrolled_faces(gallery, 600)) == 83
    assert len(enrolled_faces(Gallery.empty("means", 4), 600)) == 0


def test_the_sheet_holds_the_pictures_row_by_row() -> None:
    colors = np.array([[250, 0, 0], [0, 250, 0], [0, 0, 250]], np.uint8)
    pictures = np.broadcast_to(colors[:, None, None], (3, PICTURE_SIDE, PICTURE_SIDE, 3))
    sheet = sprite_sheet(pictures)
    assert sheet.columns == 2
    content = sheet.url.removeprefix("data:image/jpeg;base64,")
    pixels = images.decode(base64.b64decode(content)).astype(int)
    assert pixels.shape == (160, 160, 3)
    for number, (y, x) in enumerate([(40, 40), (40, 120), (120, 40)]):
        assert np.abs(pixels[y, x] - colors[number]).max() < 12
