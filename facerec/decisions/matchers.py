"""Matchers: they name an embedding by comparing it with the embeddings of enrolled faces."""

import math
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from torch import nn

from facerec.datasets.folder import UNKNOWN
from facerec.decisions import layers
from facerec.decisions.face_space import class_means
from facerec.decisions.gallery import Gallery
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.population import USUAL_RATE, Population
from facerec.decisions.scores import Outputs
from facerec.errors import FacerecError
from facerec.networks.metric import similarities
from facerec.system import files

if TYPE_CHECKING:
    from sklearn.svm import LinearSVC

# Factor from similarities to logits. With two people 0.5 apart, the nearer one gets 99 %.
_SCALE = np.float32(10)
# Share of the faces that the suggested threshold refuses if the gallery has one person only.
_REFUSED_OF_ONE = 0.05
# Share of enrolled faces that may get the name of another person.
_MISTAKEN = 0.01
# A sample of so many faces gives as good a threshold as a large gallery's total.
_MOST_COMPARED = 1000


class ClassMeans:
    """Names a face by the nearest class mean, the prototype of few-shot learning.

    The similarity score is that to the class mean, with every matcher. In measurements, it told
    strangers from known people better than the similarities to the nearest neighbours.

    Snell, Swersky and Zemel, Prototypical Networks for Few-shot Learning, 2017.

    Parameters
    ----------
    gallery : Gallery
        A gallery of at least one person.
    """

    name: ClassVar[str] = "means"
    title: ClassVar[str] = "Class means"
    description: ClassVar[str] = (
        "Whose faces are, in the middle, most like this one. A good first choice."
    )

    def __init__(self, gallery: Gallery) -> None:
        self.gallery = gallery

    def outputs(self, embeddings: np.ndarray) -> Outputs:
        """Logits and similarities of faces for each person of the gallery.

        Parameters
        ----------
        embeddings : numpy.ndarray
            Float32, shape (faces, dimensions), as the gallery's metric compares them.
        """
        return Outputs(self.logits(embeddings), self.similarities(embeddings))

    def logits(self, embeddings: np.ndarray) -> np.ndarray:
        """Logits, of which the largest decides the person: float32, shape (faces, people)."""
        return _SCALE * self.similarities(embeddings)

    def similarities(self, embeddings: np.ndarray) -> np.ndarray:
        """Similarity of each face to each class mean: float32, shape (faces, people)."""
        return similarities(embeddings, self.means)

    def layer(self) -> nn.Module:
        """``logits`` as a layer: float32 embeddings (faces, dimensions) to (faces, people)."""
        return layers.Means(self.means, float(_SCALE))

    def operating_point(
        self, population: Population | None = None, rate: float = USUAL_RATE
    ) -> OperatingPoint:
        """Operating point with a suggested threshold.

        Each face is compared with the mean of the other faces of its person, and with the nearest
        class mean of another person, as if it were a stranger's.

        With a population, the threshold names a share ``rate`` of strangers, and not more than 1 in
        100 enrolled faces would get the name of another person.

        Without one, the gallery alone says what is known. The threshold lies halfway between the
        medians of the two groups of similarities. With one person alone, it refuses 5 % of that
        person's faces. It is 0.5 if no person has two faces.

        Parameters
        ----------
        population : Population, optional
            What is known of strangers, for the network of this gallery.
        rate : float
            Share of strangers that may be named, above 0 and below 1.
        """
        size = len(self.gallery)
        faces = np.linspace(0, size - 1, min(size, _MOST_COMPARED)).astype(int)
        own, others = self._own_and_others(faces)
        if population and self.gallery.persons:
            threshold = population.threshold(rate, self.gallery.faces_of_persons())
            if len(others):
                threshold = max(threshold, float(np.quantile(others, 1 - _MISTAKEN)))
        elif not len(own):
            threshold = 0.5
        elif len(others):
            threshold = float(np.median(own) + np.median(others)) / 2
        else:
            threshold = float(np.quantile(own, _REFUSED_OF_ONE))
        # The slider begins below the lowest score, where every face is named.
        low = (math.floor(min([threshold, *own, *others]) * 10) - 1) / 10
        return OperatingPoint(min(threshold, 1.0), "similarity", 1.0, low, 1.0)

    def _own_and_others(self, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Similarities of enrolled faces to their own person, and to the nearest other person.

        ``faces`` are rows of the gallery. The first array has the similarity to the mean of the
        other faces of the same person, for people with at least two. The second has the similarity
        to the nearest class mean of another person. ``Unknown`` is no person in either. Both are
        float32, of one dimension, maybe of different lengths.
        """
        embeddings, labels = self.gallery.embeddings[faces], self.gallery.labels[faces]
        persons = np.array([name != UNKNOWN for name in self.gallery.people], bool)
        counts = np.bincount(self.gallery.labels)[labels]
        sums = class_means(self.gallery.embeddings, self.gallery.labels)[labels] * counts[:, None]
        remaining = self.gallery.metric.scaled(
            (sums - embeddings) / np.maximum(counts - 1, 1)[:, None]
        )
        own = 1 - np.square(remaining - embeddings).sum(axis=1) / 2
        found = np.where(persons, self.similarities(embeddings), -np.inf)
        found[np.arange(len(faces)), labels] = -np.inf
        others = found.max(axis=1, initial=-np.inf)
        return own[persons[labels] & (counts > 1)], others[np.isfinite(others)]

    @cached_property
    def means(self) -> np.ndarray:
        """Class mean of each person: float32, shape (people, dimensions)."""
        means = class_means(self.gallery.embeddings, self.gallery.labels)
        return self.gallery.metric.scaled(means)


class NearestNeighbours(ClassMeans):
    """Names a face by the mean similarity to the five nearest faces of each person.

    The search is exact: one matrix product.
    """

    name = "neighbours"
    title = "Nearest neighbours"
    description = (
        "Whose five most similar faces are nearest to this one: for people who look different "
        "from picture to picture. Wants many pictures of each."
    )
    neighbours = 5

    def logits(self, embeddings: np.ndarray) -> np.ndarray:
        found = similarities(embeddings, self.gallery.embeddings)
        starts = np.searchsorted(self.gallery.labels, np.arange(len(self.gallery.people)))
        sizes = np.diff([*starts, len(self.gallery)])
        totals = np.zeros((len(found), len(starts)), np.float32)
        counts = np.minimum(sizes, self.neighbours).astype(np.float32)
        # Each round takes the nearest remaining face of all people at once: there may be thousands.
        for taken in range(min(self.neighbours, int(sizes.max()))):
            best = np.maximum.reduceat(found, starts, axis=1)
            totals += np.where(taken < sizes, best, 0)
            _take_out(found, best, starts, sizes)
        return _SCALE * totals / counts

    def layer(self) -> nn.Module:
        return layers.Neighbours(self.gallery, self.neighbours, float(_SCALE))


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
        # With two people, there is only one decision value.
        return np.stack([-sides, sides], axis=1) if sides.ndim == 1 else sides

    def layer(self) -> nn.Module:
        return super().layer() if self._machine is None else layers.Sides(self._machine)

    @cached_property
    def _machine(self) -> "LinearSVC | None":
        """The fitted machine; None for one person, who needs no decision boundary."""
        if len(self.gallery.people) < 2:
            return None
        from sklearn.svm import LinearSVC

        machine = LinearSVC(class_weight="balanced", random_state=0)
        return machine.fit(self.gallery.embeddings, self.gallery.labels)


def _take_out(found: np.ndarray, best: np.ndarray, starts: np.ndarray, sizes: np.ndarray) -> None:
    """Set each person's largest similarity in each row to minus infinity, in place.

    Only the first one is taken out if several are equal.
    """
    columns = np.arange(found.shape[1])
    places = np.where(found == best.repeat(sizes, axis=1), columns, len(columns))
    first = np.minimum.reduceat(places, starts, axis=1)
    rows, people = np.nonzero(first < len(columns))
    found[rows, first[rows, people]] = -np.inf


MATCHERS: dict[str, type[ClassMeans]] = {
    matcher.name: matcher for matcher in (ClassMeans, NearestNeighbours, LinearSVM)
}


def matcher_of(gallery: Gallery) -> ClassMeans:
    """The matcher of a gallery of at least one person.

    Raises
    ------
    FacerecError
        If the gallery names a matcher that does not exist.
    """
    if gallery.matcher not in MATCHERS:
        raise FacerecError(f"There is no matcher {gallery.matcher!r}: {', '.join(MATCHERS)}.")
    return MATCHERS[gallery.matcher](gallery)


def suggested_point(
    gallery_file: Path, population: Population | None = None, rate: float = USUAL_RATE
) -> OperatingPoint:
    """The operating point for the gallery in a file; the default one if the gallery is empty.

    ``population`` and ``rate`` are those of ``ClassMeans.operating_point``.

    Raises
    ------
    FacerecError
        If the file is damaged, or names a matcher that does not exist.
    """
    return _suggested_point(gallery_file, files.content_hash(gallery_file), population, rate)


@lru_cache(maxsize=32)
def _suggested_point(
    gallery_file: Path, content_hash: str, population: Population | None, rate: float
) -> OperatingPoint:
    gallery = Gallery.load(gallery_file)
    if not len(gallery):
        return OperatingPoint()
    return matcher_of(gallery).operating_point(population, rate)
