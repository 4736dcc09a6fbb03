import json
import os
import time
from dataclasses import dataclass, replace
from urllib.error import URLError

import psutil
import pytest
import torch

from facerec.augmentation import saved as recipes
from facerec.augmentation.recipe import PRESETS, Augmentation
from facerec.networks.setting import DATA, Setting
from facerec.runs import catalogue, creating, settings
from facerec.runs.run import Run
from facerec.runs.settings import TrainingConfig, training_settings
from facerec.system import paths
from facerec.system.jobs import Job
from facerec.training import job as training_jobs
from facerec.training import learning_rate_finder
from facerec.training.learning_rate_finder import LearningRateTest
from facerec.tuning import workers as tuning_jobs
from facerec.tuning.study import Study, study_names
from pages.train_tabs.titles import LEARNING_RATE, TUNING
from tests.pages.conftest import button, texts, widget


@pytest.fixture
def started(monkeypatch) -> list[str]:
    """Names of the runs whose processes would have been started."""
    names: list[str] = []
    monkeypatch.setattr(training_jobs, "start", lambda run: names.append(run.name))
    return names


def job(run: Run, state: str, **values: object) -> None:
    """Write how far a run's training is, as if this process trained it."""
    own = psutil.Process()
    content = {"state": state, "process": own.pid, "process_started": own.create_time()}
    content["activity"] = f"{run.name} is being trained"
    run.job.file.write_text(json.dumps({**content, **values}))


def fields(app) -> dict[str, object]:
    return {element.label: element for element in [*app.number_input, *app.selectbox]}


def test_every_setting_has_a_field_with_help(open_page, small_dataset) -> None:
    app = open_page("train")
    for setting in training_settings("custom_cnn"):
        assert fields(app)[setting.title].help.startswith(setting.help)
    assert "Frozen blocks" not in fields(app)


def test_a_new_setting_is_in_the_form(open_page, small_dataset, monkeypatch) -> None:
    @dataclass(frozen=True)
    class WithToy(TrainingConfig):
        toy: float = Setting(DATA, 0.5, "Toy", "Plays.", 0.0, 2.0, unit="minutes").field()

    monkeypatch.setattr(settings, "TrainingConfig", WithToy)
    field = fields(open_page("train"))["Toy (minutes)"]
    assert (field.value, field.min, field.max, field.help) == (0.5, 0.0, 2.0, "Plays.")


@pytest.mark.parametrize(
    ("label", "step"), [("Learning rate", 0.00025), ("Weight decay", 0.005), ("Dropout", 0.05)]
)
def test_a_click_changes_a_fraction_by_a_step_of_its_size(
    open_page, small_dataset, label: str, step: float
) -> None:
    assert fields(open_page("train"))[label].step == pytest.approx(step)


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
    assert fields(app)["Augmentation"].value == "Gentle"
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
    assert fields(app)["Augmentation"].value == "Gentle"


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
    assert not catalogue.list_runs()


def test_curves_and_figures_of_a_finished_run(open_page, trained_run) -> None:
    app = open_page("train")
    last = trained_run.history()[-1]
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Validation accuracy"] == f"{last['validation_accuracy']:.1%}"
    assert figures["Validation macro F1"] == f"{last['validation_macro_f1']:.1%}"
    assert figures["Images a second"] == f"{last['images_per_second']:.0f}"
    # The three curves and the classes; this run was trained without a job that counts batches.
    assert len(app.get("plotly_chart")) == 2
    assert "Too good to be true" in texts(app)


def test_a_running_job_is_found_and_can_be_stopped(open_page, trained_run) -> None:
    progress = {"epoch": 2, "phase": "training", "batch": 1, "batches": 4, "done": 5, "total": 8}
    job(trained_run, "training", **progress, seconds_left=65.0, images_per_second=42.4, loss=0.5)
    app = open_page("train")
    told = [bar.text for bar in app.get("progress")]
    assert "Epoch 2 of 2 · training, batch 1 of 4 · 1 min 5 s left" in told
    figures = {metric.label: metric.value for metric in app.metric}
    assert (figures["Images a second"], figures["Loss of this batch"]) == ("42", "0.50")
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
    assert "The process is gone" in texts(app)
    assert button(app, "Resume")


