import numpy as np
import pytest

from facerec.charts import live as live_charts
from facerec.charts import style
from facerec.charts.live import ThresholdCurve, TimeCurve
from facerec.datasets.folder import UNKNOWN
from facerec.decisions.operating_point import OperatingPoint
from facerec.live.assessment import STRANGER, OverThresholds, OverTime, Stretch
from facerec.live.kept_assessments import LiveAssessment

TIME = OverTime(
    np.array([1.0, 2.0, 4.0]), np.array([4, 3, 5]), np.array([0.5, 1, 0.8]),
    np.array([0.5, 0.7, 0.75]),
)  # fmt: skip
STRETCHES = (Stretch("Ada", 0, 1.4, 7), Stretch(STRANGER, 2, 3.5, 5))


def over_thresholds(low: float = 0.0, high: float = 1.0) -> OverThresholds:
    at = np.linspace(low, high, 11)
    share = np.linspace(0, 1, 11)
    return OverThresholds(at, 1 - share / 2, 1 - share, share)


def test_a_line_so_far_and_a_dot_a_second_for_each_recogniser() -> None:
    drawn = [TimeCurve(name, style.look(n), TIME) for n, name in enumerate("abc")]
    figure = live_charts.accuracy_over_time(drawn, STRETCHES)
    assert len(figure.data) == 6
    for dots, line in zip(figure.data[::2], figure.data[1::2], strict=True):
        np.testing.assert_array_equal(dots.x, TIME.seconds)
        np.testing.assert_array_equal(dots.y, TIME.accuracy)
        np.testing.assert_array_equal(dots.customdata, TIME.frames)
        np.testing.assert_array_equal(line.y, TIME.so_far)
    assert figure.data[1].name == "a, 75% right"
    drawn = [(line.line.color, line.line.dash) for line in figure.data[1::2]]
    assert drawn == [(look.color, look.dash) for look in map(style.look, range(3))]


def test_who_stood_there_is_written_above_their_time() -> None:
    figure = live_charts.accuracy_over_time([TimeCurve("a", style.look(0), TIME)], STRETCHES)
    names = [(note.text, note.x) for note in figure.layout.annotations]
    assert names == [("Ada", 0), ("Strangers", 2)]
    assert [shape.x0 for shape in figure.layout.shapes] == [2]
    assert figure.layout.xaxis.range[1] >= 10


def test_nothing_counted_is_an_empty_chart() -> None:
    assert not live_charts.accuracy_over_time([], ()).data
    assert not live_charts.accuracy_over_thresholds([]).data


def test_accuracy_over_thresholds_with_the_present_one() -> None:
    drawn = [
        ThresholdCurve("a", style.look(0), OperatingPoint(0.3), over_thresholds()),
        ThresholdCurve("b", style.look(1), OperatingPoint(0.5), over_thresholds()),
    ]
    figure = live_charts.accuracy_over_thresholds(drawn)
    line, dot, _, other = figure.data
    np.testing.assert_array_equal(line.x, drawn[0].found.thresholds)
    np.testing.assert_array_equal(line.y, drawn[0].found.accuracy)
    assert (dot.x[0], dot.y[0]) == (0.3, pytest.approx(0.85))
    assert (other.x[0], other.y[0]) == (0.5, pytest.approx(0.75))
    assert "Confidence" in figure.layout.xaxis.title.text


def test_different_scores_share_an_axis_from_low_to_high() -> None:
    energy = OperatingPoint(4, "energy", low=2, high=12)
    drawn = [
        ThresholdCurve("a", style.look(0), OperatingPoint(0.3), over_thresholds()),
        ThresholdCurve("b", style.look(1), energy, over_thresholds(2, 12)),
    ]
    figure = live_charts.accuracy_over_thresholds(drawn)
    for line in figure.data[::2]:
        np.testing.assert_allclose(line.x, np.linspace(0, 1, 11), atol=1e-9)
    np.testing.assert_array_equal(figure.data[2].customdata, drawn[1].found.thresholds)
    assert figure.data[3].x[0] == pytest.approx(0.2)
    assert "Confidence" not in figure.layout.xaxis.title.text


def test_the_confusion_has_who_stood_there_and_what_they_were_called() -> None:
    people = {"Zoë": {"Zoë": 3}, "Ada": {"Ada": 6, "Bob": 2, UNKNOWN: 2}}
    figure = live_charts.confusion(LiveAssessment(OperatingPoint(), people, {"Ada": 1, UNKNOWN: 3}))
    (cells,) = figure.data
    assert figure.layout.yaxis.ticktext == ("Ada", "Zoë", "Strangers")
    assert figure.layout.xaxis.ticktext == ("Ada", "Bob", "Zoë", UNKNOWN)
    assert [list(row) for row in cells.text] == [
        ["6", "2", "", "2"], ["", "", "3", ""], ["1", "", "", "3"]
    ]  # fmt: skip
    np.testing.assert_allclose(
        np.array(cells.z, float),
        [[0.6, -0.2, 0, -0.2], [0, 0, 1, 0], [-0.25, 0, 0, 0.75]],
    )
    assert cells.hovertext[0][1] == "Ada: called Bob in 2 of 10 frames"


def test_without_strangers_there_is_no_row_of_them() -> None:
    figure = live_charts.confusion(LiveAssessment(OperatingPoint(), {"Ada": {"Zoë": 4}}))
    assert figure.layout.yaxis.ticktext == ("Ada",)
    # The name that was right is there, though it was never said.
    assert figure.layout.xaxis.ticktext == ("Ada", "Zoë", UNKNOWN)
    assert list(figure.data[0].z[0]) == [0, -1, 0]
