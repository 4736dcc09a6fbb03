"""What an experiment found: effects on each measure, in numbers and in sentences."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from facerec.experiments.effect import Effect, effect, sentence
from facerec.experiments.experiment import Experiment, Result
from facerec.experiments.factors import THRESHOLD, Value, factor_named
from facerec.experiments.plan import Plan

MEASURES = {
    "accuracy": "Accuracy",
    "macro_f1": "Macro F1",
    "people_refused": "Own refused",
    "strangers_named": "Strangers named",
    "over_fitting": "Over-fitting",
}


def effect_on(measure: str, results: Sequence[Result], second: Value | None = None) -> Effect:
    """The effect on a measure, of the trials at one value of the second factor.

    Trials without the measure are left out.
    """
    found = [
        (item.trial.value, getattr(item.outcome, measure))
        for item in results
        if item.outcome is not None and item.trial.second == second
    ]
    return effect([(value, number) for value, number in found if number is not None])


def main_measure(plan: Plan) -> str:
    """The measure that a plan is about: the threshold changes who is refused, not the accuracy."""
    return "people_refused" if plan.factor == THRESHOLD else "accuracy"


def sentences(experiment: Experiment, measure: str | None = None) -> list[str]:
    """What was found about a measure, a sentence or two for each value of the second factor.

    By default the measure is the plan's. Values with which nothing could be trained are named.
    """
    plan, results = experiment.plan, experiment.outcomes()
    measure = measure or main_measure(plan)
    factor = factor_named(plan.factor, plan.config.network)
    if not plan.second:
        found = [sentence(effect_on(measure, results), factor, MEASURES[measure].lower())]
        return [*found, *_problems(experiment)]
    found = []
    for second in plan.second_values:
        about = effect_on(measure, results, second)
        if about.levels:
            words = sentence(about, factor, MEASURES[measure].lower())
            found.append(f"{plan.value_in_words(plan.second, second)}: {words}")
    return [*found, *_between(experiment, measure), *_problems(experiment)]


def _between(experiment: Experiment, measure: str) -> list[str]:
    """How far the first two values of the second factor lie apart, as one sentence."""
    plan, results = experiment.plan, experiment.outcomes()
    other = factor_named(plan.second, plan.config.network)
    first, second, *_ = plan.second_values
    means = [
        {level.value: level.mean for level in effect_on(measure, results, value).levels}
        for value in (first, second)
    ]
    gaps = [100 * (means[0][value] - means[1][value]) for value in plan.values
            if value in means[0] and value in means[1]]  # fmt: skip
    if not gaps:
        return []
    low, high = min(gaps), max(gaps)
    span = f"{low:.0f}" if round(low) == round(high) else f"{low:.0f} to {high:.0f}"
    above = plan.value_in_words(plan.second, first)
    return [f"{above} lies {span} points above {other.shown(second)}."]


def _problems(experiment: Experiment) -> list[str]:
    """The values with which no training was possible."""
    failed = [item for item in experiment.results() if item.problem]
    by_words = dict.fromkeys(experiment.plan.in_words(item.trial) for item in failed)
    return [
        f"{words}: it could not be trained, the loss is no number any more." for words in by_words
    ]


def table(experiment: Experiment) -> pd.DataFrame:
    """A row for each trial: its run, values, seed and outcome; shares are 0 to 1."""
    plan = experiment.plan
    rows = []
    for item in experiment.results():
        row: dict[str, Any] = {"run": item.run, plan.factor: item.trial.value}
        if plan.second:
            row[plan.second] = item.trial.second
        row["seed"] = plan.config.seed + item.trial.seed
        for name in MEASURES:
            row[name] = getattr(item.outcome, name) if item.outcome else None
        row["epochs"] = item.outcome.epochs if item.outcome else None
        row["seconds"] = item.outcome.seconds if item.outcome else None
        row["problem"] = item.problem
        rows.append(row)
    return pd.DataFrame(rows)
