"""The report's small CNN, whose every part can be chosen."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from facerec.errors import FacerecError
from facerec.networks.face_module import FaceModule
from facerec.networks.layers import make_classifier
from facerec.networks.network import Network
from facerec.networks.options import ACTIVATIONS, POOLINGS, NetworkOptions, initialise

# Cross-validation over people: finer fields do not reject strangers any better.
_MOST_COMPARED = 7
# ResNet50 makes 4.1 thousand million multiplications for a picture, with 23.5 million parameters.
_MOST_MULTIPLICATIONS = 10e9
_MOST_PARAMETERS = 60e6


class CustomCNN(FaceModule):
    """Blocks of convolution, batch norm, activation and pooling, and one or two linear layers.

    In the report there are three blocks. Each halves the sides, and the channels grow from 3 to 16,
    32 and 64. At 224 x 224 the last block gives 64 x 28 x 28 features, which the linear layer maps
    to the classes. With fewer fields, the features are averaged before (Lin et al., Network In
    Network, 2014). The linear layer then has fewer parameters and over-fits less.

    Parameters
    ----------
    classes : int
    options : NetworkOptions
        All but the settings of pretrained networks are used.

    Raises
    ------
    FacerecError
        If the picture is too small for so much pooling, or the network is far too large.
    """

    def __init__(self, classes: int, options: NetworkOptions = NetworkOptions()) -> None:
        super().__init__()
        side = _side_after(options)
        channels = [3, *(options.filters * 2**number for number in range(options.blocks))]
        self._channels, self._fields = channels[-1], min(options.fields, side)
        flat = self._channels * self._fields**2
        _refuse_too_large(classes, options, channels, flat)
        self.blocks = nn.Sequential(
            *(_block(inputs, outputs, options) for inputs, outputs in pairwise(channels))
        )
        self.pool = nn.Identity() if self._fields == side else nn.AdaptiveAvgPool2d(self._fields)
        self.hidden = nn.Sequential()
        if options.hidden:
            self.hidden = nn.Sequential(
                nn.Linear(flat, options.hidden), ACTIVATIONS[options.activation].module()
            )
        self.dropout = nn.Dropout(options.dropout)
        self.fc = make_classifier(options.hidden or flat, classes, options.loss)
        initialise(self, options)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits (images, classes) from float (images, 3, side, side)."""
        return self.fc(self.dropout(self.features(images)))

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Features, the input of the classifier: float (images, features).

        They are the last block's, or the hidden layer's if there is one.
        """
        fields = self.pool(self.blocks(images))
        if fields.shape[-1] != self._fields:
            # Smaller faces, with which a training may begin.
            fields = functional.adaptive_avg_pool2d(fields, self._fields)
        return self.hidden(fields.flatten(1))

    def embedding(self, features: torch.Tensor) -> torch.Tensor:
        """Embeddings by which faces are compared: float (images, dimensions) from the features.

        They are the hidden layer, or the last block averaged to at most 7 x 7 fields.
        """
        if len(self.hidden):
            return features
        fields = features.unflatten(1, (self._channels, self._fields, self._fields))
        return functional.adaptive_avg_pool2d(fields, min(self._fields, _MOST_COMPARED)).flatten(1)

    def parts(self) -> tuple[nn.Module, nn.Module]:
        """The frozen part, which is empty, and the trained part."""
        return nn.Identity(), self


def _block(inputs: int, outputs: int, options: NetworkOptions) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, options.kernel, padding=options.kernel // 2),
        nn.BatchNorm2d(outputs) if options.norm == "batch" else nn.Identity(),
        ACTIVATIONS[options.activation].module(),
        POOLINGS[options.pooling].module(options.pooling_size, options.pooling_stride),
    )


def _sides(options: NetworkOptions) -> list[int]:
    """Sides of the picture before each block and after the last one; below 1 where it is gone."""
    sides = [options.side]
    for _ in range(options.blocks):
        sides.append((sides[-1] - options.pooling_size) // options.pooling_stride + 1)
    return sides


def _side_after(options: NetworkOptions) -> int:
    for block, (before, after) in enumerate(pairwise(_sides(options)), 1):
        if after < 1:
            raise FacerecError(
                f"Nothing is left of the picture: block {block} would pool a window of "
                f"{options.pooling_size} x {options.pooling_size} from {before} x {before} pixels. "
                "Take fewer blocks, a smaller window or stride, or a larger input side."
            )
    return _sides(options)[-1]


def _refuse_too_large(
    classes: int, options: NetworkOptions, channels: list[int], flat: int
) -> None:
    patches = [options.kernel**2 * inputs * outputs for inputs, outputs in pairwise(channels)]
    work = sum(side**2 * patch for side, patch in zip(_sides(options), patches, strict=False))
    weights = sum(patches) + flat * (options.hidden or classes)
    if work > _MOST_MULTIPLICATIONS or weights > _MOST_PARAMETERS:
        raise FacerecError(
            f"The network is too large: {work / 1e9:,.1f} thousand million multiplications for "
            f"each picture and {weights / 1e6:,.1f} million parameters, where ResNet50 has 4.1 and "
            f"23.5. At most {_MOST_MULTIPLICATIONS / 1e9:g} and {_MOST_PARAMETERS / 1e6:g} can be "
            "trained here: take a smaller side, fewer filters or more pooling."
        )


ENTRIES = (
    Network(
        name="custom_cnn",
        title="Custom CNN",
        description="Three convolution blocks and one classifier layer, trained from nothing: "
        "small and quick to train.",
        place=10,
        build=CustomCNN,
        skeleton=CustomCNN,
        report_epochs=10,
        class_epochs=40,
        # Measured in docs/measurements.md, "Side of the input".
        class_side=112,
        learning_rate=2.5e-3,
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        options=(
            "side", "blocks", "filters", "kernel", "norm", "activation", "pooling", "pooling_size",
            "pooling_stride", "fields", "hidden", "dropout", "initialisation", "loss",
        ),
    ),
)  # fmt: skip
