"""Training settings: each ``Setting`` gives the file entry, form field, flag, check and search.

The settings of networks are those of ``NetworkOptions``.
"""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from facerec.augmentation.recipe import PRESETS as AUGMENTATIONS
from facerec.augmentation.recipe import Augmentation
from facerec.datasets.splits import SPLITS
from facerec.errors import FacerecError
from facerec.networks.catalogue import network_named
from facerec.networks.network import Network
from facerec.networks.options import LossOption, NetworkOptions
from facerec.networks.setting import (
    AGAINST_OVERFITTING,
    DATA,
    LEARNING,
    MACHINE,
    Setting,
    Space,
    settings_of,
)

OPTIMIZERS = {
    "adam": "Adam: adapts the step of each parameter; a good first choice",
    "sgd": "SGD with momentum 0.9: plain gradient descent with inertia",
    "adagrad": "AdaGrad: steps shrink for parameters that changed much",
    "rmsprop": "RMSprop: steps follow the recent size of the gradients",
}
SCHEDULES = {
    "constant": "constant: the learning rate stays as it is",
    "step": "in steps: a tenth of it after each third of the run",
    "exponential": "exponential: it falls by the same factor at each step, to a hundredth",
    "cosine": "cosine: it falls to zero along a cosine, slowly at first and at the end",
    "cyclic": "cyclic: it swings down to a tenth and back, four times",
    "one_cycle": "one cycle: it rises for a third of the run, and falls to nearly zero",
}
CLASS_WEIGHTS = {
    "none": "every image counts the same",
    "balanced": "images of small classes count more, so that all classes count the same",
}
KEPT = {
    "best": "the epoch with the best validation macro F1, and among equals the lowest loss",
    "last": "the last epoch",
}
PRECISIONS = {
    "auto": "bf16 where the processor calculates with it natively, fp16 on other GPUs, else fp32",
    "bf16": "numbers of 16 bits where they suffice: faster, equally good in the end",
    "fp16": "numbers of 16 bits for GPUs without bf16; the loss is scaled, since they end earlier",
    "fp32": "numbers of 32 bits everywhere",
}


@dataclass(frozen=True)
class _Basics:
    """What is trained on what, and how long and fast."""

    dataset: str = ""
    network: str = "custom_cnn"
    continue_from: str = ""
    epochs: int = Setting(
        LEARNING,
        12,
        "Epochs",
        "How often the network sees every training image.",
        1,
        1000,
        prominent=True,
    ).field()
    batch_size: int = Setting(
        LEARNING,
        32,
        "Batch size",
        "Images that are looked at before the parameters change once, on all computers together.",
        1,
        1024,
        sways_learning_rate=True,
        space=Space(values=(8, 16, 32, 64, 128)),
    ).field()
    learning_rate: float = Setting(
        LEARNING,
        1e-4,
        "Learning rate",
        "How far the parameters move at each change. Too low learns slowly, too high not at all: "
        "the learning rate test suggests one.",
        1e-7,
        1.0,
        step=None,
        prominent=True,
        space=Space(1e-5, 1e-2, logarithmic=True, usual=True),
    ).field()


