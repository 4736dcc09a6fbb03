"""The second opinion: whether a face network knows a face from the people that a run learned."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facerec.decisions.face_space import class_means
from facerec.decisions.fitted import load_fitted, save_fitted
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.population import USUAL_RATE, Population, populations
from facerec.networks.metric import of_length_one

NETWORK, SCORE = "sface", "second_opinion"
_LOW, _HIGH = -0.2, 1.0
_MISTAKEN = 0.01


@dataclass(frozen=True)
class SecondOpinion:
    """Class means of SFace's embeddings of the people that a run has learned.

    SFace tells strangers from them; the run's own network still says who is who.

    Parameters
    ----------
    means : numpy.ndarray
        Float32, shape (people, 128), each row of length 1.
    pictures : tuple of int
        Number of pictures from which each class mean was made.
    least : float
        Threshold at which not more than 1 in 100 of the people's own pictures would be taken for
        another of them: people who look alike, such as drawn ones, ask for more than strangers do.

    Raises
    ------
    ValueError
        If there is nobody, a value is not finite, or the shapes do not fit each other.
    """

    means: np.ndarray
    pictures: tuple[int, ...]
    least: float = -1.0

    def __post_init__(self) -> None:
        if self.means.ndim != 2 or not len(self.means) or len(self.means) != len(self.pictures):
            raise ValueError("the shapes of a second opinion do not fit each other")
        if not np.isfinite(self.means).all() or not np.isfinite(self.least):
            raise ValueError("a second opinion has means that are no numbers")

    @property
    def population(self) -> Population:
        """What was measured on strangers with SFace."""
        return populations()[NETWORK]

    def similarities(self, embeddings: np.ndarray) -> np.ndarray:
        """Cosine similarity of each face to the most similar person.

        Parameters
        ----------
        embeddings : numpy.ndarray
            SFace's, float32, shape (faces, 128), each row of length 1.

        Returns
        -------
        numpy.ndarray
            Float32, shape (faces,), -1 to 1.
        """
        return (embeddings @ self.means.T).max(axis=1)

    def suggested_point(self, rate: float = USUAL_RATE) -> OperatingPoint:
        """The operating point that lets a share ``rate`` of strangers pass, 0 to 1, or fewer."""
        threshold = max(self.population.threshold(rate, self.pictures), self.least)
        return OperatingPoint(min(threshold, _HIGH), SCORE, low=_LOW, high=_HIGH)

    def save(self, path: Path, weights_hash: str) -> None:
        """Write it to a file in one step; ``weights_hash`` is that of the run's weights."""
        arrays = {
            "means": self.means,
            "pictures": np.array(self.pictures),
            "least": np.array(self.least),
        }
        save_fitted(path, arrays, weights_hash)


def opinion_of(embeddings: np.ndarray, labels: np.ndarray) -> SecondOpinion:
    """The second opinion from SFace's embeddings, float32 (faces, 128), of labelled faces."""
    people, places, pictures = np.unique(labels, return_inverse=True, return_counts=True)
    means = of_length_one(class_means(embeddings, places))
    others = embeddings @ means.T
    others[np.arange(len(others)), places] = -1
    least = float(np.quantile(others.max(axis=1), 1 - _MISTAKEN)) if len(people) > 1 else -1.0
    return SecondOpinion(means, tuple(pictures.tolist()), least)


def load_second_opinion(path: Path) -> tuple[SecondOpinion, str]:
    """The second opinion in a file, and the hash of its run's weights: see ``load_fitted``."""
    return load_fitted(path, _second_opinion)


def _second_opinion(arrays: Mapping[str, np.ndarray]) -> SecondOpinion:
    pictures = tuple(arrays["pictures"].tolist())
    return SecondOpinion(arrays["means"], pictures, float(arrays["least"]))
