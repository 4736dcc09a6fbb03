"""Quality measures of a face image: brightness, sharpness and perceptual hash."""

from typing import Any

import cv2
import imagehash
import numpy as np
from PIL import Image

_HASHED_SIZE = 32
_HALF_SHARPNESS = 50.0
_LEAST_SHARPNESS = 1.0


def measures(pixels: np.ndarray) -> dict[str, Any]:
    """Brightness, sharpness and perceptual hash of RGB uint8 pixels, as in ``dataset.json``.

    The hash has 64 bits as 16 hexadecimal digits; few of them differ between images that look
    alike. Each bit compares one of the lowest frequencies of a small grey image with their median:
    Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010.
    """
    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return {
        "brightness": round(_brightness(gray), 1),
        "sharpness": round(_sharpness(gray), 1),
        "hash": _hash(gray),
    }


def brightness(pixels: np.ndarray) -> float:
    """Mean luminance of an RGB uint8 image, 0 (black) to 255 (white)."""
    return _brightness(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))


def sharpness(pixels: np.ndarray) -> float:
    """Variance of the Laplacian of an RGB uint8 image; small means blurred.

    Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, 2000.
    """
    return _sharpness(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))


def weight(pixels: np.ndarray) -> float:
    """Weight of a face in a mean of several: from near 0 (blurred) towards 1 (sharp).

    It is half at the sharpness at which networks begin to err, and never 0.
    """
    found = max(sharpness(pixels), _LEAST_SHARPNESS)
    return found / (found + _HALF_SHARPNESS)


def _brightness(gray: np.ndarray) -> float:
    return cv2.mean(gray)[0]


def _sharpness(gray: np.ndarray) -> float:
    _, deviation = cv2.meanStdDev(cv2.Laplacian(gray, cv2.CV_16S))
    return float(deviation[0, 0] ** 2)


def _hash(gray: np.ndarray) -> str:
    small = cv2.resize(gray, (_HASHED_SIZE, _HASHED_SIZE), interpolation=cv2.INTER_AREA)
    return str(imagehash.phash(Image.fromarray(small)))
