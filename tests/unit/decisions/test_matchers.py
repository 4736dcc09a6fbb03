import numpy as np
import pytest
import torch
from sklearn.svm import LinearSVC

from facerec.decisions.gallery import Gallery
from facerec.decisions.matchers import (
    MATCHERS,
    ClassMeans,
    LinearSVM,
    NearestNeighbours,
    matcher_of,
)
from facerec.errors import FacerecError
from facerec.networks.metric import Metric, of_length_one

DIMENSIONS = 12
PEOPLE = ("Ada", "Unknown", "Zoë")


def around(centre: np.ndarray, count: int, seed: int, scatter: float = 0.3) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(count, DIMENSIONS)) * scatter
    return of_length_one((centre + noise).astype(np.float32))


CENTRES = np.eye(len(PEOPLE), DIMENSIONS, dtype=np.float32)


def gallery_of(matcher: str, people: tuple[str, ...] = PEOPLE, counts=(8, 3, 6)) -> Gallery:
    found = Gallery.empty(matcher, DIMENSIONS)
    for number, (name, count) in enumerate(zip(people, counts, strict=False)):
        found = found.with_faces(name, around(CENTRES[number], count, number), [b""] * count)
    return found


FRESH = np.concatenate([around(centre, 5, 10 + number) for number, centre in enumerate(CENTRES)])
LABELS = np.repeat(np.arange(len(PEOPLE)), 5)


@pytest.mark.parametrize("name", MATCHERS)
def test_each_tells_people_apart(name: str) -> None:
    outputs = matcher_of(gallery_of(name)).outputs(FRESH)
    assert outputs.logits.shape == outputs.similarities.shape == (15, 3)
    assert outputs.logits.dtype == outputs.similarities.dtype == np.float32
    assert (outputs.predictions == LABELS).all()


@pytest.mark.parametrize("name", MATCHERS)
def test_of_each_similarity_is_the_cosine_to_the_class_mean(name: str) -> None:
    gallery = gallery_of(name)
    means = [gallery.embeddings[gallery.labels == label].mean(axis=0) for label in range(3)]
    cosines = [[float(face @ mean / np.linalg.norm(mean)) for mean in means] for face in FRESH]
    np.testing.assert_allclose(matcher_of(gallery).outputs(FRESH).similarities, cosines, atol=1e-6)


@pytest.mark.parametrize("people", [1, 2, 3])
@pytest.mark.parametrize("name", MATCHERS)
def test_the_layer_of_each_gives_the_same_logits(name: str, people: int) -> None:
    matcher = matcher_of(gallery_of(name, PEOPLE[:people]))
    found = matcher.layer()(torch.from_numpy(FRESH)).numpy()
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, matcher.logits(FRESH), atol=1e-5)


def test_means_decide_by_that_cosine() -> None:
    outputs = ClassMeans(gallery_of("means")).outputs(FRESH)
    np.testing.assert_allclose(outputs.logits, 10 * outputs.similarities, atol=1e-5)


def test_neighbours_decide_by_the_mean_of_the_five_nearest_of_each() -> None:
    gallery = gallery_of("neighbours")
    cosines = FRESH @ gallery.embeddings.T
    expected = np.stack(
        [np.sort(cosines[:, gallery.labels == label])[:, -5:].mean(axis=1) for label in range(3)],
        axis=1,
    )
    found = NearestNeighbours(gallery).logits(FRESH)
    np.testing.assert_allclose(found, 10 * expected, atol=1e-5)


def test_pictures_that_are_the_same_count_each() -> None:
    twice = np.float32([[1, 0], [1, 0], [0, 1]])
    gallery = Gallery.empty("neighbours", 2).with_faces("Ada", twice, [b""] * 3)
    found = NearestNeighbours(gallery).logits(np.float32([[1, 0]]))
    np.testing.assert_allclose(found, [[10 * 2 / 3]], atol=1e-5)


def test_a_machine_decides_by_its_borders() -> None:
    gallery = gallery_of("svm")
    machine = LinearSVC(class_weight="balanced", random_state=0)
    machine.fit(gallery.embeddings, gallery.labels)
    found = LinearSVM(gallery).logits(FRESH)
    np.testing.assert_allclose(found, machine.decision_function(FRESH), atol=1e-5)


def test_a_machine_between_two_people_has_one_border() -> None:
    gallery = gallery_of("svm", ("Ada", "Bo"))
    logits = LinearSVM(gallery).logits(FRESH[:10])
    assert logits.shape == (10, 2)
    np.testing.assert_allclose(logits[:, 0], -logits[:, 1])
    assert (logits.argmax(axis=1) == LABELS[:10]).all()


