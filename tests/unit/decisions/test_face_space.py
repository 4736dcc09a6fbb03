import numpy as np
import pytest

from facerec.decisions.face_space import FaceSpace, class_means, fit_face_space
from facerec.networks.metric import of_length_one

CLASSES, EACH, WIDE = 4, 10, 100


@pytest.fixture
def embeddings() -> np.ndarray:
    """Classes that differ in a direction of little scatter, beside one of much."""
    generator = np.random.default_rng(0)
    found = generator.normal(size=(CLASSES * EACH, WIDE)).astype(np.float32)
    found[np.arange(len(found)), labels()] += 6
    found[:, -1] *= 30
    return found


def labels() -> np.ndarray:
    return np.repeat(np.arange(CLASSES), EACH)


def test_places_and_similarities_by_hand() -> None:
    space = FaceSpace(
        np.eye(3, 2, dtype=np.float32), np.float32([1, 0]), np.float32([[1, 0], [0, 1]])
    )
    faces = np.float32([[1, 0, 9], [2, 4, 9], [-1, -3, 0], [-1, 0, 0]])
    places = space.places(faces)
    np.testing.assert_allclose(places, [[1, 0], [0.6, 0.8], [0, -1], [0, 0]], atol=1e-6)
    similarities = space.similarities(faces)
    np.testing.assert_allclose(similarities, places, atol=1e-6)
    assert similarities.dtype == places.dtype == np.float32


def test_each_face_is_most_like_its_class_whatever_else_scatters(embeddings: np.ndarray) -> None:
    space = fit_face_space(embeddings, labels())
    assert space.shape == (CLASSES, WIDE) and space.centres.shape[1] < len(embeddings)
    fresh = embeddings.copy()
    fresh[:, -1] += 30
    assert (space.similarities(fresh).argmax(axis=1) == labels()).all()
    # Plain angles are led astray.
    centred = of_length_one(fresh - embeddings.mean(axis=0))
    means = of_length_one(class_means(embeddings - embeddings.mean(axis=0), labels()))
    assert ((centred @ means.T).argmax(axis=1) != labels()).any()


def test_what_scatters_within_classes_scatters_equally_in_all_directions() -> None:
    generator = np.random.default_rng(1)
    scales = np.array([1.0, 5.0, 25.0])
    found = generator.normal(size=(3000, 3)) * scales
    found += np.repeat(generator.normal(size=(3, 3)) * 40, 1000, axis=0)
    which = np.repeat(np.arange(3), 1000)
    space = fit_face_space(found.astype(np.float32), which)
    places = found @ space.projection + space.offset
    within = places - class_means(places, which)[which]
    variances = np.linalg.eigvalsh(within.T @ within / len(within))
    # A tenth of the mean scatter is added to each direction, to be safe with few faces.
    mean = (scales**2).mean()
    expected = sorted(value / (0.9 * value + 0.1 * mean) for value in scales**2)
    np.testing.assert_allclose(sorted(variances), expected, rtol=0.1)


def test_a_face_like_nobody_is_far_from_all(embeddings: np.ndarray) -> None:
    space = fit_face_space(embeddings, labels())
    stranger = embeddings[:1].copy()
    stranger[0, :CLASSES] = [-20, -20, 20, 20]
    stranger[0, 50:60] += 20
    known = space.similarities(embeddings)[np.arange(len(embeddings)), labels()]
    assert space.similarities(stranger).max() < known.min()


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_network_that_sees_no_difference_gives_no_space(value: float) -> None:
    assert fit_face_space(np.full((20, 8), value, np.float32), labels()[:20] % 2) is None


def test_faces_that_are_the_same_within_each_class_give_no_space() -> None:
    same = np.repeat(np.eye(2, 8, dtype=np.float32), 10, axis=0)
    assert fit_face_space(same, np.repeat([0, 1], 10)) is None


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ((np.eye(3, 2), np.zeros(3), np.eye(2)), "do not fit"),
        ((np.eye(3, 2), np.zeros(2), np.full((2, 2), np.nan)), "no numbers"),
    ],
)
def test_parts_that_make_no_space_are_refused(parts: tuple[np.ndarray, ...], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        FaceSpace(*parts)
