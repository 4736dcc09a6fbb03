"""The settings of runs in words: all of them, and those in which runs differ."""

from collections.abc import Mapping
from pathlib import Path

from facerec.augmentation.recipe import Augmentation
from facerec.augmentation.saved import all_recipes
from facerec.networks.setting import MACHINE
from facerec.runs import catalogue
from facerec.runs.settings import TrainingConfig, training_settings

MISSING = "–"
_SHORT = {"learning rate": "lr"}
_MOST_IN_A_NAME = 3


def in_words(config: TrainingConfig) -> dict[str, str]:
    """All settings of a run by their titles, in the order of the form."""
    words = {"Data set": Path(config.dataset).name, "Network": config.entry.title}
    for setting in training_settings(config.network):
        words[setting.title] = setting.shown(getattr(config, setting.name))
    words["Augmentation"] = _augmentation(config.augmentation)
    words["Strangers"] = Path(config.strangers).name or "none"
    words["Continued from"] = config.continue_from or "nothing"
    return words


def table(configs: Mapping[str, TrainingConfig]) -> tuple[dict[str, list[str]], list[str]]:
    """The settings of several runs beside each other.

    Parameters
    ----------
    configs : mapping of str to TrainingConfig
        By the run's name.

    Returns
    -------
    rows : dict of str to list of str
        For each setting its value in each run; ``MISSING`` where a network does not have it.
    differing : list of str
        The settings in which the runs differ.
    """
    worded = [in_words(config) for config in configs.values()]
    titles = dict.fromkeys(title for words in worded for title in words)
    rows = {title: [words.get(title, MISSING) for words in worded] for title in titles}
    return rows, [title for title, values in rows.items() if len(set(values)) > 1]


def from_the_last(config: TrainingConfig) -> list[str]:
    """What is different from the newest run of the same data set and network, in short words.

    Empty if there is no such run, or nothing is different that changes what is learned.
    """
    earlier = [
        run
        for run in catalogue.own_runs()
        if not run.is_enrolled
        and (run.config.dataset, run.config.network) == (config.dataset, config.network)
    ]
    if not earlier:
        return []
    last = max(earlier, key=lambda run: (run.info.created, run.name)).config
    found = [
        f"{_SHORT.get(setting.label.lower(), setting.label.lower())} "
        f"{setting.shown(getattr(config, setting.name))}"
        for setting in training_settings(config.network)
        if setting.group != MACHINE and getattr(config, setting.name) != getattr(last, setting.name)
    ]
    if config.augmentation != last.augmentation:
        name = _augmentation(config.augmentation)
        found.append("no augmentation" if name == "none" else f"augmentation {name}")
    if config.strangers != last.strangers:
        found.append("with strangers" if config.strangers else "without strangers")
    return found


def free_name(config: TrainingConfig) -> str:
    """A free name for a new run, which says what is different from the last."""
    different = from_the_last(config)
    if len(different) > _MOST_IN_A_NAME:
        different = [*different[: _MOST_IN_A_NAME - 1], "and more"]
    name = f"{Path(config.dataset).name}-{config.network}"
    return catalogue.free_name(" ".join([name, ", ".join(different)]).strip())


def _augmentation(augmentation: Augmentation) -> str:
    """The name of the recipe with these values, "none" or "its own"."""
    if not augmentation.active():
        return "none"
    names = all_recipes().by_name
    return next((name for name, recipe in names.items() if recipe == augmentation), "its own")
