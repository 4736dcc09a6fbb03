"""The effect of a factor: its values' means against the spread of the seeds."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from facerec.experiments.factors import Value
from facerec.networks.setting import Setting

_LEVEL = 0.05


@dataclass(frozen=True)
class Level:
    """One value of a factor, with what came out.

    Parameters
    ----------
    value : int, float or str
    mean : float
    spread : float or None
        Standard deviation over the seeds; None for one seed.
    results : tuple of float
        One for each seed.
    """

    value: Value
    mean: float
    spread: float | None
    results: tuple[float, ...]


@dataclass(frozen=True)
class Effect:
    """The effect of a factor on a measure.

    Parameters
    ----------
    levels : tuple of Level
        In the order of the values that were tried.
    spread : float or None
        Standard deviation over seeds, pooled over the levels; None if no level has two seeds.
    smallest : float or None
        Least significant difference between two levels' means, at 5 %; None without a spread.
    clear : bool
        Whether the values differ more than the seeds do: one-way analysis of variance, p < 5 %.
    """

    levels: tuple[Level, ...]
    spread: float | None
    smallest: float | None
    clear: bool

    @property
    def size(self) -> float:
        """Difference between the largest and the smallest mean."""
        means = [level.mean for level in self.levels]
        return max(means) - min(means)

    @property
    def best(self) -> Level:
        """The level with the largest mean."""
        return max(self.levels, key=lambda level: level.mean)

    def as_good(self) -> list[Level]:
        """Levels that cannot be told from the best by these seeds."""
        return [level for level in self.levels if not self.differ(level, self.best)]

    def differ(self, first: Level, second: Level) -> bool:
        """Whether two levels' means differ by more than the seeds explain."""
        if not self.clear or self.smallest is None:
            return False
        return abs(first.mean - second.mean) > self.smallest


def effect(results: Sequence[tuple[Value, float]]) -> Effect:
    """The effect of a factor, from its value and the measure in each trial.

    Fisher, The design of experiments, 1935: the least significant difference counts only where the
    analysis of variance finds a difference at all.
    """
    by_value: Mapping[Value, list[float]] = defaultdict(list)
    for value, result in results:
        by_value[value].append(result)
    levels = tuple(
        Level(
            value,
            float(np.mean(found)),
            float(np.std(found, ddof=1)) if len(found) > 1 else None,
            tuple(found),
        )
        for value, found in by_value.items()
    )
    freedom = sum(len(level.results) - 1 for level in levels)
    if not freedom or len(levels) < 2:
        return Effect(levels, None, None, False)
    within = sum(sum((r - level.mean) ** 2 for r in level.results) for level in levels)
    spread = math.sqrt(within / freedom)
    fewest = min(len(level.results) for level in levels)
    quantile = float(stats.t.ppf(1 - _LEVEL / 2, freedom))
    return Effect(levels, spread, quantile * spread * math.sqrt(2 / fewest), _clear(levels, within))


def _clear(levels: Sequence[Level], within: float) -> bool:
    if len({result for level in levels for result in level.results}) == 1:
        return False
    if within == 0:
        return True
    return float(stats.f_oneway(*(level.results for level in levels)).pvalue) < _LEVEL


def sentence(found: Effect, factor: Setting[Any], measure: str = "accuracy") -> str:
    """The effect in one or two honest sentences, for a measure in 0 to 1."""
    name = factor.label
    if len(found.levels) < 2:
        return "Two values are needed before anything can be said."
    best, worst = found.best, min(found.levels, key=lambda level: level.mean)
    both = f"{_percent(worst.mean)} with {factor.shown(worst.value)}, {_percent(best.mean)} with "
    both += factor.shown(best.value)
    if best is worst:
        return f"{measure.capitalize()} is {_percent(best.mean)} with every value."
    if found.spread is None:
        return (
            f"{measure.capitalize()} is {both}. With one seed nobody can say whether that is "
            "chance: take two or more."
        )
    if not found.clear:
        return (
            f"No clear effect of {name.lower()}: {measure} is {both}, but seeds alone make a "
            f"difference of {_points(found.spread)}. More seeds would tell."
        )
    if all(isinstance(level.value, int | float) for level in found.levels):
        return _of_numbers(found, factor, measure)
    others = [level for level in found.as_good() if level is not best]
    text = f"{measure.capitalize()} is {both}: {_points(found.size)} apart, where seeds differ by "
    text += f"{_points(found.spread)}."
    if others:
        names = ", ".join(factor.shown(level.value) for level in others)
        text += f" {names} cannot be told from {factor.shown(best.value)}."
    return text


def _of_numbers(found: Effect, factor: Setting[Any], measure: str) -> str:
    """Where a measure rises and falls with a number, and where the seeds differ more."""
    levels = sorted(found.levels, key=lambda level: level.value)
    parts, start = [], 0
    while start < len(levels) - 1:
        stop = _end_of_stretch(found, levels, start)
        first, last = levels[start], levels[stop]
        span = f"{factor.shown(first.value)} to {factor.shown(last.value)}"
        if found.differ(first, last):
            verb = "grows" if last.mean > first.mean else "falls"
            parts.append(f"from {span} {measure} {verb} by {_points(abs(last.mean - first.mean))}")
        else:
            parts.append(f"from {span} the seeds differ more than the values")
        start = stop
    text = "; ".join(parts)
    spread = _points(found.spread or 0)
    return f"{text[0].upper()}{text[1:]}. The same value differs by {spread} from seed to seed."


def _end_of_stretch(found: Effect, levels: Sequence[Level], start: int) -> int:
    """The end of the stretch from ``start`` in which a measure does one thing: rise, fall, stay."""

    def direction(first: Level, second: Level) -> int:
        return int(math.copysign(1, second.mean - first.mean)) if found.differ(first, second) else 0

    stop = start + 1
    first_way = direction(levels[start], levels[stop])
    while stop + 1 < len(levels) and direction(levels[stop], levels[stop + 1]) == first_way:
        stop += 1
    return stop


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _points(share: float) -> str:
    points = 100 * share
    shown = f"{points:.0f}" if points >= 1 else f"{points:.1f}"
    return f"{shown} {'point' if shown == '1' else 'points'}"
