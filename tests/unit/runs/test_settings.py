import argparse
import json
import math
import re
from dataclasses import asdict, dataclass, fields, replace

import optuna
import pytest

from facerec.augmentation.recipe import PRESETS as AUGMENTATIONS
from facerec.augmentation.recipe import Augmentation
from facerec.cli import arguments
from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.networks.catalogue import NETWORKS
from facerec.networks.inception_resnet_v1 import WEIGHT_FILES
from facerec.networks.options import PRETRAINED, NetworkOptions
from facerec.networks.setting import DATA, GROUPS, Setting, Space, settings_of
from facerec.runs import settings
from facerec.runs.settings import PRESETS, TrainingConfig, preset, training_settings
from facerec.tuning import search_space

# What only some networks take.
SHAPE = {
    "side", "blocks", "filters", "kernel", "norm", "pooling", "pooling_size", "pooling_stride",
    "hidden", "fields", "activation",
}  # fmt: skip
OWN = SHAPE | {"dropout", "initialisation", "frozen_blocks", "pretrained"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("epochs", 1001),
        ("epochs", 2.5),
        ("epochs", "many"),
        ("epochs", True),
        ("batch_size", 0),
        ("batch_size", 1025),
        ("learning_rate", 0.0),
        ("learning_rate", 1.1),
        ("learning_rate", math.nan),
        ("optimizer", "adamw"),
        ("schedule", "linear"),
        ("split", "by mood"),
        ("validation", 0.04),
        ("validation", 0.6),
        ("seed", -1),
        ("seed", 2**31),
        ("dropout", 0.95),
        ("frozen_blocks", 6),
        ("frozen_blocks", -1),
        ("weight_decay", -0.1),
        ("label_smoothing", 0.6),
        ("class_weights", "some"),
        ("patience", -1),
        ("keep", "first"),
        ("warmup_epochs", 51),
        ("share", 0.0),
        ("activation", "swish"),
        ("initialisation", "zero"),
        ("pretrained", "imagenet"),
        ("loss", "hinge"),
        ("precision", "fp8"),
        ("threads", -1),
        ("checkpoint_minutes", 0.0),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_label(name: str, value: object) -> None:
    title = next(setting.title for setting in training_settings() if setting.name == name)
    with pytest.raises(FacerecError, match=f"^{re.escape(title)}"):
        TrainingConfig(**{name: value})


@pytest.mark.parametrize("setting", training_settings(), ids=lambda setting: setting.name)
def test_limits_and_choices_themselves_are_taken(setting: Setting) -> None:
    for value in setting.choices or (setting.minimum, setting.maximum, setting.default):
        assert getattr(TrainingConfig(**{setting.name: value}), setting.name) == value


@pytest.mark.parametrize("setting", training_settings(), ids=lambda setting: setting.name)
def test_a_search_stays_within_the_limits(setting: Setting) -> None:
    if setting.space is not None:
        for value in setting.space.values or (setting.space.minimum, setting.space.maximum):
            assert setting.checked(value) == value


def test_one_setting_gives_form_flag_check_and_search(
    small_dataset: FaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    @dataclass(frozen=True)
    class WithToy(TrainingConfig):
        toy_share: float = Setting(
            DATA, 0.5, "Toy", "Plays.", 0.0, 2.0, unit="minutes", space=Space(0.25, 0.75)
        ).field()

    monkeypatch.setattr(settings, "TrainingConfig", WithToy)
    assert settings_of(WithToy)[:-1] == settings_of(TrainingConfig)
    toy = training_settings("custom_cnn")[-1]
    assert (toy.name, toy.title, toy.help) == ("toy_share", "Toy (minutes)", "Plays.")

    parser = argparse.ArgumentParser()
    arguments.add_settings(parser)
    options = parser.parse_args(["--dataset", small_dataset.name, "--toy-share", "1.5"])
    config = arguments.training_config(options)
    assert config.as_dict()["toy_share"] == 1.5
    assert WithToy.from_dict(json.loads(json.dumps(config.as_dict()))) == config

    with pytest.raises(FacerecError, match=r"Toy \(minutes\) is 3.0, but must lie between 0 and 2"):
        WithToy(toy_share=3)

    assert search_space.searchable("custom_cnn")["toy_share"] == "Toy (minutes)"
    trial = optuna.create_study().ask()
    value = search_space.suggested(trial, ["toy_share"])["toy_share"]
    assert 0.25 <= value <= 0.75 and trial.params == {"toy_share": value}


def test_whole_numbers_stand_for_fractions() -> None:
    rate = TrainingConfig(learning_rate=1).learning_rate
    assert rate == 1.0 and isinstance(rate, float)


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(FacerecError, match="no network 'vgg'"):
        TrainingConfig(network="vgg")


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_for_a_data_set_and_a_network(name: str, network: str) -> None:
    config = preset(name, "faces", network)
    assert (config.dataset, config.network) == ("faces", network)


def test_careful_takes_longer_and_ends_when_nothing_gets_better() -> None:
    quick, careful = (preset(name, "faces", "custom_cnn") for name in ("In class", "Careful"))
    assert careful.epochs > quick.epochs and careful.patience > 0


@pytest.mark.parametrize("network", NETWORKS)
def test_careful_does_not_give_up_before_its_learning_rate_falls(network: str) -> None:
    careful = preset("Careful", "faces", network)
    # One cycle is over its peak after a third; until then epochs may be worse than the first.
    assert careful.schedule == "one_cycle" and careful.patience > careful.epochs / 3


@pytest.mark.parametrize(
    ("network", "epochs"),
    [
        ("custom_cnn", 10),
        ("resnet50_scratch", 5),
        ("resnet50_imagenet", 5),
        ("inception_resnet_v1", 5),
    ],
)
def test_preset_as_in_the_report(network: str, epochs: int) -> None:
    config = preset("As in the report", "faces", network)
    assert (config.optimizer, config.learning_rate, config.batch_size) == ("adam", 1e-5, 128)
    assert (config.validation, config.split, config.epochs) == (0.2, "random", epochs)
    assert config.augmentation == AUGMENTATIONS["As in the report"]
    assert (config.frozen_blocks, config.dropout, config.schedule) == (3, 0.0, "constant")
    assert (config.weight_decay, config.label_smoothing, config.patience) == (0.0, 0.0, 0)
    assert (config.keep, config.loss) == ("last", "cross_entropy")


@pytest.mark.parametrize("name", PRESETS)
def test_json_round_trip(name: str) -> None:
    config = preset(name, "faces", "resnet50_imagenet")
    assert TrainingConfig.from_dict(json.loads(json.dumps(config.as_dict()))) == config


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epoch": 3}, "Unknown training setting epoch"),
        ({"epochs": 0}, "Epochs is 0"),
        ({"augmentation": {"hue": 9}}, "hue is 9"),
        ({"augmentation": 5}, "a JSON object"),
    ],
)
def test_what_is_no_config_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(FacerecError, match=message):
        TrainingConfig.from_dict(values)


