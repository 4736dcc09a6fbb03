import json
import math
from dataclasses import fields

import pytest

from facerec.augmentation import PRESETS as AUGMENTATIONS
from facerec.augmentation import Augmentation
from facerec.errors import FacerecError
from facerec.networks import NETWORKS
from facerec.settings import PRESETS, TrainingConfig, preset, setting_fields


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
    ],
)
def test_a_value_out_of_range_is_refused_by_its_label(name: str, value: object) -> None:
    label = next(item.metadata["label"] for item in setting_fields() if item.name == name)
    with pytest.raises(FacerecError, match=f"^{label}"):
        TrainingConfig(**{name: value})


@pytest.mark.parametrize("item", setting_fields(), ids=lambda item: item.name)
def test_limits_and_choices_themselves_are_taken(item) -> None:
    limits = item.metadata
    for value in limits["choices"] or (limits["minimum"], limits["maximum"], item.default):
        assert getattr(TrainingConfig(**{item.name: value}), item.name) == value


def test_whole_numbers_stand_for_fractions() -> None:
    rate = TrainingConfig(learning_rate=1).learning_rate
    assert rate == 1.0 and isinstance(rate, float)


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(FacerecError, match="no network 'vgg'"):
        TrainingConfig(network="vgg")


@pytest.mark.parametrize("network", NETWORKS)
def test_preset_in_class_is_the_default(network: str) -> None:
    config = preset("In class", "faces", network)
    assert config == TrainingConfig(dataset="faces", network=network)
    assert config.augmentation == AUGMENTATIONS["Webcam"]


@pytest.mark.parametrize(
    ("network", "epochs"), [("custom_cnn", 10), ("resnet50_scratch", 5), ("resnet50_imagenet", 5)]
)
def test_preset_as_in_the_report(network: str, epochs: int) -> None:
    config = preset("As in the report", "faces", network)
    assert (config.optimizer, config.learning_rate, config.batch_size) == ("adam", 1e-5, 128)
    assert (config.validation, config.split, config.epochs) == (0.2, "random", epochs)
    assert config.augmentation == AUGMENTATIONS["As in the report"]
    assert (config.frozen_blocks, config.dropout, config.schedule) == (3, 0.0, "constant")


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
        ("custom_cnn", {"dropout"}),
        ("resnet50_scratch", set()),
        ("resnet50_imagenet", {"frozen_blocks"}),
        (None, {"dropout", "frozen_blocks"}),
    ],
)
def test_a_network_shows_the_settings_it_takes(network: str | None, own: set[str]) -> None:
    names = {item.name for item in setting_fields(network)}
    common = {
        "epochs", "batch_size", "learning_rate", "optimizer", "schedule", "split", "validation",
        "seed",
    }  # fmt: skip
    assert names == common | own
    assert names <= {item.name for item in fields(TrainingConfig)}
