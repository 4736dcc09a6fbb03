"""Boxes, names and banners drawn on frames."""

from functools import lru_cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from facerec.faces.detection import Box

GREEN = (22, 163, 74)
RED = (220, 38, 38)
BLUE = (36, 86, 166)


def draw_face(frame: np.ndarray, box: Box, text: str, color: tuple[int, int, int]) -> None:
    """Draw a face's box with a text above it, in place.

    Parameters
    ----------
    frame : numpy.ndarray
        RGB uint8, shape (height, width, 3); changed in place.
    box : Box
        In pixels of the frame.
    text : str
        In any script that the DejaVu font has; an empty text is not drawn.
    color : tuple of int
        RGB, 0 to 255.
    """
    height = frame.shape[0]
    thickness = max(2, height // 160)
    cv2.rectangle(frame, (box.x, box.y), (box.x + box.width, box.y + box.height), color, thickness)
    if text:
        patch = label(text, max(14, height // 20), color)
        _paste(frame, patch, box.x - thickness // 2, max(0, box.y - patch.shape[0]))


def draw_banner(frame: np.ndarray, text: str, color: tuple[int, int, int]) -> None:
    """Write a text along the lower edge of a frame, large enough to be read from afar, in place.

    Parameters
    ----------
    frame : numpy.ndarray
        RGB uint8, shape (height, width, 3); changed in place.
    text : str
        As in ``draw_face``.
    color : tuple of int
        RGB of the background, 0 to 255.
    """
    height, width = frame.shape[:2]
    size = max(14, height // 9)
    if text:
        patch = label(text, size, color)
        if patch.shape[1] > width:
            patch = label(text, max(1, size * width // patch.shape[1]), color)
        top = max(0, height - patch.shape[0])
        frame[top:] = color
        _paste(frame, patch, (width - patch.shape[1]) // 2, top)


def _paste(frame: np.ndarray, patch: np.ndarray, x: int, y: int) -> None:
    x = max(0, min(x, frame.shape[1] - patch.shape[1]))
    room = frame[y : y + patch.shape[0], x : x + patch.shape[1]]
    room[:] = patch[: room.shape[0], : room.shape[1]]


@lru_cache(maxsize=256)
def label(text: str, size: int, color: tuple[int, int, int]) -> np.ndarray:
    """White text of a size in pixels on a colour: RGB uint8, shape (height, width, 3).

    Pillow draws it, since OpenCV's fonts have only ASCII.
    """
    font = _font(size)
    left, top, right, bottom = font.getbbox(text)
    padding = size // 4
    patch = Image.new("RGB", (int(right - left) + 2 * padding, size + 2 * padding), color)
    ImageDraw.Draw(patch).text((padding - left, padding // 2), text, (255, 255, 255), font)
    return np.asarray(patch)


@lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    # Matplotlib installs this font on every system; it covers Latin, Greek, Cyrillic and more.
    # matplotlib takes half a second to import, which no page that draws no box spends.
    from matplotlib import font_manager

    return ImageFont.truetype(font_manager.findfont("DejaVu Sans"), size)
