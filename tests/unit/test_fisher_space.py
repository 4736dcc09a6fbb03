import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from facerec.fisher_space import FisherSpace, fit_fisher_space

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


def test_similarity_by_hand() -> None:
    space = FisherSpace(
        np.eye(3, 2, dtype=np.float32), np.float32([1, 0]), np.float32([[1, 0], [4, 4]])
    )
    similarities = space.similarities(np.float32([[0, 0, 9], [3, 4, 9]]))
    np.testing.assert_allclose(similarities, [[1, 1 / 6], [1 / 6, 1]])
    assert similarities.dtype == np.float32


def test_each_face_is_most_like_its_class_whatever_else_scatters(embeddings: np.ndarray) -> None:
    space = fit_fisher_space(embeddings, labels())
    assert space.projection.shape == (WIDE, CLASSES - 1)
    fresh = embeddings.copy()
    fresh[:, -1] += 30
    assert (space.similarities(fresh).argmax(axis=1) == labels()).all()
    # Plain distances are led astray.
    means = np.stack([embeddings[labels() == label].mean(axis=0) for label in range(CLASSES)])
    plain = np.linalg.norm(fresh[:, None] - means, axis=2).argmin(axis=1)
    assert (plain != labels()).any()


def test_it_is_scikit_learn_s_discriminant_in_one_step(embeddings: np.ndarray) -> None:
    space = fit_fisher_space(embeddings, labels())
    # In all principal components, the space is turned and nothing is lost.
    discriminant = LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.1)
    centred = embeddings - embeddings.mean(axis=0)
    *_, components = np.linalg.svd(centred, full_matrices=False)
    places = discriminant.fit_transform(centred @ components.T, labels())
    mine = embeddings @ space.projection + space.offset
    gaps = [np.linalg.norm(item[:, None] - item, axis=2) for item in (places, mine)]
    np.testing.assert_allclose(gaps[0], gaps[1], rtol=1e-2, atol=1e-2)


def test_a_face_like_nobody_is_far_from_all(embeddings: np.ndarray) -> None:
    space = fit_fisher_space(embeddings, labels())
    stranger = embeddings[:1].copy()
    stranger[0, :CLASSES] = [-20, -20, 20, 20]
    known = space.similarities(embeddings)[np.arange(len(embeddings)), labels()]
    assert space.similarities(stranger).max() < known.min()


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_network_that_sees_no_difference_gives_no_space(value: float) -> None:
    assert fit_fisher_space(np.full((20, 8), value, np.float32), labels()[:20] % 2) is None


def test_faces_that_are_the_same_within_each_class_give_no_space() -> None:
    same = np.repeat(np.eye(2, 8, dtype=np.float32), 10, axis=0)
    assert fit_fisher_space(same, np.repeat([0, 1], 10)) is None
