"""What can be chosen about a network's shape and first parameters."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from facerec.networks.setting import LEARNING, NETWORK, Setting, Space


@dataclass(frozen=True)
class LayerKind:
    """A kind of layer that can be chosen.

    Parameters
    ----------
    module : callable
        Makes the layer.
    words : str
        A sentence for students. The words before a colon are its title.
    gain : float
        By how much Xavier's first weights are larger before it.
    """

    module: Callable[..., nn.Module]
    words: str
    gain: float = 1.0


ACTIVATIONS = {
    "relu": LayerKind(nn.ReLU, "ReLU: negative values become zero", nn.init.calculate_gain("relu")),
    "leaky_relu": LayerKind(
        nn.LeakyReLU,
        "LeakyReLU: negative values become a hundredth",
        nn.init.calculate_gain("leaky_relu"),
    ),
    "elu": LayerKind(nn.ELU, "ELU: negative values bend smoothly towards -1"),
    "gelu": LayerKind(nn.GELU, "GELU: like ReLU, but smooth around zero"),
    "tanh": LayerKind(
        nn.Tanh,
        "tanh: values are squeezed between -1 and 1",
        nn.init.calculate_gain("tanh"),
    ),
    "sigmoid": LayerKind(
        nn.Sigmoid,
        "sigmoid: values are squeezed between 0 and 1, so that gradients become small",
    ),
}
POOLINGS = {
    "max": LayerKind(nn.MaxPool2d, "the largest value: was the pattern there at all?"),
    "average": LayerKind(nn.AvgPool2d, "the mean: how much of the pattern was there?"),
}
LOSSES = {
    "cross_entropy": "cross-entropy: the right class is to be the most likely, as in the report",
    "arcface": "ArcFace: faces of a person are to point in one direction, with a margin of angle "
    "to all others; made to tell faces apart",
}
NORMS = {
    "batch": "batch norm: each channel gets mean 0 and variance 1 over the batch",
    "none": "no normalisation, as in older networks",
}
INITIALISATIONS = {
    "he": "He: keeps the size of signals through layers with ReLU",
    "xavier": "Xavier: keeps the size of signals through layers with tanh",
    "normal": "normal: with deviation 0.01, as before 2010, whatever the size of the layer",
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

    side: int = Setting(
        NETWORK,
        224,
        "Input side",
        "Side of the picture that the network sees. Half the side is a quarter of the work.",
        32,
        224,
        unit="pixels",
        shapes_network=True,
        sways_learning_rate=True,
    ).field()
    blocks: int = Setting(
        NETWORK,
        3,
        "Blocks",
        "Convolution, normalisation, activation and pooling, one block after the other. Later "
        "blocks see larger parts of the face.",
        1,
        5,
        shapes_network=True,
        sways_learning_rate=True,
        space=Space(values=(2, 3, 4)),
    ).field()
    filters: int = Setting(
        NETWORK,
        16,
        "Filters",
        "Filters of the first block, which each look for one pattern; each further block has twice "
        "as many.",
        4,
        64,
        shapes_network=True,
        sways_learning_rate=True,
        space=Space(values=(8, 16, 32)),
    ).field()
    kernel: int = Setting(
        NETWORK,
        3,
        "Kernel",
        "Side of the patch that a filter looks at.",
        3,
        7,
        unit="pixels",
        every=2,
        shapes_network=True,
        sways_learning_rate=True,
        space=Space(values=(3, 5, 7)),
    ).field()
    norm: str = Setting(
        NETWORK,
        "batch",
        "Normalisation",
        "What keeps the values of a layer in one size.",
        choices=NORMS,
        shapes_network=True,
        sways_learning_rate=True,
        space=Space(values=tuple(NORMS)),
    ).field()
    pooling: str = Setting(
        NETWORK,
        "max",
        "Pooling",
        "What a window of neighbours is replaced by.",
        choices={name: kind.words for name, kind in POOLINGS.items()},
        shapes_network=True,
        sways_learning_rate=True,
        space=Space(values=tuple(POOLINGS)),
    ).field()
    pooling_size: int = Setting(
        NETWORK,
        2,
        "Pooling window",
        "Side of the window; 1 is no pooling.",
        1,
        4,
        shapes_network=True,
        sways_learning_rate=True,
    ).field()
    pooling_stride: int = Setting(
        NETWORK,
        2,
        "Pooling stride",
        "How far the window moves: 2 halves the side of the picture.",
        1,
        4,
        shapes_network=True,
        sways_learning_rate=True,
    ).field()
    hidden: int = Setting(
        NETWORK,
        0,
        "Hidden layer",
        "Units of a fully connected layer before the classifier; 0 is none, as in the report.",
        0,
        1024,
        shapes_network=True,
        sways_learning_rate=True,
        space=Space(values=(0, 64, 256)),
    ).field()
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
        choices={name: kind.words for name, kind in ACTIVATIONS.items()},
        shapes_network=True,
        sways_learning_rate=True,
        space=Space(values=tuple(ACTIVATIONS)),
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

    The gain of Xavier is 1 for activations to which PyTorch knows none (ELU, GELU). He et al.,
    Delving deep into rectifiers, 2015; Glorot and Bengio, Understanding the difficulty of training
    deep feedforward neural networks, 2010 (Xavier).
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            if options.initialisation == "xavier":
                nn.init.xavier_uniform_(layer.weight, ACTIVATIONS[options.activation].gain)
            elif options.initialisation == "normal":
                nn.init.normal_(layer.weight, std=0.01)
            else:
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
