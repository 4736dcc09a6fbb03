"""ResNet50, from random weights or from ImageNet's with the early blocks frozen."""

from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import torch
from torch import nn
from torchvision.models import ResNet50_Weights
from torchvision.models.resnet import Bottleneck, ResNet

from facerec.errors import FacerecError

WEIGHTS = ResNet50_Weights.IMAGENET1K_V2


class ResNet50(ResNet):
    """torchvision's ResNet50 with a classifier for our classes and frozen early blocks.

    He et al., Deep Residual Learning for Image Recognition, 2015. Its five blocks are conv1 with
    bn1, and layer1 to layer4 (conv2_x to conv5_x).

    Parameters
    ----------
    classes : int
    frozen_blocks : int
        How many blocks, from the image on, training leaves as they are; their batch norm keeps
        its running statistics. 0 to 5.
    """

    def __init__(self, classes: int, frozen_blocks: int = 0) -> None:
        super().__init__(Bottleneck, [3, 4, 6, 3], num_classes=classes)
        blocks = [
            [self.conv1, self.bn1],
            [self.layer1],
            [self.layer2],
            [self.layer3],
            [self.layer4],
        ]
        # A tuple, so that the modules are not registered a second time.
        self._frozen = tuple(module for block in blocks[:frozen_blocks] for module in block)
        for module in self._frozen:
            module.requires_grad_(False)

    @classmethod
    def from_imagenet(cls, classes: int, frozen_blocks: int) -> "ResNet50":
        """With the weights ``ResNet50_Weights.IMAGENET1K_V2`` and a new classifier.

        Raises
        ------
        FacerecError
            If the weights are not in torch hub's cache and cannot be downloaded, or the file
            there holds something else.
        """
        network = cls(classes, frozen_blocks)
        pretrained = imagenet_state()
        classifier = {f"fc.{name}": value for name, value in network.fc.state_dict().items()}
        try:
            network.load_state_dict(pretrained | classifier)
        except (RuntimeError, TypeError) as error:
            raise FacerecError(
                f"{weights_file()} holds no ResNet50 weights: delete it and try again."
            ) from error
        return network

    def train(self, mode: bool = True) -> nn.Module:
        super().train(mode)
        for module in self._frozen:
            module.eval()
        return self


def weights_file() -> Path:
    """Where torch hub keeps the ImageNet weights."""
    return Path(torch.hub.get_dir()) / "checkpoints" / WEIGHTS.url.rpartition("/")[2]


def imagenet_state() -> dict[str, torch.Tensor]:
    """ImageNet's parameters by name, downloaded into torch hub's cache at first need.

    Raises
    ------
    FacerecError
        If they cannot be downloaded, or the file is damaged.
    """
    file = weights_file()
    try:
        # torch hub announces a download on standard output, where the command line writes JSON.
        with redirect_stdout(StringIO()):
            return WEIGHTS.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except Exception as error:  # whatever the network, the disk or torch's unpickler met
        if file.exists():
            raise FacerecError(
                f"{file} is damaged or no weight file: delete it and try again."
            ) from error
        raise FacerecError(
            f"The ImageNet weights could not be downloaded from {WEIGHTS.url} "
            f"({getattr(error, 'reason', error)}). "
            f"Put {file.name} into {file.parent} and try again."
        ) from error
