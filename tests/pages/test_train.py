import json
import os
import time
from urllib.error import URLError

import psutil
import pytest
import torch

from facerec import paths, recipes, runs, training_jobs
from facerec.augmentation import PRESETS, Augmentation
from facerec.runs import Run
from facerec.settings import setting_fields
from tests.pages.conftest import button, texts, widget


@pytest.fixture
def started(monkeypatch) -> list[str]:
    """Names of the runs whose processes would have been started."""
    names: list[str] = []
    monkeypatch.setattr(jobs, "start", lambda run: names.append(run.name))
    return names


def job(run: Run, state: str, **values: object) -> None:
    """Write how far a run's training is, as if this process trained it."""
    own = psutil.Process()
    content = {"state": state, "process": own.pid, "process_started": own.create_time()}
    run.job.file.write_text(json.dumps({**content, **values}))


def fields(app) -> dict[str, object]:
    return {element.label: element for element in [*app.number_input, *app.selectbox]}


def test_every_setting_has_a_field_with_help(open_page, small_dataset) -> None:
    app = open_page("train")
    for item in setting_fields("custom_cnn"):
        assert fields(app)[item.metadata["label"]].help.startswith(item.metadata["help"])
    assert "Frozen blocks" not in fields(app)


def test_the_reports_preset_fills_the_fields(open_page, small_dataset) -> None:
    app = open_page("train")
    app.get("button_group")[0].set_value("As in the report").run()
    values = {label: element.value for label, element in fields(app).items()}
    assert values["Learning rate"] == pytest.approx(1e-5)
    assert (values["Batch size"], values["Epochs"]) == (128, 10)
    assert values["Augmentation"] == "As in the report"


def test_start_makes_a_run_with_the_chosen_settings(open_page, small_dataset, started) -> None:
    app = open_page("train")
    for label, value in {"Epochs": 3, "Optimizer": "sgd", "Split": "session"}.items():
        fields(app)[label].set_value(value)
    fields(app)["Augmentation"].set_value("None")
    widget(app.text_input, "Name of the run").set_value("mine")
    button(app, "Start training").click().run()
    assert not app.exception
    assert started == ["mine"]
    config = Run.open("mine").config
    assert (config.epochs, config.optimizer, config.split) == (3, "sgd", "session")
    assert config.augmentation == PRESETS["None"]
    assert config.dataset == small_dataset.name
    assert app.session_state["run"] == "mine"


def test_saved_and_unsaved_recipes_can_be_trained_with(open_page, small_dataset, started) -> None:
    recipes.save("dark", Augmentation(brightness=0.6))
    (paths.recipes_folder() / "broken.json").write_text("{")
    app = open_page("train")
    assert fields(app)["Augmentation"].options == [*PRESETS, "dark"]
    assert "broken.json is no recipe" in texts(app)
    app.session_state["augment-recipe"] = Augmentation(noise=0.1)
    app.run()
    assert fields(app)["Augmentation"].options == [*PRESETS, "dark", "Augment page (not saved)"]
    assert fields(app)["Augmentation"].value == "Webcam"
    fields(app)["Augmentation"].set_value("dark").run()
    button(app, "Start training").click().run()
    assert Run.open(started[0]).config.augmentation == Augmentation(brightness=0.6)


def test_a_recipe_deleted_meanwhile_gives_way_to_the_presets(open_page, small_dataset) -> None:
    recipes.save("dark", Augmentation(brightness=0.6))
    app = open_page("train")
    fields(app)["Augmentation"].set_value("dark").run()
    recipes.delete("dark")
    app.run()
    assert not app.exception
    assert fields(app)["Augmentation"].value == "Webcam"


def test_missing_imagenet_weights_are_named_and_nothing_trains(
    open_page, small_dataset, started, monkeypatch, tmp_path_factory
) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise URLError("no network in tests")

    cache = tmp_path_factory.mktemp("hub")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(cache))
    monkeypatch.setattr(torch.hub, "urlopen", refuse)
    app = open_page("train")
    app.radio[0].set_value("resnet50_imagenet").run()
    button(app, "Start training").click().run()
    message = app.error[0].value
    for part in ("https://download.pytorch.org", "resnet50-11ad3fa6.pth", str(cache)):
        assert part in message
    assert not started
    assert not runs.list_runs()


def test_curves_and_figures_of_a_finished_run(open_page, trained_run) -> None:
    app = open_page("train")
    last = trained_run.history()[-1]
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Validation accuracy"] == f"{last['validation_accuracy']:.1%}"
    assert figures["Validation loss"] == f"{last['validation_loss']:.3f}"
    assert len(app.get("plotly_chart")) == 1


def test_a_running_job_is_found_and_can_be_stopped(open_page, trained_run) -> None:
    job(trained_run, "training", epoch=2, phase="training", done=3, total=8, seconds_left=65.0)
    app = open_page("train")
    assert "Epoch 2 of 2, training · 1 min 5 s left" in [bar.text for bar in app.get("progress")]
    button(app, "Stop").click().run()
    assert trained_run.job.stop_file.exists()


def test_a_failed_run_says_why_and_can_be_resumed(open_page, trained_run, started) -> None:
    job(trained_run, "failed", message="Ada/session0_0001.jpg cannot be read as an image.")
    app = open_page("train")
    assert [e.value for e in app.error] == ["Ada/session0_0001.jpg cannot be read as an image."]
    button(app, "Resume").click().run()
    assert started == [trained_run.name]


def test_a_process_that_is_gone_is_noticed(open_page, trained_run) -> None:
    job(trained_run, "training", process_started=time.time() + 1000, process=os.getpid())
    app = open_page("train")
    assert "The training process is gone" in texts(app)
    assert button(app, "Resume")


def test_a_second_start_is_refused(open_page, trained_run) -> None:
    job(trained_run, "training", epoch=1, phase="training", done=1, total=8, seconds_left=9.0)
    app = open_page("train")
    button(app, "Start training").click().run()
    assert f"{trained_run.name} is being trained" in app.error[0].value
    assert len(runs.list_runs()) == 1
