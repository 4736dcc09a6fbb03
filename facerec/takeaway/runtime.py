"""ONNX Runtime for browsers, which a taken-home page carries along."""

import hashlib
import tarfile
from io import BytesIO

from facerec.errors import FacerecError
from facerec.system import paths
from facerec.system.downloads import DownloadFailed, download

NAME = "onnxruntime-web-1.30.0.tgz"
URL = f"https://registry.npmjs.org/onnxruntime-web/-/{NAME}"
SHA256 = "d2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71"
FILES = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
_SILENCE_SECONDS = 20


def browser_runtime() -> dict[str, bytes]:
    """The runtime's files by name, from its package, which the first call downloads.

    Raises
    ------
    FacerecError
        If the package is not here and cannot be downloaded, or is not the published one.
    """
    file = paths.pretrained_folder() / NAME
    if not file.is_file():
        try:
            download(URL, file, SHA256, _SILENCE_SECONDS)
        except DownloadFailed as error:
            raise FacerecError(
                f"ONNX Runtime for browsers could not be downloaded from {URL} ({error}). Put "
                f"{NAME} into {file.parent} and try again."
            ) from error
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise FacerecError(f"{file} is not the published file: delete it, and try again.")
    found = {}
    with tarfile.open(fileobj=BytesIO(content)) as package:
        for name in FILES:
            member = package.extractfile(f"package/dist/{name}")
            assert member is not None, "the hash says that it is in the package"
            found[name] = member.read()
    return found
