import json
import shutil
from dataclasses import replace

import pytest
import streamlit as st

from facerec.datasets.folder import UNKNOWN
from facerec.decisions.operating_point import OperatingPoint
from facerec.evaluation import robustness
from facerec.evaluation.robustness import DISTURBANCES, LEVELS
from facerec.evaluation.split_comparison import counterpart
from facerec.live import kept_assessments
from facerec.live.kept_assessments import LiveAssessment
from facerec.runs import creating
from facerec.runs.history import kept_record
from facerec.runs.run import Run
from pages.compare_tabs.titles import GAP
from tests.pages.conftest import button, job, texts, widget

SPLIT_FIGURES = ("Split by image", "Split by session", "Live")


@pytest.fixture
def open_gap(open_page):
    """Opens the Compare page at the tab, with nothing kept of the runs of other tests."""

    def opened():
        st.cache_data.clear()
        app = open_page("compare")
        app.session_state["compare-tab"] = GAP
        app.run()
        assert not app.exception
        return app

    return opened


@pytest.fixture
def by_session(trained_run: Run) -> Run:
    """The counterpart of the trained run, with a worse history."""
    other = creating.create("by-session", replace(trained_run.config, split="session"))
    shutil.copy(trained_run.weights_file, other.weights_file)
    worse = {"validation_accuracy": 3 / 12, "validation_macro_f1": 0.2}
    other.write_history([record | worse for record in trained_run.history()])
    return other


def figures(app) -> dict[str, str]:
    found = {metric.label: metric.value for metric in app.metric}
    return {label: found[label] for label in SPLIT_FIGURES}


def accuracy(run: Run) -> str:
    return f"{kept_record(run.history(), run.config.keep)['validation_accuracy']:.1%}"


def test_one_split_alone_offers_to_train_the_other(open_gap, trained_run, started) -> None:
    app = open_gap()
    assert figures(app) == dict(zip(SPLIT_FIGURES, (accuracy(trained_run), "–", "–"), strict=True))
    assert "6 images of" in texts(app)
    assert "no live assessment" in texts(app) and "Train both splits to see" in texts(app)
    button(app, "Train it").click().run()
    assert not app.exception
    assert started == [f"{trained_run.name}-by-session"]
    other = Run.open(started[0])
    assert other.config == replace(trained_run.config, split="session")


def test_what_is_trained_is_watched_and_can_be_stopped(open_gap, trained_run) -> None:
    other = creating.create("by-session", replace(trained_run.config, split="session"))
    job(other, "training", epoch=1, done=3, total=8, seconds_left=65.0)
    app = open_gap()
    told = [bar.text for bar in app.get("progress")]
    assert "Epoch 1 · 1 min 5 s left" in told
    widget(app.button, "Stop").click().run()
    assert other.job.stop_file.exists()
    assert widget(app.button, "Stopping after this batch …").disabled


def test_both_stand_next_to_each_other_with_what_they_mean(
    open_gap, trained_run, by_session
) -> None:
    app = open_gap()
    assert figures(app) == {
        "Split by image": accuracy(trained_run),
        "Split by session": "25.0%",
        "Live": "–",
    }
    assert "12 images of 3 captures" in texts(app)
    assert [
        element.label for element in app.button if element.label in ("Train it", "Resume")
    ] == []
    assert "By image it looks better than it is, by 75 points" in texts(app)
    # Whichever of the two is chosen, they are the same two.
    widget(app.get("button_group"), "Run").set_value("by-session").run()
    assert figures(app)["Split by image"] == accuracy(trained_run)


def test_the_chosen_run_stays_when_another_is_done(open_gap, trained_run, by_session) -> None:
    app = open_gap()
    widget(app.get("button_group"), "Run").set_value(trained_run.name).run()
    third = creating.create("third", replace(trained_run.config, seed=7))
    shutil.copy(trained_run.weights_file, third.weights_file)
    third.write_history(trained_run.history())
    app.run()
    compared = widget(app.multiselect, "Runs")
    assert "third" in compared.options and "third" not in compared.value
    compared.set_value([*compared.value, "third"]).run()
    chooser = widget(app.get("button_group"), "Run")
    assert "third" in chooser.options and chooser.value == trained_run.name


