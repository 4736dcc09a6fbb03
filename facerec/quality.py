"""What makes a face image good or bad to learn from, in numbers."""

from typing import Any

import cv2
import imagehash
import numpy as np
from PIL import Image

_HASHED_SIZE = 32


def measures(pixels: np.ndarray) -> dict[str, Any]:
    """What ``dataset.json`` says of RGB uint8 pixels: how bright, how sharp, and a hash."""
    return {
        "brightness": round(brightness(pixels), 1),
        "sharpness": round(sharpness(pixels), 1),
        "hash": perceptual_hash(pixels),
    }


def brightness(pixels: np.ndarray) -> float:
    """Mean luminance of an RGB uint8 image, 0 (black) to 255 (white)."""
    return float(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).mean())


def sharpness(pixels: np.ndarray) -> float:
    """Variance of the Laplacian of an RGB uint8 image; small means blurred.

    Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, 2000.
    """
    return float(cv2.Laplacian(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var())


def perceptual_hash(pixels: np.ndarray) -> str:
    """64 bits as 16 hexadecimal digits, few of which differ between images that look alike.

    The signs of the lowest frequencies of a small grey image: Zauner, Implementation and
    Benchmarking of Perceptual Image Hash Functions, 2010.
    """
    small = cv2.resize(pixels, (_HASHED_SIZE, _HASHED_SIZE), interpolation=cv2.INTER_AREA)
    return str(imagehash.phash(Image.fromarray(small)))