@dataclass(frozen=True)
class _Learning:
    """How a network learns, and from which images."""

    first_side: float = Setting(
        LEARNING,
        1.0,
        "Faces at first",
        "Side of the faces in the first quarter of the epochs, as a share of the input side. It "
        "grows in four steps (progressive resizing), and the first epochs take less time; 1 shows "
        "whole faces from the beginning.",
        0.25,
        1.0,
        step=0.25,
    ).field()

    optimizer: str = Setting(
        LEARNING,
        "adam",
        "Optimizer",
        "How gradients become changes.",
        choices=OPTIMIZERS,
        sways_learning_rate=True,
        space=Space(values=tuple(OPTIMIZERS)),
    ).field()
    schedule: str = Setting(
        LEARNING,
        "constant",
        "Schedule",
        "How the learning rate changes in the run.",
        choices=SCHEDULES,
        space=Space(values=tuple(SCHEDULES)),
    ).field()
    warmup_epochs: float = Setting(
        LEARNING,
        0.0,
        "Warm-up",
        "The learning rate grows from a hundredth for so long, so that the first, wild gradients "
        "do no harm. One cycle warms up by itself.",
        0.0,
        50.0,
        unit="epochs",
        space=Space(0.0, 2.0),
    ).field()
    patience: int = Setting(
        AGAINST_OVERFITTING,
        0,
        "Patience",
        "Training ends early when that many epochs in a row were no better than the best; 0 trains "
        "to the end.",
        0,
        1000,
        unit="epochs",
    ).field()
    keep: str = Setting(
        AGAINST_OVERFITTING,
        "best",
        "Weights kept",
        "Which epoch's weights recognise afterwards.",
        choices=KEPT,
    ).field()
    weight_decay: float = Setting(
        AGAINST_OVERFITTING,
        0.0,
        "Weight decay",
        "Pulls all parameters a little towards zero at each change (L2 regularisation).",
        0.0,
        1.0,
        step=0.005,
        space=Space(1e-5, 0.3, logarithmic=True, usual=True),
    ).field()
    l1: float = Setting(
        AGAINST_OVERFITTING,
        0.0,
        "L1",
        "Adds this times the sum of all absolute weights to the loss, so that weights which help "
        "little become zero.",
        0.0,
        0.1,
        step=0.0001,
        space=Space(1e-6, 1e-3, logarithmic=True),
    ).field()
    augmentation_strength: float = Setting(
        AGAINST_OVERFITTING,
        1.0,
        "Augmentation strength",
        "Multiplies all strengths of the augmentation; 0 is none.",
        0.0,
        3.0,
        step=0.25,
    ).field()
    draws: int = Setting(
        AGAINST_OVERFITTING,
        0,
        "Augmented versions",
        "For networks with frozen blocks, whose outputs are computed once for each version: each "
        "image has so many augmented versions, which take turns. 0 makes new ones in every epoch.",
        0,
        100,
    ).field()
    label_smoothing: float = Setting(
        AGAINST_OVERFITTING,
        0.0,
        "Label smoothing",
        "Asks for a little less than certainty, so that the network is not overconfident: 0.1 "
        "asks for 90 % and shares out the rest.",
        0.0,
        0.5,
        space=Space(0.0, 0.3),
    ).field()
    class_weights: str = Setting(
        DATA,
        "none",
        "Class weights",
        "What the images of classes of unequal size count.",
        choices=CLASS_WEIGHTS,
        space=Space(values=tuple(CLASS_WEIGHTS)),
    ).field()
    split: str = Setting(
        DATA,
        "random",
        "Split",
        "Which images are kept apart for validation: by image, or by capture session. By session "
        "is harder, and closer to what happens live.",
        choices=SPLITS,
        prominent=True,
    ).field()
    validation: float = Setting(
        DATA,
        0.2,
        "Validation share",
        "Share of the images kept apart to judge the network.",
        0.05,
        0.5,
    ).field()
    share: float = Setting(
        DATA,
        1.0,
        "Share of the data",
        "Trains and validates on this share of each class only, to try settings out quickly.",
        0.05,
        1.0,
    ).field()
    people: int = Setting(
        DATA,
        0,
        "People",
        "Trains on so many people, drawn by the seed, and Unknown; 0 takes all. The fewer there "
        "are, the easier it is to tell them apart.",
        0,
        1000,
    ).field()
    imbalance: float = Setting(
        DATA,
        1.0,
        "One class cut to",
        "One class, drawn by the seed, keeps only this share of its training images.",
        0.01,
        1.0,
    ).field()
    wrong_labels: float = Setting(
        DATA,
        0.0,
        "Wrong labels",
        "Share of the training images that get another person's name.",
        0.0,
        0.9,
    ).field()
    blurred: float = Setting(
        DATA,
        0.0,
        "Blurred images",
        "Share of the training images that are made as blurred as a face far away.",
        0.0,
        1.0,
    ).field()
    dark: float = Setting(
        DATA,
        0.0,
        "Dark images",
        "Share of the training images that are made as dark as a room without a lamp.",
        0.0,
        1.0,
    ).field()
    seed: int = Setting(
        DATA,
        0,
        "Seed",
        "The same seed gives the same split and the same run.",
        0,
        2**31 - 1,
    ).field()


