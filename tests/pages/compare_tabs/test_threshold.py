import numpy as np
import pytest

from facerec import metrics
from facerec.decisions.operating_point import OperatingPoint
from facerec.evaluation.judging import evaluate
from facerec.evaluation.thresholds import in_words
from facerec.runs.run import Run
from pages.compare_tabs.titles import THRESHOLD
from tests.pages.conftest import button, compare_tab, texts, widget


def judge_on_strangers(run: Run, small_dataset) -> None:
    """Strangers that are no strangers do for the arithmetic."""
    evaluate(run, strangers=small_dataset)


def test_other_tabs_ask_to_judge_first(open_page, trained_run) -> None:
    assert "not been judged" in texts(compare_tab(open_page, THRESHOLD))


def test_the_slider_moves_the_words_and_is_kept(open_page, trained_run, small_dataset) -> None:
    judge_on_strangers(trained_run, small_dataset)
    evaluation = evaluate(trained_run)
    app = compare_tab(open_page, THRESHOLD)
    slider = widget(app.slider, "Threshold")
    assert slider.value == 0.5
    for threshold in (0.0, 1.0):
        widget(app.slider, "Threshold").set_value(threshold).run()
        summary = evaluation.summary(OperatingPoint(threshold))
        refused = summary.people_refused
        assert widget(app.metric, "Your people refused (FRR)").value == refused.short
        assert str(refused) in texts(app)
        assert in_words(summary).startswith("Of 100 strangers, **")
        assert in_words(summary) in texts(app)
    assert trained_run.operating_point == OperatingPoint()
    button(app, "Keep it with the run").click().run()
    assert not app.exception
    assert trained_run.operating_point == OperatingPoint(1.0)
    assert button(app, "Keep it with the run").disabled


def test_suggestions_move_the_slider(open_page, trained_run, small_dataset) -> None:
    judge_on_strangers(trained_run, small_dataset)
    evaluation = evaluate(trained_run)
    app = compare_tab(open_page, THRESHOLD)
    # 24 strangers cannot show 1 in 100.
    assert button(app, "1 %").disabled
    assert "are too few to see 1 % or 0.1 %" in texts(app)
    button(app, "as many as refused").click().run()
    rates = evaluation.error_rates(OperatingPoint())
    expected = np.clip(metrics.equal_error_rate(rates)[1], 0, 1)
    assert widget(app.slider, "Threshold").value == pytest.approx(expected)


def test_another_score_is_kept_with_its_slider(open_page, trained_run, small_dataset) -> None:
    judge_on_strangers(trained_run, small_dataset)
    evaluation = evaluate(trained_run)
    app = compare_tab(open_page, THRESHOLD)
    widget(app.selectbox, "Score for the threshold").set_value("energy").run()
    assert not app.exception
    point = evaluation.point_for("energy", 1.0)
    slider = widget(app.slider, "Threshold of the energy")
    assert (slider.min, slider.max, slider.value) == (point.low, point.high, point.threshold)
    button(app, "Keep it with the run").click().run()
    assert trained_run.operating_point == point
    scores = app.dataframe[0].value
    assert set(scores["Score"]) == {
        "Confidence",
        "Margin",
        "Energy",
        "Similarity",
        "Second opinion",
    }


def test_calibrating_is_one_click_and_can_be_taken_back(
    open_page, trained_run, small_dataset
) -> None:
    judge_on_strangers(trained_run, small_dataset)
    app = compare_tab(open_page, THRESHOLD)
    button(app, "Calibrate").click().run()
    assert not app.exception
    point = trained_run.operating_point
    assert point == OperatingPoint(temperature=evaluate(trained_run).best_temperature())
    button(app, "Back to as trained").click().run()
    assert trained_run.operating_point == OperatingPoint()


def test_without_strangers_the_threshold_tab_asks_for_some(open_page, trained_run) -> None:
    evaluate(trained_run)
    app = compare_tab(open_page, THRESHOLD)
    assert "Choose a data set of **strangers**" in texts(app)
    assert in_words(evaluate(trained_run).summary(OperatingPoint())) in texts(app)
