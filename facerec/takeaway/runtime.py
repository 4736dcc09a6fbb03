"""ONNX Runtime for browsers, which a taken-home page carries along."""

import hashlib
import tarfile
from io import BytesIO

from facerec.errors import FacerecError
from facerec.networks.weight_files import WeightFile, fetch

NAME = "onnxruntime-web-1.30.0.tgz"
URL = f"https://registry.npmjs.org/onnxruntime-web/-/{NAME}"
SHA256 = "d2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71"
FILES = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")


def browser_runtime() -> dict[str, bytes]:
    """The runtime's files by name, from its package, which the first call downloads.

    Raises
    ------
    FacerecError
        If the package is not here and cannot be downloaded, or is not the published one.
    """
    package = WeightFile(URL, SHA256)
    if not package.path.is_file():
        fetch(package, "ONNX Runtime for browsers")
    content = package.path.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise FacerecError(f"{package.path} is not the published file: delete it, and try again.")
    found = {}
    with tarfile.open(fileobj=BytesIO(content)) as unpacked:
        for name in FILES:
            member = unpacked.extractfile(f"package/dist/{name}")
            assert member is not None, "the hash says that it is in the package"
            found[name] = member.read()
    return found