# A dataclass takes the fields of its bases from the last to the first: this is the order of
# config.json, of the flags and of the form. The settings of networks come by inheritance.
@dataclass(frozen=True)
class TrainingConfig(NetworkOptions, _Learning, LossOption, _Basics):
    """Training settings of a run, validated when the object is made.

    Raises
    ------
    FacerecError
        If there is no such network, or a value has the wrong type or is out of range.
    """

    precision: str = Setting(
        MACHINE,
        "auto",
        "Precision",
        "What the network calculates with.",
        choices=PRECISIONS,
    ).field()
    threads: int = Setting(
        MACHINE,
        0,
        "Processor cores",
        "How many cores training uses; 0 is all. The pages always go first.",
        0,
        256,
    ).field()
    snapshots: int = Setting(
        MACHINE,
        10,
        "Snapshots",
        "Keeps the weights of so many epochs, evenly chosen, for a replay of how it learned. Only "
        "small networks are kept; 0 keeps none.",
        0,
        100,
        unit="epochs",
    ).field()
    checkpoint_minutes: float = Setting(
        MACHINE,
        5.0,
        "Checkpoint",
        "How often the state is saved within a long epoch. It is saved after each epoch as well.",
        0.1,
        600.0,
        unit="minutes",
    ).field()
    augmentation: Augmentation = field(default_factory=lambda: AUGMENTATIONS["Webcam"])
    # A data set of other people, whom the network learns to call Unknown; empty for none.
    strangers: str = ""

    def __post_init__(self) -> None:
        network_named(self.network)
        for setting in settings_of(type(self)):
            object.__setattr__(self, setting.name, setting.checked(getattr(self, setting.name)))

    @property
    def entry(self) -> Network:
        """The entry of the network, at the side that was chosen."""
        return network_named(self.network).at_side(self.network_options)

    def side_in(self, epoch: int) -> int:
        """Side of the faces that the network sees in an epoch, from 1, in pixels.

        Progressive resizing: Howard, in Training Imagenet in 3 hours for $25, 2018; in four stages
        as Tan and Le, EfficientNetV2: Smaller Models and Faster Training, 2021.
        """
        if not self.grows:
            return self.entry.size
        stage = min(_STAGES - 1, (epoch * _STAGES - 1) // self.epochs)
        share = self.first_side + (1 - self.first_side) * stage / (_STAGES - 1)
        return round(self.side * share)

    @property
    def grows(self) -> bool:
        """Whether the first epochs see smaller faces."""
        return self.first_side < 1 and "side" in self.entry.options

    @property
    def network_options(self) -> NetworkOptions:
        return NetworkOptions(
            **{item.name: getattr(self, item.name) for item in fields(NetworkOptions)}
        )

    def as_dict(self) -> dict[str, Any]:
        """The values by name, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "TrainingConfig":
        """The config from the values that ``as_dict`` gives; missing ones take their defaults.

        Raises
        ------
        FacerecError
            If a name is unknown, or a value has the wrong type or is out of range.
        """
        if unknown := set(values) - {item.name for item in fields(cls)}:
            raise FacerecError(f"Unknown training setting {', '.join(sorted(unknown))}.")
        # Before there was a first side, all networks but this one had a side of their own.
        if "first_side" not in values and values.get("network") != "custom_cnn":
            values = {name: value for name, value in values.items() if name != "side"}
        augmentation = Augmentation.from_dict(values.get("augmentation", {}))
        return cls(**{**values, "augmentation": augmentation})


# What matters to networks with frozen blocks alone, and to those whose input side can be chosen.
_OF_FROZEN, _OF_SIDE = {"draws"}, {"first_side"}
_STAGES = 4


def training_settings(network: str | None = None) -> list[Setting[Any]]:
    """The settings of a training: all, or those that a network takes."""
    own = {setting.name for setting in settings_of(NetworkOptions)} | _OF_FROZEN | _OF_SIDE
    taken = own if network is None else {*network_named(network).options}
    if "frozen_blocks" in taken or (network and network_named(network).class_draws):
        taken |= _OF_FROZEN
    if "side" in taken:
        taken |= _OF_SIDE
    return [
        setting
        for setting in settings_of(TrainingConfig)
        if setting.name not in own or setting.name in taken
    ]


USUAL = "In class"
EXPERIMENT = "Experiment"
# Measured in docs/measurements.md, "Side of the input".
EXPERIMENT_SIDE, EXPERIMENT_EPOCHS = 64, 12
PRESETS = {
    USUAL: "In class",
    "As in the report": "As in the report",
    "Careful": "Careful",
    EXPERIMENT: "Experiment (seconds)",
}


def preset(name: str, dataset: str, network: str) -> TrainingConfig:
    """The training settings of a preset; ``name`` is one of ``PRESETS``.

    "In class" trains within minutes on a laptop, and ends early when nothing gets better. "As in
    the report" has the settings of the course project: Adam, a learning rate of 1e-5, batches of
    128, a fifth of the images for validation. "Careful" trains longer. "Experiment" trains in
    seconds, on small faces.
    """
    config = TrainingConfig(dataset=dataset, network=network)
    if name == "As in the report":
        return replace(
            config,
            epochs=config.entry.report_epochs,
            batch_size=128,
            learning_rate=1e-5,
            keep="last",
            augmentation=AUGMENTATIONS["As in the report"],
        )
    config = replace(
        config,
        epochs=config.entry.class_epochs,
        learning_rate=config.entry.learning_rate,
        draws=config.entry.class_draws,
        schedule="one_cycle",
        weight_decay=0.05,
        fields=7 if "fields" in config.entry.options else config.fields,
        side=config.entry.class_side,
        class_weights="balanced",
        augmentation=AUGMENTATIONS["Gentle"],
    )
    if name == USUAL:
        return replace(config, patience=max(3, config.epochs // 4))
    if name == EXPERIMENT:
        epochs = min(EXPERIMENT_EPOCHS, config.epochs)
        side = EXPERIMENT_SIDE if "side" in config.entry.options else config.side
        return replace(config, epochs=epochs, side=side)
    return replace(
        config,
        epochs=2 * config.epochs,
        patience=config.epochs,
        label_smoothing=0.1,
        dropout=0.3,
    )
