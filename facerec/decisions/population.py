"""What is known of strangers: how often a stranger is taken for an enrolled person.

The numbers in ``population.json`` were measured on many people by ``benchmarks/population.py``.
They are rates and similarities, no face and no embedding of a person.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import scipy

FILE = Path(__file__).with_name("population.json")
USUAL_RATE = 1 / 1000
LEAST_RATE = 1 / 10_000  # no lower one is told: too few people were measured
_CONFIDENCE = 0.95


@dataclass(frozen=True, eq=False)
class Population:
    """Similarities of strangers to an enrolled person's class mean, for one network.

    Parameters
    ----------
    strangers : int
        Number of people who were measured.
    look_alikes : float
        How many times as often somebody who looks like an enrolled person is taken for them.
    rates : numpy.ndarray
        Shares of strangers' pictures, descending: float, shape (rates,).
    pictures : tuple of int
        Numbers of pictures from which a class mean was made, ascending.
    similarities : numpy.ndarray
        Similarity that each share of strangers' pictures exceeds: float, (pictures, rates).
    """

    strangers: int
    look_alikes: float
    rates: np.ndarray
    pictures: tuple[int, ...]
    similarities: np.ndarray

    @classmethod
    def from_dict(cls, entry: dict[str, Any]) -> "Population":
        """A network's entry of ``population.json``."""
        table = entry["similarities"]
        return cls(
            entry["strangers"],
            entry["look_alikes"],
            np.array(entry["rates"]),
            tuple(map(int, table)),
            np.array(list(table.values())),
        )

    def match_rate(self, threshold: float, pictures: int) -> float:
        """Share of strangers' pictures more similar to one enrolled person than this, 0 to 1.

        ``pictures`` is the number of pictures from which the person's class mean is made.
        """
        row = np.searchsorted(self.pictures, pictures, side="right") - 1
        levels, logs = self.similarities[row], np.log(self.rates)
        if threshold <= levels[0]:
            return 1.0
        # Beyond the last similarity, the rate falls on as between the last two.
        slope = (logs[-1] - logs[-2]) / (levels[-1] - levels[-2])
        beyond = max(0.0, threshold - levels[-1]) * slope
        return float(np.exp(np.interp(threshold, levels, logs) + beyond))

    def acceptance_rate(self, threshold: float, pictures: Sequence[int]) -> float:
        """False acceptance rate of all-comers: share of strangers who get any name, 0 to 1.

        ``pictures`` has the number of pictures of each enrolled person. A stranger is compared
        with each of them independently.
        """
        refused = [1 - self.match_rate(threshold, number) for number in pictures]
        return float(1 - np.prod(refused))

    def threshold(self, rate: float, pictures: Sequence[int]) -> float:
        """The threshold at which this share of all-comers is named; at least one is enrolled."""

        def excess(threshold: float) -> float:
            return self.acceptance_rate(threshold, pictures) - rate

        return float(scipy.optimize.brentq(excess, float(self.similarities.min()), 1.0, xtol=1e-4))

    def in_words(self, threshold: float, pictures: Sequence[int]) -> tuple[str, str]:
        """Rate of all-comers and of look-alikes at a threshold: a line, and where it comes from."""
        rate = self.acceptance_rate(threshold, pictures)
        low, high = self.interval(rate)
        about = "about" if rate >= LEAST_RATE else "fewer than"
        return (
            f"Names {about} **{one_in(max(rate, LEAST_RATE))}** strangers, and look-alikes "
            f"{self.look_alikes:.0f} times as often.",
            f"Measured on {self.strangers:,} people, none of whom is enrolled: with them alone, it "
            f"may be between {one_in(low)} and {one_in(high)}. Somebody who looks like an enrolled "
            f"person is taken for them {self.look_alikes:g} times as often as others.",
        )

    def interval(self, rate: float) -> tuple[float, float]:
        """95 % interval over people of a rate: that of so many of the measured people.

        Clopper and Pearson, The use of confidence or fiducial limits, 1934.
        """
        hits, outside = rate * self.strangers, (1 - _CONFIDENCE) / 2
        low = scipy.special.betaincinv(hits, self.strangers - hits + 1, outside) if hits else 0.0
        high = scipy.special.betaincinv(hits + 1, self.strangers - hits, 1 - outside)
        return float(low), float(high)


def one_in(rate: float) -> str:
    """A rate in words, such as "1 in 1,000"; rates above a tenth as "3 in 10"."""
    if rate > 0.1:
        return f"{10 * rate:.2g} in 10"
    return f"1 in {float(f'{1 / rate:.2g}'):,.0f}" if rate > 0 else "none of the"


@cache
def populations() -> dict[str, Population]:
    """The measured populations, by the name of the network."""
    entries = json.loads(FILE.read_text(encoding="utf-8"))
    return {name: Population.from_dict(entry) for name, entry in entries.items()}


def population_of(network: str) -> Population | None:
    """What was measured with a network's published weights; None if nothing was."""
    return populations().get(network)
