"""The report's small CNN."""

import torch
from torch import nn
from torch.nn import functional

from facerec.networks.face_module import FaceModule
from facerec.networks.layers import make_classifier
from facerec.networks.network import Network
from facerec.networks.options import ACTIVATIONS, NetworkOptions, initialise

_CHANNELS, _SIDE = 64, 28
# Cross-validation over people: finer fields do not reject strangers any better.
_MOST_COMPARED = 7


class CustomCNN(FaceModule):
    """Three blocks of convolution, batch norm, activation and max pooling, and one linear layer.

    Each block halves the sides, and the channels grow from 3 to 16, 32 and 64. At 224 x 224 the
    last block gives 64 x 28 x 28 features, which the linear layer maps to the classes, as in the
    report. With fewer fields, the features are averaged before (Lin et al., Network In Network,
    2014). The linear layer then has fewer parameters and over-fits less.

    Parameters
    ----------
    classes : int
    options : NetworkOptions
        Fields, dropout, activation, initialisation and loss are used.
    """

    def __init__(self, classes: int, options: NetworkOptions = NetworkOptions()) -> None:
        super().__init__()
        activation = ACTIVATIONS[options.activation]
        self.blocks = nn.Sequential(
            _block(3, 16, activation), _block(16, 32, activation), _block(32, 64, activation)
        )
        self.pool = (
            nn.Identity() if options.fields == _SIDE else nn.AdaptiveAvgPool2d(options.fields)
        )
        self.dropout = nn.Dropout(options.dropout)
        self.fc = make_classifier(_CHANNELS * options.fields**2, classes, options.loss)
        self._fields = options.fields
        initialise(self, options)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits (images, classes) from float (images, 3, 224, 224)."""
        return self.fc(self.dropout(self.features(images)))

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Features, the input of the classifier: float (images, 64 * fields * fields)."""
        return self.pool(self.blocks(images)).flatten(1)

    def embedding(self, features: torch.Tensor) -> torch.Tensor:
        """Embeddings by which faces are compared: features averaged to at most 7 x 7 fields.

        Float (images, features) to float (images, 64 * fields * fields).
        """
        fields = features.unflatten(1, (_CHANNELS, self._fields, self._fields))
        return functional.adaptive_avg_pool2d(fields, min(self._fields, _MOST_COMPARED)).flatten(1)

    def parts(self) -> tuple[nn.Module, nn.Module]:
        """The frozen part, which is empty, and the trained part."""
        return nn.Identity(), self


def _block(inputs: int, outputs: int, activation: type[nn.Module]) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel_size=3, stride=1, padding=1),
        nn.BatchNorm2d(outputs),
        activation(),
        nn.MaxPool2d(2),
    )


ENTRIES = (
    Network(
        name="custom_cnn",
        title="Custom CNN",
        description="Three convolution blocks and one classifier layer, trained from nothing: "
        "small and quick to train.",
        place=10,
        build=CustomCNN,
        skeleton=CustomCNN,
        report_epochs=10,
        class_epochs=40,
        learning_rate=2.5e-3,
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        options=("fields", "dropout", "activation", "initialisation", "loss"),
    ),
)