def test_a_second_start_is_refused(open_page, trained_run) -> None:
    app = open_page("train")
    job(trained_run, "training", epoch=1, phase="training", done=1, total=8, seconds_left=9.0)
    # The page was drawn before another tab started it.
    button(app, "Start training").click().run()
    assert len(catalogue.list_runs()) == 1
    app.run()
    assert button(app, "Start training").disabled
    assert f"{trained_run.name} is being trained: stop it, or wait" in texts(app)


def test_a_start_that_failed_says_why_until_the_next(
    open_page, trained_run, started, small_dataset
) -> None:
    app = open_page("train")
    widget(app.text_input, "Name of the run").set_value(trained_run.name)
    button(app, "Start training").click().run()
    assert "There is a run named" in app.error[0].value
    app.run()
    assert "There is a run named" in app.error[0].value, "the next look does not wipe it away"
    widget(app.text_input, "Name of the run").set_value("other")
    button(app, "Start training").click().run()
    assert started == ["other"] and not app.error


def test_a_run_can_be_continued_from(open_page, trained_run, started) -> None:
    app = open_page("train")
    box = fields(app)["Continue from"]
    assert box.options == ["nothing: begin anew", trained_run.name]
    button(app, "Continue in a new run").click().run()
    assert fields(app)["Continue from"].value == trained_run.name
    button(app, "Start training").click().run()
    assert Run.open(started[0]).config.continue_from == trained_run.name
    app.radio[0].set_value("resnet50_scratch").run()
    assert fields(app)["Continue from"].options == ["nothing: begin anew"]


def test_what_another_tab_starts_is_shown(open_page, trained_run) -> None:
    app = open_page("train")
    other = creating.create("elsewhere", trained_run.config)
    job(other, "training", epoch=1, phase="training", batch=1, batches=5, done=1, total=10)
    app.run()
    assert "elsewhere" in [element.value for element in app.subheader]


@pytest.fixture
def open_tab(open_page):
    """Opens the Train page at one of its tabs."""

    def opened(tab: str):
        app = open_page("train")
        app.session_state["train_tab_to_open"] = tab
        return app.run()

    return opened


def test_a_learning_rate_is_found_and_used(
    open_tab, small_dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested: list[TrainingConfig] = []
    monkeypatch.setattr(learning_rate_finder, "start", tested.append)
    app = open_tab(LEARNING_RATE)
    button(app, "Find a learning rate").click().run()
    (config,) = tested
    assert (config.dataset, config.network) == (small_dataset.name, "custom_cnn")
    found = LearningRateTest(config, [1e-5, 1e-3, 1e-1], [2.0, 1.0, 3.0], 3e-4)
    monkeypatch.setattr(learning_rate_finder, "last_test", lambda: found)
    app.run()
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Suggested learning rate"] == "0.0003"
    assert len(app.get("plotly_chart")) == 1 and "other settings" not in texts(app)
    button(app, "Use it").click().run()
    assert fields(app)["Learning rate"].value == 3e-4
    fields(app)["Batch size"].set_value(8).run()
    assert "other settings than the form's: batch size 32" in texts(app)


def test_a_learning_rate_test_shows_how_far_it_is_and_why_it_failed(
    open_tab, small_dataset, home
) -> None:
    folder = learning_rate_finder.job()
    folder.path.mkdir(parents=True)
    own = psutil.Process()
    active = Job("training", "", "the learning rate is being tested", own.pid, own.create_time())
    folder.write(replace(active, done=3, total=60))
    app = open_tab(LEARNING_RATE)
    assert "Step 3 of 60" in [bar.text for bar in app.get("progress")]
    assert button(app, "Start training").disabled
    widget(app.button, "Stop").click().run()
    assert folder.stop_file.exists()
    folder.write(Job("failed", "The loss never fell."))
    app.run()
    assert "The loss never fell." in texts(app)


def test_a_search_is_started_watched_and_its_best_trained(
    open_tab, small_dataset, started, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[str, int]] = []
    monkeypatch.setattr(tuning_jobs, "start", lambda *values: begun.append(values))
    app = open_tab(TUNING)
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
    app = open_tab(TUNING)
    pills = next(group for group in app.get("button_group") if group.label == "Settings to search")
    pills.set_value([])
    button(app, "Start the search").click().run()
    assert "at least one setting" in app.error[0].value and study_names() == []
