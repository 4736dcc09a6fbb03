"""Faces turned upright, with eyes, nose and mouth where a network has learned to see them."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from facerec.detection import YuNetDetector, find_yunet
from facerec.errors import FacerecError
from facerec.preprocessing import FACE_SIZE

# As ``Face.landmarks``: in shares of the box that Davis King's mean face fills (dlib's
# image_transforms/interpolation.h); eyes are the middles of their corners.
_MEAN_FACE = np.array(
    [(0.2282, 0.2155), (0.7521, 0.2155), (0.4901, 0.5156), (0.2541, 0.7802), (0.7261, 0.7802)],
    np.float32,
)
_PADDING = 0.25
# Where they usually are in a face image, for one in which they cannot be found.
_USUAL = np.array([(78, 104), (146, 104), (112, 148), (83, 178), (141, 178)], np.float32)
# A face image holds a face: even one that is hard to make out is better upright.
_MINIMUM_SCORE = 0.3
# YuNet's points follow a leaning head by half, so it is looked at once more when it leans less. A
# woman who tilts and turns her head was then 0.81 and more like her other pictures, not 0.54.
_LOOKS = 2


def aligner(side: int) -> Callable[[np.ndarray], np.ndarray]:
    """What aligns single face images: RGB uint8 (224, 224, 3) to (side, side, 3).

    Raises
    ------
    FacerecError
        If YuNet, which finds eyes, nose and mouth, cannot be had.
    """
    try:
        detector = _detector(find_yunet())
    except FacerecError as error:
        raise FacerecError(f"To turn faces upright, YuNet is needed. {error}") from error

    def align(face: np.ndarray) -> np.ndarray:
        return _warped(face, _matrix(detector, face, side), side)

    return align


def unaligned(face: np.ndarray, places: np.ndarray) -> np.ndarray:
    """What belongs to the places of an aligned face, at the places of the face as it was.

    Parameters
    ----------
    face : numpy.ndarray
        RGB uint8, shape (224, 224, 3), before it was aligned.
    places : numpy.ndarray
        Float32, shape (side, side).

    Returns
    -------
    numpy.ndarray
        Float32, shape (224, 224); 0 at what the aligned face does not show.
    """
    matrix = _matrix(_detector(find_yunet()), face, places.shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(places, matrix, (FACE_SIZE, FACE_SIZE), flags=flags)


def _matrix(detector: YuNetDetector, face: np.ndarray, side: int) -> np.ndarray:
    """From a face image to an aligned one: turned, resized and moved, float64 (2, 3)."""
    matrix = np.eye(3)
    for look in range(_LOOKS):
        found = detector.detect(_warped(face, matrix[:2], FACE_SIZE) if look else face)
        if look and not found:
            break
        matrix = _onto_mean_face(found[0].landmarks if found else _USUAL) @ matrix
    return (np.diag([side / FACE_SIZE, side / FACE_SIZE, 1]) @ matrix)[:2]


def _onto_mean_face(landmarks: np.ndarray) -> np.ndarray:
    """What brings landmarks nearest to those of the mean face, in an image of 224 x 224 pixels.

    The least squares of all ways to turn, resize and move them (Umeyama, Least-squares estimation
    of transformation parameters between two point patterns, 1991), in the plane of complex numbers,
    where turning and resizing are one factor. Float64, shape (3, 3).
    """
    wanted = (_MEAN_FACE + _PADDING) / (1 + 2 * _PADDING) * FACE_SIZE
    here, there = (points @ np.array([1, 1j]) for points in (landmarks, wanted))
    offsets = here - here.mean()
    factor = np.vdot(offsets, there - there.mean()) / np.vdot(offsets, offsets).real
    shift = there.mean() - factor * here.mean()
    return np.array(
        [[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag], [0, 0, 1]]
    )


def _warped(face: np.ndarray, matrix: np.ndarray, side: int) -> np.ndarray:
    return cv2.warpAffine(face, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)


@lru_cache(maxsize=1)
def _detector(file: Path) -> YuNetDetector:
    return YuNetDetector(file, _MINIMUM_SCORE)
