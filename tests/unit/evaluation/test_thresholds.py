from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from facerec import metrics
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import SCORES
from facerec.evaluation import thresholds as score_comparison
from facerec.evaluation.evaluation import Evaluation
from facerec.evaluation.thresholds import of_hundred, summary_words
from facerec.metrics import PeopleRate, people_rate
from facerec.recognition.second_opinions import make_second_opinion
from facerec.runs.run import Run
from tests.examples import CLASSES, uncertain_evaluation
from tests.unit.evaluation.conftest import BY_HAND, HELD_OUT


@pytest.fixture
def evaluation() -> Evaluation:
    return uncertain_evaluation()


@pytest.mark.parametrize("name", SCORES)
def test_qualities_are_those_of_the_scores(evaluation: Evaluation, name: str) -> None:
    found = {item.score: item for item in score_comparison.score_qualities(evaluation, 1.5)}
    assert set(found) == set(SCORES)
    point = evaluation.point_for(name, 1.5)
    known, strangers = evaluation.known_acceptance(point), evaluation.stranger_acceptance(point)
    low = min(known[np.isfinite(known)].min(), strangers[np.isfinite(strangers)].min()) - 1
    auroc = roc_auc_score(
        np.repeat([1, 0], [len(known), len(strangers)]),
        np.maximum(np.concatenate([known, strangers]), low),
    )
    assert found[name].auroc == pytest.approx(auroc)
    rates = metrics.error_rates(known, strangers)
    assert found[name].equal_error_rate == metrics.equal_error_rate(rates)[0]
    # By hand: the score that two of 200 strangers exceed.
    third = np.sort(strangers)[-3]
    assert found[name].frr_at_one_percent == pytest.approx((known <= third).mean())


def test_the_best_score_comes_first_and_none_without_strangers(evaluation: Evaluation) -> None:
    aurocs = [item.auroc for item in score_comparison.score_qualities(evaluation, 1.0)]
    assert aurocs == sorted(aurocs, reverse=True) and len(set(aurocs)) > 1
    assert score_comparison.score_qualities(replace(evaluation, strangers=None), 1.0) == []


@pytest.mark.parametrize("far", [0.1, 0.01, 0.0])
@pytest.mark.parametrize("score", SCORES)
def test_the_suggested_threshold_is_the_lowest_that_does(
    evaluation: Evaluation, score: str, far: float
) -> None:
    point = score_comparison.suggested(evaluation, evaluation.point_for(score, 1.0), far)
    strangers = evaluation.stranger_acceptance(point)
    assert evaluation.summary(point).false_acceptance_rate <= far
    # The score just below is that of a stranger who would be named too.
    lower = replace(
        point, threshold=float(np.nextafter(np.float32(point.threshold), np.float32(-9)))
    )
    assert (strangers > lower.threshold).mean() > far


def test_balanced_is_the_equal_error_rate(evaluation: Evaluation) -> None:
    point = score_comparison.balanced(evaluation, OperatingPoint())
    summary = evaluation.summary(point)
    far, frr = summary.false_acceptance_rate, summary.false_rejection_rate
    assert abs(far - frr) < 0.03
    assert summary.equal_error_rate == pytest.approx((far + frr) / 2)


def rate(share: float, low: float = 0.0, high: float = 1.0, people: int = 12) -> PeopleRate:
    return PeopleRate(share, low, high, 50, people, 1)


