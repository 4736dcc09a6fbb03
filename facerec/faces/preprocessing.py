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

    The side of the square is the longer side of the box plus the share ``MARGIN``. Where the square
    reaches over the image's border, the border's pixels are repeated: the face is as large in an
    image that was cropped before as in a photograph. The square is resized to 224 x 224.
    ``WholeImage`` alone cuts nothing out.

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
    if isinstance(detector, WholeImage):
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


def _square(image: np.ndarray, face: Face) -> np.ndarray:
    x, y, width, height = face.box
    side = max(width, height) * (1 + MARGIN)
    left, top = round(x + width / 2 - side / 2), round(y + height / 2 - side / 2)
    right, bottom = left + round(side), top + round(side)
    inside = image[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    if not inside.size:
        return inside
    above, below = max(0, -top), max(0, bottom - image.shape[0])
    before, behind = max(0, -left), max(0, right - image.shape[1])
    return cv2.copyMakeBorder(inside, above, below, before, behind, cv2.BORDER_REPLICATE)


def _resize(square: np.ndarray) -> np.ndarray:
    if square.shape[:2] == (FACE_SIZE, FACE_SIZE):
        return np.ascontiguousarray(square)
    shrinking = min(square.shape[:2]) > FACE_SIZE
    interpolation = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return cv2.resize(square, (FACE_SIZE, FACE_SIZE), interpolation=interpolation)
