"""Recognition from a frame to labelled faces, with a run, a detector and an operating point."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facerec.datasets.folder import UNKNOWN
from facerec.decisions.matchers import matcher_of
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import Outputs
from facerec.errors import FacerecError
from facerec.faces import drawing
from facerec.faces.detection import Box, FaceDetector
from facerec.faces.preprocessing import extract_faces
from facerec.inference import Engine, exact_engine
from facerec.runs.run import Run


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
        likeliest = max(self.probabilities, key=self.probabilities.get)
        told = len(self.probabilities) > 1 and self.label == likeliest
        return f" {self.confidence:.0%}" if told else ""


class Classifier:
    """A run ready to score face images, with its network alone or with its gallery.

    Parameters
    ----------
    run : Run
    engine : Engine, optional
        Engine of this run. The default is PyTorch in fp32, with which all figures are calculated.

    Raises
    ------
    FacerecError
        If the run has no usable weights, or its face space or gallery is damaged or of another
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
        """Number of dimensions of the rows that ``embeddings`` gives."""
        space = self.face_space
        return self.engine.shape[1] if space is None else space.projection.shape[1]

    def outputs(self, faces: np.ndarray) -> Outputs:
        """Logits and similarities of face images, a row for each.

        Parameters
        ----------
        faces : numpy.ndarray
            RGB uint8, shape (faces, 224, 224, 3); may be empty.
        """
        compares = self.face_space is not None or self.gallery is not None
        # With an empty gallery, everybody is Unknown.
        if not len(faces) or (self.gallery is not None and self._matcher is None):
            nothing = np.zeros((len(faces), len(self.classes)), np.float32)
            return Outputs(nothing, nothing if compares else None)
        logits, embeddings = self.engine(faces)
        if self._matcher:
            return self._matcher.outputs(self._places(embeddings))
        return Outputs(logits, self.face_space.similarities(embeddings) if compares else None)

    def embeddings(self, faces: np.ndarray) -> np.ndarray:
        """Embeddings of faces, projected into the face space if the run has one.

        Parameters
        ----------
        faces : numpy.ndarray
            RGB uint8, shape (faces, 224, 224, 3); at least one.

        Returns
        -------
        numpy.ndarray
            Float32, shape (faces, dimensions), each row of length 1.
        """
        return self._places(self.engine(faces)[1])

    def embeddings_of(self, faces: Sequence[np.ndarray]) -> np.ndarray:
        """Embeddings of single faces, each RGB uint8 (224, 224, 3); at least one."""
        return self.embeddings(np.stack(faces))

    def _places(self, embeddings: np.ndarray) -> np.ndarray:
        return embeddings if self.face_space is None else self.face_space.places(embeddings)


class Recognizer:
    """Finds the faces in a frame and names them.

    Parameters
    ----------
    classifier : Classifier
    detector : FaceDetector
    """

    def __init__(self, classifier: Classifier, detector: FaceDetector) -> None:
        self.classifier = classifier
        self.detector = detector

    def score(self, frame: np.ndarray) -> list[ScoredFace]:
        """The faces in a frame, RGB uint8 (height, width, 3), scored in one batch."""
        found = extract_faces(frame, self.detector)
        if not found:
            return []
        outputs = self.classifier.outputs(np.stack([item.pixels for item in found]))
        return [
            ScoredFace(item.face.box, outputs[number : number + 1])
            for number, item in enumerate(found)
        ]

    def recognize(self, frame: np.ndarray, point: OperatingPoint) -> list[RecognizedFace]:
        """The faces in a frame with their names at an operating point, the largest face first.

        The frame is RGB uint8, shape (height, width, 3).
        """
        return [name_face(face, self.classifier.classes, point) for face in self.score(frame)]


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
