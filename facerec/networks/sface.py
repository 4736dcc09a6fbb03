"""SFace, a published face network with embeddings of 128 dimensions."""

from collections import OrderedDict
from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from facerec.networks.layers import FrozenBody, make_classifier
from facerec.networks.network import Network, Pretrained
from facerec.networks.options import NetworkOptions
from facerec.networks.sface_file import parameters

SIDE = 112
FEATURES = 128
_FIRST = 32
# Output channels and stride of each pair of a depthwise and a pointwise convolution.
_PAIRS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1),
          (512, 1), (512, 1), (1024, 2), (1024, 1))  # fmt: skip
_FIELDS = 7
# The reference points of ArcFace, in pixels, as OpenCV's FaceRecognizerSF has them.
_MEAN_FACE = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655),
              (70.7299, 92.2041))  # fmt: skip


class SFace(FrozenBody):
    """Network of 27 convolutions; its embedding of an aligned face has 128 dimensions.

    Zhong et al., SFace: Sigmoid-Constrained Hypersphere Loss for Robust Face Recognition, 2021
    (published by the authors and in the OpenCV Zoo under the Apache licence 2.0). The layers are
    those of Howard et al., MobileNets: Efficient Convolutional Neural Networks for Mobile Vision
    Applications, 2017, with PReLU. All are frozen, and only the classifier is trained.

    Parameters
    ----------
    classes : int
    options : NetworkOptions
        Only the loss is used.
    """

    def __init__(self, classes: int, options: NetworkOptions = NetworkOptions()) -> None:
        super().__init__()
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        layers["conv_1"] = _convolution(3, _FIRST, 3)
        inputs = _FIRST
        for number, (outputs, stride) in enumerate(_PAIRS, 2):
            layers[f"conv_{number}_dw"] = _convolution(inputs, inputs, 3, stride, groups=inputs)
            layers[f"conv_{number}"] = _convolution(inputs, outputs, 1)
            inputs = outputs
        layers["bn1"] = nn.BatchNorm2d(inputs, eps=2e-5)
        layers["flatten"] = nn.Flatten()
        layers["pre_fc1"] = nn.Linear(inputs * _FIELDS**2, FEATURES)
        layers["fc1"] = nn.BatchNorm1d(FEATURES, eps=2e-5)
        self.body = nn.Sequential(layers)
        self.body.requires_grad_(False)
        self.fc = make_classifier(FEATURES, classes, options.loss)

    @classmethod
    def published(cls, classes: int, options: NetworkOptions) -> "SFace":
        """A network with the published weights and a new classifier.

        Raises
        ------
        FacerecError
            If the weight file cannot be read, is not the published one, or is missing and cannot be
            downloaded.
        """
        network = cls(classes, options)
        found = parameters()
        for name, layer in network.body.named_children():
            if isinstance(layer, nn.Sequential):
                convolution, norm, activation = layer
                _fill(convolution, found, weight=f"{name}_conv2d_weight")
                _fill_norm(norm, found, f"{name}_batchnorm")
                _fill(activation, found, weight=f"{name}_relu_gamma")
            elif isinstance(layer, nn.Linear):
                _fill(layer, found, weight=f"{name}_weight", bias=f"{name}_bias")
            elif not isinstance(layer, nn.Flatten):
                _fill_norm(layer, found, name)
        return network


def _convolution(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """Convolution that keeps the side or divides it by the stride, batch norm and PReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs, eps=1e-3),
        nn.PReLU(outputs),
    )


def _fill_norm(layer: nn.Module, found: Mapping[str, np.ndarray], name: str) -> None:
    _fill(
        layer,
        found,
        weight=f"{name}_gamma",
        bias=f"{name}_beta",
        running_mean=f"{name}_moving_mean",
        running_var=f"{name}_moving_var",
    )


def _fill(layer: nn.Module, found: Mapping[str, np.ndarray], **names: str) -> None:
    """Copy the file's parameters into a layer's; ``names`` says which, by the layer's own names."""
    for own, name in names.items():
        value = getattr(layer, own)
        value.data = torch.from_numpy(found[name].copy()).view_as(value)


ENTRIES = (
    Network(
        name="sface",
        title="SFace",
        description="Twenty-seven layers that learned to tell faces apart from photographs of "
        "thousands of people, and stay as they are: turned upright, a face becomes 128 numbers, "
        "and only a classifier of these is trained on yours.",
        place=60,
        build=SFace.published,
        skeleton=SFace,
        report_epochs=5,
        class_epochs=20,
        class_draws=1,
        learning_rate=3e-2,
        # The published network subtracts 127.5 from values in 0 to 255, and divides by 128.
        mean=(0.5, 0.5, 0.5),
        std=(128 / 255, 128 / 255, 128 / 255),
        options=("loss",),
        size=SIDE,
        mean_face=tuple((x / SIDE, y / SIDE) for x, y in _MEAN_FACE),
        pretrained=(Pretrained("sface", "SFace"),),
        terms="SFace's weights, of the OpenCV Zoo, are under the Apache licence 2.0.",
    ),
)
