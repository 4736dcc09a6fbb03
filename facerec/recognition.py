"""A run, a detector and an operating point: from a frame to labelled faces."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facerec import drawing
from facerec.dataset import UNKNOWN
from facerec.detection import Box, FaceDetector
from facerec.errors import FacerecError
from facerec.inference import Engine, exact_engine
from facerec.matchers import matcher_of
from facerec.preprocessing import extract_faces
from facerec.runs import Run
from facerec.scores import OperatingPoint, Outputs


@dataclass(frozen=True)
class ScoredFace:
    """A face and what the network says of it, before any threshold.

    Parameters
    ----------
    box : Box
        In pixels of the frame.
    outputs : Outputs
        Of this one face.
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
        A class; ``Unknown`` also where the score does not exceed the threshold.
    confidence : float
        Probability of the likeliest class, 0 to 1.
    score : float
        What the threshold was held against.
    probabilities : dict
        By class.
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
        """The confidence to be put behind the name, where it is that of the name.

        It is not where a face was refused; and of one name alone, it would say nothing.
        """
        likeliest = max(self.probabilities, key=self.probabilities.get)
        told = len(self.probabilities) > 1 and self.label == likeliest
        return f" {self.confidence:.0%}" if told else ""


class Classifier:
    """A run ready to score face images: by its network alone, or by its gallery.

    Parameters
    ----------
    run : Run
    engine : Engine, optional
        Of this run; PyTorch with numbers of 32 bits by default, which figures are calculated with.

    Raises
    ------
    FacerecError
        If the run has no usable weights, or its face space or its gallery is damaged or of another
        network.
    """

    def __init__(self, run: Run, engine: Engine | None = None) -> None:
        self.classes = run.classes
        self.face_space = run.face_space()
        self.engine = engine or exact_engine(run)
        if self.face_space is not None and self.face_space.shape != self.engine.shape:
            raise FacerecError(
                f"{run.face_space_file} does not fit the run's network: delete it and judge the "
                "run again."
            )
        self.gallery = run.gallery
        self._matcher = matcher_of(self.gallery) if self.gallery else None
        if self.gallery is not None and self.gallery.embeddings.shape[1] != self.dimensions:
            raise FacerecError(
                f"{run.gallery_file} does not fit the run's network: make a new recogniser."
            )

    @property
    def dimensions(self) -> int:
        """Of what ``embeddings`` gives."""
        space = self.face_space
        return self.engine.shape[1] if space is None else space.projection.shape[1]

    def outputs(self, faces: np.ndarray) -> Outputs:
        """What the network says of face images.

        Parameters
        ----------
        faces : numpy.ndarray
            RGB uint8, shape (faces, 224, 224, 3).
        """
        compares = self.face_space is not None or self.gallery is not None
        # To an empty gallery, everybody is Unknown.
        if not len(faces) or (self.gallery is not None and self._matcher is None):
            nothing = np.zeros((len(faces), len(self.classes)), np.float32)
            return Outputs(nothing, nothing if compares else None)
        logits, embeddings = self.engine(faces)
        if self._matcher:
            return self._matcher.outputs(self._places(embeddings))
        return Outputs(logits, self.face_space.similarities(embeddings) if compares else None)

    def embeddings(self, faces: np.ndarray) -> np.ndarray:
        """What faces are compared by, of length 1: their places in the face space if there is one.

        Parameters
        ----------
        faces : numpy.ndarray
            RGB uint8, shape (faces, 224, 224, 3); at least one.

        Returns
        -------
        numpy.ndarray
            Float32, shape (faces, embedding).
        """
        return self._places(self.engine(faces)[1])

    def embeddings_of(self, faces: Sequence[np.ndarray]) -> np.ndarray:
        """The same of single faces, each RGB uint8 (224, 224, 3); at least one."""
        return self.embeddings(np.stack(faces))

    def _places(self, embeddings: np.ndarray) -> np.ndarray:
        return embeddings if self.face_space is None else self.face_space.places(embeddings)


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
        outputs = self.classifier.outputs(np.stack([item.pixels for item in found]))
        return [
            ScoredFace(item.face.box, outputs[number : number + 1])
            for number, item in enumerate(found)
        ]

    def recognize(self, frame: np.ndarray, point: OperatingPoint) -> list[RecognizedFace]:
        """The faces in a frame with their names at an operating point, the largest face first."""
        return [name_face(face, self.classifier.classes, point) for face in self.score(frame)]


def name_face(face: ScoredFace, classes: tuple[str, ...], point: OperatingPoint) -> RecognizedFace:
    """Name a scored face: its likeliest class, or Unknown at or under the threshold."""
    (probabilities,) = face.outputs.probabilities(point.temperature)
    # Of the logits: probabilities near 0 and 1 are equal where those are not.
    best = int(face.outputs.predictions[0])
    return RecognizedFace(
        face.box,
        classes[best] if point.is_named(classes, face.outputs)[0] else UNKNOWN,
        float(probabilities[best]),
        float(point.scores(face.outputs)[0]),
        dict(zip(classes, probabilities.tolist(), strict=True)),
    )


def draw_recognized(frame: np.ndarray, faces: list[RecognizedFace]) -> None:
    """Boxes and names into a frame (RGB uint8): green for known, red for Unknown."""
    for face in faces:
        color = drawing.GREEN if face.known else drawing.RED
        drawing.draw_face(frame, face.box, f"{face.label}{face.sureness}", color)