@pytest.mark.parametrize(
    ("named", "refused", "wrong", "words"),
    [
        (
            rate(0.03, 0.012, 0.24), rate(0.08), rate(0.02),
            "Of 100 strangers, **3 are** named (1.2 to 24, by 12 strangers). Of 100 faces of your "
            "people, **8 are** refused and **2 are** given a wrong name.",
        ),
        (
            rate(0.01, 0.004, 0.5, 2), rate(0.004), rate(0),
            "Of 100 strangers, **1 is** named (0.4 to 50, by 2 strangers). Of 100 faces of your "
            "people, **0.4 are** refused.",
        ),
        (None, rate(0), rate(0), "Of 50 faces of your people, **none is** refused."),
        (
            rate(0, 0, 0.393, 6), None, None,
            "Of 100 strangers, **up to 39 may be** named: of 6 strangers, none was.",
        ),
        (
            rate(1, 0.05, 1, 1), None, None,
            "Of 100 strangers, **5 or more are** named: of one stranger, all were.",
        ),
    ],
)  # fmt: skip
def test_what_a_point_means_in_words(
    evaluation: Evaluation, named, refused, wrong, words: str
) -> None:
    summary = replace(
        evaluation.summary(OperatingPoint()),
        strangers_named=named,
        people_refused=refused,
        people_misnamed=wrong,
    )
    assert score_comparison.in_words(summary) == words


def test_the_summary_in_words() -> None:
    first, *rates, last = summary_words(BY_HAND.summary(OperatingPoint(0.75)))
    assert first.startswith("accuracy 0.500 (95 % interval 0.")
    assert "macro F1 0.222, calibration error 0.550, on 4 images" in first
    assert rates == [
        "confidence over 0.75: 0.000 FAR: of 2 strangers' images, named; over people 0 of 1 "
        "person, at most 95%",
        "confidence over 0.75: 1.000 of Unknown's images, named; over people all of 1 person, at "
        "least 5%",
        f"confidence over 0.75: 0.667 FRR: of known people's images, called Unknown; over people "
        f"{people_rate(np.array([True, True, False]), ['Ada', 'Zoë', 'Ada'])}",
        "confidence over 0.75: 0.000 of known people's images, given another's name; over people "
        "0 of 2 people, at most 78%",
    ]
    assert last == "equal error rate 0.417, AUROC 0.750 known against strangers"
    alone = summary_words(Evaluation(CLASSES, HELD_OUT, None).summary(OperatingPoint(0.75)))
    assert not any("FAR" in line or "AUROC" in line for line in alone)


def test_both_error_rates_stand_in_one_line(trained_run: Run, evaluation: Evaluation) -> None:
    unjudged = score_comparison.rates_in_words(trained_run, None, OperatingPoint())
    assert "Nobody knows yet" in unjudged
    point = OperatingPoint(0.6)
    summary = evaluation.summary(point)
    words = score_comparison.rates_in_words(trained_run, evaluation, point)
    named, refused = summary.strangers_named.rate, summary.people_refused.rate
    assert words == (
        f"Of 100 strangers {of_hundred(named)} named; of 100 looks at your people "
        f"{of_hundred(refused)} refused."
    )
    refuses_all = score_comparison.rates_in_words(trained_run, evaluation, OperatingPoint(1.0))
    assert refuses_all.startswith("Of 200 looks at strangers none is named; of 100")


def test_with_a_second_opinion_strangers_are_those_that_were_measured(trained_run: Run) -> None:
    make_second_opinion(trained_run)
    # These people of one colour each are very much alike, and ask for more than strangers do.
    opinion = replace(trained_run.second_opinion(), least=-1.0)
    opinion.save(trained_run.second_opinion_file, trained_run.weights_hash)

    def said(rate: float) -> str:
        return score_comparison.rates_in_words(trained_run, None, trained_run.suggested_point(rate))

    assert said(0.001) == "Of 1,000 strangers 1 gets a name."
    assert said(0.01) == "Of 1,000 strangers 10 get a name."
    assert said(0.0002) == "Of 5,000 strangers 1 gets a name."
    never = replace(trained_run.suggested_point(), threshold=1.0)
    assert score_comparison.rates_in_words(trained_run, None, never) == (
        "Of 10,000 strangers not one gets a name."
    )


def test_a_score_starts_where_it_is_suggested(trained_run: Run, evaluation: Evaluation) -> None:
    start = partial(score_comparison.starting_point, trained_run, evaluation)
    assert start("confidence") == trained_run.operating_point
    assert start("energy") == evaluation.point_for("energy", 1.0)
    make_second_opinion(trained_run)
    assert start("second_opinion") == trained_run.suggested_point()
