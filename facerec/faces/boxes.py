"""Boxes in an image, and how far they overlap."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Box(NamedTuple):
    """A rectangle in pixels of its image: left and upper edge, width and height."""

    x: int
    y: int
    width: int
    height: int


def mirrored(box: Box, width: int) -> Box:
    """The box in the mirror image of a picture of this width in pixels."""
    return box._replace(x=width - box.x - box.width)


def edges(boxes: Sequence[Box]) -> np.ndarray:
    """Left, upper, right and lower edge of each box in pixels: float, shape (boxes, 4)."""
    return np.array([(x, y, x + width, y + height) for x, y, width, height in boxes], float)


def overlaps(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union of each of the first edges (n, 4) with each of the second (m, 4)."""
    lower = np.maximum(first[:, None, :2], second[None, :, :2])
    upper = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = (upper - lower).clip(0).prod(axis=2)
    areas = [(edges[:, 2:] - edges[:, :2]).prod(axis=1) for edges in (first, second)]
    union = areas[0][:, None] + areas[1][None] - shared
    return shared / np.maximum(union, 1)
