import shutil

import numpy as np
import pytest

from facerec import metrics
from facerec.decisions.operating_point import OperatingPoint
from facerec.evaluation.judging import evaluate
from facerec.runs import catalogue
from facerec.runs.history import best_record
from facerec.runs.run import Run
from pages.compare_tabs.titles import SIDE_BY_SIDE, TAKE_AWAY, THRESHOLD
from tests.pages.conftest import button, texts, widget


@pytest.fixture
def second_run(trained_run: Run) -> Run:
    """Another run, one epoch shorter."""
    shutil.copytree(trained_run.folder, trained_run.folder.with_name("other"))
    other = Run.open("other")
    other.write_history(trained_run.history()[:1])
    return other


def open_tab(open_page, tab: str):
    app = open_page("compare")
    app.session_state["compare-tab"] = tab
    app.run()
    assert not app.exception
    return app


def judge_on_strangers(run: Run, small_dataset) -> None:
    """Strangers that are no strangers do for the arithmetic."""
    evaluate(run, strangers=small_dataset)


def test_figures_are_those_of_the_histories(open_page, trained_run, second_run) -> None:
    table = open_page("compare").dataframe[0].value
    for run in (trained_run, second_run):
        history = run.history()
        best = best_record(history)
        column = table[run.name]
        assert column["Accuracy, best epoch"] == f"{best['validation_accuracy']:.1%}"
        assert column["Accuracy, last epoch"] == f"{history[-1]['validation_accuracy']:.1%}"
        assert column["Best epoch"] == f"{best['epoch']} of {len(history)}"
        assert column["Parameters"] == f"{run.info.parameters:,}"
        assert float(column["Time for a face"].removesuffix(" ms")) > 0


def test_without_runs_the_way_is_to_train(open_page) -> None:
    assert "Train two or three networks" in texts(open_page("compare"))


def test_one_run_alone_asks_for_another(open_page, trained_run) -> None:
    assert "Choose a second run" in texts(open_page("compare"))


def test_judging_is_kept_with_the_runs_and_shown_first(
    open_page, trained_run, second_run, small_dataset, home
) -> None:
    shutil.copytree(small_dataset.path, home / "data" / "visitors")
    app = open_page("compare")
    assert "Press **Judge**" in texts(app)
    # The runs' own data set offers no strangers.
    assert widget(app.selectbox, "Strangers").options == ["visitors"]
    widget(app.selectbox, "Strangers").set_value("visitors")
    button(app, "Judge").click().run()
    assert not app.exception
    for run in (trained_run, second_run):
        evaluation = evaluate(run)
        assert len(evaluation.strangers) == 24
        summary = evaluation.summary(run.operating_point)
        shown = widget(app.metric, f"{run.name}: strangers named")
        assert shown.value == f"{summary.false_acceptance_rate:.0%}"
        column = app.dataframe[0].value[run.name]
        assert column["Your people refused (FRR)"] == f"{summary.false_rejection_rate:.1%}"
    assert "held-out images: too few" in texts(app)


def test_other_tabs_ask_to_judge_first(open_page, trained_run) -> None:
    assert "not been judged" in texts(open_tab(open_page, THRESHOLD))


def test_the_slider_moves_the_words_and_is_kept(open_page, trained_run, small_dataset) -> None:
    judge_on_strangers(trained_run, small_dataset)
    evaluation = evaluate(trained_run)
    app = open_tab(open_page, THRESHOLD)
    slider = widget(app.slider, "Threshold")
    assert slider.value == 0.5
    for threshold in (0.0, 1.0):
        widget(app.slider, "Threshold").set_value(threshold).run()
        summary = evaluation.summary(OperatingPoint(threshold))
        refused = f"{summary.false_rejection_rate:.1%}"
        assert widget(app.metric, "Your people refused (FRR)").value == refused
        number = f"{100 * summary.false_acceptance_rate:.0f}"
        assert f"Of 100 strangers, **{number} are** named." in texts(app)
    assert trained_run.operating_point == OperatingPoint()
    button(app, "Keep it with the run").click().run()
    assert not app.exception
    assert trained_run.operating_point == OperatingPoint(1.0)
    assert button(app, "Keep it with the run").disabled


def test_suggestions_move_the_slider(open_page, trained_run, small_dataset) -> None:
    judge_on_strangers(trained_run, small_dataset)
    evaluation = evaluate(trained_run)
    app = open_tab(open_page, THRESHOLD)
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
    app = open_tab(open_page, THRESHOLD)
    widget(app.selectbox, "Score for the threshold").set_value("energy").run()
    assert not app.exception
    point = evaluation.point_for("energy", 1.0)
    slider = widget(app.slider, "Threshold of the energy")
    assert (slider.min, slider.max, slider.value) == (point.low, point.high, point.threshold)
    button(app, "Keep it with the run").click().run()
    assert trained_run.operating_point == point
    scores = app.dataframe[0].value
    assert set(scores["Score"]) == {"Confidence", "Margin", "Energy", "Similarity"}


def test_calibrating_is_one_click_and_can_be_taken_back(
    open_page, trained_run, small_dataset
) -> None:
    judge_on_strangers(trained_run, small_dataset)
    app = open_tab(open_page, THRESHOLD)
    button(app, "Calibrate").click().run()
    assert not app.exception
    point = trained_run.operating_point
    assert point == OperatingPoint(temperature=evaluate(trained_run).best_temperature())
    button(app, "Back to as trained").click().run()
    assert trained_run.operating_point == OperatingPoint()


def test_without_strangers_the_threshold_tab_asks_for_some(open_page, trained_run) -> None:
    evaluate(trained_run)
    app = open_tab(open_page, THRESHOLD)
    assert "Choose a data set of **strangers**" in texts(app)
    assert "Of 100 faces of your people" in texts(app)


def test_everything_can_be_taken_away(open_page, trained_run) -> None:
    evaluate(trained_run)
    app = open_tab(open_page, TAKE_AWAY)
    assert trained_run.name in app.code[0].value
    labels = [element.proto.label for element in app.get("download_button")]
    assert labels[:2] == ["Download the report", "Download as CSV"]


def test_deleting_a_run(open_page, trained_run) -> None:
    app = open_tab(open_page, SIDE_BY_SIDE)
    button(app, "Delete it").click().run()
    assert not app.exception
    assert not catalogue.list_runs()
