"""Thumbnails as ``data:`` URLs for the HTML of pages."""

import base64
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from facerec.errors import FacerecError
from facerec.faces import images

LONGEST_SIDE = 160
_UNREADABLE = np.full((LONGEST_SIDE, LONGEST_SIDE, 3), 210, np.uint8)


def data_url(pixels: np.ndarray) -> str:
    """A ``data:`` URL of a thumbnail of RGB uint8 pixels (height, width, 3)."""
    height, width = pixels.shape[:2]
    scale = LONGEST_SIDE / max(height, width)
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return jpeg_url(pixels)


def jpeg_url(pixels: np.ndarray) -> str:
    """A ``data:`` URL of RGB uint8 pixels (height, width, 3) in their own size."""
    return "data:image/jpeg;base64," + base64.b64encode(images.encode(pixels)).decode()


def strip(paths: Sequence[Path], side: int = 56) -> str:
    """A ``data:`` URL of image files in a row, each ``side`` pixels high; unreadable ones grey."""
    stamps = tuple((path, path.stat().st_mtime_ns if path.exists() else 0) for path in paths)
    return _strip(stamps, side)


@lru_cache(maxsize=200)
def _strip(stamps: tuple[tuple[Path, int], ...], side: int) -> str:
    pictures = []
    for path, _ in stamps:
        try:
            pixels = images.read(path)
        except (FacerecError, OSError):
            pixels = _UNREADABLE
        pictures.append(cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA))
    return jpeg_url(np.concatenate(pictures, axis=1))


def file_url(path: Path) -> str:
    """``data_url`` of an image file; a grey square if the file cannot be read."""
    try:
        return _file_url(path, path.stat().st_mtime_ns)
    except OSError:
        return data_url(_UNREADABLE)


@lru_cache(maxsize=2000)
def _file_url(path: Path, changed: int) -> str:
    try:
        return data_url(images.read(path))
    except FacerecError:
        return data_url(_UNREADABLE)
