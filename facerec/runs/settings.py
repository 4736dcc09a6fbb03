"""Training settings: each definition gives the file entry, form field, flag and validation."""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from facerec.augmentation.recipe import PRESETS as AUGMENTATIONS
from facerec.augmentation.recipe import Augmentation
from facerec.datasets.splits import SPLITS
from facerec.errors import FacerecError
from facerec.networks.catalogue import network_named
from facerec.networks.options import NetworkOptions

OPTIMIZERS = {
    "adam": "Adam: adapts the step of each parameter; a good first choice",
    "sgd": "SGD with momentum 0.9: plain gradient descent with inertia",
    "adagrad": "AdaGrad: steps shrink for parameters that changed much",
    "rmsprop": "RMSprop: steps follow the recent size of the gradients",
}
SCHEDULES = {
    "constant": "the learning rate stays as it is",
    "step": "a tenth of it after each third of the run",
    "exponential": "it falls by the same factor at each step, to a hundredth at the end",
    "cosine": "it falls to zero along a cosine, slowly at first and at the end",
    "one_cycle": "it rises for a third of the run and falls to nearly zero for the rest",
}
ACTIVATION_CHOICES = {
    "relu": "ReLU: negative values become zero",
    "leaky_relu": "LeakyReLU: negative values become a hundredth",
    "tanh": "tanh: values are squeezed between -1 and 1",
}
INITIALISATIONS = {
    "he": "He: keeps the size of signals through layers with ReLU",
    "xavier": "Xavier: keeps the size of signals through layers with tanh",
}
CLASS_WEIGHTS = {
    "none": "every image counts the same",
    "balanced": "images of small classes count more, so that all classes count the same",
}
KEPT = {
    "best": "the epoch with the best validation macro F1, and among equals the lowest loss",
    "last": "the last epoch",
}
LOSSES = {
    "cross_entropy": "cross-entropy: the right class is to be the most likely, as in the report",
    "arcface": "ArcFace: faces of a person are to point in one direction, with a margin of angle "
    "to all others; made to tell faces apart",
}
PRETRAINED = {
    "vggface2": "3.1 million photographs of 8,631 people (VGGFace2); downloaded once, 112 MB",
    "casia-webface": "half a million photographs of 10,575 people (CASIA-WebFace); from a file you "
    "put into models/pretrained",
    "none": "random weights at the start, all of which are trained",
}
PRECISIONS = {
    "auto": "bf16 where the processor calculates with it natively, else fp32",
    "bf16": "numbers of 16 bits where they suffice: faster, equally good in the end",
    "fp32": "numbers of 32 bits everywhere",
}
NETWORK_SETTINGS, LEARNING, AGAINST_OVERFITTING, DATA, MACHINE = (
    "Network",
    "Learning",
    "Against over-fitting",
    "Data",
    "This computer",
)
GROUPS = (LEARNING, AGAINST_OVERFITTING, NETWORK_SETTINGS, DATA, MACHINE)


