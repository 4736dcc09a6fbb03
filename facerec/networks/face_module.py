"""Base class of the networks' modules, as training, recognition and explanation use them."""

import torch
from torch import nn


class FaceModule(nn.Module):
    """Base class of all networks: float (images, 3, size, size) to logits (images, classes).

    ``fc`` is the classifier, which maps features to logits.
    """

    fc: nn.Linear

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Features, the input of the classifier: float (images, features)."""
        raise NotImplementedError

    def embedding(self, features: torch.Tensor) -> torch.Tensor:
        """Embeddings by which faces are compared: float (images, dimensions) from features."""
        raise NotImplementedError

    def parts(self) -> tuple[nn.Module, nn.Module]:
        """The frozen part and the trained part, which takes the frozen part's output."""
        raise NotImplementedError
