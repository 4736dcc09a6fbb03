"""dlib's published face network, with embeddings of 128 dimensions."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from facerec.networks.dlib_file import layer_parameters
from facerec.networks.layers import FrozenBody, make_classifier
from facerec.networks.metric import Metric
from facerec.networks.network import Network, Pretrained
from facerec.networks.options import NetworkOptions

SIDE = 150
FEATURES = 128
# Davis King's mean face (dlib's image_transforms/interpolation.h), in shares of its bounding box.
# An eye is the middle of its two corners.
_PADDING = 0.25
_MEAN_FACE = (
    (0.2282, 0.2155),
    (0.7521, 0.2155),
    (0.4901, 0.5156),
    (0.2541, 0.7802),
    (0.7261, 0.7802),
)
# Channels and blocks of each level. The first block of each level but the first halves the sides.
_LEVELS = ((32, 3), (64, 4), (128, 3), (256, 3), (256, 1))


class DlibResNet(FrozenBody):
    """Residual network of 29 convolutions; its embedding of an aligned face has 128 dimensions.

    Davis King, High Quality Face Recognition with Deep Metric Learning, 2017 (99.38 % on Labeled
    Faces in the Wild). The shortcuts are those of He et al., Deep Residual Learning for Image
    Recognition, 2016. All layers are frozen, and only the classifier is trained. The embedding of a
    plain image in the mean colour is subtracted, since all faces share it. Cosine similarities then
    differ more between people.

    Parameters
    ----------
    classes : int
    options : NetworkOptions
        Only the loss is used.
    """

    def __init__(self, classes: int, options: NetworkOptions = NetworkOptions()) -> None:
        super().__init__()
        blocks, inputs = [], _LEVELS[0][0]
        for level, (channels, count) in enumerate(_LEVELS):
            for number in range(count):
                blocks.append(_Block(inputs, channels, halving=level > 0 and number == 0))
                inputs = channels
        self.body = nn.Sequential(
            nn.Conv2d(3, inputs_of_blocks := _LEVELS[0][0], 7, stride=2),
            nn.BatchNorm2d(inputs_of_blocks, eps=0),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
            *blocks,
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(inputs, FEATURES),
        )
        self.body.requires_grad_(False)
        self.fc = make_classifier(FEATURES, classes, options.loss)

    @classmethod
    def published(cls, classes: int, options: NetworkOptions) -> "DlibResNet":
        """A network with the published weights and a new classifier.

        Raises
        ------
        FacerecError
            If the weight file is missing, cannot be read or is not the published one.
        """
        network = cls(classes, options)
        parameters = layer_parameters()
        for layer in network.body.modules():
            if isinstance(layer, nn.Conv2d | nn.BatchNorm2d):
                assert layer.bias is not None
                _fill(next(parameters), layer.weight, layer.bias)
        last = network.body[-1]
        assert isinstance(last, nn.Linear)
        last.weight.data = torch.from_numpy(next(parameters).reshape(-1, FEATURES).T.copy())
        nn.init.zeros_(last.bias)
        with torch.inference_mode():
            shared = network.eval().features(torch.zeros(1, 3, SIDE, SIDE))[0]
        last.bias.data = -shared.clone()
        return network


class _Block(nn.Module):
    """Residual block of two convolutions; missing channels, rows and columns are zeros."""

    def __init__(self, inputs: int, outputs: int, halving: bool) -> None:
        super().__init__()
        stride, padding = (2, 0) if halving else (1, 1)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding)
        self.affine1 = nn.BatchNorm2d(outputs, eps=0)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.affine2 = nn.BatchNorm2d(outputs, eps=0)
        self.shortcut = nn.AvgPool2d(2) if halving else nn.Identity()
        self._more_channels = outputs - inputs

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        found = functional.relu(self.affine1(self.conv1(maps)))
        found = self.affine2(self.conv2(found))
        kept = self.shortcut(maps)
        # The convolution makes an even side one shorter than the average pooling does.
        missing = kept.shape[-1] - found.shape[-1]
        found = functional.pad(found, (0, missing, 0, missing))
        return functional.relu(found + functional.pad(kept, (0, 0, 0, 0, 0, self._more_channels)))


def _fill(parameters: np.ndarray, weight: torch.Tensor, bias: torch.Tensor) -> None:
    """Copy a layer's parameters into its weight and its bias, in this order."""
    values = torch.from_numpy(parameters.copy()).split([weight.numel(), bias.numel()])
    for parameter, value in zip((weight, bias), values, strict=True):
        parameter.data = value.view_as(parameter).clone()


ENTRIES = (
    Network(
        name="dlib_resnet",
        title="Face ResNet (dlib)",
        description="Twenty-nine layers that learned to tell faces apart from three million "
        "photographs, and stay as they are: turned upright, a face becomes 128 numbers, and only a "
        "classifier of these is trained on yours.",
        place=50,
        build=DlibResNet.published,
        skeleton=DlibResNet,
        report_epochs=5,
        class_epochs=20,
        class_draws=1,
        learning_rate=3e-2,
        # dlib subtracts these means from values in 0 to 255, and divides by 256.
        mean=(122.782 / 255, 117.001 / 255, 104.298 / 255),
        std=(256 / 255, 256 / 255, 256 / 255),
        options=("loss",),
        size=SIDE,
        mean_face=tuple(
            ((x + _PADDING) / (1 + 2 * _PADDING), (y + _PADDING) / (1 + 2 * _PADDING))
            for x, y in _MEAN_FACE
        ),
        # It was trained with distances: below 0.6, two faces are of one person.
        metric=Metric.EUCLIDEAN,
        pretrained=(Pretrained("dlib", "Face ResNet, dlib"),),
        terms="dlib's weights are in the public domain (CC0).",
    ),
)
