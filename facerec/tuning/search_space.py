"""Search space: the settings that can be searched, their ranges, and the plan of a search."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from optuna.trial import Trial

from facerec.errors import FacerecError
from facerec.runs.settings import TrainingConfig, setting_fields

SPACES: dict[str, Callable[[Trial], Any]] = {
    "learning_rate": lambda trial: trial.suggest_float("learning_rate", 1e-5, 1e-2, log=True),
    "batch_size": lambda trial: trial.suggest_categorical("batch_size", [8, 16, 32, 64, 128]),
    "optimizer": lambda trial: trial.suggest_categorical(
        "optimizer", ["adam", "sgd", "adagrad", "rmsprop"]
    ),
    "schedule": lambda trial: trial.suggest_categorical(
        "schedule", ["constant", "step", "exponential", "cosine", "one_cycle"]
    ),
    "warmup_epochs": lambda trial: trial.suggest_float("warmup_epochs", 0.0, 2.0),
    "weight_decay": lambda trial: trial.suggest_float("weight_decay", 1e-5, 0.3, log=True),
    "label_smoothing": lambda trial: trial.suggest_float("label_smoothing", 0.0, 0.3),
    "class_weights": lambda trial: trial.suggest_categorical("class_weights", ["none", "balanced"]),
    "dropout": lambda trial: trial.suggest_float("dropout", 0.0, 0.8),
    "activation": lambda trial: trial.suggest_categorical(
        "activation", ["relu", "leaky_relu", "tanh"]
    ),
    "initialisation": lambda trial: trial.suggest_categorical("initialisation", ["he", "xavier"]),
    "frozen_blocks": lambda trial: trial.suggest_int("frozen_blocks", 0, 5),
}


@dataclass(frozen=True)
class Search:
    """Plan of a study: the searched settings, the number of trials and the time limit.

    Parameters
    ----------
    config : TrainingConfig
        Fixed settings of each trial; the searched ones replace theirs.
    names : tuple of str
        The searched settings: names of ``searchable``.
    trials : int
        Number of trials.
    minutes : float
        Time limit, after which no trial begins.

    Raises
    ------
    FacerecError
        If a setting cannot be searched, there is none, ``trials`` is below 1, or ``minutes`` is not
        positive and finite.
    """

    config: TrainingConfig
    names: tuple[str, ...]
    trials: int
    minutes: float

    def __post_init__(self) -> None:
        known = searchable(self.config.network)
        if unknown := [name for name in self.names if name not in known]:
            raise FacerecError(
                f"{', '.join(unknown)} cannot be searched: choose from {', '.join(known)}."
            )
        if not self.names:
            raise FacerecError("Choose at least one setting to search.")
        if self.trials < 1 or not 0 < self.minutes < math.inf:
            raise FacerecError(
                "A search needs at least one trial, and a time that is more than no time and ends."
            )


def searchable(network: str) -> dict[str, str]:
    """Labels of a network's searchable settings, by name."""
    fields = {item.name: item.metadata["label"] for item in setting_fields(network)}
    return {name: fields[name] for name in SPACES if name in fields}


def in_words(values: dict[str, Any], network: str) -> str:
    """Searched settings with their values, such as "Learning rate 0.001, Optimizer adam"."""
    labels = searchable(network)
    return ", ".join(
        f"{labels[name]} {f'{value:.2g}' if isinstance(value, float) else value}"
        for name, value in values.items()
    )