@pytest.mark.parametrize("name", MATCHERS)
def test_one_person_alone_is_known_by_similarity(name: str) -> None:
    matcher = matcher_of(gallery_of(name, ("Ada",), (20,)))
    outputs, point = matcher.outputs(FRESH), matcher.operating_point()
    assert (outputs.predictions == 0).all()
    named = point.is_named(("Ada",), outputs)
    assert named[:5].mean() >= 0.6 and not named[5:].any()
    # A twentieth of the enrolled faces, each compared with the others, are refused.
    others = [
        float(face @ of_length_one((matcher.gallery.embeddings.sum(axis=0) - face)[None])[0])
        for face in matcher.gallery.embeddings
    ]
    assert point.threshold == pytest.approx(np.quantile(others, 0.05), abs=1e-5)


def test_the_first_threshold_lies_between_own_faces_and_others() -> None:
    gallery = gallery_of("means")
    point = ClassMeans(gallery).operating_point()
    assert point.score == "similarity" and point.low < point.threshold < point.high == 1
    embeddings, labels = gallery.embeddings, gallery.labels
    own, others = [], []
    for face, label in zip(embeddings, labels, strict=True):
        rest = [
            embeddings[(labels == other)].sum(axis=0) - (face if other == label else 0)
            for other in range(3)
        ]
        cosines = [float(face @ mean / np.linalg.norm(mean)) for mean in rest]
        if PEOPLE[label] != "Unknown":
            own.append(cosines[label])
        others.append(max(cosines[other] for other in (0, 2) if other != label))
    expected = (np.median(own) + np.median(others)) / 2
    assert point.threshold == pytest.approx(expected, abs=1e-5)
    assert point.low < min(own + others)


def test_one_face_alone_gives_no_threshold_but_the_middle() -> None:
    gallery = gallery_of("means", ("Ada",), (1,))
    assert ClassMeans(gallery).operating_point().threshold == 0.5


def test_two_people_of_one_face_each_still_give_one() -> None:
    point = ClassMeans(gallery_of("means", ("Ada", "Bo"), (1, 1))).operating_point()
    assert point.threshold == 0.5 and point.low < 0.5


def test_a_threshold_of_a_large_gallery_is_told_by_some_faces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gallery = gallery_of("means", counts=(300, 300, 300))
    whole = ClassMeans(gallery).operating_point()
    monkeypatch.setattr("facerec.decisions.matchers._MOST_COMPARED", 90)
    some = ClassMeans(gallery).operating_point()
    assert some.threshold != whole.threshold
    assert some.threshold == pytest.approx(whole.threshold, abs=0.05)


def test_a_matcher_that_there_is_not_is_refused() -> None:
    with pytest.raises(FacerecError, match="no matcher 'magic': means, neighbours, svm"):
        matcher_of(gallery_of("magic"))


def far_apart(matcher: str) -> Gallery:
    """Two people in one direction, whom only the distance tells apart, by the Euclidean metric."""
    found = Gallery.empty(matcher, DIMENSIONS, Metric.EUCLIDEAN)
    for place, name in enumerate(("Ada", "Zoë"), start=1):
        faces = 0.6 * place * CENTRES[0] + around(np.zeros(DIMENSIONS), 6, place) / 20
        found = found.with_faces(name, faces.astype(np.float32), [b""] * 6)
    return found


@pytest.mark.parametrize("name", MATCHERS)
def test_by_the_euclidean_metric_lengths_count(name: str) -> None:
    gallery = far_apart(name)
    outputs = matcher_of(gallery).outputs(gallery.embeddings)
    assert (outputs.predictions == gallery.labels).all()
    means = [gallery.embeddings[gallery.labels == label].mean(axis=0) for label in range(2)]
    distances = [[np.linalg.norm(face - mean) for mean in means] for face in gallery.embeddings]
    np.testing.assert_allclose(outputs.similarities, 1 - np.square(distances) / 2, atol=1e-5)


def test_by_the_euclidean_metric_own_faces_are_compared_without_themselves() -> None:
    gallery = far_apart("means")
    point = ClassMeans(gallery).operating_point()
    own, others = [], []
    for face, label in zip(gallery.embeddings, gallery.labels, strict=True):
        mine = gallery.embeddings[gallery.labels == label]
        rest = (mine.sum(axis=0) - face) / (len(mine) - 1)
        other = gallery.embeddings[gallery.labels != label].mean(axis=0)
        own.append(1 - np.square(face - rest).sum() / 2)
        others.append(1 - np.square(face - other).sum() / 2)
    expected = (np.median(own) + np.median(others)) / 2
    assert point.threshold == pytest.approx(expected, abs=1e-5)
