"""New runs, and the network that each begins with."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from filelock import FileLock

from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.datasets.splits import people_taken
from facerec.errors import FacerecError
from facerec.networks.face_module import FaceModule
from facerec.networks.network import parameter_count
from facerec.networks.options import NetworkOptions
from facerec.networks.setting import NETWORK, settings_of
from facerec.runs.held_out import split_by
from facerec.runs.info import RunInfo
from facerec.runs.run import Run
from facerec.runs.settings import TrainingConfig
from facerec.system import files, paths


def create(
    name: str, config: TrainingConfig, parent: Path | None = None, experiment: str = ""
) -> Run:
    """A new run that has not been trained yet.

    Parameters
    ----------
    name : str
    config : TrainingConfig
    parent : pathlib.Path, optional
        The folder that the run's folder is made in; by default that of the user's runs.
    experiment : str
        Name of the experiment that the run belongs to; empty for none.

    Raises
    ------
    FacerecError
        If the name is taken or unusable, the data set is not there or cannot be split, or the
        network's pretrained weights, or the run to continue from, cannot be had.
    """
    folder = (parent or paths.models_folder()) / paths.run_name(name)
    _refuse_taken(folder)
    dataset = FaceFolder.open(config.dataset)
    split_by(config, dataset)
    present = [name for name, count in dataset.counts().items() if count]
    taken = people_taken(present, config.people, config.seed)
    classes = tuple(name for name in present if name in taken)
    if config.strangers:
        refuse_known(config.strangers, classes)
    if config.grows:
        # Built once, since it may be too small for the network's pooling.
        smallest = replace(config.network_options, side=config.side_in(1))
        config.entry.skeleton(len(classes), smallest)
    if config.continue_from:
        module = continued_network(config, classes)
    else:
        module = config.entry.build(len(classes), config.network_options)
    parameters = parameter_count(module)
    run, info = Run(folder), RunInfo.now(classes, dataset, parameters, experiment=experiment)
    files.make_folder(folder.parent)
    with FileLock(folder.parent / ".lock"):
        # Another process may have made one meanwhile.
        _refuse_taken(folder)
        files.make_folder(folder)
        run.save_config(config, info)
    return run


def _refuse_taken(folder: Path) -> None:
    if (folder / "config.json").exists():
        raise FacerecError(f"There is a run named {folder.name} already: choose another name.")


def refuse_known(strangers: str, classes: Sequence[str]) -> None:
    """Check that a data set of strangers has images, and nobody whom the network is to know.

    Raises
    ------
    FacerecError
        If the data set is not there, is empty, or has one of the classes.
    """
    counts = FaceFolder.open(strangers).counts()
    if not any(counts.values()):
        raise FacerecError(f"There are no images of strangers in {strangers}.")
    if known := sorted({name for name in counts if name != UNKNOWN} & set(classes)):
        raise FacerecError(
            f"{', '.join(known)} cannot be strangers: the network is to know them. Choose a data "
            "set of other people."
        )


def continued_network(config: TrainingConfig, classes: Sequence[str]) -> FaceModule:
    """The network of the run that ``config`` continues from, for these classes.

    Rows of the classifier are taken over for classes that both runs have; the other rows are new.

    Raises
    ------
    FacerecError
        If there is no such run, it is not trained, or it has another network or another loss.
    """
    earlier = Run.open(config.continue_from)
    differing = _differing_shape(earlier.config, config)
    if differing or earlier.config.network != config.network:
        theirs, ours = (_in_words(item, differing) for item in (earlier.config, config))
        raise FacerecError(
            f"{earlier.name} cannot be continued from: its network is {theirs}, and this run's "
            f"{ours}."
        )
    learned = earlier.load_network().state_dict()
    network = config.entry
    module = network.skeleton(len(classes), config.network_options)
    known = {name: row for row, name in enumerate(earlier.info.classes)}
    for name, fresh in module.fc.named_parameters():
        rows = fresh.detach().clone()
        for row, class_name in enumerate(classes):
            if class_name in known:
                rows[row] = learned[f"fc.{name}"][known[class_name]]
        learned[f"fc.{name}"] = rows
    module.load_state_dict(learned)
    return module


def continuing(config: TrainingConfig, name: str) -> TrainingConfig:
    """Settings that continue from the run with this name, and take over its network's shape.

    Raises
    ------
    FacerecError
        If there is no such run.
    """
    earlier = Run.open(name).config
    shape = {setting: getattr(earlier, setting) for setting in _shaping()}
    return replace(config, continue_from=name, **shape)


def _shaping() -> list[str]:
    """Names of the settings that a network's shape depends on, those of its layers first."""
    found = [setting for setting in settings_of(NetworkOptions) if setting.shapes_network]
    found.sort(key=lambda setting: (setting.group != NETWORK, setting.name))
    return [setting.name for setting in found]


def _differing_shape(first: TrainingConfig, second: TrainingConfig) -> list[str]:
    """The settings in which the shapes of two configs' networks differ."""
    own = {*first.entry.options, *second.entry.options}
    return [
        name for name in _shaping() if name in own and getattr(first, name) != getattr(second, name)
    ]


def _in_words(config: TrainingConfig, names: list[str]) -> str:
    """The network of a config with some of its settings."""
    own = [f"{name} {getattr(config, name)}" for name in names if name in config.entry.options]
    return " with ".join([config.network, *([", ".join(own)] if own else [])])


def starting_network(run: Run) -> tuple[FaceModule, str]:
    """The network at the start of a run, and the source of its parameters in words.

    Raises
    ------
    FacerecError
        If the pretrained weights or the run to continue from are not available.
    """
    torch.manual_seed(run.config.seed)
    network, options = run.config.entry, run.config.network_options
    classes = run.info.classes
    if run.checkpoint_file.exists():
        return network.skeleton(len(classes), options), "its checkpoint"
    if run.history():
        raise FacerecError(
            f"{run.name} came here without its checkpoint, so it cannot go on: start a new run "
            "that continues from it."
        )
    if run.config.continue_from:
        return continued_network(run.config, classes), f"the weights of {run.config.continue_from}"
    return network.build(len(classes), options), "the beginning"
