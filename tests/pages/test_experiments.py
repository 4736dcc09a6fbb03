"""The Experiments page: the form, a running experiment, and a finished one."""

import json
import os
from dataclasses import replace

import psutil
import pytest

from facerec.experiments import forecast, work
from facerec.experiments.experiment import Experiment, Outcome, list_experiments
from facerec.experiments.plan import Plan
from facerec.experiments.ready_made import READY_MADE
from facerec.runs import creating
from facerec.system.jobs import Job
from pages.experiment_parts.choosing import OWN
from tests.examples import DATASET, tiny_config, write_classes
from tests.pages.conftest import button, texts, widget


@pytest.fixture
def begun(monkeypatch) -> list[str]:
    """Names of the experiments whose processes would have been started."""
    names: list[str] = []
    monkeypatch.setattr(work, "start", lambda experiment: names.append(experiment.name))
    monkeypatch.setattr(forecast, "seconds_for", lambda plan, progress: 95.0)
    return names


@pytest.fixture
def finished(small_dataset) -> Experiment:
    plan = Plan(
        tiny_config(side=32, epochs=1, fields=2), "batch_size", (4, 8), 2,
        question="How many?", guess="the more the better <b>",
    )  # fmt: skip
    experiment = Experiment.create("sizes", plan, 12.5)
    for number, result in enumerate(experiment.results()):
        creating.create(result.run, plan.config_of(result.trial), experiment="sizes")
        outcome = Outcome(0.5 + number / 10, 0.5, 0.9, 0.1, None, 1, 3.0)
        experiment.save(replace(result, outcome=outcome))
    return experiment


def test_without_a_data_set_it_says_what_to_do(open_page) -> None:
    app = open_page("experiments")
    assert not app.exception
    assert "needs a data set" in texts(app)


def test_the_time_then_the_guess_then_the_start(open_page, small_dataset, begun) -> None:
    app = open_page("experiments")
    assert "Choose a question on the left" in texts(app)
    item = next(item for item in READY_MADE if item.name == "batch-size")
    widget(app.selectbox, "Question").select(f"4 · {item.question}").run()
    assert "**Batch size**: 8, 32, 128" in texts(app) and item.watch in texts(app)
    assert "6 trainings." in texts(app)
    button(app, "How long will it take?").click().run()
    start = button(app, "Start (1 min 35 s)")
    assert start.disabled and "Write down a guess first" in texts(app)
    widget(app.text_input, "What do you expect?").input("small ones").run()
    button(app, "Start (1 min 35 s)").click().run()
    assert not app.exception and begun == ["batch-size-1"]
    (experiment,) = list_experiments()
    plan = experiment.plan
    assert (plan.guess, plan.question) == ("small ones", item.question)
    assert experiment.predicted_seconds == 95.0
    assert (plan.factor, plan.values, plan.seeds) == ("batch_size", (8, 32, 128), 2)


def test_a_change_asks_for_the_time_anew(open_page, small_dataset, begun) -> None:
    app = open_page("experiments")
    button(app, "How long will it take?").click().run()
    assert button(app, "Start (1 min 35 s)")
    widget(app.number_input, "Seeds").set_value(3).run()
    assert button(app, "How long will it take?")


def test_a_factor_of_one_s_own_with_a_second(open_page, small_dataset, begun, home) -> None:
    write_classes(home / "data" / "others")
    for name in ("Ada", "Zoë"):
        (home / "data" / "others" / name).rename(home / "data" / "others" / f"{name}2")
    app = open_page("experiments")
    widget(app.selectbox, "Question").select(OWN).run()
    widget(app.selectbox, "Factor").select("learning_rate").run()
    widget(app.text_input, "Values").input("1e-3, 0.01").run()
    widget(app.selectbox, "Second factor").select("optimizer").run()
    widget(app.selectbox, "Strangers to judge by").select("others").run()
    widget(app.text_input, "What do you expect?").input("?").run()
    button(app, "How long will it take?").click().run()
    button(app, "Start (1 min 35 s)").click().run()
    assert not app.exception
    plan = list_experiments()[0].plan
    assert (plan.factor, plan.values) == ("learning_rate", (1e-3, 1e-2))
    assert plan.second == "optimizer" and len(plan.second_values) == 3
    assert plan.strangers == "others"


@pytest.mark.parametrize("values", ["1", "many, 8", "8, 99999", ""])
def test_values_that_cannot_be_are_told(open_page, small_dataset, values: str) -> None:
    app = open_page("experiments")
    widget(app.selectbox, "Question").select(OWN).run()
    widget(app.text_input, "Values").input(values).run()
    assert not app.exception and len(app.error) == 1


def test_by_session_is_a_second_factor(open_page, small_dataset, begun) -> None:
    app = open_page("experiments")
    widget(app.selectbox, "Question").select(f"4 · {READY_MADE[7].question}").run()
    next(item for item in app.toggle if "by session" in item.label).set_value(True).run()
    assert "12 trainings." in texts(app)


def test_a_finished_one_shows_guess_and_result(open_page, finished) -> None:
    app = open_page("experiments")
    assert not app.exception
    said = texts(app)
    assert "How many?" in said and "You guessed: the more the better" in said
    assert "seeds" in said and "<b>" not in said.replace(r"\<b>", "")
    chart = next(item for item in app.get("plotly_chart"))
    assert [len(trace["y"]) for trace in json.loads(chart.proto.spec)["data"][:2]]
    assert list(app.dataframe[0].value["seed"]) == [0, 0, 1, 1]
    labels = [item.label for item in app.get("download_button")]
    assert labels == ["HTML", "CSV"]


def test_a_stopped_one_goes_on_and_a_deleted_one_is_gone(open_page, small_dataset, begun) -> None:
    plan = Plan(tiny_config(side=32, epochs=1, fields=2), "batch_size", (4, 8), 1)
    experiment = Experiment.create("sizes", plan)
    first = experiment.results()[0]
    experiment.save(replace(first, outcome=Outcome(0.5, 0.5, 0.9, 0.1, None, 1, 3.0)))
    experiment.job.write(Job("stopped"))
    app = open_page("experiments")
    assert "1 of 2 trainings" in app.get("progress")[0].proto.text
    button(app, "Go on").click().run()
    assert begun == ["sizes"]
    button(app, "Delete now").click().run()
    assert list_experiments() == [] and not app.exception


def test_a_running_one_shows_its_progress(open_page, small_dataset) -> None:
    plan = Plan(tiny_config(side=32, epochs=1, fields=2), "batch_size", (4, 8), 1)
    experiment = Experiment.create("sizes", plan)
    process = psutil.Process()
    experiment.job.write(
        Job("training", "Batch size 4", "The experiment sizes is under way", os.getpid(),
            process.create_time(), done=0, total=2, seconds_left=65.0)
    )  # fmt: skip
    app = open_page("experiments")
    assert "0 of 2 trainings · Batch size 4 · 1 min 5 s left" in app.get("progress")[0].proto.text
    assert "The chart begins with the first training" in texts(app)
    assert button(app, "How long will it take?").disabled
    button(app, "Stop").click().run()
    assert experiment.job.stop_file.exists()


def test_its_runs_are_not_in_the_other_pages_lists(open_page, finished) -> None:
    app = open_page("home")
    assert len(app.dataframe) == 1, "no table of runs"
    assert DATASET in texts(app) or app.dataframe[0].value["Data set"].tolist() == [DATASET]


def test_a_damaged_file_is_told(open_page, finished) -> None:
    (finished.folder / "experiment.json").write_text("{")
    app = open_page("experiments")
    assert not app.exception and "damaged" in app.error[0].value
