import json

import numpy as np
import pytest

from facerec.decisions.gallery import Gallery
from facerec.decisions.matchers import ClassMeans
from facerec.decisions.population import (
    FILE,
    USUAL_RATE,
    Population,
    one_in,
    population_of,
    populations,
)
from facerec.networks.catalogue import NETWORKS
from facerec.networks.metric import of_length_one

MADE = Population.from_dict(
    {
        "strangers": 1000,
        "look_alikes": 6.0,
        "rates": [0.5, 0.1, 0.01, 0.001],
        "similarities": {"1": [0.1, 0.2, 0.3, 0.4], "5": [0.2, 0.3, 0.4, 0.5]},
    }
)


def test_the_match_rate_is_the_table_s_and_falls_evenly_between_its_rows() -> None:
    for similarity, rate in ((0.2, 0.1), (0.3, 0.01), (0.25, 0.1**1.5), (0.4, 0.001)):
        assert MADE.match_rate(similarity, 1) == pytest.approx(rate)
    assert MADE.match_rate(0.05, 1) == 1
    assert MADE.match_rate(0.5, 1) == pytest.approx(1e-4), "it falls on beyond the last row"


def test_more_pictures_use_the_row_of_as_many_or_fewer() -> None:
    assert [MADE.match_rate(0.4, pictures) for pictures in (1, 4, 5, 90)] == pytest.approx(
        [0.001, 0.001, 0.01, 0.01]
    )


def test_everybody_enrolled_may_be_the_one_a_stranger_is_taken_for() -> None:
    assert MADE.acceptance_rate(0.3, [1]) == pytest.approx(0.01)
    assert MADE.acceptance_rate(0.4, [1, 1, 5]) == pytest.approx(1 - 0.999**2 * 0.99)
    assert MADE.acceptance_rate(0.4, []) == 0


@pytest.mark.parametrize("rate", [0.01, 0.001, 0.0001])
def test_the_threshold_names_the_share_it_was_asked_for(rate: float) -> None:
    pictures = [1, 20, 60]
    threshold = MADE.threshold(rate, pictures)
    assert MADE.acceptance_rate(threshold, pictures) == pytest.approx(rate, rel=0.05)
    assert MADE.threshold(rate, [*pictures, 60]) > threshold


def test_the_interval_is_that_of_so_many_people() -> None:
    low, high = MADE.interval(0.001)
    # One of 1,000 people: Clopper and Pearson.
    assert (low, high) == pytest.approx((0.0000253, 0.00556), rel=0.01)
    assert MADE.interval(0.0) == pytest.approx((0, 0.00368), rel=0.01)


def test_words_say_rate_interval_people_and_look_alikes() -> None:
    assert MADE.in_words(0.4, [1]) == (
        "Names about **1 in 1,000** strangers, and look-alikes 6 times as often.",
        "Measured on 1,000 people, none of whom is enrolled: with them alone, it may be between "
        "1 in 39,000 and 1 in 180. Somebody who looks like an enrolled person is taken for them 6 "
        "times as often as others.",
    )
    assert [one_in(rate) for rate in (0.01, 0.35, 0.00022)] == [
        "1 in 100",
        "3.5 in 10",
        "1 in 4,500",
    ]


def test_the_shipped_numbers_are_rates_of_networks_with_published_weights() -> None:
    assert {"sface", "dlib_resnet"} == populations().keys()
    assert all(NETWORKS[name].pretrained for name in populations())
    for name, population in populations().items():
        assert population.strangers >= 1000
        assert (np.diff(population.similarities, axis=1) > 0).all(), name
        assert (np.diff(population.similarities, axis=0) >= 0).all(), name
        assert population.similarities.max() < 1
    assert population_of("custom_cnn") is None
    assert len(FILE.read_bytes()) < 10_000
    assert set(json.loads(FILE.read_text("utf-8"))["sface"]) == {
        "strangers", "look_alikes", "rates", "similarities"
    }  # fmt: skip


def gallery(*closeness: float) -> Gallery:
    """Four faces each of people, each so close to the first person's direction."""
    found = Gallery.empty("means", 30)
    for number, close in enumerate(closeness):
        centre = np.zeros((4, 30), np.float32)
        centre[:, 0], centre[:, 1 + number] = close, (1 - close**2) ** 0.5
        centre += np.eye(4, 30, 20, dtype=np.float32) / 10
        found = found.with_faces(f"P{number}", of_length_one(centre), [b""] * 4)
    return found


def test_a_gallery_takes_the_threshold_of_the_population() -> None:
    known = gallery(0.0, 0.1, 0.2)
    point = ClassMeans(known).operating_point(MADE)
    assert point.threshold == pytest.approx(MADE.threshold(USUAL_RATE, [4, 4, 4]), abs=1e-6)
    stricter = ClassMeans(known).operating_point(MADE, 1e-5)
    assert stricter.threshold > point.threshold
    assert MADE.acceptance_rate(stricter.threshold, [4, 4, 4]) == pytest.approx(1e-5, rel=0.05)


def test_a_gallery_of_people_who_look_alike_takes_a_stricter_one() -> None:
    alike = gallery(0.9, 0.9, 0.9)
    point = ClassMeans(alike).operating_point(MADE)
    assert point.threshold > 0.7 > MADE.threshold(USUAL_RATE, [4, 4, 4])
    # One in a hundred of its own faces would be taken for somebody else at most.
    _, others = ClassMeans(alike)._own_and_others(np.arange(12))
    assert (others > point.threshold).mean() <= 0.01
