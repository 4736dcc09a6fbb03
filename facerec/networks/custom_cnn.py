"""The report's small CNN."""

import torch
from torch import nn

from facerec.networks.options import ACTIVATIONS, NetworkOptions, initialise


class CustomCNN(nn.Module):
    """Three blocks of convolution, batch norm, activation and max pooling, and one linear layer.

    Each block halves the sides and the channels grow 3, 16, 32, 64; at 224 x 224 the last block
    leaves 64 x 28 x 28 features, which the linear layer maps to the classes.

    Parameters
    ----------
    classes : int
    options : NetworkOptions
        Its dropout, activation and initialisation count.
    """

    def __init__(self, classes: int, options: NetworkOptions = NetworkOptions()) -> None:
        super().__init__()
        activation = ACTIVATIONS[options.activation]
        self.blocks = nn.Sequential(
            _block(3, 16, activation), _block(16, 32, activation), _block(32, 64, activation)
        )
        self.dropout = nn.Dropout(options.dropout)
        self.fc = nn.Linear(64 * 28 * 28, classes)
        initialise(self, options)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits (images, classes) from float (images, 3, 224, 224)."""
        return self.fc(self.dropout(self.features(images)))

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """What the classifier decides by: float (images, 50176)."""
        return self.blocks(images).flatten(1)

    def parts(self) -> tuple[nn.Module, nn.Module]:
        """What training leaves as it is, which is nothing, and what it changes."""
        return nn.Identity(), self


def _block(inputs: int, outputs: int, activation: type[nn.Module]) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel_size=3, stride=1, padding=1),
        nn.BatchNorm2d(outputs),
        activation(),
        nn.MaxPool2d(2),
    )
