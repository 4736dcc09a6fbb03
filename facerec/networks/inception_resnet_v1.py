"""InceptionResnetV1, with random weights or with published weights for face recognition."""

import torch
from torch import nn

from facerec.networks.layers import FeatureNorm, FrozenStart, make_classifier
from facerec.networks.network import Network, Pretrained
from facerec.networks.options import NetworkOptions, initialise
from facerec.networks.weight_files import WeightFile, pretrained_state, unusable

FEATURES = 512
_EPSILON = 1e-3
_RELEASE = "https://github.com/timesler/facenet-pytorch/releases/download/v2.2.9/"
WEIGHT_FILES = {
    "vggface2": WeightFile(
        _RELEASE + "20180402-114759-vggface2.pt",
        "281cebca8662831adb987a874bdcb36e73f5b1c6dc5ee5878f305e985625d99b",
    ),
    "casia-webface": WeightFile(_RELEASE + "20180408-102900-casia-webface.pt"),
}


class InceptionResnetV1(FrozenStart):
    """Network of residual inception blocks; its embedding of a face has 512 dimensions.

    Szegedy et al., Inception-v4, Inception-ResNet and the Impact of Residual Connections on
    Learning, 2016, with an embedding as in Schroff et al., FaceNet: A Unified Embedding for Face
    Recognition and Clustering, 2015. The parameters are named as in the published files. The five
    blocks are the stem (``conv2d_1a`` to ``conv2d_4b``), ``repeat_1``, ``mixed_6a`` with
    ``repeat_2``, ``mixed_7a`` with ``repeat_3`` and ``block8``, and the layers that make the
    embedding.

    Parameters
    ----------
    classes : int
    options : NetworkOptions
        Dropout, initialisation, frozen blocks, pretrained weights and loss are used. With random
        weights, no block is frozen.
    """

    def __init__(self, classes: int, options: NetworkOptions = NetworkOptions()) -> None:
        super().__init__()
        self.conv2d_1a = _Convolution(3, 32, 3, stride=2)
        self.conv2d_2a = _Convolution(32, 32, 3)
        self.conv2d_2b = _Convolution(32, 64, 3, padding=1)
        self.maxpool_3a = nn.MaxPool2d(3, stride=2)
        self.conv2d_3b = _Convolution(64, 80, 1)
        self.conv2d_4a = _Convolution(80, 192, 3)
        self.conv2d_4b = _Convolution(192, 256, 3, stride=2)
        self.repeat_1 = nn.Sequential(*[_block35() for _ in range(5)])
        self.mixed_6a = _mixed_6a()
        self.repeat_2 = nn.Sequential(*[_block17() for _ in range(10)])
        self.mixed_7a = _mixed_7a()
        self.repeat_3 = nn.Sequential(*[_block8() for _ in range(5)])
        self.block8 = _block8(scale=1.0, activated=False)
        self.avgpool_1a = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(options.dropout)
        self.last_linear = nn.Linear(1792, FEATURES, bias=False)
        self.last_bn = FeatureNorm(FEATURES, eps=_EPSILON)
        self.fc = make_classifier(FEATURES, classes, options.loss)
        initialise(self, options)
        self._frozen_blocks = 0 if options.pretrained == "none" else options.frozen_blocks
        self.parts()[0].requires_grad_(False)

    @classmethod
    def from_pretrained(cls, classes: int, options: NetworkOptions) -> "InceptionResnetV1":
        """A network with the published weights ``options.pretrained`` and a new classifier.

        Raises
        ------
        FacerecError
            If the weight file is missing and cannot be downloaded, or has other content.
        """
        file = WEIGHT_FILES[options.pretrained]
        state = {
            name: value
            for name, value in pretrained_state(file).items()
            if not name.startswith("logits.")
        }
        network = cls(classes, options)
        try:
            loaded = network.load_state_dict(state, strict=False)
        except RuntimeError as error:
            raise unusable(file, "holds no InceptionResnetV1 weights") from error
        # Without the classifier, the names in the file must be exactly those of the network.
        classifier = {f"fc.{name}" for name in network.fc.state_dict()}
        if loaded.unexpected_keys or set(loaded.missing_keys) != classifier:
            raise unusable(file, "holds no InceptionResnetV1 weights")
        return network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits (images, classes) from float (images, 3, 160, 160)."""
        return self.fc(self.features(images))

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Features, the input of the classifier: float (images, 512)."""
        return nn.Sequential(*self._blocks())(images)

    def embedding(self, features: torch.Tensor) -> torch.Tensor:
        """Embeddings by which faces are compared: the features, float (images, 512)."""
        return features

    def parts(self) -> tuple[nn.Module, nn.Module]:
        """The frozen part and the trained part, which takes the frozen part's output."""
        steps = [*self._blocks(), self.fc]
        frozen = self._frozen_blocks
        return nn.Sequential(*steps[:frozen]), nn.Sequential(*steps[frozen:])

    def _blocks(self) -> list[nn.Module]:
        stem = (self.conv2d_1a, self.conv2d_2a, self.conv2d_2b, self.maxpool_3a)
        stem += (self.conv2d_3b, self.conv2d_4a, self.conv2d_4b)
        end = (self.avgpool_1a, nn.Flatten(), self.dropout, self.last_linear, self.last_bn)
        return [
            nn.Sequential(*stem),
            self.repeat_1,
            nn.Sequential(self.mixed_6a, self.repeat_2),
            nn.Sequential(self.mixed_7a, self.repeat_3, self.block8),
            nn.Sequential(*end),
        ]


