"""Ways to tell whose face an embedding is of, from the embeddings of enrolled faces."""

import math
from functools import cached_property
from typing import ClassVar

import numpy as np
from sklearn.svm import LinearSVC

from facerec.dataset import UNKNOWN
from facerec.errors import FacerecError
from facerec.face_space import class_means, of_length_one
from facerec.gallery import Gallery
from facerec.scores import OperatingPoint, Outputs

# Makes probabilities of cosines: of two people 0.5 apart, the nearer one gets 99 %.
_SCALE = np.float32(10)
# Of one person alone, so large a share of the faces may be called Unknown.
_REFUSED_OF_ONE = 0.05
# So many faces tell a threshold as well as all of a large gallery would.
_MOST_COMPARED = 1000


class ClassMeans:
    """Names a face by the middle of each person's faces, as do prototypes in few-shot learning.

    How sure it is, is the cosine to that middle: with every matcher, since it was measured to tell
    strangers better from known people than the nearest neighbours do.

    Snell, Swersky and Zemel, Prototypical Networks for Few-shot Learning, 2017.

    Parameters
    ----------
    gallery : Gallery
        Of at least one person.
    """

    name: ClassVar[str] = "means"
    title: ClassVar[str] = "Class means"
    description: ClassVar[str] = (
        "Whose faces are, in the middle, most like this one. A good first choice."
    )

    def __init__(self, gallery: Gallery) -> None:
        self.gallery = gallery

    def outputs(self, embeddings: np.ndarray) -> Outputs:
        """How near faces are to each person of the gallery.

        Parameters
        ----------
        embeddings : numpy.ndarray
            Float32, shape (faces, dimensions), each row of length 1.
        """
        return Outputs(self.logits(embeddings), self.similarities(embeddings))

    def logits(self, embeddings: np.ndarray) -> np.ndarray:
        """What decides who it is: float32, shape (faces, people)."""
        return _SCALE * self.similarities(embeddings)

    def similarities(self, embeddings: np.ndarray) -> np.ndarray:
        """The cosine to the middle of each person's faces: float32, shape (faces, people)."""
        return embeddings @ self.means.T

    def operating_point(self) -> OperatingPoint:
        """A threshold to begin with, as far as the gallery itself can tell one.

        Each face is compared with the other faces of its person, and, as if it were a stranger's,
        with everybody else's: the threshold lies halfway between what is usual of the one and of
        the other. Of one person alone, 5 % of the faces are refused.
        """
        size = len(self.gallery)
        faces = np.linspace(0, size - 1, min(size, _MOST_COMPARED)).astype(int)
        own, others = self._own_and_others(faces)
        if not len(own):
            threshold = 0.5
        elif len(others):
            threshold = float(np.median(own) + np.median(others)) / 2
        else:
            threshold = float(np.quantile(own, _REFUSED_OF_ONE))
        # Under the lowest score, so that there is a threshold at which it is named.
        low = (math.floor(min([threshold, *own, *others]) * 10) - 1) / 10
        return OperatingPoint(threshold, "similarity", 1.0, low, 1.0)

    def _own_and_others(self, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Similarities of enrolled faces (rows of the gallery): float32, two of one dimension.

        To the rest of their own person's faces, as far as there is one; and to the nearest other
        person. Nobody is near to ``Unknown``, whose faces are none person's own.
        """
        embeddings, labels = self.gallery.embeddings[faces], self.gallery.labels[faces]
        persons = np.array([name != UNKNOWN for name in self.gallery.people], bool)
        counts = np.bincount(self.gallery.labels)[labels]
        sums = class_means(self.gallery.embeddings, self.gallery.labels)[labels] * counts[:, None]
        own = np.einsum("fd,fd->f", of_length_one(sums - embeddings), embeddings)
        similarities = np.where(persons, self.similarities(embeddings), -np.inf)
        similarities[np.arange(len(faces)), labels] = -np.inf
        others = similarities.max(axis=1, initial=-np.inf)
        return own[persons[labels] & (counts > 1)], others[np.isfinite(others)]

    @cached_property
    def means(self) -> np.ndarray:
        """The middle of each person's faces: float32, shape (people, dimensions), of length 1."""
        return of_length_one(class_means(self.gallery.embeddings, self.gallery.labels))


class NearestNeighbours(ClassMeans):
    """Names a face by the five nearest of each person's faces: their mean cosine decides.

    The search is exact: one product of matrices.
    """

    name = "neighbours"
    title = "Nearest neighbours"
    description = (
        "Whose five most similar faces are nearest to this one: for people who look different "
        "from picture to picture. Wants many pictures of each."
    )
    neighbours = 5

    def logits(self, embeddings: np.ndarray) -> np.ndarray:
        cosines = embeddings @ self.gallery.embeddings.T
        starts = np.searchsorted(self.gallery.labels, np.arange(len(self.gallery.people)))
        sizes = np.diff([*starts, len(self.gallery)])
        totals = np.zeros((len(cosines), len(starts)), np.float32)
        counts = np.minimum(sizes, self.neighbours).astype(np.float32)
        # Round by round for all people at once: there may be thousands.
        for taken in range(min(self.neighbours, int(sizes.max()))):
            best = np.maximum.reduceat(cosines, starts, axis=1)
            totals += np.where(taken < sizes, best, 0)
            _take_out(cosines, best, starts, sizes)
        return _SCALE * totals / counts


class LinearSVM(ClassMeans):
    """Names a face by a linear support vector machine.

    Cortes and Vapnik, Support-Vector Networks, 1995.
    """

    name = "svm"
    title = "Linear SVM"
    description = (
        "Draws the widest borders between people that it can: often the best, where there are "
        "about as many pictures of each."
    )

    def logits(self, embeddings: np.ndarray) -> np.ndarray:
        if self._machine is None:
            return super().logits(embeddings)
        sides = self._machine.decision_function(embeddings).astype(np.float32)
        # Of two people, there is one border.
        return np.stack([-sides, sides], axis=1) if sides.ndim == 1 else sides

    @cached_property
    def _machine(self) -> LinearSVC | None:
        """None where one person is alone, whom nothing has to be told from."""
        if len(self.gallery.people) < 2:
            return None
        machine = LinearSVC(class_weight="balanced", random_state=0)
        return machine.fit(self.gallery.embeddings, self.gallery.labels)


def _take_out(cosines: np.ndarray, best: np.ndarray, starts: np.ndarray, sizes: np.ndarray) -> None:
    """Make the first of each person's largest cosines the smallest of all, in place."""
    columns = np.arange(cosines.shape[1])
    places = np.where(cosines == best.repeat(sizes, axis=1), columns, len(columns))
    first = np.minimum.reduceat(places, starts, axis=1)
    rows, people = np.nonzero(first < len(columns))
    cosines[rows, first[rows, people]] = -np.inf


MATCHERS: dict[str, type[ClassMeans]] = {
    matcher.name: matcher for matcher in (ClassMeans, NearestNeighbours, LinearSVM)
}


def matcher_of(gallery: Gallery) -> ClassMeans:
    """What compares faces with those of a gallery of at least one person.

    Raises
    ------
    FacerecError
        If it asks for a matcher that there is not.
    """
    if gallery.matcher not in MATCHERS:
        raise FacerecError(f"There is no matcher {gallery.matcher!r}: {', '.join(MATCHERS)}.")
    return MATCHERS[gallery.matcher](gallery)
