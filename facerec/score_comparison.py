"""Which score tells known people from strangers best, and which threshold to take."""

from dataclasses import dataclass, replace

import numpy as np

from facerec import metrics
from facerec.evaluation import Evaluation
from facerec.scores import SCORES, OperatingPoint

ONE_PERCENT = 0.01


@dataclass(frozen=True)
class ScoreQuality:
    """How well a score tells known people from strangers.

    Parameters
    ----------
    score : str
        A name of ``SCORES``.
    auroc : float
        Probability that a known person's face scores higher than a stranger's.
    equal_error_rate : float
        Where as large a share of strangers is named as of known people refused.
    frr_at_one_percent : float
        Share of known people refused at the lowest threshold that names at most 1 % of strangers.
    """

    score: str
    auroc: float
    equal_error_rate: float
    frr_at_one_percent: float


def score_qualities(evaluation: Evaluation, temperature: float) -> list[ScoreQuality]:
    """Every score that can be told, the best AUROC first; empty without strangers."""
    found = []
    for name in evaluation.scores():
        point = evaluation.point_for(name, temperature)
        rates = evaluation.error_rates(point)
        if rates is None:
            return []
        known, strangers = (
            evaluation.known_acceptance(point),
            evaluation.stranger_acceptance(point),
        )
        found.append(
            ScoreQuality(
                name,
                metrics.auroc(known, strangers),
                metrics.equal_error_rate(rates)[0],
                metrics.false_rejection_rate(known, metrics.threshold_for(rates, ONE_PERCENT)),
            )
        )
    return sorted(found, key=lambda quality: -quality.auroc)


def suggested(evaluation: Evaluation, point: OperatingPoint, far: float) -> OperatingPoint:
    """The point with the lowest threshold at which FAR is at most ``far``; wants strangers."""
    return _within(point, metrics.threshold_for(evaluation.error_rates(point), far))


def balanced(evaluation: Evaluation, point: OperatingPoint) -> OperatingPoint:
    """The point with the threshold where FAR and FRR are equal; wants strangers."""
    return _within(point, metrics.equal_error_rate(evaluation.error_rates(point))[1])


def _within(point: OperatingPoint, threshold: float) -> OperatingPoint:
    return replace(point, threshold=float(np.clip(threshold, point.low, point.high)))


def in_words(summary: dict) -> str:
    """What an operating point means, from ``Evaluation.summary``, in a sentence or two."""
    sentences = []
    if (far := summary["false_acceptance_rate"]) is not None:
        sentences.append(f"Of 100 strangers, **{of_hundred(far)}** named.")
    if (frr := summary["false_rejection_rate"]) is not None:
        wrong = summary["wrong_name_rate"]
        sentences.append(
            f"Of 100 faces of your people, **{of_hundred(frr)}** refused"
            + (f" and **{of_hundred(wrong)}** given a wrong name." if wrong else ".")
        )
    return " ".join(sentences)


def of_hundred(share: float) -> str:
    """A share, 0 to 1, as how many of a hundred, with the verb: "3 are"."""
    number = 100 * share
    text = f"{number:.1f}" if 0 < number < 1 else f"{number:.0f}"
    return f"{text} {'is' if text == '1' else 'are'}"


def describe(name: str) -> str:
    """A score's title with what it means."""
    return f"**{SCORES[name].title}**: {SCORES[name].description}"
