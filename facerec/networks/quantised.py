"""Parameters of ONNX files that keep them as 8-bit integers with a factor for each block."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from onnx import GraphProto


def parameters_of(graph: "GraphProto") -> dict[str, np.ndarray]:
    """The parameters of a graph by name; dequantised ones have the name of the node's output."""
    # Imported late, since all networks are imported at the start, and few runs read such a file.
    from onnx import numpy_helper

    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type != "DequantizeLinear":
            continue
        chosen = {attribute.name: attribute.i for attribute in node.attribute}
        values, scales, zeros = (stored.pop(name) for name in node.input)
        zeros = zeros.astype(np.float32)
        if scales.ndim:
            # Each scale and zero point holds for a block of neighbours along one axis.
            scales, zeros = (
                np.repeat(blocks, chosen["block_size"], chosen["axis"])
                for blocks in (scales, zeros)
            )
        stored[node.output[0]] = (values.astype(np.float32) - zeros) * scales
    return stored