def _setting(
    group: str,
    default: Any,
    label: str,
    help_text: str,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: dict[str, str] | None = None,
) -> Any:
    metadata = {
        "group": group,
        "label": label,
        "help": help_text,
        "minimum": minimum,
        "maximum": maximum,
        "choices": choices,
    }
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class TrainingConfig:
    """Training settings of a run, validated when the object is made.

    Raises
    ------
    FacerecError
        If there is no such network, or a value has the wrong type or is out of range.
    """

    dataset: str = ""
    network: str = "custom_cnn"
    continue_from: str = ""
    epochs: int = _setting(
        LEARNING, 12, "Epochs", "How often the network sees every training image.", 1, 1000
    )
    batch_size: int = _setting(
        LEARNING,
        32,
        "Batch size",
        "Images that are looked at before the parameters change once, on all computers together.",
        1,
        1024,
    )
    learning_rate: float = _setting(
        LEARNING,
        1e-4,
        "Learning rate",
        "How far the parameters move at each change. Too low learns slowly, too high not at all: "
        "the learning rate test suggests one.",
        1e-7,
        1.0,
    )
    loss: str = _setting(
        LEARNING, "cross_entropy", "Loss", "What training makes smaller.", choices=LOSSES
    )
    optimizer: str = _setting(
        LEARNING, "adam", "Optimizer", "How gradients become changes.", choices=OPTIMIZERS
    )
    schedule: str = _setting(
        LEARNING,
        "constant",
        "Schedule",
        "How the learning rate changes in the run.",
        choices=SCHEDULES,
    )
    warmup_epochs: float = _setting(
        LEARNING,
        0.0,
        "Warm-up (epochs)",
        "The learning rate grows from a hundredth for so long, so that the first, wild gradients "
        "do no harm. One cycle warms up by itself.",
        0.0,
        50.0,
    )
    patience: int = _setting(
        AGAINST_OVERFITTING,
        0,
        "Patience (epochs)",
        "Training ends early when that many epochs in a row were no better than the best; 0 trains "
        "to the end.",
        0,
        1000,
    )
    keep: str = _setting(
        AGAINST_OVERFITTING,
        "best",
        "Weights kept",
        "Which epoch's weights recognise afterwards.",
        choices=KEPT,
    )
    weight_decay: float = _setting(
        AGAINST_OVERFITTING,
        0.0,
        "Weight decay",
        "Pulls all parameters a little towards zero at each change.",
        0.0,
        1.0,
    )
    label_smoothing: float = _setting(
        AGAINST_OVERFITTING,
        0.0,
        "Label smoothing",
        "Asks for a little less than certainty, so that the network is not overconfident: 0.1 "
        "asks for 90 % and shares out the rest.",
        0.0,
        0.5,
    )
    class_weights: str = _setting(
        DATA,
        "none",
        "Class weights",
        "What the images of classes of unequal size count.",
        choices=CLASS_WEIGHTS,
    )
    split: str = _setting(
        DATA,
        "random",
        "Split",
        "Which images are kept apart for validation: by image, or by capture session. By session "
        "is harder, and closer to what happens live.",
        choices=SPLITS,
    )
    validation: float = _setting(
        DATA,
        0.2,
        "Validation share",
        "Share of the images kept apart to judge the network.",
        0.05,
        0.5,
    )
    share: float = _setting(
        DATA,
        1.0,
        "Share of the data",
        "Trains and validates on this share of each class only, to try settings out quickly.",
        0.05,
        1.0,
    )
    seed: int = _setting(
        DATA, 0, "Seed", "The same seed gives the same split and the same run.", 0, 2**31 - 1
    )
    fields: int = _setting(
        NETWORK_SETTINGS,
        28,
        "Fields",
        "The classifier looks at so many by so many fields of the picture: 28 are all there are, "
        "as in the report. Fewer, each the average of its neighbours, leave it less to learn by "
        "heart.",
        1,
        28,
    )
    dropout: float = _setting(
        NETWORK_SETTINGS,
        0.0,
        "Dropout",
        "Share of features left out at random while training, against over-fitting.",
        0.0,
        0.9,
    )
    activation: str = _setting(
        NETWORK_SETTINGS,
        "relu",
        "Activation",
        "What follows each convolution.",
        choices=ACTIVATION_CHOICES,
    )
    initialisation: str = _setting(
        NETWORK_SETTINGS,
        "he",
        "Initialisation",
        "How large the first random weights are.",
        choices=INITIALISATIONS,
    )
    pretrained: str = _setting(
        NETWORK_SETTINGS,
        "vggface2",
        "Pretrained on",
        "Which faces the first weights learned from.",
        choices=PRETRAINED,
    )
    frozen_blocks: int = _setting(
        NETWORK_SETTINGS,
        3,
        "Frozen blocks",
        "How many of the five blocks keep their pretrained weights; where the weights are random "
        "at the start, none does.",
        0,
        5,
    )
    precision: str = _setting(
        MACHINE, "auto", "Precision", "What the network calculates with.", choices=PRECISIONS
    )
    threads: int = _setting(
        MACHINE,
        0,
        "Processor cores",
        "How many cores training uses; 0 is all. The pages always go first.",
        0,
        256,
    )
    checkpoint_minutes: float = _setting(
        MACHINE,
        5.0,
        "Checkpoint (minutes)",
        "How often the state is saved within a long epoch. It is saved after each epoch as well.",
        0.1,
        600.0,
    )
    augmentation: Augmentation = field(default_factory=lambda: AUGMENTATIONS["Webcam"])

    def __post_init__(self) -> None:
        network_named(self.network)
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
        augmentation = Augmentation.from_dict(values.get("augmentation", {}))
        return cls(**{**values, "augmentation": augmentation})


def setting_fields(network: str | None = None) -> list[Any]:
    """The dataclass fields that are settings: all, or those that a network takes."""
    own = {item.name for item in fields(NetworkOptions)}
    taken = own if network is None else network_named(network).options
    return [
        item
        for item in fields(TrainingConfig)
        if "label" in item.metadata and (item.name not in own or item.name in taken)
    ]


PRESETS = {
    "In class": "In class (2 minutes)",
    "As in the report": "As in the report",
    "Careful": "Careful",
}


def preset(name: str, dataset: str, network: str) -> TrainingConfig:
    """The training settings of a preset; ``name`` is one of ``PRESETS``.

    "In class" trains within minutes on a laptop. "As in the report" has the settings of the course
    project: Adam, a learning rate of 1e-5, batches of 128, a fifth of the images for validation.
    "Careful" trains longer, with early stopping.
    """
    config = TrainingConfig(dataset=dataset, network=network)
    if name == "As in the report":
        return replace(
            config,
            epochs=network_named(network).report_epochs,
            batch_size=128,
            learning_rate=1e-5,
            keep="last",
            augmentation=AUGMENTATIONS["As in the report"],
        )
    config = replace(
        config,
        epochs=network_named(network).class_epochs,
        learning_rate=network_named(network).learning_rate,
        schedule="one_cycle",
        weight_decay=0.05,
        fields=7 if "fields" in network_named(network).options else config.fields,
        class_weights="balanced",
        augmentation=AUGMENTATIONS["Gentle"],
    )
    if name == "In class":
        return config
    return replace(
        config,
        epochs=2 * config.epochs,
        patience=config.epochs,
        label_smoothing=0.1,
        dropout=0.3,
    )
