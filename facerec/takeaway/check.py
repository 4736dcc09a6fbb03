"""Faces that a take-home folder carries, with the numbers that the run gives them."""

import base64
import json
from dataclasses import dataclass
from io import BytesIO

import numpy as np

from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.second_opinion import SCORE
from facerec.faces import images
from facerec.faces.boxes import Box
from facerec.faces.detection import FaceDetector, WholeImage
from facerec.faces.preprocessing import extract_faces, face_file
from facerec.recognition.recogniser import Recogniser
from facerec.runs.held_out import held_out_of
from facerec.runs.run import Run
from facerec.sample_data.collection import photographs

_DRAWN_OF_EACH = 2
_OWN_OF_EACH = 2


@dataclass(frozen=True)
class Check:
    """What ``recognise.py --check`` repeats.

    Parameters
    ----------
    faces : numpy.ndarray
        RGB uint8, shape (faces, 224, 224, 3).
    probabilities : numpy.ndarray
        Float32, shape (faces, people), at the operating point's temperature.
    scores : numpy.ndarray
        Float32, shape (faces,).
    picture : numpy.ndarray
        A drawn picture of two people: RGB uint8, shape (height, width, 3).
    boxes : tuple of Box
        The faces found in it, the largest first.
    """

    faces: np.ndarray
    probabilities: np.ndarray
    scores: np.ndarray
    picture: np.ndarray
    boxes: tuple[Box, ...]

    def as_arrays(self) -> bytes:
        """Content of a file of NumPy arrays by these names."""
        buffer = BytesIO()
        np.savez_compressed(buffer, **vars(self))
        return buffer.getvalue()

    def as_json(self) -> bytes:
        """The same as JSON; pixels are bytes in Base64, row by row."""
        height, width = self.picture.shape[:2]
        content = {
            "faces": _base64(self.faces),
            "probabilities": self.probabilities.tolist(),
            "scores": self.scores.tolist(),
            "picture": {"width": width, "height": height, "pixels": _base64(self.picture)},
            "boxes": self.boxes,
        }
        return json.dumps(content).encode()


def _base64(pixels: np.ndarray) -> str:
    return base64.b64encode(pixels.tobytes()).decode()


def check_of(run: Run, point: OperatingPoint, detector: FaceDetector, own_faces: bool) -> Check:
    """Drawn faces, or two of each of the run's own people, with the run's exact figures.

    Raises
    ------
    FacerecError
        If the run cannot recognise, or its own faces are wanted and gone.
    """
    frames = [photograph.frame for photograph in photographs(_DRAWN_OF_EACH, 1)]
    faces = _own_faces(run) if own_faces else _drawn(frames, detector)
    recogniser = Recogniser(run, asks_sface=point.score == SCORE)
    outputs = recogniser.outputs(faces)
    picture = np.hstack(frames[::_DRAWN_OF_EACH][:2])
    return Check(
        faces,
        outputs.probabilities(point.temperature).astype(np.float32),
        point.scores(outputs).astype(np.float32),
        picture,
        tuple(face.box for face in detector.detect(picture)),
    )


def _drawn(frames: list[np.ndarray], detector: FaceDetector) -> np.ndarray:
    found = (extract_faces(frame, detector) for frame in frames)
    return np.stack([faces[0].pixels for faces in found if faces])


def _own_faces(run: Run) -> np.ndarray:
    """Two faces of each person: enrolled ones as they are kept, else images held out."""
    if run.is_enrolled:
        kept = [run.gallery.pictures_of(name)[:_OWN_OF_EACH] for name in run.gallery.people]
        pictures = [images.decode(content) for pictures in kept for content in pictures]
        whole = WholeImage()
        return np.stack([extract_faces(picture, whole)[0].pixels for picture in pictures])
    held_out = held_out_of(run)
    chosen = [
        face
        for name in run.classes
        for face in [one for one in held_out if one.class_name == name][:_OWN_OF_EACH]
    ]
    return np.stack([face_file(face.path) for face in chosen])
