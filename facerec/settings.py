"""A training run's settings: one definition gives file, form field, command-line flag and check."""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from facerec import networks
from facerec.augmentation import PRESETS as AUGMENTATIONS
from facerec.augmentation import Augmentation
from facerec.errors import FacerecError
from facerec.networks import NetworkOptions
from facerec.splits import SPLITS

OPTIMIZERS = {
    "adam": "Adam: adapts the step of each parameter; a good first choice",
    "sgd": "SGD with momentum 0.9: plain gradient descent with inertia",
    "adagrad": "AdaGrad: steps shrink for parameters that changed much",
    "rmsprop": "RMSprop: steps follow the recent size of the gradients",
}
SCHEDULES = {
    "constant": "the learning rate stays as it is",
    "cosine": "the learning rate falls to zero along a cosine",
}


def _setting(
    default: Any,
    label: str,
    help_text: str,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: dict[str, str] | None = None,
) -> Any:
    metadata = {
        "label": label,
        "help": help_text,
        "minimum": minimum,
        "maximum": maximum,
        "choices": choices,
    }
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class TrainingConfig:
    """What a run is trained with; checked when it is made.

    Raises
    ------
    FacerecError
        If a value is out of its range.
    """

    dataset: str = ""
    network: str = "custom_cnn"
    epochs: int = _setting(
        12, "Epochs", "How often the network sees every training image.", 1, 1000
    )
    batch_size: int = _setting(
        32, "Batch size", "Images that are looked at before the parameters change once.", 1, 1024
    )
    learning_rate: float = _setting(
        1e-4, "Learning rate", "How far the parameters move at each change.", 1e-7, 1.0
    )
    optimizer: str = _setting(
        "adam", "Optimizer", "How gradients become changes.", choices=OPTIMIZERS
    )
    schedule: str = _setting(
        "constant", "Schedule", "How the learning rate changes in the run.", choices=SCHEDULES
    )
    split: str = _setting(
        "random",
        "Split",
        "Which images are kept apart for validation: by image, or by capture session. By session "
        "is harder, and closer to what happens live.",
        choices=SPLITS,
    )
    validation: float = _setting(
        0.2, "Validation share", "Share of the images kept apart to judge the network.", 0.05, 0.5
    )
    seed: int = _setting(
        0, "Seed", "The same seed gives the same split and the same run.", 0, 2**31 - 1
    )
    dropout: float = _setting(
        0.0,
        "Dropout",
        "Share of features left out at random while training, against over-fitting.",
        0.0,
        0.9,
    )
    frozen_blocks: int = _setting(
        3, "Frozen blocks", "How many of the five blocks keep their ImageNet weights.", 0, 5
    )
    augmentation: Augmentation = field(default_factory=lambda: AUGMENTATIONS["Webcam"])

    def __post_init__(self) -> None:
        networks.network(self.network)
        for item in setting_fields():
            value, limits = getattr(self, item.name), item.metadata
            if item.type is float and isinstance(value, int):
                object.__setattr__(self, item.name, value := float(value))
            if not isinstance(value, item.type) or isinstance(value, bool):
                raise FacerecError(f"{limits['label']}: {value!r} is no {item.type.__name__}.")
            if limits["choices"] and value not in limits["choices"]:
                raise FacerecError(
                    f"{limits['label']}: {value!r} is none of {', '.join(limits['choices'])}."
                )
            if (
                limits["minimum"] is not None
                and not limits["minimum"] <= value <= limits["maximum"]
            ):
                raise FacerecError(
                    f"{limits['label']} is {value}, but must lie between {limits['minimum']:g} "
                    f"and {limits['maximum']:g}."
                )

    @property
    def network_options(self) -> NetworkOptions:
        return NetworkOptions(self.dropout, self.frozen_blocks)

    def as_dict(self) -> dict[str, Any]:
        """The values by name, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "TrainingConfig":
        """The config that ``as_dict`` described.

        Raises
        ------
        FacerecError
            If a value is unknown or out of range.
        """
        if unknown := set(values) - {item.name for item in fields(cls)}:
            raise FacerecError(f"Unknown training setting {', '.join(sorted(unknown))}.")
        augmentation = Augmentation.from_dict(values.get("augmentation", {}))
        return cls(**{**values, "augmentation": augmentation})


def setting_fields(network: str | None = None) -> list[Any]:
    """The dataclass fields that are settings; for a network, those that it takes."""
    own = {item.name for item in fields(NetworkOptions)}
    taken = own if network is None else {networks.network(network).option}
    return [
        item
        for item in fields(TrainingConfig)
        if "label" in item.metadata and (item.name not in own or item.name in taken)
    ]


PRESETS = ("In class", "As in the report")


def preset(name: str, dataset: str, network: str) -> TrainingConfig:
    """The settings that a name of ``PRESETS`` stands for.

    "In class" is what works within minutes on a laptop; "As in the report" is what the course
    project used: Adam, 1e-5, batches of 128, a fifth for validation.
    """
    config = TrainingConfig(dataset=dataset, network=network)
    if name == "In class":
        return config
    return replace(
        config,
        epochs=networks.network(network).report_epochs,
        batch_size=128,
        learning_rate=1e-5,
        augmentation=AUGMENTATIONS["As in the report"],
    )
