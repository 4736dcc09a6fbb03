"""Export of a network to ONNX."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn

from facerec.networks.face_module import FaceModule
from facerec.networks.network import Network

if TYPE_CHECKING:
    from torch.onnx import ONNXProgram

INPUT = "faces"


class WholeNetwork(nn.Module):
    """A network with its normalisation: arranged faces to logits and embeddings.

    Arranged faces are RGB uint8, shape (faces, side, side, 3). Embeddings are as the network's
    metric compares them.
    """

    def __init__(self, network: Network, module: FaceModule) -> None:
        super().__init__()
        self._network = network
        self._module = module

    def forward(self, faces: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self._module.features(self._network.prepare(faces.permute(0, 3, 1, 2)))
        embeddings = self._network.metric.scaled_tensor(self._module.embedding(features))
        return self._module.fc(features), embeddings


def onnx_program(module: nn.Module, side: int, outputs: Sequence[str]) -> "ONNXProgram":
    """A module of arranged faces as ONNX; the number of faces stays free.

    ``side`` is that of the arranged faces in pixels, and ``outputs`` names what the module returns.
    """
    program = torch.onnx.export(
        module.eval(),
        (torch.zeros((2, side, side, 3), dtype=torch.uint8),),
        input_names=[INPUT],
        output_names=list(outputs),
        dynamic_shapes=({0: INPUT},),
        dynamo=True,
        verbose=False,
    )
    assert program is not None, "torch.onnx.export gives a program with dynamo=True"
    return program
