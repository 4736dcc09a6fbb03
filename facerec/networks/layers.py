"""Layers that several networks share: the classifiers and frozen first blocks."""

import math
from typing import Self

import torch
from torch import nn
from torch.nn import functional

from facerec.networks.face_module import FaceModule

# ArcFace has a scale of 64 for many thousands of classes. A scale of 16 allows probabilities of
# 99.99 % among a thousand classes (Wang et al., CosFace, 2018). On 840 images, the accuracy was
# 79 % with ArcFace's margin of 0.5 and 82 % with 0.3.
SCALE = 16.0
MARGIN = 0.3
# The slope of the sine is unbounded near 0. At this limit the cosine is 1 to six digits.
_LEAST_SQUARED_SINE = 1e-6


class CosineClassifier(nn.Linear):
    """A linear layer whose logits are cosines between features and classes, times ``SCALE``.

    Features pass a batch norm without learned parameters. Features and rows of weights are then
    scaled to length 1, so that only their directions count. Deng et al., ArcFace: Additive Angular
    Margin Loss for Deep Face Recognition, 2019.

    Parameters
    ----------
    features, classes : int
    """

    def __init__(self, features: int, classes: int) -> None:
        super().__init__(features, classes, bias=False)
        # Features after a ReLU are never negative, so that all faces have similar directions.
        # Without this layer, the custom CNN's accuracy was 69 % instead of 82 %.
        self.norm = FeatureNorm(features, affine=False)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Logits (images, classes), -``SCALE`` to ``SCALE``, from float (images, features)."""
        # With 16 bits, an angle of 5 degrees would be rounded to 0.
        with torch.autocast(input.device.type, enabled=False):
            directions = functional.normalize(self.norm(input.float()))
            return SCALE * functional.linear(directions, functional.normalize(self.weight))


def make_classifier(features: int, classes: int, loss: str) -> nn.Linear:
    """A new classifier from features (images, features) to logits, for a loss by its name."""
    if loss == "arcface":
        return CosineClassifier(features, classes)
    return nn.Linear(features, classes)


def with_margin(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Logits for training with an additive angular margin.

    ``MARGIN`` is added to the angle between an image and its true class. If the sum exceeds 180
    degrees, a constant is subtracted from the cosine instead, so that it still falls with the
    angle.

    Parameters
    ----------
    logits : torch.Tensor
        Logits from ``CosineClassifier``: float32, shape (images, classes).
    labels : torch.Tensor
        True classes: int64, shape (images,).

    Returns
    -------
    torch.Tensor
        Float32, shape (images, classes): ``logits`` with lower values for the true classes.
    """
    places = labels[:, None]
    cosines = logits.gather(1, places) / SCALE
    sines = (1 - cosines.square()).clamp(min=_LEAST_SQUARED_SINE).sqrt()
    turned = cosines * math.cos(MARGIN) - sines * math.sin(MARGIN)
    beyond = cosines < -math.cos(MARGIN)
    lower = torch.where(beyond, cosines - (1 - math.cos(MARGIN)), turned)
    return logits.scatter(1, places, SCALE * lower)


class FeatureNorm(nn.BatchNorm1d):
    """Batch norm that uses its running statistics for a training batch of a single image.

    The last batch of an epoch may have a single image, which has no variance.
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if self.training and len(input) == 1:
            known = self.running_mean, self.running_var
            return functional.batch_norm(input, *known, self.weight, self.bias, eps=self.eps)
        return super().forward(input)


class FrozenStart(FaceModule):
    """A network that keeps the first of ``parts()`` in evaluation mode.

    The batch norm of the frozen part then keeps its running statistics.
    """

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        self.parts()[0].eval()
        return self


class FrozenBody(FrozenStart):
    """A network of which only the classifier ``fc`` is trained; its features are the embedding.

    ``body`` maps float (images, 3, size, size) to features, float (images, features).
    """

    body: nn.Sequential

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.fc(self.features(images))

    def features(self, images: torch.Tensor) -> torch.Tensor:
        return self.body(images)

    def embedding(self, features: torch.Tensor) -> torch.Tensor:
        return features

    def parts(self) -> tuple[nn.Module, nn.Module]:
        return self.body, self.fc
