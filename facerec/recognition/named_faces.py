"""Faces with names: scored, named at an operating point, drawn."""

from dataclasses import dataclass

import numpy as np

from facerec.datasets.folder import UNKNOWN
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import Outputs
from facerec.faces import drawing
from facerec.faces.detection import Box


@dataclass(frozen=True)
class ScoredFace:
    """A face and its outputs, before any threshold.

    Parameters
    ----------
    box : Box
        In pixels of the frame.
    outputs : Outputs
        Outputs for this face: one row.
    """

    box: Box
    outputs: Outputs


@dataclass(frozen=True)
class RecognizedFace:
    """A face with its name.

    Parameters
    ----------
    box : Box
        In pixels of the frame.
    label : str
        A class; also ``Unknown`` if the score does not exceed the threshold.
    confidence : float
        Probability of the likeliest class, 0 to 1.
    score : float
        The score that was compared with the threshold.
    probabilities : dict of str to float
        Probability of each class, 0 to 1.
    """

    box: Box
    label: str
    confidence: float
    score: float
    probabilities: dict[str, float]

    @property
    def known(self) -> bool:
        return self.label != UNKNOWN

    @property
    def sureness(self) -> str:
        """The confidence as text to show after the name, such as " 87%"; empty if it has none.

        A refused face has none, since the confidence belongs to another name. With one class only,
        the confidence is always 1 and says nothing.
        """
        likeliest = max(self.probabilities, key=self.probabilities.__getitem__)
        told = len(self.probabilities) > 1 and self.label == likeliest
        return f" {self.confidence:.0%}" if told else ""


def name_face(face: ScoredFace, classes: tuple[str, ...], point: OperatingPoint) -> RecognizedFace:
    """The name of a scored face: its likeliest class, or Unknown at or below the threshold."""
    (probabilities,) = face.outputs.probabilities(point.temperature)
    # The prediction comes from the logits: rounded probabilities near 0 and 1 may tie.
    best = int(face.outputs.predictions[0])
    return RecognizedFace(
        face.box,
        classes[best] if point.is_named(classes, face.outputs)[0] else UNKNOWN,
        float(probabilities[best]),
        float(point.scores(face.outputs)[0]),
        dict(zip(classes, probabilities.tolist(), strict=True)),
    )


def draw_recognized(frame: np.ndarray, faces: list[RecognizedFace]) -> None:
    """Draw boxes and names into a frame in place: green for known, red for Unknown.

    The frame is RGB uint8, shape (height, width, 3).
    """
    for face in faces:
        color = drawing.GREEN if face.known else drawing.RED
        drawing.draw_face(frame, face.box, f"{face.label}{face.sureness}", color)