class _Convolution(nn.Module):
    """Convolution, batch norm and ReLU."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int | tuple[int, int],
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=_EPSILON)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return self.relu(self.bn(self.conv(maps)))


class _Inception(nn.Module):
    """Inception module: branches with the same input, whose outputs are concatenated."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self._names = [f"branch{number}" for number in range(len(branches))]
        for name, branch in zip(self._names, branches, strict=True):
            self.add_module(name, branch)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return torch.cat([getattr(self, name)(maps) for name in self._names], dim=1)


class _Residual(_Inception):
    """Inception module with a shortcut: its scaled output is added to its input.

    A 1 x 1 convolution gives the output as many channels as the input.
    """

    def __init__(
        self,
        *branches: nn.Module,
        found: int,
        channels: int,
        scale: float,
        activated: bool = True,
    ) -> None:
        super().__init__(*branches)
        self.conv2d = nn.Conv2d(found, channels, kernel_size=1)
        self.relu = nn.ReLU() if activated else nn.Identity()
        self._scale = scale

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return self.relu(torch.add(maps, self.conv2d(super().forward(maps)), alpha=self._scale))


def _block35() -> nn.Module:
    return _Residual(
        _Convolution(256, 32, 1),
        nn.Sequential(_Convolution(256, 32, 1), _Convolution(32, 32, 3, padding=1)),
        nn.Sequential(
            _Convolution(256, 32, 1),
            _Convolution(32, 32, 3, padding=1),
            _Convolution(32, 32, 3, padding=1),
        ),
        found=96,
        channels=256,
        scale=0.17,
    )


def _mixed_6a() -> nn.Module:
    return _Inception(
        _Convolution(256, 384, 3, stride=2),
        nn.Sequential(
            _Convolution(256, 192, 1),
            _Convolution(192, 192, 3, padding=1),
            _Convolution(192, 256, 3, stride=2),
        ),
        nn.MaxPool2d(3, stride=2),
    )


def _block17() -> nn.Module:
    return _Residual(
        _Convolution(896, 128, 1),
        nn.Sequential(
            _Convolution(896, 128, 1),
            _Convolution(128, 128, (1, 7), padding=(0, 3)),
            _Convolution(128, 128, (7, 1), padding=(3, 0)),
        ),
        found=256,
        channels=896,
        scale=0.10,
    )


def _mixed_7a() -> nn.Module:
    return _Inception(
        nn.Sequential(_Convolution(896, 256, 1), _Convolution(256, 384, 3, stride=2)),
        nn.Sequential(_Convolution(896, 256, 1), _Convolution(256, 256, 3, stride=2)),
        nn.Sequential(
            _Convolution(896, 256, 1),
            _Convolution(256, 256, 3, padding=1),
            _Convolution(256, 256, 3, stride=2),
        ),
        nn.MaxPool2d(3, stride=2),
    )


def _block8(scale: float = 0.20, activated: bool = True) -> nn.Module:
    return _Residual(
        _Convolution(1792, 192, 1),
        nn.Sequential(
            _Convolution(1792, 192, 1),
            _Convolution(192, 192, (1, 3), padding=(0, 1)),
            _Convolution(192, 192, (3, 1), padding=(1, 0)),
        ),
        found=384,
        channels=1792,
        scale=scale,
        activated=activated,
    )


def _pretrained(classes: int, options: NetworkOptions) -> InceptionResnetV1:
    if options.pretrained == "none":
        return InceptionResnetV1(classes, options)
    return InceptionResnetV1.from_pretrained(classes, options)


ENTRIES = (
    Network(
        name="inception_resnet_v1",
        title="InceptionResnetV1",
        description="Over a hundred layers that already learned to tell faces apart, from millions "
        "of photographs of thousands of people: they describe a face by 512 numbers, and little "
        "is left to learn on yours.",
        place=40,
        build=_pretrained,
        skeleton=InceptionResnetV1,
        report_epochs=5,
        class_epochs=10,
        learning_rate=1e-3,
        mean=(0.5, 0.5, 0.5),
        std=(128 / 255, 128 / 255, 128 / 255),
        options=("pretrained", "frozen_blocks", "dropout", "initialisation", "loss"),
        size=160,
        pretrained=(
            Pretrained(
                "vggface2", "InceptionResnetV1, VGGFace2", NetworkOptions(pretrained="vggface2")
            ),
            Pretrained(
                "casia-webface",
                "InceptionResnetV1, CASIA-WebFace",
                NetworkOptions(pretrained="casia-webface"),
            ),
        ),
        terms="The weights it began with are facenet-pytorch's (MIT licence), learned from "
        "VGGFace2 or CASIA-WebFace, whose pictures are for research.",
    ),
)
