"""Comparison of the scores by how well they detect strangers, and suggested thresholds."""

from dataclasses import dataclass, replace

import numpy as np

from facerec import metrics
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.population import LEAST_RATE, USUAL_RATE
from facerec.decisions.scores import SCORES
from facerec.evaluation.evaluation import Evaluation, Summary
from facerec.metrics import PeopleRate
from facerec.runs.run import Run


def summary_words(summary: Summary) -> list[str]:
    """A summary in sentences, for a terminal."""
    low, high = summary.accuracy_interval
    lines = [
        f"accuracy {summary.accuracy:.3f} (95 % interval {low:.3f} to {high:.3f}), "
        f"macro F1 {summary.macro_f1:.3f}, calibration error "
        f"{summary.expected_calibration_error:.3f}, on {summary.images} images"
    ]
    point = f"{SCORES[summary.score].title.lower()} over {summary.threshold:.3g}"
    for found, meaning in (
        (summary.strangers_named, f"FAR: of {summary.strangers} strangers' images, named"),
        (summary.unknown_named, "of Unknown's images, named"),
        (summary.people_refused, "FRR: of known people's images, called Unknown"),
        (summary.people_misnamed, "of known people's images, given another's name"),
    ):
        if found is not None:
            lines.append(f"{point}: {found.rate:.3f} {meaning}; over people {found}")
    if summary.equal_error_rate is not None:
        lines.append(
            f"equal error rate {summary.equal_error_rate:.3f}, "
            f"AUROC {summary.auroc:.3f} known against strangers"
        )
    return lines


ONE_PERCENT = 0.01


@dataclass(frozen=True)
class ScoreQuality:
    """Quality of a score: how well it tells known people from strangers.

    Parameters
    ----------
    score : str
        A name of ``SCORES``.
    auroc : float
        Probability that a known person's face scores higher than a stranger's.
    equal_error_rate : float
        Mean of FAR and FRR, 0 to 1, at the threshold where they are nearest to each other.
    frr_at_one_percent : float
        FRR, 0 to 1, at the lowest threshold with a FAR of at most 1 %.
    """

    score: str
    auroc: float
    equal_error_rate: float
    frr_at_one_percent: float


def score_qualities(evaluation: Evaluation, temperature: float) -> list[ScoreQuality]:
    """Quality of every score that the evaluation has, the best AUROC first.

    The list is empty without strangers.
    """
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
        refused = metrics.false_rejection_rate(known, metrics.threshold_for(rates, ONE_PERCENT))
        assert refused is not None, "error rates need known people"
        found.append(
            ScoreQuality(
                name,
                metrics.auroc(known, strangers),
                metrics.equal_error_rate(rates)[0],
                refused,
            )
        )
    return sorted(found, key=lambda quality: -quality.auroc)


def starting_point(run: Run, evaluation: Evaluation | None, score: str) -> OperatingPoint:
    """Where the threshold of a score starts: as saved, as suggested, or in the middle."""
    saved = run.operating_point
    if score == saved.score:
        return saved
    if run.strangers_at(score):
        return replace(run.suggested_point(), temperature=saved.temperature)
    if evaluation:
        return evaluation.point_for(score, saved.temperature)
    return OperatingPoint(score=score, temperature=saved.temperature)


def rates_with_strangers(evaluation: Evaluation, point: OperatingPoint) -> metrics.ErrorRates:
    """FAR and FRR over all thresholds, of an evaluation that has strangers."""
    rates = evaluation.error_rates(point)
    assert rates is not None
    return rates


def suggested(evaluation: Evaluation, point: OperatingPoint, far: float) -> OperatingPoint:
    """Operating point with the lowest threshold at which FAR is at most ``far``.

    The evaluation must have strangers.
    """
    return _within(point, metrics.threshold_for(rates_with_strangers(evaluation, point), far))


def balanced(evaluation: Evaluation, point: OperatingPoint) -> OperatingPoint:
    """Operating point with the threshold of the equal error rate.

    The evaluation must have strangers.
    """
    return _within(point, metrics.equal_error_rate(rates_with_strangers(evaluation, point))[1])


def _within(point: OperatingPoint, threshold: float) -> OperatingPoint:
    return replace(point, threshold=float(np.clip(threshold, point.low, point.high)))


def in_words(summary: Summary) -> str:
    """Meaning of an operating point in a sentence or two."""
    sentences = []
    if (named := summary.strangers_named) is not None:
        sentences.append(_strangers(named))
    if (refused := summary.people_refused) is not None:
        wrong = summary.people_misnamed
        also = (
            f" and **{of_hundred(wrong.rate)}** given a wrong name" if wrong and wrong.rate else ""
        )
        sentences.append(
            f"Of 100 faces of your people, **{of_hundred(refused.rate)}** refused{also}."
            if refused.rate or also
            else f"Of {refused.images} faces of your people, **none is** refused."
        )
    return " ".join(sentences)


def _strangers(named: PeopleRate) -> str:
    who = "one stranger" if named.people == 1 else f"{named.people:,} strangers"
    low, high = (
        f"{100 * end:.2g}" if end < 0.1 else f"{100 * end:.0f}" for end in (named.low, named.high)
    )
    if named.rate == 0:
        return f"Of 100 strangers, **up to {high} may be** named: of {who}, none was."
    if named.rate == 1:
        return f"Of 100 strangers, **{low} or more are** named: of {who}, all were."
    return f"Of 100 strangers, **{of_hundred(named.rate)}** named ({low} to {high}, by {who})."


def rates_in_words(run: Run, evaluation: Evaluation | None, point: OperatingPoint) -> str:
    """Both error rates of a threshold in one line, each from people whom the run does not know.

    Strangers are those that were measured with the run's score, or those it was judged on.
    """
    summary = None
    if evaluation is not None and point.score in evaluation.scores():
        summary = evaluation.summary(point)
    parts = []
    if measured := run.strangers_at(point.score):
        population, pictures = measured
        parts.append(_of_thousand(population.acceptance_rate(point.threshold, pictures)))
    elif summary and (named := summary.strangers_named):
        parts.append(
            f"of 100 strangers {of_hundred(named.rate)} named"
            if named.rate
            else f"of {named.images:,} looks at strangers none is named"
        )
    if summary and (refused := summary.people_refused):
        parts.append(
            f"of 100 looks at your people {of_hundred(refused.rate)} refused"
            if refused.rate
            else f"of {refused.images:,} looks at your people none is refused"
        )
    if not parts:
        return "Nobody knows yet how well it refuses strangers: judge it on Compare."
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _of_thousand(share: float) -> str:
    if share < USUAL_RATE:
        few = share < LEAST_RATE
        number = f"{float(f'{1 / max(share, LEAST_RATE):.2g}'):,.0f}"
        return f"of {number} strangers {'not one' if few else '1'} gets a name"
    number = f"{1000 * share:.0f}"
    return f"of 1,000 strangers {number} {'gets' if number == '1' else 'get'} a name"


def of_hundred(share: float) -> str:
    """A share, 0 to 1, as a number out of a hundred with its verb, such as "3 are"."""
    number = 100 * share
    text = f"{number:.1f}" if 0 < number < 1 else f"{number:.0f}"
    return f"{text} {'is' if text == '1' else 'are'}"


def describe(name: str) -> str:
    """Title and description of a score, as Markdown."""
    return f"**{SCORES[name].title}**: {SCORES[name].description}"