def test_a_class_of_one_capture_is_named_until_the_next_start(
    open_gap, trained_run, small_dataset
) -> None:
    for face in small_dataset.face_files("Ada"):
        if face.session == "session1":
            face.path.unlink()
    config_file = trained_run.config_file
    # As if it had been trained on these images.
    changed = {**json.loads(config_file.read_text()), "dataset_hash": small_dataset.content_hash()}
    config_file.write_text(json.dumps(changed))
    app = open_gap()
    button(app, "Train it").click().run()
    message = "Ada has one capture session only, so nothing of it can be kept for validation"
    assert message in app.error[0].value
    app.run()
    assert message in app.error[0].value, "the next look does not wipe it away"
    assert counterpart(trained_run) is None


def test_nothing_is_trained_beside_something_else(open_gap, trained_run) -> None:
    busy = creating.create("busy", replace(trained_run.config, seed=5))
    job(busy, "training", epoch=1, done=3, total=8, seconds_left=65.0)
    app = open_gap()
    assert button(app, "Train it").disabled
    assert "busy is being trained: stop it, or wait." in texts(app)


def test_a_stopped_counterpart_is_gone_on_with(open_gap, trained_run, by_session, started) -> None:
    by_session.write_history(by_session.history()[:1])
    job(by_session, "stopped")
    app = open_gap()
    assert "by-session, stopped: 1 of 2 epochs." in texts(app)
    assert "by-session was trained for 1 of 2 epochs only" in texts(app)
    button(app, "Resume").click().run()
    # Also where it is the chosen run itself that was stopped.
    assert app.get("button_group")[0].value == "by-session"
    assert started == ["by-session"] and counterpart(trained_run).name == "by-session"


def test_the_newest_live_assessment_is_the_third_number(open_gap, trained_run) -> None:
    for right, time in ((1, "2026-03-01T10:00:00+00:00"), (8, "2026-03-02T10:00:00+00:00")):
        counts = {"Ada": {"Ada": right, UNKNOWN: 2}}
        assessment = LiveAssessment(OperatingPoint(0.6), counts, {"Zoë": 1, UNKNOWN: 4}, time)
        kept_assessments.add(trained_run, assessment)
    app = open_gap()
    assert figures(app)["Live"] == "80.0%"
    assert "15 frames, confidence over 0.6: strangers' frames named 20% (1" in texts(app)
    assert "known people's frames refused 20% (1" in texts(app)


def test_figures_without_their_images_have_no_interval(
    open_gap, trained_run, by_session, small_dataset
) -> None:
    small_dataset.face_files()[0].path.unlink()
    app = open_gap()
    assert figures(app)["Split by session"] == "25.0%"
    assert "The data set has changed since" in texts(app)
    assert "chance cannot be ruled out" in texts(app)


def test_robustness_is_tested_once_and_kept(open_gap, trained_run) -> None:
    app = open_gap()
    assert "Press **Test robustness**" in texts(app)
    charts = len(app.get("plotly_chart"))
    button(app, "Test robustness").click().run()
    assert not app.exception and not app.error
    found = robustness.last_robustness(trained_run)
    assert found.complete and robustness.in_words(trained_run.name, found) in texts(app)
    assert "Test robustness" not in [element.label for element in app.button]
    assert len(app.get("plotly_chart")) == charts + 1
    assert len(app.get("image")) == len(DISTURBANCES) + 1
    app = open_gap()
    assert robustness.in_words(trained_run.name, found) in texts(app)


def test_a_test_that_was_stopped_shows_what_it_found(open_gap, trained_run) -> None:
    images = 6

    def stop(done: int, total: int) -> None:
        if done > 4 * images:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        robustness.measure_robustness(trained_run, stop)
    app = open_gap()
    assert f"{trained_run.name} was not tested to the end" in texts(app)
    assert set(robustness.last_robustness(trained_run).right) == set(LEVELS[:4])
    button(app, "Test robustness").click().run()
    assert robustness.last_robustness(trained_run).complete


def test_runs_that_cannot_be_tested_say_why(open_gap, trained_run, small_dataset) -> None:
    small_dataset.face_files()[0].path.unlink()
    app = open_gap()
    button(app, "Test robustness").click().run()
    assert "has changed since the run" in app.error[0].value and not app.exception
