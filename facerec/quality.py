"""What makes a face image good or bad to learn from, in numbers."""

import cv2
import numpy as np


def brightness(pixels: np.ndarray) -> float:
    """Mean luminance of an RGB uint8 image, 0 (black) to 255 (white)."""
    return float(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).mean())


def sharpness(pixels: np.ndarray) -> float:
    """Variance of the Laplacian of an RGB uint8 image; small means blurred.

    Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, 2000.
    """
    return float(cv2.Laplacian(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var())
