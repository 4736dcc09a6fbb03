"""What training, recognition and explanation ask of a network's module."""

import torch
from torch import nn


class FaceModule(nn.Module):
    """Base class of all networks: float (images, 3, size, size) to logits (images, classes).

    ``fc`` is the classifier, which maps features to logits.
    """

    fc: nn.Linear

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """What the classifier decides by: float (images, features)."""
        raise NotImplementedError

    def embedding(self, features: torch.Tensor) -> torch.Tensor:
        """What faces are compared by: features to float (images, dimensions)."""
        raise NotImplementedError

    def parts(self) -> tuple[nn.Module, nn.Module]:
        """The frozen part, and the trained part, which works on what the frozen one gives."""
        raise NotImplementedError
