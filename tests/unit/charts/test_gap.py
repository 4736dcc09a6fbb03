import pytest

from facerec.charts.gap import Share, TriedRun, robustness_curves, share_bars
from facerec.charts.style import look
from facerec.charts.training import Curve, compared_curves
from facerec.evaluation.robustness import DISTURBANCES, LEVELS, UNCHANGED, Robustness

BY_IMAGE = Share("By image", 0.98, (0.9, 0.99))
BY_SESSION = Share("By session", 0.7, (0.6, 0.8))
LIVE = Share("Live", 0.5, None)


def test_the_three_bars_have_whiskers_as_far_as_known() -> None:
    figure = share_bars([BY_IMAGE, BY_SESSION, LIVE], "#0060c8")
    assert [bar.x[0] for bar in figure.data] == ["By image", "By session", "Live"]
    assert [bar.y[0] for bar in figure.data] == [0.98, 0.7, 0.5]
    assert {bar.marker.color for bar in figure.data} == {"#0060c8"}
    # Else the pattern takes the place of the colour, and is white on white.
    assert figure.data[2].marker.pattern.fillmode == "overlay"
    assert figure.data[1].error_y.array[0] == pytest.approx(0.1)
    assert figure.data[0].error_y.arrayminus[0] == pytest.approx(0.08)
    assert [bar.error_y.visible for bar in figure.data] == [True, True, False]
    assert [text.text for text in figure.layout.annotations] == [
        "<b>98%</b>", "<b>70%</b>", "<b>50%</b>",
    ]  # fmt: skip


def test_bars_that_are_missing_are_left_out_and_the_others_look_the_same() -> None:
    every = share_bars([BY_IMAGE, BY_SESSION, LIVE], "#0060c8").data
    one = share_bars([None, BY_SESSION, None], "#0060c8").data
    assert len(one) == 1 and one[0] == every[1]


def found(right: int, levels=LEVELS) -> Robustness:
    return Robustness(10, 10, {level: right for level in levels})


def test_a_panel_a_disturbance_and_a_curve_a_run() -> None:
    runs = [
        TriedRun("one", look(0), found(9)),
        TriedRun("two", look(1), found(5)),
        TriedRun("three", look(2), found(7, [UNCHANGED, ("blur", 2)])),
    ]
    figure = robustness_curves(runs)
    assert len(figure.data) == 3 * len(DISTURBANCES)
    assert [text.text for text in figure.layout.annotations] == [
        disturbance.title for disturbance in DISTURBANCES.values()
    ]
    assert [trace.name for trace in figure.data if trace.showlegend] == ["one", "two", "three"]
    by_panel = {(trace.name, trace.xaxis): trace for trace in figure.data}
    blur = by_panel["three", "x3"]
    assert (list(blur.x), list(blur.y)) == ([0, 2], [0.7, 0.7])
    assert list(by_panel["one", "x6"].x) == [224, 64, 32, 16]
    assert (figure.layout.xaxis6.type, figure.layout.xaxis6.autorange) == ("log", "reversed")
    assert list(figure.layout.xaxis4.ticktext) == ["0", "15", "30", "45"]
    assert figure.layout.xaxis4.title.text == "degrees"


def test_runs_look_as_in_the_curves_of_training() -> None:
    curves = compared_curves([Curve(str(n), look(n), []) for n in range(4)])
    runs = [TriedRun(str(n), look(n), found(5)) for n in range(4)]
    looks = [
        {trace.name: (trace.line.color, trace.line.dash) for trace in figure.data}
        for figure in (curves, robustness_curves(runs))
    ]
    assert looks[0] == looks[1] and len(set(looks[0].values())) == 4
