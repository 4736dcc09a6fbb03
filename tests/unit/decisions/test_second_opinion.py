from pathlib import Path

import numpy as np
import pytest

from facerec.decisions.population import population_of
from facerec.decisions.second_opinion import (
    NETWORK,
    SecondOpinion,
    load_second_opinion,
    opinion_of,
)
from facerec.errors import FacerecError

ADA, ZOE = np.eye(128, dtype=np.float32)[:2]


@pytest.fixture
def opinion() -> SecondOpinion:
    faces = np.stack([ADA, ADA, ZOE, ADA, ZOE])
    return opinion_of(faces, np.array(["Ada", "Ada", "Zoë", "Ada", "Zoë"]))


def test_a_face_is_compared_with_the_person_it_is_most_like(opinion: SecondOpinion) -> None:
    assert opinion.pictures == (3, 2)
    np.testing.assert_allclose(opinion.means, [ADA, ZOE])
    between = (0.6 * ADA + 0.8 * ZOE).astype(np.float32)
    np.testing.assert_allclose(opinion.similarities(np.stack([ADA, between, -ADA])), [1, 0.8, 0])


def test_the_suggested_point_lets_so_many_strangers_pass(opinion: SecondOpinion) -> None:
    population = population_of(NETWORK)
    for rate in (0.01, 0.001):
        point = opinion.suggested_point(rate)
        assert population.acceptance_rate(point.threshold, (3, 2)) == pytest.approx(rate, rel=0.02)
        assert point.score == "second_opinion"


def test_people_who_look_alike_ask_for_more_than_strangers() -> None:
    twin = (0.95 * ADA + np.sqrt(1 - 0.95**2) * ZOE).astype(np.float32)
    alike = opinion_of(np.stack([ADA, ADA, twin, twin]), np.array(["a", "a", "b", "b"]))
    assert alike.suggested_point(0.01).threshold == pytest.approx(0.95, abs=1e-3)
    alone = opinion_of(np.stack([ADA, ADA]), np.array(["a", "a"]))
    assert alone.suggested_point().threshold < 0.6


def test_it_comes_back_from_its_file(opinion: SecondOpinion, tmp_path: Path) -> None:
    file = tmp_path / "second_opinion.npz"
    opinion.save(file, "hash of the weights")
    found, weights = load_second_opinion(file)
    np.testing.assert_array_equal(found.means, opinion.means)
    assert (found.pictures, weights) == ((3, 2), "hash of the weights")
    assert found.least == opinion.least


@pytest.mark.parametrize(
    "content",
    [
        {"means": np.ones((2, 4)), "pictures": np.array([1]), "weights": np.array("")},
        {"means": np.ones((0, 4)), "pictures": np.array([], int), "weights": np.array("")},
        {"means": np.full((1, 4), np.nan), "pictures": np.array([1]), "weights": np.array("")},
        {"means": np.ones((1, 4))},
    ],
)
def test_a_damaged_file_is_told(content: dict[str, np.ndarray], tmp_path: Path) -> None:
    file = tmp_path / "second_opinion.npz"
    np.savez(file, **content)
    with pytest.raises(FacerecError, match=r"second_opinion\.npz is damaged: delete it"):
        load_second_opinion(file)
