from dataclasses import replace

import numpy as np
import pytest

from facerec import metrics
from facerec.charts import style
from facerec.charts import thresholds as threshold_charts
from facerec.charts.thresholds import Mark
from facerec.decisions.operating_point import OperatingPoint
from facerec.evaluation.evaluation import Evaluation
from facerec.metrics import ReliabilityBin
from tests.examples import uncertain_evaluation


@pytest.fixture
def evaluation() -> Evaluation:
    return uncertain_evaluation()


def test_each_group_s_bars_sum_to_all_of_it(evaluation: Evaluation) -> None:
    figure = threshold_charts.score_histogram(evaluation, OperatingPoint(0.7))
    right, wrong, strangers = figure.data
    for bars in figure.data:
        assert sum(bars.y) == pytest.approx(1)
    assert strangers.name == "Strangers (200)"
    people = ~evaluation.of_unknown
    assert right.name == f"Right name ({(evaluation.right & people).sum()})"
    assert wrong.name == f"Wrong name ({(~evaluation.right & people).sum()})"
    # The network's own Unknown stand at the left end.
    never = np.isneginf(evaluation.stranger_acceptance(OperatingPoint())).mean()
    assert never > 0.1 and strangers.y[0] == pytest.approx(never)
    assert figure.layout.shapes[0].x0 == 0.7


def test_without_strangers_the_histogram_is_of_known_people(evaluation: Evaluation) -> None:
    figure = threshold_charts.score_histogram(replace(evaluation, strangers=None), OperatingPoint())
    assert len(figure.data) == 2


@pytest.mark.parametrize("score", ["confidence", "energy"])
def test_curves_are_the_rates_at_each_threshold(evaluation: Evaluation, score: str) -> None:
    point = evaluation.point_for(score, 1.0)
    far, frr = threshold_charts.error_curves(evaluation, point).data
    assert (far.x[0], far.x[-1]) == (point.low, point.high)
    known, strangers = evaluation.known_acceptance(point), evaluation.stranger_acceptance(point)
    for place in (0, 7, len(far.x) // 2, len(far.x) - 1):
        # Steps: from a threshold on, its rate holds; at equal ones, the last.
        last = np.flatnonzero(far.x == far.x[place])[-1]
        threshold = far.x[last]
        assert far.y[last] == metrics.false_acceptance_rate(strangers, threshold)
        assert frr.y[last] == metrics.false_rejection_rate(known, threshold)
    assert np.all(np.diff(far.x) >= 0)


def test_the_trade_off_has_the_point_and_the_equal_error_rate(evaluation: Evaluation) -> None:
    point = OperatingPoint(0.8)
    drawn = [
        ("a", style.look(0), evaluation, point),
        ("b", style.look(1), evaluation, OperatingPoint(0.5)),
    ]
    figure = threshold_charts.trade_off(drawn, "a")
    curve, ring, dot, other, _, _ = figure.data
    rates = evaluation.error_rates(point)
    equal, _ = metrics.equal_error_rate(rates)
    np.testing.assert_array_equal(curve.x, rates.far)
    np.testing.assert_array_equal(curve.y, rates.frr)
    assert (ring.x[0], ring.y[0]) == (equal, equal)
    summary = evaluation.summary(point)
    assert dot.x[0] == summary.false_acceptance_rate
    assert dot.y[0] == summary.false_rejection_rate
    assert curve.line.color == style.look(0).color
    assert other.line.color == style.look(1).color
    assert curve.line.width > other.line.width


def test_strangers_named_and_own_refused_stand_as_a_pair(evaluation: Evaluation) -> None:
    point = OperatingPoint(0.8)
    summaries = [evaluation.summary(point), replace(evaluation, strangers=None).summary(point)]
    runs = [
        (name, style.look(n), summary)
        for n, (name, summary) in enumerate(zip("ab", summaries, strict=True))
    ]
    # A run that was judged without strangers has no place in it.
    (dot,) = threshold_charts.stranger_pairs(runs).data
    summary = summaries[0]
    assert (dot.x[0], dot.y[0]) == (summary.strangers_named.rate, summary.people_refused.rate)
    assert dot.x[0] - dot.error_x.arrayminus[0] == pytest.approx(summary.strangers_named.low)
    assert dot.y[0] + dot.error_y.array[0] == pytest.approx(summary.people_refused.high)
    assert (dot.marker.color, dot.marker.symbol) == (style.look(0).color, style.look(0).symbol)


def test_reliability_before_and_after() -> None:
    before = [ReliabilityBin(0.9, 0.6, 40), ReliabilityBin(0.5, 0.5, 10)]
    after = [ReliabilityBin(0.6, 0.6, 50)]
    diagonal, trained, calibrated = threshold_charts.reliability(before, after, style.look(0)).data
    assert list(diagonal.x) == list(diagonal.y) == [0, 1]
    assert (list(trained.x), list(trained.y)) == ([0.9, 0.5], [0.6, 0.5])
    assert list(trained.customdata) == [40, 10]
    assert trained.marker.size[0] > trained.marker.size[1]
    assert list(calibrated.x) == [0.6]
    assert len(threshold_charts.reliability(before, None, style.look(0)).data) == 2


def test_faces_before_the_camera_are_marked_where_their_scores_lie(evaluation: Evaluation) -> None:
    marks = [Mark("Ada", 0.9, True), Mark("Unknown", -3.0, False)]
    figure = threshold_charts.score_histogram(evaluation, OperatingPoint(0.7), marks)
    lines = [(shape.x0, shape.line.color) for shape in figure.layout.shapes[-2:]]
    assert lines == [(0.9, style.KNOWN_COLOR), (0.0, style.UNKNOWN_COLOR)]
    texts = [item.text.strip() for item in figure.layout.annotations[-2:]]
    assert texts == ["Ada", "Unknown"]
