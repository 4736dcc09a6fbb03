"""Ready-made experiments for the report's fourteen factors: a question, values, what to watch."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from facerec.errors import FacerecError
from facerec.experiments.factors import THRESHOLD, Value
from facerec.experiments.plan import Plan
from facerec.runs.settings import EXPERIMENT, preset

NETWORK = "custom_cnn"


@dataclass(frozen=True)
class ReadyMade:
    """An experiment that a class can start with one click.

    Parameters
    ----------
    name : str
        Name on the command line.
    number : int
        Number of the factor in the report, 1 to 14.
    topic : str
        The factor in the report's words.
    question : str
    factor : str
    values : tuple
    watch : str
        What to watch, in a sentence.
    others : mapping
        Other settings that differ from the preset "Experiment".
    seeds : int
    """

    name: str
    number: int
    topic: str
    question: str
    factor: str
    values: tuple[Value, ...]
    watch: str
    others: Mapping[str, Any] = field(default_factory=dict)
    seeds: int = 2

    def plan(self, dataset: str, strangers: str = "") -> Plan:
        """The plan on a data set, judged on a data set of strangers; errors as ``Plan``."""
        config = replace(preset(EXPERIMENT, dataset, NETWORK), **self.others)
        return Plan(
            config,
            self.factor,
            self.values,
            self.seeds,
            strangers=strangers,
            question=self.question,
        )


READY_MADE = (
    ReadyMade(
        "threshold", 1, "The problem and its threshold",
        "How sure must the network be before it says a name?",
        THRESHOLD, (0.3, 0.5, 0.7, 0.9, 0.99),
        "Strangers get fewer names as the threshold rises, and your own people are refused more "
        "often. No value is right for every use.",
    ),
    ReadyMade(
        "images", 2, "Size of the data set", "How many pictures of each person are enough?",
        "share", (0.1, 0.25, 0.5, 1.0),
        "The curve is steep at first and then flat: the first pictures are worth most.",
    ),
    ReadyMade(
        "wrong-labels", 2, "Quality of the data set", "What do wrong names cost?",
        "wrong_labels", (0.0, 0.2, 0.4, 0.6),
        "The network learns the wrong names by heart, too: accuracy on training images stays high.",
        {"keep": "last"},
    ),
    ReadyMade(
        "blurred", 2, "Quality of the data set", "What do blurred pictures cost?",
        "blurred", (0.0, 0.5, 1.0),
        "Sharp pictures are recognised less well by a network that saw blurred ones only.",
    ),
    ReadyMade(
        "imbalance", 2, "Balance of the data set", "What if one person has few pictures?",
        "imbalance", (0.05, 0.2, 1.0),
        "The person with few pictures is found less often. Compare macro F1, too: it counts each "
        "person alike.",
        {"class_weights": "none"},
    ),
    ReadyMade(
        "augmentation", 2, "Strength of the augmentation", "How much should pictures be changed?",
        "augmentation_strength", (0.0, 1.0, 2.0, 3.0),
        "Without changes the network learns pictures by heart; with too many it sees no face any "
        "more.",
    ),
    ReadyMade(
        "people", 3, "Number of classes", "Are more people harder?",
        "people", (2, 4, 6),
        "Chance alone is right half of the time with two people, and a sixth with six. In our "
        "measurement, though, the seeds differed more than two, four and six people.",
        seeds=4,
    ),
    ReadyMade(
        "batch-size", 4, "Batch size", "How many pictures before the weights change?",
        "batch_size", (8, 32, 128),
        "Small batches change the weights more often in an epoch, and each change is noisier.",
    ),
    ReadyMade(
        "blocks", 5, "Architecture", "Is a deeper network better?",
        "blocks", (1, 2, 3, 4),
        "One block sees patches of three pixels; four see half the face.",
    ),
    ReadyMade(
        "filters", 5, "Architecture", "Is a wider network better?",
        "filters", (4, 16, 48),
        "More filters take more time, and each further one helps less.",
        seeds=4,
    ),
    ReadyMade(
        "activation", 6, "Activation", "Which activation learns best?",
        "activation", ("relu", "leaky_relu", "elu", "gelu", "tanh", "sigmoid"),
        "With sigmoid and without batch norm, gradients vanish from block to block.",
        {"norm": "none"},
    ),
    ReadyMade(
        "dropout", 7, "Regularisation", "Does forgetting on purpose help?",
        "dropout", (0.0, 0.3, 0.6, 0.9),
        "The gap between training and validation becomes smaller; too much learns nothing.",
    ),
    ReadyMade(
        "batch-norm", 7, "Regularisation", "What is batch norm good for?",
        "norm", ("batch", "none"),
        "With it the network learns in far fewer epochs.",
        {"epochs": 4}, 3,
    ),
    ReadyMade(
        "weight-decay", 7, "Regularisation", "Does pulling weights towards zero help? (L2)",
        "weight_decay", (0.0, 0.05, 1.0),
        "In our measurement it made no difference: batch norm scales features anew, whatever the "
        "size of the weights before it.",
    ),
    ReadyMade(
        "l1", 7, "Regularisation", "Does asking for zero weights help? (L1)",
        "l1", (0.0, 1e-3, 1e-1),
        "Too much of it makes all weights zero, and the network answers the same for every face.",
    ),
    ReadyMade(
        "pooling", 8, "Pooling", "Keep the largest value, or the mean?",
        "pooling", ("max", "average"),
        "The largest says that a pattern is there, the mean how much of it.",
        {"norm": "none"},
    ),
    ReadyMade(
        "pooling-stride", 8, "Pooling", "How quickly should the picture shrink?",
        "pooling_stride", (1, 2, 3),
        "A stride of 1 keeps every pixel and takes many times as long.",
        {"blocks": 2}, 4,
    ),
    ReadyMade(
        "initialisation", 9, "Initialisation", "Do the first random weights matter?",
        "initialisation", ("he", "xavier", "normal"),
        "Without batch norm, weights that are too small let the signal die out.",
        {"norm": "none"},
    ),
    ReadyMade(
        "optimizer", 10, "Optimizer", "How do gradients become steps?",
        "optimizer", ("adam", "sgd", "adagrad", "rmsprop"),
        "Each needs a learning rate of its own: at the same one, some are too slow or too wild.",
    ),
    ReadyMade(
        "learning-rate", 11, "Learning rate", "How large should a step be?",
        "learning_rate", (1e-5, 1e-4, 1e-3, 1e-2, 1e-1),
        "Too low learns slowly, too high not at all. This factor often decides most.",
    ),
    ReadyMade(
        "schedule", 12, "Schedule", "Should the learning rate change?",
        "schedule", ("constant", "step", "exponential", "cosine", "cyclic", "one_cycle"),
        "Look at the last epochs: a rate that falls lets the curve settle.",
        {"keep": "last"},
    ),
    ReadyMade(
        "epochs", 13, "Epochs", "How long should it learn?",
        "epochs", (1, 4, 15, 40),
        "After a while training accuracy still grows, and validation does not.",
        {"keep": "last"},
    ),
    ReadyMade(
        "patience", 14, "Early stopping", "When should it give up?",
        "patience", (1, 3, 10),
        "Little patience ends early by bad luck; much of it wastes time.",
        {"epochs": 40, "schedule": "constant", "learning_rate": 1e-3},
    ),
)  # fmt: skip


def ready_made(name: str) -> ReadyMade:
    """The ready-made experiment with this name.

    Raises
    ------
    FacerecError
        If there is none; the message names those there are.
    """
    found = {item.name: item for item in READY_MADE}
    if name not in found:
        raise FacerecError(
            f"There is no ready-made experiment {name!r}: choose one of {', '.join(found)}."
        )
    return found[name]
