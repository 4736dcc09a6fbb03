"""Layers of a network as it will be built: their shapes and numbers of parameters."""

from dataclasses import dataclass

import torch
from torch import nn

from facerec.networks.network import Network
from facerec.networks.options import NetworkOptions


@dataclass(frozen=True)
class Layer:
    """One layer, or one block of a deep network.

    Parameters
    ----------
    name : str
        Where it is in the network, such as "blocks.0.0".
    kind : str
        Its class, such as "Conv2d".
    shape : tuple of int
        Shape of its output for one image, such as (16, 64, 64).
    parameters : int
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


def kind_title(kind: str) -> str:
    """The class of a layer as pages name it, such as "Conv" for "Conv2d"."""
    return kind.strip("_").removesuffix("2d")


def layers(network: Network, classes: int, options: NetworkOptions) -> list[Layer]:
    """The layers in the order in which an image passes them; nothing is calculated.

    Layers that change nothing are left out. A block that is more than a chain of layers, such as
    ResNet50's, counts as one.

    Raises
    ------
    FacerecError
        If the network is impossible or too large.
    """
    network = network.at_side(options)
    # Without memory and numbers: only shapes are computed.
    with torch.device("meta"):
        module = network.skeleton(classes, options).eval()
    found: list[Layer] = []
    hooks = [layer.register_forward_hook(_note(found, name)) for name, layer in parts_of(module)]
    with torch.no_grad():
        module(torch.empty((1, 3, network.size, network.size), device="meta"))
    for hook in hooks:
        hook.remove()
    return found


def parts_of(module: nn.Module, name: str = "") -> list[tuple[str, nn.Module]]:
    """The layers of a module by name, those of chains one by one; without what changes nothing."""
    found = []
    for own, child in module.named_children():
        path = f"{name}.{own}" if name else own
        if isinstance(child, nn.Sequential | nn.ModuleList):
            found += parts_of(child, path)
        elif not isinstance(child, nn.Identity):
            found.append((path, child))
    return found


def _note(found: list[Layer], name: str):
    def hook(module: nn.Module, _: object, output: torch.Tensor) -> None:
        number = sum(value.numel() for value in module.parameters())
        found.append(Layer(name, type(module).__name__, tuple(output.shape[1:]), number))

    return hook
