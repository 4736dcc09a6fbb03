import math
import re
import time
from pathlib import Path

import optuna
import psutil
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial
from streamlit.testing.v1 import AppTest

from facerec.runs.run import Run
from facerec.system import jobs, paths
from facerec.system.jobs import Job, JobFolder
from facerec.tuning import workers as tuning_jobs
from facerec.tuning.search_space import Search
from facerec.tuning.storage import STORAGE_VARIABLE, storage_url
from facerec.tuning.study import Study, study_names
from pages.train_tabs.titles import TUNING
from tests.examples import tiny_config
from tests.pages.conftest import button, texts, widget
from tests.pages.train_tabs.conftest import charts, fields


@pytest.fixture
def open_tab(open_page):
    """Opens the Train page at the Tuning tab."""

    def opened():
        app = open_page("train")
        app.session_state["train_tab_to_open"] = TUNING
        return app.run()

    return opened


def made(name: str = "first", trials: int = 8, minutes: float = 10.0) -> Study:
    return Study.create(name, Search(tiny_config(), ("learning_rate",), trials, minutes))


def add_trial(study: Study, value: float | None, state: str = "COMPLETE", **attributes) -> None:
    """Put a trial into a study as if a worker had made it; its rate is a power of ten."""
    number = len(study.optuna_study.trials)
    study.optuna_study.add_trial(
        create_trial(
            state=TrialState[state],
            value=value,
            params={"learning_rate": 10.0 ** -(2 + number % 3)},
            distributions={"learning_rate": FloatDistribution(1e-5, 1e-2, log=True)},
            user_attrs=attributes,
        )
    )


def worker(study: str, name: str, state: str, message: str = "") -> JobFolder:
    """A worker of a study that is this process."""
    own = psutil.Process()
    folder = JobFolder(paths.studies_folder() / study / name)
    folder.path.mkdir(parents=True)
    activity = f"{study} is being tuned"
    folder.write(Job(state, message, activity, own.pid, own.create_time()))
    return folder


def table(app: AppTest):
    return next(element.value for element in app.dataframe)


def test_trials_are_told_in_words(open_tab, small_dataset) -> None:
    study = made()
    add_trial(study, 0.5)
    add_trial(study, 0.3, "PRUNED")
    add_trial(study, None, "FAIL", reason="The loss is no number any more.")
    add_trial(study, None, "FAIL", stopped=True)
    add_trial(study, None, "FAIL")
    add_trial(study, None, "FAIL", surplus=True)
    app = open_tab()
    rows = table(app).set_index("Trial")
    states = dict(rows["State"])
    assert states == {1: "done", 2: "given up", 3: "failed", 4: "stopped", 5: "failed"}
    remarks = {number: text for number, text in rows["Remark"].items() if text}
    assert remarks == {
        3: "The loss is no number any more.",
        5: "Its worker is gone without a word.",
    }
    assert rows["Settings"][1] == "Learning rate 0.01"
    assert not app.exception


def test_the_best_trial_stands_out_and_figures_come(open_tab, small_dataset) -> None:
    study = made()
    for value in (0.5, 0.9, 0.7, 0.8, 0.6):
        add_trial(study, value)
    app = open_tab()
    assert {metric.label: metric.value for metric in app.metric}["Best macro F1"] == "90.0%"
    assert "Learning rate 0.001" in texts(app)
    # What became of each trial, what mattered, and every trial as a line.
    assert charts(app) == ["study-progress", "study-importances", "study-parallel"]


def test_a_search_from_the_command_line_may_be_larger_than_the_fields(
    open_tab, small_dataset
) -> None:
    study = made(trials=5000, minutes=90000.0)
    add_trial(study, 0.5)
    app = open_tab()
    assert not app.exception and not app.error
    assert widget(app.number_input, "More trials").value == 1000
    assert app.number_input(key="more-minutes").value == 1440


def test_going_on_starts_workers_for_more_trials(
    open_tab, small_dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[str, int]] = []
    monkeypatch.setattr(tuning_jobs, "start", lambda *values: begun.append(values))
    study = made(trials=1)
    add_trial(study, 0.5)
    app = open_tab()
    widget(app.number_input, "More trials").set_value(4)
    app.number_input(key="more-minutes").set_value(3)
    app.number_input(key="more").set_value(1)
    button(app, "Start").click().run()
    assert begun == [("first", 1)]
    assert (study.search.trials, study.search.minutes) == (5, 3.0)
    assert math.isclose(study.deadline, time.time() + 180, abs_tol=60)


