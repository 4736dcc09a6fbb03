"""ResNet50, with random weights, or with ImageNet weights and frozen early blocks."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from facerec.errors import FacerecError
from facerec.networks.layers import FrozenStart, make_classifier
from facerec.networks.network import IMAGENET_MEAN, IMAGENET_STD, Network, Pretrained
from facerec.networks.options import NetworkOptions, initialise

if TYPE_CHECKING:
    from torchvision.models import ResNet50_Weights

SILENCE_SECONDS = 20
_CLASSIFIER = ("fc.weight", "fc.bias")


class ResNet50(FrozenStart):
    """torchvision's ResNet50 with a classifier for our classes and frozen early blocks.

    He et al., Deep Residual Learning for Image Recognition, 2015. Its five blocks are conv1 with
    bn1, and layer1 to layer4 (conv2_x to conv5_x).

    Parameters
    ----------
    classes : int
    options : NetworkOptions
        Initialisation and loss are used.
    frozen_blocks : int
        Number of frozen blocks, counted from the input, 0 to 5. Their batch norm keeps its running
        statistics.
    """

    def __init__(
        self, classes: int, options: NetworkOptions = NetworkOptions(), frozen_blocks: int = 0
    ) -> None:
        # torchvision takes a second to import, which no page that builds no ResNet50 spends.
        from torchvision.models import resnet50

        super().__init__()
        # Its layers are ours by the same names, as in the files of weights.
        for name, layer in resnet50(num_classes=classes).named_children():
            self.add_module(name, layer)
        self.fc = make_classifier(self.fc.in_features, classes, options.loss)
        initialise(self, options)
        self._frozen_blocks = frozen_blocks
        self.parts()[0].requires_grad_(False)

    @classmethod
    def from_imagenet(cls, classes: int, options: NetworkOptions) -> "ResNet50":
        """A network with the weights ``ResNet50_Weights.IMAGENET1K_V2`` and a new classifier.

        Raises
        ------
        FacerecError
            If the weights are not in torch hub's cache and cannot be downloaded, or the file
            there has other content.
        """
        network = cls(classes, options, options.frozen_blocks)
        pretrained = imagenet_state()
        classifier = {f"fc.{name}": value for name, value in network.fc.state_dict().items()}
        try:
            others = {name: pretrained[name] for name in pretrained if name not in _CLASSIFIER}
            network.load_state_dict(others | classifier)
        except (RuntimeError, TypeError) as error:
            raise FacerecError(
                f"{weights_file()} holds no ResNet50 weights: delete it and try again."
            ) from error
        return network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.fc(self.features(images))

    def parts(self) -> tuple[nn.Module, nn.Module]:
        """The frozen part and the trained part, which takes the frozen part's output."""
        *blocks, pool = self._steps()
        # If all blocks are frozen, so is the pooling, since the classifier needs pooled features.
        before = self._frozen_blocks + (self._frozen_blocks == len(blocks))
        steps = [*blocks, pool, self.fc]
        return nn.Sequential(*steps[:before]), nn.Sequential(*steps[before:])

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Features, the input of the classifier: float (images, 2048)."""
        return nn.Sequential(*self._steps())(images)

    def embedding(self, features: torch.Tensor) -> torch.Tensor:
        """Embeddings by which faces are compared: the features, float (images, 2048)."""
        return features

    def _steps(self) -> list[nn.Module]:
        """The five blocks and the pooling."""
        layer = dict(self.named_children())
        stem = nn.Sequential(*(layer[name] for name in ("conv1", "bn1", "relu", "maxpool")))
        pool = nn.Sequential(layer["avgpool"], nn.Flatten())
        return [stem, *(layer[f"layer{number}"] for number in range(1, 5)), pool]


def imagenet_weights() -> "ResNet50_Weights":
    """torchvision's entry of the ImageNet weights: address, hash and preprocessing."""
    from torchvision.models import ResNet50_Weights

    return ResNet50_Weights.IMAGENET1K_V2


def weights_file() -> Path:
    """Path of the ImageNet weights in torch hub's cache."""
    return Path(torch.hub.get_dir()) / "checkpoints" / imagenet_weights().url.rpartition("/")[2]


def imagenet_state() -> dict[str, torch.Tensor]:
    """ImageNet parameters by name; the first call downloads them into torch hub's cache.

    Raises
    ------
    FacerecError
        If they cannot be downloaded, or the file is damaged.
    """
    file = weights_file()
    try:
        # torch hub announces a download on standard output, where the command line writes JSON.
        with redirect_stdout(StringIO()), _patience():
            return imagenet_weights().get_state_dict(
                progress=False, check_hash=True, weights_only=True
            )
    except Exception as error:  # network, disk and torch's unpickler raise many kinds of errors
        if file.exists():
            raise FacerecError(
                f"{file} is damaged or no weight file: delete it and try again."
            ) from error
        raise FacerecError(
            f"The ImageNet weights could not be downloaded from {imagenet_weights().url} "
            f"({getattr(error, 'reason', error)}). "
            f"Put {file.name} into {file.parent} and try again."
        ) from error


@contextmanager
def _patience() -> Iterator[None]:
    """Context manager in which a stalled download fails; torch hub itself would wait for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SILENCE_SECONDS)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _frozen(classes: int, options: NetworkOptions) -> ResNet50:
    return ResNet50(classes, options, options.frozen_blocks)


ENTRIES = (
    Network(
        name="resnet50_scratch",
        title="ResNet50, from scratch",
        description="Fifty layers with random weights at the start: much capacity, so it wants "
        "many images and much time.",
        place=20,
        build=ResNet50,
        skeleton=ResNet50,
        report_epochs=5,
        class_epochs=12,
        class_side=112,
        learning_rate=3e-4,
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
        options=("side", "initialisation", "loss"),
    ),
    Network(
        name="resnet50_imagenet",
        title="ResNet50, ImageNet weights",
        description="Fifty layers that already learned to see from 1.3 million photographs; the "
        "early blocks stay as they are (frozen) and the rest is trained on your faces.",
        place=30,
        build=ResNet50.from_imagenet,
        skeleton=_frozen,
        report_epochs=5,
        class_epochs=4,
        learning_rate=2e-4,
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
        options=("side", "frozen_blocks", "loss"),
        pretrained=(Pretrained("imagenet", "ResNet50, ImageNet"),),
        terms="The weights it began with are torchvision's (BSD licence), learned from ImageNet, "
        "whose pictures are for research and teaching.",
    ),
)
