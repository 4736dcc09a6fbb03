"""A run ready to score face images."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from facerec.decisions.matchers import matcher_of
from facerec.decisions.scores import Outputs
from facerec.decisions.second_opinion import NETWORK
from facerec.errors import FacerecError
from facerec.networks.metric import Metric, of_length_one
from facerec.recognition.engines import Engine, exact_engine, published_engine
from facerec.runs.run import Run


class NamesFaces(Protocol):
    """What names faces in a stream: a ``Recogniser``, or faces known for a moment."""

    @property
    def classes(self) -> tuple[str, ...]: ...

    def outputs(self, faces: np.ndarray) -> Outputs: ...


class Recogniser:
    """A run ready to score face images, with its network alone or with its gallery.

    Parameters
    ----------
    run : Run
    engine : Engine, optional
        Engine of this run. The default is PyTorch in fp32, with which all figures are calculated.
    asks_sface : bool
        Whether the outputs have a second opinion if the run has one, which costs SFace's time.

    Raises
    ------
    FacerecError
        If the run has no usable weights, or its face space, gallery or second opinion is damaged or
        of another network.
    """

    def __init__(self, run: Run, engine: Engine | None = None, *, asks_sface: bool = False) -> None:
        self.classes = run.classes
        self.second_opinion = run.second_opinion() if asks_sface else None
        self.face_space = run.face_space()
        self.engine = engine or exact_engine(run)
        if self.face_space is not None and self.face_space.shape != self.engine.shape:
            raise FacerecError(
                f"{run.face_space_file} does not fit the run's network: delete it and judge the "
                "run again."
            )
        self.metric = run.config.entry.metric if self.face_space is None else Metric.COSINE
        self.gallery = run.gallery if run.is_enrolled else None
        self._matcher = matcher_of(self.gallery) if self.gallery else None
        if self.gallery is not None and self.gallery.embeddings.shape[1] != self.dimensions:
            raise FacerecError(
                f"{run.gallery_file} does not fit the run's network: make a new recogniser."
            )
        if self.gallery is not None and self.gallery.metric is not self.metric:
            raise FacerecError(
                f"The people of {run.name} were enrolled by an earlier version, which compared the "
                f"faces by another metric ({self.gallery.metric.value}) than the network was "
                f"trained for ({self.metric.value}): make a new recogniser, and enrol them again."
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
            asked = None if self.second_opinion is None else np.zeros(len(faces), np.float32)
            return Outputs(nothing, nothing if compares else None, asked)
        logits, embeddings = self.engine(faces)
        if self._matcher:
            return self._matcher.outputs(self._places(embeddings))
        space, opinion = self.face_space, self.second_opinion
        return Outputs(
            logits,
            None if space is None else space.similarities(of_length_one(embeddings)),
            None if opinion is None else opinion.similarities(published_engine(NETWORK)(faces)[1]),
        )

    def embeddings(self, faces: np.ndarray) -> np.ndarray:
        """Embeddings of faces, projected into the face space if the run has one.

        Parameters
        ----------
        faces : numpy.ndarray
            RGB uint8, shape (faces, 224, 224, 3); at least one.

        Returns
        -------
        numpy.ndarray
            Float32, shape (faces, dimensions), as ``metric`` compares them.
        """
        return self._places(self.engine(faces)[1])

    def embeddings_of(self, faces: Sequence[np.ndarray]) -> np.ndarray:
        """Embeddings of single faces, each RGB uint8 (224, 224, 3); at least one."""
        return self.embeddings(np.stack(faces))

    def _places(self, embeddings: np.ndarray) -> np.ndarray:
        space = self.face_space
        return embeddings if space is None else space.places(of_length_one(embeddings))
