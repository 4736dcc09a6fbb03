"""Factors: what an experiment can turn. Each is a training setting, or one of three more."""

from dataclasses import replace
from typing import Any

from facerec.augmentation.recipe import PRESETS as AUGMENTATIONS
from facerec.errors import FacerecError
from facerec.networks.catalogue import NETWORKS, network_named
from facerec.networks.setting import DATA, MACHINE, NETWORK, Setting
from facerec.runs.settings import TrainingConfig, training_settings

THRESHOLD = "threshold"
# Another split, or another share for validation, would judge by other images.
_NOT_TURNED = ("seed", "validation")
Value = int | float | str

_MORE = (
    Setting(
        DATA,
        0.5,
        "Threshold",
        "A face whose likeliest name is less likely than this is called Unknown. Nothing is "
        "trained anew.",
        0.0,
        1.0,
        name=THRESHOLD,
    ),
    Setting(
        NETWORK,
        "custom_cnn",
        "Network",
        "The whole architecture, each with its own usual learning rate.",
        choices={name: f"{entry.title}: {entry.description}" for name, entry in NETWORKS.items()},
        name="network",
    ),
    Setting(
        DATA,
        "Gentle",
        "Augmentation",
        "Random changes of each image during training.",
        choices={name: f"{name}: see the Augment page" for name in AUGMENTATIONS},
        name="augmentation",
    ),
)


def factors(network: str) -> dict[str, Setting[Any]]:
    """The factors that can be turned for a network, by name, in the order of the form."""
    settings = [
        item
        for item in training_settings(network)
        if item.group != MACHINE and item.name not in _NOT_TURNED
    ]
    return {item.name: item for item in (*_MORE, *settings)}


def factor_named(name: str, network: str) -> Setting[Any]:
    """The factor with this name.

    Raises
    ------
    FacerecError
        If the network has no such factor; the message names those it has.
    """
    found = factors(network)
    if name not in found:
        raise FacerecError(f"There is no factor {name!r}: choose one of {', '.join(found)}.")
    return found[name]


def value_from(text: str, factor: Setting[Any]) -> Value:
    """A factor's value from text.

    Raises
    ------
    FacerecError
        If the text is no value of the factor, in words that say which are.
    """
    text = text.strip()
    try:
        return factor.checked(factor.kind(text))
    except ValueError as error:
        kind = "whole number" if factor.kind is int else "number"
        raise FacerecError(f"{factor.title}: {text!r} is no {kind}.") from error


def turned(config: TrainingConfig, name: str, value: Value) -> TrainingConfig:
    """The settings with a factor at a value; the threshold changes no setting.

    Raises
    ------
    FacerecError
        If the factor does not have that value.
    """
    value = factor_named(name, config.network).checked(value)
    if name == THRESHOLD:
        return config
    if name == "network":
        rate = network_named(str(value)).learning_rate
        return replace(config, network=str(value), learning_rate=rate)
    if name == "augmentation":
        return replace(config, augmentation=AUGMENTATIONS[str(value)])
    return replace(config, **{name: value})