def test_no_augmentation_in_the_values_is_none() -> None:
    assert TrainingConfig.from_dict({}).augmentation == Augmentation()


@pytest.mark.parametrize(
    ("network", "own"),
    [
        ("custom_cnn", SHAPE | {"dropout", "initialisation"}),
        ("resnet50_scratch", {"side", "initialisation"}),
        ("resnet50_imagenet", {"side", "frozen_blocks"}),
        ("inception_resnet_v1", {"pretrained", "frozen_blocks", "dropout", "initialisation"}),
        (None, OWN),
    ],
)
def test_a_network_shows_the_settings_it_takes(network: str | None, own: set[str]) -> None:
    names = {setting.name for setting in training_settings(network)}
    assert names & OWN == own
    other = {item.name for item in fields(TrainingConfig)} - OWN
    frozen = {"draws"} if network in (None, "resnet50_imagenet", "inception_resnet_v1") else set()
    growing = set() if network == "inception_resnet_v1" else {"first_side"}
    assert names - own - frozen - growing == other - {
        "dataset", "network", "continue_from", "augmentation", "strangers", "draws", "first_side"
    }  # fmt: skip
    assert frozen | growing <= names


def test_what_is_chosen_about_a_network_reaches_it() -> None:
    chosen = {
        "fields": 7, "dropout": 0.2, "activation": "tanh", "initialisation": "xavier",
        "frozen_blocks": 1, "pretrained": "casia-webface", "loss": "arcface", "side": 64,
        "blocks": 2, "filters": 8, "kernel": 5, "norm": "none", "pooling": "average",
        "pooling_size": 3, "pooling_stride": 1, "hidden": 9,
    }  # fmt: skip
    assert asdict(TrainingConfig(**chosen).network_options) == chosen
    assert TrainingConfig().network_options == NetworkOptions()


def test_pretrained_weights_that_can_be_chosen_have_a_file() -> None:
    assert set(PRETRAINED) == {*WEIGHT_FILES, "none"}


@pytest.mark.parametrize(
    ("epochs", "sides"),
    [(1, [112]), (2, [75, 112]), (3, [75, 93, 112]), (8, [56, 56, 75, 75, 93, 93, 112, 112])],
)
def test_faces_grow_in_four_steps(epochs: int, sides: list[int]) -> None:
    config = TrainingConfig(side=112, first_side=0.5, epochs=epochs)
    assert [config.side_in(epoch) for epoch in range(1, epochs + 1)] == sides
    whole = replace(config, first_side=1.0)
    assert whole.side_in(1) == 112 and not whole.grows
    # Its side cannot be chosen.
    assert replace(config, network="inception_resnet_v1").side_in(1) == 160


def test_runs_of_earlier_versions_keep_the_side_they_were_trained_at() -> None:
    values = replace(TrainingConfig(network="resnet50_scratch"), side=64).as_dict()
    assert TrainingConfig.from_dict(values).side == 64
    del values["first_side"]
    assert TrainingConfig.from_dict(values).side == 224
    assert TrainingConfig.from_dict({**values, "network": "custom_cnn"}).side == 64


def test_every_setting_has_a_place_in_the_form() -> None:
    for setting in training_settings():
        assert setting.group in GROUPS
        assert setting.help.endswith(".")


def test_settings_stand_in_the_order_of_config_json() -> None:
    assert list(TrainingConfig().as_dict()) == [
        "dataset", "network", "continue_from", "epochs", "batch_size", "learning_rate", "loss",
        "first_side",
        "optimizer", "schedule", "warmup_epochs", "patience", "keep", "weight_decay",
        "l1", "augmentation_strength", "draws", "label_smoothing", "class_weights", "split",
        "validation", "share", "people", "imbalance", "wrong_labels", "blurred", "dark", "seed",
        "side", "blocks", "filters", "kernel", "norm", "pooling", "pooling_size", "pooling_stride",
        "hidden", "fields", "dropout", "activation", "initialisation", "pretrained",
        "frozen_blocks", "precision",
        "threads", "snapshots", "checkpoint_minutes", "augmentation", "strangers",
    ]  # fmt: skip
