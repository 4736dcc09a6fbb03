"""Arguments that several commands take."""

import argparse
from dataclasses import replace

from facerec.augmentation import saved as recipes
from facerec.augmentation.recipe import PRESETS as AUGMENTATIONS
from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.faces.detection import DETECTORS
from facerec.networks.catalogue import NETWORKS
from facerec.runs import creating
from facerec.runs.settings import PRESETS, USUAL, TrainingConfig, preset, training_settings

RECIPE_HELP = f"one of {', '.join(AUGMENTATIONS)}, the name of a saved recipe, or a JSON file"


def add_detector(parser: argparse.ArgumentParser) -> None:
    """Add the flag that chooses the face detector."""
    parser.add_argument(
        "--detector",
        choices=list(DETECTORS),
        default="auto",
        help="; ".join(f"{name}: {text}" for name, text in DETECTORS.items()),
    )


def add_settings(parser: argparse.ArgumentParser, usual: str = USUAL) -> None:
    """Add a flag for each training setting; the preset gives the values of missing flags."""
    parser.add_argument("--dataset", help="name of a data set, or a folder of class folders")
    parser.add_argument("--network", choices=list(NETWORKS), default="custom_cnn")
    parser.add_argument("--preset", choices=list(PRESETS), default=usual)
    parser.add_argument(
        "--continue-from", metavar="RUN", help="start from the weights of a run of this network"
    )
    parser.add_argument(
        "--strangers",
        metavar="D",
        help="data set of other people, whom the network learns to call Unknown",
    )
    parser.add_argument("--augmentation", metavar="NAME_OR_FILE", help=RECIPE_HELP)
    for setting in training_settings():
        parser.add_argument(
            setting.flag,
            type=setting.kind,
            choices=list(setting.choices) if setting.choices else None,
            help=setting.help.replace("%", "%%"),
        )


def training_config(options: argparse.Namespace) -> TrainingConfig:
    """The training settings from the flags of ``add_settings``; the preset fills the rest."""
    if not options.dataset:
        raise FacerecError("Name the data set to train on: --dataset D.")
    config = preset(options.preset, FaceFolder.open(options.dataset).reference, options.network)
    given = {item.name: getattr(options, item.name) for item in training_settings()}
    if options.continue_from:
        config = creating.continuing(config, options.continue_from)
    if options.strangers:
        given["strangers"] = FaceFolder.open(options.strangers).reference
    given["augmentation"] = recipes.named(options.augmentation) if options.augmentation else None
    return replace(config, **{name: value for name, value in given.items() if value is not None})
