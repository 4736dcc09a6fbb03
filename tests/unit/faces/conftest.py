"""A picture of two colours for the tests of this package."""

import numpy as np

RED, GREEN, BLUE = (220, 30, 30), (30, 200, 30), (30, 30, 220)


def halves(height: int = 40, width: int = 60) -> np.ndarray:
    """Upper half red, lower half blue."""
    pixels = np.full((height, width, 3), BLUE, np.uint8)
    pixels[: height // 2] = RED
    return pixels
