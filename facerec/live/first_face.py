"""Faces that SFace knows for as long as a page is open, without a data set and without a run."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from facerec.datasets.folder import UNKNOWN
from facerec.decisions.gallery import Gallery
from facerec.decisions.matchers import ClassMeans, matcher_of
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.population import USUAL_RATE, Population, populations
from facerec.decisions.scores import Outputs
from facerec.decisions.second_opinion import NETWORK
from facerec.recognition.engines import published_engine

NAME = "first face"


@dataclass(frozen=True, eq=False)
class FirstFaces:
    """Some people in memory, to be recognised by SFace's class means. Nothing of it is saved.

    Parameters
    ----------
    gallery : Gallery
        Whom it knows.
    """

    gallery: Gallery

    @classmethod
    def nobody(cls) -> "FirstFaces":
        """Nobody is known; SFace is loaded.

        Raises
        ------
        FacerecError
            If SFace's weights cannot be read.
        """
        return cls(Gallery.empty("means", published_engine(NETWORK).shape[1]))

    def with_person(self, name: str, faces: np.ndarray) -> "FirstFaces":
        """Somebody more is known; errors as ``Gallery.with_faces``.

        ``faces`` are RGB uint8, shape (faces, 224, 224, 3).
        """
        embeddings = published_engine(NETWORK)(faces)[1]
        return FirstFaces(self.gallery.with_faces(name, embeddings, [b""] * len(faces)))

    @property
    def classes(self) -> tuple[str, ...]:
        return self.gallery.people or (UNKNOWN,)

    def outputs(self, faces: np.ndarray) -> Outputs:
        """Similarities of faces, RGB uint8 (faces, 224, 224, 3), to each person."""
        if self._matcher is None or not len(faces):
            nothing = np.zeros((len(faces), len(self.classes)), np.float32)
            return Outputs(nothing, nothing)
        return self._matcher.outputs(published_engine(NETWORK)(faces)[1])

    @cached_property
    def point(self) -> OperatingPoint:
        """The threshold that one of 1,000 strangers passes."""
        if self._matcher is None:
            return OperatingPoint()
        return self._matcher.operating_point(self.population, USUAL_RATE)

    @property
    def population(self) -> Population:
        """What was measured on strangers with SFace."""
        return populations()[NETWORK]

    @cached_property
    def _matcher(self) -> ClassMeans | None:
        return matcher_of(self.gallery) if self.gallery.people else None
