"""What can be chosen about a network's shape and first parameters."""

from dataclasses import dataclass
from typing import Any, cast

from torch import nn

ACTIVATIONS = {"relu": nn.ReLU, "leaky_relu": nn.LeakyReLU, "tanh": nn.Tanh}


@dataclass(frozen=True)
class NetworkOptions:
    """What can be chosen about a network.

    Parameters
    ----------
    dropout : float
        Share of features dropped before the last layer of weights, the classifier (custom CNN) or
        that which makes the 512 numbers (InceptionResnetV1), while training.
    activation : str
        A name of ``ACTIVATIONS`` (custom CNN).
    fields : int
        The last block's 28 x 28 fields are averaged to so many by so many before the classifier, 1
        to 28 (custom CNN).
    initialisation : str
        How the first weights of convolutions are drawn: "he" or "xavier" (networks that begin from
        random weights).
    frozen_blocks : int
        How many of the five blocks keep their pretrained weights, 0 to 5 (ImageNet ResNet50, and
        InceptionResnetV1 where it is pretrained).
    pretrained : str
        What the first weights learned from: "vggface2" or "casia-webface", or "none" for random
        weights (InceptionResnetV1).
    loss : str
        What the classifier is for: "cross_entropy", or "arcface", which wants cosines.
    """

    dropout: float = 0.0
    activation: str = "relu"
    fields: int = 28
    initialisation: str = "he"
    frozen_blocks: int = 3
    pretrained: str = "vggface2"
    loss: str = "cross_entropy"


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
