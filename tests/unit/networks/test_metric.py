import numpy as np
import pytest
import torch

from facerec.networks.metric import Metric, similarities

GENERATOR = np.random.default_rng(0)
THESE = GENERATOR.normal(size=(4, 7)).astype(np.float32)
THOSE = GENERATOR.normal(size=(3, 7)).astype(np.float32)


def test_the_cosine_is_the_similarity_of_embeddings_of_length_one() -> None:
    found = similarities(Metric.COSINE.scaled(THESE), Metric.COSINE.scaled(THOSE))
    for row, this in enumerate(THESE):
        for column, other in enumerate(THOSE):
            cosine = this @ other / np.linalg.norm(this) / np.linalg.norm(other)
            assert found[row, column] == pytest.approx(cosine, abs=1e-6)


def test_the_distance_makes_the_similarity_of_embeddings_as_they_are() -> None:
    assert Metric.EUCLIDEAN.scaled(THESE) is THESE
    found = similarities(THESE, THOSE)
    assert found.dtype == np.float32
    for row, this in enumerate(THESE):
        for column, other in enumerate(THOSE):
            distance = np.linalg.norm(this - other)
            assert found[row, column] == pytest.approx(1 - distance**2 / 2, abs=1e-5)
            assert Metric.EUCLIDEAN.distance(found[row, column]) == pytest.approx(distance, 1e-4)


def test_distances_of_equal_embeddings_are_zero() -> None:
    assert Metric.EUCLIDEAN.distance(1 + 1e-7) == 0
    assert Metric.COSINE.distance(0.25) == 0.75


@pytest.mark.parametrize("metric", Metric)
def test_tensors_are_scaled_as_arrays(metric: Metric) -> None:
    found = metric.scaled_tensor(torch.from_numpy(THESE)).numpy()
    np.testing.assert_allclose(found, metric.scaled(THESE), atol=1e-6)
