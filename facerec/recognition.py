"""A run, a detector and a threshold: from a frame to labelled faces."""

from dataclasses import dataclass

import numpy as np
import torch

from facerec import drawing, metrics, networks
from facerec.dataset import UNKNOWN
from facerec.detection import Box, FaceDetector
from facerec.preprocessing import extract_faces
from facerec.runs import Run


@dataclass(frozen=True)
class ScoredFace:
    """A face and what the network says of it, before any threshold.

    Parameters
    ----------
    box : Box
        In pixels of the frame.
    probabilities : numpy.ndarray
        Float32, one a class, summing to 1.
    """

    box: Box
    probabilities: np.ndarray


@dataclass(frozen=True)
class RecognizedFace:
    """A face with its name.

    Parameters
    ----------
    box : Box
        In pixels of the frame.
    label : str
        A class; ``Unknown`` also where no class exceeds the threshold.
    confidence : float
        Probability of the likeliest class, 0 to 1.
    probabilities : dict
        By class.
    """

    box: Box
    label: str
    confidence: float
    probabilities: dict[str, float]

    @property
    def known(self) -> bool:
        return self.label != UNKNOWN


class Classifier:
    """A run's network, ready to score face images.

    Raises
    ------
    FacerecError
        If the run has no usable weights.
    """

    def __init__(self, run: Run) -> None:
        self.classes = run.info.classes
        self._network = networks.network(run.config.network)
        self._module = run.load_network().to(memory_format=torch.channels_last)

    def probabilities(self, faces: np.ndarray) -> np.ndarray:
        """Softmax probabilities of face images.

        Parameters
        ----------
        faces : numpy.ndarray
            RGB uint8, shape (faces, 224, 224, 3).

        Returns
        -------
        numpy.ndarray
            Float32, shape (faces, classes).
        """
        if not len(faces):
            return np.empty((0, len(self.classes)), np.float32)
        with torch.inference_mode():
            images = torch.from_numpy(faces).permute(0, 3, 1, 2)
            inputs = self._network.prepare(images).contiguous(memory_format=torch.channels_last)
            return self._module(inputs).softmax(dim=1).numpy()


class Recognizer:
    """Finds the faces in a frame and says who they are.

    Parameters
    ----------
    classifier : Classifier
    detector : FaceDetector
    """

    def __init__(self, classifier: Classifier, detector: FaceDetector) -> None:
        self.classifier = classifier
        self.detector = detector

    def score(self, frame: np.ndarray) -> list[ScoredFace]:
        """The faces in a frame (RGB uint8, height x width x 3), scored in one batch."""
        found = extract_faces(frame, self.detector)
        if not found:
            return []
        probabilities = self.classifier.probabilities(np.stack([item.pixels for item in found]))
        return [
            ScoredFace(item.face.box, row) for item, row in zip(found, probabilities, strict=True)
        ]

    def recognize(self, frame: np.ndarray, threshold: float) -> list[RecognizedFace]:
        """The faces in a frame with their names at a threshold, the largest face first."""
        return [name_face(face, self.classifier.classes, threshold) for face in self.score(frame)]


def name_face(face: ScoredFace, classes: tuple[str, ...], threshold: float) -> RecognizedFace:
    """Name a scored face: its likeliest class, or Unknown at or under the threshold."""
    best = int(face.probabilities.argmax())
    named = metrics.is_named(classes, face.probabilities[np.newaxis], threshold)[0]
    return RecognizedFace(
        face.box,
        classes[best] if named else UNKNOWN,
        float(face.probabilities[best]),
        dict(zip(classes, face.probabilities.tolist(), strict=True)),
    )


def draw_recognized(frame: np.ndarray, faces: list[RecognizedFace]) -> None:
    """Boxes and names into a frame (RGB uint8): green for known, red for Unknown."""
    for face in faces:
        color = drawing.GREEN if face.known else drawing.RED
        drawing.draw_face(frame, face.box, f"{face.label} {face.confidence:.0%}", color)
