"""Gallery: the embeddings of the enrolled people of an embedding recogniser."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np

from facerec.datasets.folder import UNKNOWN
from facerec.errors import FacerecError
from facerec.networks.metric import Metric
from facerec.system import files, paths

_LENGTH_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Gallery:
    """The enrolled faces. A gallery is immutable: each change makes a new one.

    Parameters
    ----------
    matcher : str
        How a new face is compared with the enrolled ones: a name of
        ``facerec.decisions.matchers.MATCHERS``.
    people : tuple of str
        The enrolled people in order of enrolment; ``Unknown`` may be one of them.
    labels : numpy.ndarray
        Person of each face, as an index into ``people``: int64, shape (faces,), in ascending order.
        Each person has at least one face.
    embeddings : numpy.ndarray
        Float32, shape (faces, dimensions), as ``metric`` compares them.
    pictures : tuple of bytes
        A small picture of each face, as the content of a JPEG file.
    metric : Metric
        How the embeddings are compared.

    Raises
    ------
    ValueError
        If these do not fit each other.
    """

    matcher: str
    people: tuple[str, ...]
    labels: np.ndarray
    embeddings: np.ndarray
    pictures: tuple[bytes, ...]
    metric: Metric = Metric.COSINE

    def __post_init__(self) -> None:
        if len(set(self.people)) < len(self.people):
            raise ValueError("a name comes twice")
        if not len(self.labels) == len(self.embeddings) == len(self.pictures):
            raise ValueError("labels, embeddings and pictures are not equally many")
        if self.embeddings.ndim != 2 or not np.isfinite(self.embeddings).all():
            raise ValueError("the embeddings are no rows of numbers")
        scaled = self.metric.scaled(self.embeddings)
        if not np.allclose(scaled, self.embeddings, atol=_LENGTH_TOLERANCE):
            raise ValueError("the embeddings are not of length 1")
        if not np.array_equal(np.unique(self.labels), np.arange(len(self.people))):
            raise ValueError("the labels are not those of the people")
        if (np.diff(self.labels) < 0).any():
            raise ValueError("the labels are not in order")

    @classmethod
    def empty(cls, matcher: str, dimensions: int, metric: Metric = Metric.COSINE) -> "Gallery":
        """A gallery without people."""
        return cls(matcher, (), np.empty(0, int), np.empty((0, dimensions), np.float32), (), metric)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def persons(self) -> tuple[str, ...]:
        """The enrolled people without ``Unknown``."""
        return tuple(name for name in self.people if name != UNKNOWN)

    def counts(self) -> dict[str, int]:
        """Number of faces by person."""
        found = Counter(self.labels.tolist())
        return {name: found[label] for label, name in enumerate(self.people)}

    def faces_of_persons(self) -> list[int]:
        """Number of faces of each person, without ``Unknown``."""
        counts = self.counts()
        return [counts[name] for name in self.persons]

    def pictures_of(self, person: str) -> list[bytes]:
        """The pictures of a person's faces; errors as ``without``."""
        label = self._label(person)
        return [self.pictures[face] for face in np.flatnonzero(self.labels == label)]

    def with_faces(
        self, person: str, embeddings: np.ndarray, pictures: Sequence[bytes]
    ) -> "Gallery":
        """A gallery with additional faces of a person, who may be new.

        Parameters
        ----------
        person : str
            Name of the person. A person of that name, in any capitals, gets the faces in addition.
        embeddings : numpy.ndarray
            Float32, shape (faces, dimensions); at least one row.
        pictures : sequence of bytes
            One JPEG for each of these faces.

        Raises
        ------
        FacerecError
            If the name is not allowed, or there is no face.
        """
        name = paths.safe_name(person, "name")
        known = {known.casefold(): known for known in self.people}
        name = known.get(name.casefold(), name)
        if not len(embeddings):
            raise FacerecError(f"There is no face of {name} to learn from.")
        people = self.people if name in self.people else (*self.people, name)
        labels = np.concatenate([self.labels, np.full(len(embeddings), people.index(name))])
        order = np.argsort(labels, kind="stable")
        every = (*self.pictures, *pictures)
        return replace(
            self,
            people=people,
            labels=labels[order],
            embeddings=np.concatenate([self.embeddings, self.metric.scaled(embeddings)])[order],
            pictures=tuple(every[place] for place in order),
        )

    def without(self, person: str) -> "Gallery":
        """A gallery without a person.

        Raises
        ------
        FacerecError
            If nobody of that name is enrolled.
        """
        label = self._label(person)
        kept = np.flatnonzero(self.labels != label)
        return replace(
            self,
            people=tuple(name for name in self.people if name != person),
            labels=self.labels[kept] - (self.labels[kept] > label),
            embeddings=self.embeddings[kept],
            pictures=tuple(self.pictures[face] for face in kept),
        )

    def save(self, path: Path) -> None:
        """Write the gallery to a file in one step."""
        buffer = BytesIO()
        np.savez(
            buffer,
            matcher=np.array(self.matcher),
            people=np.array(self.people, dtype=np.str_),
            labels=self.labels,
            embeddings=self.embeddings,
            pictures=np.frombuffer(b"".join(self.pictures), np.uint8),
            picture_ends=np.cumsum([len(picture) for picture in self.pictures], dtype=int),
            metric=np.array(self.metric.value),
        )
        files.write_bytes(path, buffer.getbuffer())

    @classmethod
    def load(cls, path: Path) -> "Gallery":
        """Read a gallery that ``save`` wrote; code in the file is never run.

        The file is read again only if it has changed since.

        Raises
        ------
        FacerecError
            If the file is damaged.
        """
        return _loaded(path, files.content_hash(path))

    def _label(self, person: str) -> int:
        if person not in self.people:
            raise FacerecError(f"Nobody named {person} is enrolled.")
        return self.people.index(person)


@lru_cache(maxsize=8)
def _loaded(path: Path, content_hash: str) -> Gallery:
    try:
        with np.load(path, allow_pickle=False) as content:
            pictures = content["pictures"].tobytes()
            ends = [0, *content["picture_ends"].tolist()]
            people = tuple(paths.safe_name(name) for name in content["people"].tolist())
            return Gallery(
                str(content["matcher"]),
                people,
                content["labels"].astype(int),
                content["embeddings"].astype(np.float32),
                tuple(pictures[start:end] for start, end in pairwise(ends)),
                # Earlier versions knew no other metric, and saved none.
                Metric(str(content.get("metric", Metric.COSINE.value))),
            )
    except Exception as error:  # NumPy raises whatever its ZIP reader met
        raise FacerecError(f"{path} is damaged: make a new recogniser.") from error
