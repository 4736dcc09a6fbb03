"""The changes that an augmentation makes to an image: one function each."""

import math
from collections.abc import Callable

import cv2
import numpy as np

from facerec.faces.preprocessing import FACE_SIZE

# From RGB to NTSC's YIQ: the luma and two chroma signals.
_YIQ = np.array([(0.299, 0.587, 0.114), (0.596, -0.274, -0.322), (0.211, -0.523, 0.312)])
_BRIGHTNESS = _YIQ[0]
_GREY = 127


class Changes:
    """The changes that one draw makes to an image, composed step by step.

    Parameters
    ----------
    mean : numpy.ndarray
        Mean of the image's pixels: RGB, shape (3,), 0 to 255.
    size : int
        Side of the image in pixels.

    Attributes
    ----------
    warp : numpy.ndarray
        Homography from pixels of the image to pixels of the result: float64, shape (3, 3).
    color : numpy.ndarray
        Affine map of colours, from (R, G, B, 1) to RGB: float64, shape (3, 4).
    after : list of callable
        Changes after warp and colour, each from RGB uint8 (size, size, 3) to the same.
    """

    def __init__(self, mean: np.ndarray, size: int = FACE_SIZE) -> None:
        self.size = size
        self.warp = np.eye(3)
        self.color = np.eye(3, 4)
        self.after: list[Callable[[np.ndarray], np.ndarray]] = []
        self._mean = mean

    def place(self, matrix: np.ndarray) -> None:
        self.warp = matrix @ self.warp

    def paint(self, matrix: np.ndarray) -> None:
        """Apply a linear map of colours, shape (3, 3), after those so far."""
        self.color = matrix @ self.color

    def mean_brightness(self) -> float:
        """Mean luma of the image after the colour changes so far, 0 to 255."""
        return float(_BRIGHTNESS @ self.color @ [*self._mean, 1])

    def apply(self, pixels: np.ndarray) -> np.ndarray:
        if np.any(self.warp != np.eye(3)):
            # The border is mirrored, since black corners would show which images were rotated.
            size, border = (self.size, self.size), cv2.BORDER_REFLECT_101
            if np.all(self.warp[2] == (0, 0, 1)):
                pixels = cv2.warpAffine(pixels, self.warp[:2], size, borderMode=border)
            else:
                pixels = cv2.warpPerspective(pixels, self.warp, size, borderMode=border)
        if np.any(self.color != np.eye(3, 4)):
            pixels = cv2.transform(pixels, self.color)
        for change in self.after:
            pixels = change(pixels)
        return pixels


Step = Callable[[Changes, float, np.random.Generator], None]


def rotate(changes: Changes, degrees: float, generator: np.random.Generator) -> None:
    centre = (changes.size - 1) / 2
    turn = cv2.getRotationMatrix2D((centre, centre), degrees, 1)
    changes.place(np.vstack([turn, (0, 0, 1)]))


def look_aslant(changes: Changes, strength: float, generator: np.random.Generator) -> None:
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32) * (changes.size - 1)
    inwards = np.where(corners > 0, -1, 1) * generator.random((4, 2)) * strength / 2 * changes.size
    moved = (corners + inwards).astype(np.float32)
    changes.place(cv2.getPerspectiveTransform(corners, moved))


def crop(changes: Changes, cut: float, generator: np.random.Generator) -> None:
    left, top, width, height = _rectangle(changes.size, 1 - cut, 1.1, generator)
    across = (1 / width, 0, (0.5 - left) / width - 0.5)
    down = (0, 1 / height, (0.5 - top) / height - 0.5)
    changes.place(np.array([across, down, (0, 0, 1)]))


def flip(changes: Changes, share: float, generator: np.random.Generator) -> None:
    if generator.random() < share:
        changes.place(np.array([(-1, 0, changes.size - 1), (0, 1, 0), (0, 0, 1)]))


def brighten(changes: Changes, by: float, generator: np.random.Generator) -> None:
    changes.paint((1 + by) * np.eye(3))


def contrast(changes: Changes, by: float, generator: np.random.Generator) -> None:
    mean = changes.mean_brightness()
    changes.paint((1 + by) * np.eye(3))
    changes.color[:, 3] -= by * mean


def saturate(changes: Changes, by: float, generator: np.random.Generator) -> None:
    changes.paint((1 + by) * np.eye(3) - by * _BRIGHTNESS)


def tint(changes: Changes, turn: float, generator: np.random.Generator) -> None:
    cosine, sine = math.cos(2 * math.pi * turn), math.sin(2 * math.pi * turn)
    rotation = np.array([(1, 0, 0), (0, cosine, sine), (0, -sine, cosine)])
    changes.paint(np.linalg.inv(_YIQ) @ rotation @ _YIQ)


def grey(changes: Changes, share: float, generator: np.random.Generator) -> None:
    if generator.random() < share:
        changes.paint(np.tile(_BRIGHTNESS, (3, 1)))


def blur(changes: Changes, deviation: float, generator: np.random.Generator) -> None:
    deviation *= changes.size / FACE_SIZE
    if deviation > 0:
        changes.after.append(lambda pixels: cv2.GaussianBlur(pixels, (0, 0), deviation))


def add_noise(changes: Changes, deviation: float, generator: np.random.Generator) -> None:
    # Each pixel of a smaller image is the mean of several: its noise is weaker.
    deviation *= 255 * changes.size / FACE_SIZE
    noise = generator.standard_normal((changes.size, changes.size, 3), np.float32) * deviation
    changes.after.append(lambda pixels: np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8))


def erase(changes: Changes, share: float, generator: np.random.Generator) -> None:
    left, top, width, height = _rectangle(changes.size, share, 3, generator)

    def hide(pixels: np.ndarray) -> np.ndarray:
        hidden = pixels.copy()
        hidden[
            round(top) : round(top + height * changes.size),
            round(left) : round(left + width * changes.size),
        ] = _GREY
        return hidden

    changes.after.append(hide)


def _rectangle(
    size: int, area: float, longest: float, generator: np.random.Generator
) -> tuple[float, float, float, float]:
    """A random rectangle: left and top in pixels, width and height as shares.

    ``size`` is the side of the image in pixels, ``area`` the rectangle's share of it, and
    ``longest`` the largest ratio of its sides.
    """
    ratio = longest ** generator.uniform(-1, 1)
    width, height = min(1, math.sqrt(area * ratio)), min(1, math.sqrt(area / ratio))
    left, top = generator.random(2) * (1 - width, 1 - height) * size
    return left, top, width, height
