"""What can be chosen about a network's shape and first parameters."""

from dataclasses import dataclass
from typing import Any, cast

from torch import nn

from facerec.networks.setting import LEARNING, NETWORK, Setting, Space

ACTIVATIONS = {"relu": nn.ReLU, "leaky_relu": nn.LeakyReLU, "tanh": nn.Tanh}


LOSSES = {
    "cross_entropy": "cross-entropy: the right class is to be the most likely, as in the report",
    "arcface": "ArcFace: faces of a person are to point in one direction, with a margin of angle "
    "to all others; made to tell faces apart",
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
PRETRAINED = {
    "vggface2": "3.1 million photographs of 8,631 people (VGGFace2); downloaded once, 112 MB",
    "casia-webface": "half a million photographs of 10,575 people (CASIA-WebFace); from a file you "
    "put into models/pretrained",
    "none": "random weights at the start, all of which are trained",
}


@dataclass(frozen=True)
class LossOption:
    """The loss, which stands apart since it is shown among what learning needs."""

    # ArcFace wants a classifier whose outputs are cosines.
    loss: str = Setting(
        LEARNING,
        "cross_entropy",
        "Loss",
        "What training makes smaller.",
        choices=LOSSES,
        shapes_network=True,
        sways_learning_rate=True,
    ).field()


@dataclass(frozen=True)
class NetworkOptions(LossOption):
    """What can be chosen about a network; each network's entry names the settings that it takes."""

    fields: int = Setting(
        NETWORK,
        28,
        "Fields of the picture",
        "The classifier looks at so many by so many fields of the picture: 28 are all there are, "
        "as in the report. Fewer, each the average of its neighbours, leave it less to learn by "
        "heart.",
        1,
        28,
        shapes_network=True,
    ).field()
    # Dropped before the last layer of weights: the classifier (custom CNN), or the layer that makes
    # the 512 numbers (InceptionResnetV1).
    dropout: float = Setting(
        NETWORK,
        0.0,
        "Dropout",
        "Share of features left out at random while training, against over-fitting.",
        0.0,
        0.9,
        space=Space(0.0, 0.8),
    ).field()
    activation: str = Setting(
        NETWORK,
        "relu",
        "Activation",
        "What follows each convolution.",
        choices=ACTIVATION_CHOICES,
        shapes_network=True,
        sways_learning_rate=True,
        space=Space(values=tuple(ACTIVATION_CHOICES)),
    ).field()
    initialisation: str = Setting(
        NETWORK,
        "he",
        "Initialisation",
        "How large the first random weights are.",
        choices=INITIALISATIONS,
        sways_learning_rate=True,
        space=Space(values=tuple(INITIALISATIONS)),
    ).field()
    pretrained: str = Setting(
        NETWORK,
        "vggface2",
        "Pretrained on",
        "Which faces the first weights learned from.",
        choices=PRETRAINED,
        shapes_network=True,
        sways_learning_rate=True,
    ).field()
    frozen_blocks: int = Setting(
        NETWORK,
        3,
        "Frozen blocks",
        "How many of the five blocks keep their pretrained weights; where the weights are random "
        "at the start, none does.",
        0,
        5,
        sways_learning_rate=True,
        space=Space(0, 5),
    ).field()


def initialise(module: nn.Module, options: NetworkOptions) -> None:
    """Draw the weights of all convolutions; the classifier stays as PyTorch drew it.

    He et al., Delving deep into rectifiers, 2015; Glorot and Bengio, Understanding the difficulty
    of training deep feedforward neural networks, 2010 (Xavier).
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            if options.initialisation == "xavier":
                # PyTorch types the name as a Literal, and settings are any str until checked.
                gain = nn.init.calculate_gain(cast(Any, options.activation))
                nn.init.xavier_uniform_(layer.weight, gain)
            else:
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
