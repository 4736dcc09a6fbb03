"""Preprocessing from a frame or a file to a face image, the same for import, training and live."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from facerec.faces import images, quality
from facerec.faces.detection import Face, FaceDetector, WholeImage

FACE_SIZE = 224
MARGIN = 0.2
# Measured: YuNet's boxes take at least 0.74 of the side of cropped faces, at most 0.4 of frames.
CROPPED_SHARE = 0.6
NEARLY_SQUARE = 0.8


@dataclass(frozen=True)
class FaceImage:
    """A face and its pixels: RGB uint8, shape (224, 224, 3)."""

    face: Face
    pixels: np.ndarray

    @cached_property
    def jpeg(self) -> bytes:
        """Content of the JPEG file as which the face is saved."""
        return images.encode(self.pixels)

    @cached_property
    def measures(self) -> dict[str, Any]:
        """Quality measures of the pixels, as ``quality.measures`` gives them."""
        return quality.measures(self.pixels)


def extract_faces(image: np.ndarray, detector: FaceDetector) -> list[FaceImage]:
    """Find the faces in an image and cut each out as a square.

    The side of the square is the longer side of the box plus the share ``MARGIN``. The square is
    clipped at the image's border and resized to 224 x 224. An image that is already a cropped face
    (nearly square, and filled by its only face) is taken whole: a second crop would show the face
    larger than others.

    Parameters
    ----------
    image : numpy.ndarray
        RGB uint8, shape (height, width, 3).

    Returns
    -------
    list of FaceImage
        The largest face first. Faces wholly outside the image are left out.
    """
    faces = detector.detect(image)
    whole = isinstance(detector, WholeImage)
    if whole or (len(faces) == 1 and _is_cropped(image, faces[0])):
        return [FaceImage(faces[0], _resize(image))]
    squares = [(face, _square(image, face)) for face in faces]
    return [FaceImage(face, _resize(square)) for face, square in squares if square.size]


def face_file(path: Path) -> np.ndarray:
    """Face image from a file of a data set: RGB uint8, shape (224, 224, 3).

    The whole file is the face: it is resized, without detection.

    Raises
    ------
    FacerecError
        If the file cannot be read as an image.
    """
    return extract_faces(images.read(path), WholeImage())[0].pixels


def _is_cropped(image: np.ndarray, face: Face) -> bool:
    height, width = image.shape[:2]
    nearly_square = min(height, width) >= NEARLY_SQUARE * max(height, width)
    fills = max(face.box.width, face.box.height) >= CROPPED_SHARE * max(height, width)
    return nearly_square and fills


def _square(image: np.ndarray, face: Face) -> np.ndarray:
    x, y, width, height = face.box
    side = max(width, height) * (1 + MARGIN)
    left, top = round(x + width / 2 - side / 2), round(y + height / 2 - side / 2)
    right, bottom = left + round(side), top + round(side)
    return image[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]


def _resize(square: np.ndarray) -> np.ndarray:
    if square.shape[:2] == (FACE_SIZE, FACE_SIZE):
        return np.ascontiguousarray(square)
    shrinking = min(square.shape[:2]) > FACE_SIZE
    interpolation = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return cv2.resize(square, (FACE_SIZE, FACE_SIZE), interpolation=interpolation)
