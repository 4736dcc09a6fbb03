from dataclasses import dataclass
from urllib.error import URLError

import pytest
import torch

from facerec.augmentation import saved as recipes
from facerec.augmentation.recipe import PRESETS, Augmentation
from facerec.networks.setting import DATA, Setting
from facerec.runs import catalogue, settings
from facerec.runs.run import Run
from facerec.runs.settings import TrainingConfig, training_settings
from facerec.system import paths
from tests.pages.conftest import button, texts, widget
from tests.pages.train_tabs.conftest import fields


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
    widget(app.selectbox, "Network").set_value("resnet50_imagenet").run()
    button(app, "Start training").click().run()
    message = app.error[0].value
    for part in ("https://download.pytorch.org", "resnet50-11ad3fa6.pth", str(cache)):
        assert part in message
    assert not started
    assert not catalogue.list_runs()


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
    widget(app.selectbox, "Network").set_value("resnet50_scratch").run()
    assert fields(app)["Continue from"].options == ["nothing: begin anew"]
