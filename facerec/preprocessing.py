"""From a frame or a file to a face image: one way for import, training and live."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from facerec import images
from facerec.detection import Face, FaceDetector, WholeImage

FACE_SIZE = 224
MARGIN = 0.2


@dataclass(frozen=True)
class FaceImage:
    """A face and its pixels: RGB uint8, shape (224, 224, 3)."""

    face: Face
    pixels: np.ndarray


def extract_faces(image: np.ndarray, detector: FaceDetector) -> list[FaceImage]:
    """Find the faces in an image and cut each out as a square.

    The square has the box's longer side plus a margin of ``MARGIN`` (none when the whole image is
    the face), is clipped at the image's border, and is resized to 224 x 224.

    Parameters
    ----------
    image : numpy.ndarray
        RGB uint8, shape (height, width, 3).

    Returns
    -------
    list of FaceImage
        The largest face first; faces wholly outside the image are left out.
    """
    margin = 0.0 if isinstance(detector, WholeImage) else MARGIN
    found = []
    for face in detector.detect(image):
        square = _square(image, face, margin)
        if square.size:
            found.append(FaceImage(face, _resize(square)))
    return found


def face_file(path: Path) -> np.ndarray:
    """The face in an image file of a data set, which is one already: RGB uint8 (224, 224, 3).

    Raises
    ------
    FacerecError
        If the file cannot be read as an image.
    """
    return extract_faces(images.read(path), WholeImage())[0].pixels


def _square(image: np.ndarray, face: Face, margin: float) -> np.ndarray:
    x, y, width, height = face.box
    if margin == 0.0:
        return image[y : y + height, x : x + width]
    side = max(width, height) * (1 + margin)
    left, top = round(x + width / 2 - side / 2), round(y + height / 2 - side / 2)
    right, bottom = left + round(side), top + round(side)
    return image[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]


def _resize(square: np.ndarray) -> np.ndarray:
    if square.shape[:2] == (FACE_SIZE, FACE_SIZE):
        return np.ascontiguousarray(square)
    shrinking = min(square.shape[:2]) > FACE_SIZE
    interpolation = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return cv2.resize(square, (FACE_SIZE, FACE_SIZE), interpolation=interpolation)
