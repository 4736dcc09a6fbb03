import numpy as np
import pytest

from benchmarks.embedded import Embedded
from benchmarks.population import PICTURES, RATES, look_alikes, measured
from facerec.decisions.population import Population
from facerec.networks.metric import Metric, of_length_one, similarities

DIMENSIONS = 40


def people(count: int, each: int, seed: int) -> Embedded:
    """Random people; pictures of one person scatter around a direction."""
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(count, DIMENSIONS))
    scatter = 0.8 * generator.normal(size=(count, each, DIMENSIONS))
    embeddings = of_length_one((centres[:, None] + scatter).reshape(-1, DIMENSIONS))
    names = np.repeat([f"{seed}-{number}" for number in range(count)], each)
    return Embedded(embeddings.astype(np.float32), names)


def test_the_table_says_how_often_other_strangers_are_taken_for_somebody() -> None:
    known, strangers, others = people(8, 25, 1), people(500, 1, 2), people(4000, 1, 3)
    population = Population.from_dict(measured(known, strangers, Metric.COSINE))
    assert population.strangers == 500
    assert population.pictures == PICTURES and len(population.rates) == len(RATES)
    means = of_length_one(known.embeddings.reshape(8, 25, -1)[:, :20].mean(axis=1))
    found = similarities(others.embeddings, means)
    for rate in (0.1, 0.01):
        threshold = population.similarities[-1][RATES.index(rate)]
        assert (found > threshold).mean() == pytest.approx(rate, rel=0.5)
    assert (np.diff(population.similarities, axis=1) > 0).all()


def test_people_who_look_alike_are_taken_for_each_other_more_often() -> None:
    known, strangers = people(8, 25, 1), people(400, 3, 2)
    assert look_alikes(known, strangers, Metric.COSINE) > 2
