"""What a face does in a network: the feature maps of each layer, and the arithmetic of one value.

Zeiler and Fergus, Visualizing and understanding convolutional networks, 2014; Wang et al., CNN
Explainer, 2020.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

import cv2
import numpy as np
import torch
from torch import nn

from facerec.errors import FacerecError
from facerec.networks.layout import kind_title, parts_of
from facerec.runs.run import Run

MOST_MAPS = 64
_GAP = 2
_POOLINGS = (nn.MaxPool2d, nn.AvgPool2d)


@dataclass(frozen=True)
class Stage:
    """One layer, or one block of a deep network, with what it gives for a face.

    Parameters
    ----------
    name : str
        Where it is in the network, such as "blocks.0.0".
    kind : str
        Its class, such as "Conv2d".
    maps : numpy.ndarray
        Float32, shape (channels, height, width).
    """

    name: str
    kind: str
    maps: np.ndarray

    @property
    def title(self) -> str:
        """Its kind and shape, for lists."""
        return f"{self.name} · {kind_title(self.kind)} · {' × '.join(map(str, self.maps.shape))}"


@dataclass(frozen=True)
class Look:
    """What a network does with one face.

    Parameters
    ----------
    stages : tuple of Stage
        From the input to the last feature maps.
    logits, probabilities : numpy.ndarray
        Float32, shape (classes,).
    positive, negative, bias : numpy.ndarray
        What the features add to each logit, what they take from it, and the bias: float32, shape
        (classes,). Their sum is the logit, but for a classifier of cosines.
    """

    stages: tuple[Stage, ...]
    logits: np.ndarray
    probabilities: np.ndarray
    positive: np.ndarray
    negative: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Arithmetic:
    """How one value of a layer comes about.

    Parameters
    ----------
    kind : str
        "convolution", "pooling" or "one value".
    patch : numpy.ndarray
        The values that it is made from: float32, shape (channels, height, width); 0 beyond the
        edge of the picture.
    kernel : numpy.ndarray or None
        The weights of a convolution, in the shape of ``patch``.
    bias : float
    result : float
        The value of the layer.
    words : str
        The arithmetic in a line.
    """

    kind: str
    patch: np.ndarray
    kernel: np.ndarray | None
    bias: float
    result: float
    words: str


class Inside:
    """A run's network, whose layers can be looked at.

    Parameters
    ----------
    run : Run
    epoch : int, optional
        Shows the network as it was after this epoch, of which a snapshot was kept.

    Raises
    ------
    FacerecError
        If the run has no usable weights, there is no such snapshot, or it is no trained classifier.
    """

    def __init__(self, run: Run, epoch: int | None = None) -> None:
        if run.is_enrolled:
            raise FacerecError(
                f"{run.name} compares embeddings and has no classifier: choose a trained run to "
                "look inside."
            )
        self.classes = run.classes
        self._network = run.config.entry
        self._arrange = self._network.arranger()
        self._module = run.load_network() if epoch is None else run.load_snapshot(epoch)
        self._layers = dict(parts_of(self._module))
        # Hooks belong to the network, so only one thread may use it.
        self._alone = Lock()

    def look(self, face: np.ndarray, most_stages: int | None = None) -> Look:
        """The stages and the outputs for a face, RGB uint8 (224, 224, 3).

        ``most_stages`` keeps so many of them, evenly chosen, since each is copied.
        """
        found: list[Stage] = []

        def note(name: str) -> Callable[[nn.Module, object, torch.Tensor], None]:
            def hook(module: nn.Module, _: object, output: torch.Tensor) -> None:
                if output.ndim == 4:
                    maps = output[0, :MOST_MAPS].float().numpy().copy()
                    found.append(Stage(name, type(module).__name__, maps))

            return hook

        with self._alone, torch.no_grad():
            images = self._input(face)
            hooks = [
                layer.register_forward_hook(note(name)) for name, layer in self._layers.items()
            ]
            try:
                features = self._module.features(images)
                logits = self._module.fc(features)[0]
            finally:
                for hook in hooks:
                    hook.remove()
        stages = (Stage("input", "Input", images[0].numpy()), *found)
        if most_stages is not None and len(stages) > most_stages:
            places = np.linspace(0, len(stages) - 1, most_stages).round().astype(int)
            stages = tuple(stages[place] for place in places)
        products = self._module.fc.weight.detach() * features
        bias = self._module.fc.bias
        return Look(
            stages,
            logits.numpy(),
            logits.softmax(dim=0).numpy(),
            products.clamp(min=0).sum(dim=1).numpy(),
            products.clamp(max=0).sum(dim=1).numpy(),
            np.zeros(len(logits), np.float32) if bias is None else bias.detach().numpy(),
        )

    def has_arithmetic(self, name: str) -> bool:
        """Whether ``arithmetic`` knows the layer with this name."""
        return isinstance(self._layers.get(name), (nn.Conv2d, nn.BatchNorm2d, *_POOLINGS)) or (
            type(self._layers.get(name)).__module__ == nn.ReLU.__module__
        )

    def arithmetic(
        self, face: np.ndarray, name: str, channel: int, row: int, column: int
    ) -> Arithmetic:
        """How one value of a layer comes about, for a face RGB uint8 (224, 224, 3).

        Raises
        ------
        FacerecError
            If the layer is none whose arithmetic is known, or has no such value.
        """
        layer = self._layers.get(name)
        if layer is None or not self.has_arithmetic(name):
            raise FacerecError(f"The arithmetic of {name} cannot be shown.")
        given, output = self._in_and_out(layer, face)
        channels, height, width = output.shape
        if not (0 <= channel < channels and 0 <= row < height and 0 <= column < width):
            raise FacerecError(
                f"{name} has {channels} maps of {height} x {width}: there is no {channel}, {row}, "
                f"{column}."
            )
        result = float(output[channel, row, column])
        if isinstance(layer, nn.Conv2d):
            return _convolution(layer, given, channel, row, column, result)
        if isinstance(layer, _POOLINGS):
            return _pooling(layer, given, channel, row, column, result)
        return _one_value(layer, given, channel, row, column, result)

    def _input(self, face: np.ndarray) -> torch.Tensor:
        arranged = torch.from_numpy(np.ascontiguousarray(self._arrange(face)))
        return self._network.prepare(arranged.permute(2, 0, 1)[None])

    def _in_and_out(self, layer: nn.Module, face: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        seen: list[np.ndarray] = []

        # Copied before and after, since an activation may change its input in place.
        def before(_: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            seen.append(inputs[0][0].numpy().copy())

        def hook(_: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
            seen.append(output[0].numpy().copy())

        with self._alone, torch.no_grad():
            hooks = [layer.register_forward_pre_hook(before), layer.register_forward_hook(hook)]
            try:
                self._module.features(self._input(face))
            finally:
                for item in hooks:
                    item.remove()
        return seen[0], seen[1]


def _pair(value: int | tuple[int, ...] | str) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (int(value[0]), int(value[1]))


def _window(
    given: np.ndarray, row: int, column: int, size: tuple[int, int], stride: tuple[int, int],
    padding: tuple[int, int],
) -> np.ndarray:  # fmt: skip
    """The values under a window: float32, shape (channels, height, width)."""
    padded = np.pad(given, ((0, 0), (padding[0],) * 2, (padding[1],) * 2))
    top, left = row * stride[0], column * stride[1]
    return padded[:, top : top + size[0], left : left + size[1]]


def _convolution(
    layer: nn.Conv2d, given: np.ndarray, channel: int, row: int, column: int, result: float
) -> Arithmetic:
    group = channel // (layer.out_channels // layer.groups)
    own = given[group * layer.in_channels // layer.groups :][: layer.in_channels // layer.groups]
    patch = _window(
        own, row, column, _pair(layer.kernel_size), _pair(layer.stride), _pair(layer.padding)
    )
    kernel = layer.weight[channel].detach().numpy()
    bias = 0.0 if layer.bias is None else layer.bias[channel].item()
    total = float((patch * kernel).sum())
    words = f"sum of {patch.size} products {total:.3f} + bias {bias:.3f} = {result:.3f}"
    return Arithmetic("convolution", patch, kernel, bias, result, words)


def _pooling(
    layer: nn.MaxPool2d | nn.AvgPool2d,
    given: np.ndarray,
    channel: int,
    row: int,
    column: int,
    result: float,
) -> Arithmetic:
    size, stride = _pair(layer.kernel_size), _pair(layer.stride)
    patch = _window(given[channel : channel + 1], row, column, size, stride, (0, 0))
    what = "largest" if isinstance(layer, nn.MaxPool2d) else "mean"
    words = f"{what} of {patch.size} values = {result:.3f}"
    return Arithmetic("pooling", patch, None, 0.0, result, words)


def _one_value(
    layer: nn.Module, given: np.ndarray, channel: int, row: int, column: int, result: float
) -> Arithmetic:
    value = given[channel, row, column]
    words = f"{type(layer).__name__}({value:.3f}) = {result:.3f}"
    if isinstance(layer, nn.BatchNorm2d):
        assert layer.running_mean is not None and layer.running_var is not None
        mean, variance = layer.running_mean[channel].item(), layer.running_var[channel].item()
        words = (
            f"({value:.3f} - mean {mean:.3f}) / {(variance + layer.eps) ** 0.5:.3f} x "
            f"{layer.weight[channel].item():.3f} + {layer.bias[channel].item():.3f} = {result:.3f}"
        )
    return Arithmetic("one value", np.full((1, 1, 1), value, np.float32), None, 0.0, result, words)


def picture_of(maps: np.ndarray, columns: int = 8) -> np.ndarray:
    """Feature maps side by side: float32 (channels, height, width) to RGB uint8 (height, width, 3).

    Each map is scaled by itself from its least value (dark) to its largest (bright). Maps that do
    not change are dark.
    """
    columns = min(columns, len(maps))
    rows = -(-len(maps) // columns)
    _, height, width = maps.shape
    low = maps.min(axis=(1, 2), keepdims=True)
    span = maps.max(axis=(1, 2), keepdims=True) - low
    grey = (255 * (maps - low) / np.where(span > 0, span, 1)).astype(np.uint8)
    sheet = rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP
    canvas = np.full((*sheet, 3), 255, np.uint8)
    for number, one in enumerate(grey):
        top, left = number // columns * (height + _GAP), number % columns * (width + _GAP)
        colored = cv2.cvtColor(cv2.applyColorMap(one, cv2.COLORMAP_VIRIDIS), cv2.COLOR_BGR2RGB)
        canvas[top : top + height, left : left + width] = colored
    return canvas
