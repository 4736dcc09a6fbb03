"""Search space: the settings that can be searched, and the plan of a search."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from optuna.trial import Trial

from facerec.errors import FacerecError
from facerec.networks.setting import Setting
from facerec.runs.settings import TrainingConfig, training_settings


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
    """Titles of a network's searchable settings, by name; those at the top of the form first."""
    return {setting.name: setting.title for setting in _searchable(network)}


def usual(network: str) -> list[str]:
    """Names of the settings that a new search of a network has chosen at first."""
    return [item.name for item in _searchable(network) if item.space and item.space.usual]


def suggested(trial: Trial, names: Sequence[str]) -> dict[str, Any]:
    """Values of the searched settings for a trial, by name."""
    spaces = {setting.name: setting for setting in training_settings()}
    return {name: _suggestion(trial, spaces[name]) for name in names}


def _suggestion(trial: Trial, setting: Setting[Any]) -> Any:
    space = setting.space
    if space is None:
        raise FacerecError(f"{setting.name} cannot be searched.")
    if space.values:
        return trial.suggest_categorical(setting.name, space.values)
    if setting.kind is int:
        return trial.suggest_int(setting.name, int(space.minimum), int(space.maximum))
    return trial.suggest_float(setting.name, space.minimum, space.maximum, log=space.logarithmic)


def _searchable(network: str) -> list[Setting[Any]]:
    found = [setting for setting in training_settings(network) if setting.space is not None]
    return sorted(found, key=lambda setting: not setting.prominent)


def in_words(values: dict[str, Any], network: str) -> str:
    """Searched settings with their values, such as "Learning rate 0.001, Optimizer adam"."""
    labels = searchable(network)
    return ", ".join(
        f"{labels[name]} {f'{value:.2g}' if isinstance(value, float) else value}"
        for name, value in values.items()
    )
