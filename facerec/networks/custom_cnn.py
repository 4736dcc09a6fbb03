"""The report's small CNN."""

import torch
from torch import nn


class CustomCNN(nn.Module):
    """Three blocks of convolution, batch norm, ReLU and max pooling, and one linear layer.

    Each block halves the sides and the channels grow 3, 16, 32, 64; at 224 x 224 the last block
    leaves 64 x 28 x 28 features, which the linear layer maps to the classes.

    Parameters
    ----------
    classes : int
    dropout : float
        Share of features dropped before the linear layer while training; 0 as in the report.
    """

    def __init__(self, classes: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.blocks = nn.Sequential(_block(3, 16), _block(16, 32), _block(32, 64))
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(64 * 28 * 28, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits (images, classes) from float (images, 3, 224, 224)."""
        return self.fc(self.dropout(self.blocks(images).flatten(1)))


def _block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel_size=3, stride=1, padding=1),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
        nn.MaxPool2d(2),
    )