def test_a_search_at_work_is_stopped_and_keeps_others_from_starting(
    open_tab, small_dataset
) -> None:
    study = made()
    add_trial(study, 0.5)
    at_it, ended = worker("first", "worker-1", "training"), worker("first", "mine", "finished")
    app = open_tab()
    progress = next(bar.text for bar in app.get("progress") if "trials" in bar.text)
    assert re.fullmatch(
        r"1 of 8 trials · 1 at work · at most (10 min 0|9 min \d+) s left", progress
    )
    for label in ("Start the search", "Train with the best settings", "Start training"):
        assert button(app, label).disabled, label
    app.button(key="stop-study").click().run()
    assert at_it.stop_file.exists() and not ended.stop_file.exists()


def test_a_worker_that_failed_says_why(open_tab, small_dataset) -> None:
    add_trial(made(), None, "FAIL", reason="The disk is full.")
    worker("first", "worker-1", "failed", "The disk is full.")
    app = open_tab()
    assert [error.value for error in app.error] == ["The disk is full."]
    assert "No trial has ended yet" in texts(app)
    assert "on its way" not in texts(app)


def test_studies_of_others_are_not_offered(open_tab, small_dataset) -> None:
    made()
    for name in ("theirs", "../../data"):
        optuna.create_study(study_name=name, storage=storage_url())
    app = open_tab()
    assert not app.exception
    assert widget(app.selectbox, "Search").options == ["first"]


def test_a_storage_that_does_not_answer_is_told_in_the_tab(
    open_tab, small_dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STORAGE_VARIABLE, "postgresql://me:secret@127.0.0.1:1/x")
    app = open_tab()
    assert not app.exception
    (error,) = app.error
    assert "cannot be opened" in error.value and "secret" not in error.value
    assert button(app, "Start training")


def test_a_study_that_is_deleted_while_it_is_watched_is_told(home: Path, small_dataset) -> None:
    def script() -> None:
        from facerec.tuning.search_space import Search
        from facerec.tuning.study import Study
        from pages.train_tabs import tuning
        from tests.examples import tiny_config

        study = Study.create("first", Search(tiny_config(), ("learning_rate",), 3, 10.0))
        study.delete()
        # As the fragment draws itself again.
        tuning._study(study, False)

    app = AppTest.from_function(script, default_timeout=60).run()
    assert not app.exception
    assert "There is no study 'first'" in app.error[0].value


def test_a_start_while_something_trains_leaves_no_study(
    open_tab, trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_tab()
    busy = Job("training", "", "other is being trained", *_own())
    # Begun by another tab after this page was drawn.
    monkeypatch.setattr(jobs, "active_jobs", lambda: [(trained_run.job, busy)])
    monkeypatch.setattr("pages.shared.session.at_work", lambda: "")
    button(app, "Start the search").click().run()
    assert "other is being trained" in app.error[0].value
    assert study_names() == []


def _own() -> tuple[int, float]:
    process = psutil.Process()
    return process.pid, process.create_time()


def test_a_search_is_started_watched_and_its_best_trained(
    open_tab, small_dataset, started, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[str, int]] = []
    monkeypatch.setattr(tuning_jobs, "start", lambda *values: begun.append(values))
    app = open_tab()
    fields(app)["Augmentation"].set_value("None")
    fields(app)["Precision"].set_value("fp32")
    fields(app)["Trials"].set_value(2)
    fields(app)["Epochs of each"].set_value(1)
    fields(app)["Share of the data"]
    button(app, "Start the search").click().run()
    assert not app.exception and begun == [("search-1", 2)]
    study = Study("search-1")
    assert study.search.names == ("learning_rate", "weight_decay")
    assert (study.search.trials, study.search.config.share) == (2, 0.5)
    assert "The first trial is on its way." in texts(app)
    study.work()
    app.run()
    assert "2 of 2 trials" in [bar.text for bar in app.get("progress")]
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Best macro F1"] == f"{study.best().value:.1%}"
    rows = next(table.value for table in app.dataframe)
    assert list(rows["Trial"]) == [2, 1] and set(rows["State"]) == {"done"}
    widget(app.number_input, "Epochs of the run").set_value(3)
    button(app, "Train with the best settings").click().run()
    config = Run.open(started[0]).config
    assert config.learning_rate == study.best().params["learning_rate"]
    assert (config.share, config.epochs) == (1.0, 3)
    app.session_state["train_tab_to_open"] = TUNING
    app.run()
    button(app, "Delete it").click().run()
    assert study_names() == [] and not app.exception


def test_a_search_of_nothing_is_refused(open_tab, small_dataset) -> None:
    app = open_tab()
    pills = next(group for group in app.get("button_group") if group.label == "Settings to search")
    pills.set_value([])
    button(app, "Start the search").click().run()
    assert "at least one setting" in app.error[0].value and study_names() == []
