"""Face verification: similarities of pairs of faces, and error rates at a threshold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from facerec import metrics
from facerec.datasets.folder import UNKNOWN, FaceFile
from facerec.embeddings.faces import EmbeddedFaces
from facerec.errors import FacerecError
from facerec.evaluation.thresholds import of_hundred
from facerec.faces.detection import FaceDetector
from facerec.faces.preprocessing import extract_faces
from facerec.metrics import ErrorRates
from facerec.networks.metric import similarities
from facerec.recognition.recogniser import Recogniser


@dataclass(frozen=True)
class Pairs:
    """Similarities of all pairs of some faces.

    Parameters
    ----------
    same : numpy.ndarray
        Genuine pairs, two pictures of the same person: float32, shape (pairs,), at least one.
    different : numpy.ndarray
        Impostor pairs, pictures of two people: float32, shape (pairs,), at least one.
    people, images : int
        Numbers of people and of images that the pairs come from.
    of_strangers : bool
        Whether the network never saw these people in training, as in the benchmark of Huang et al.,
        Labeled Faces in the Wild, 2007. Otherwise it learned from other pictures of them, which is
        easier.
    """

    same: np.ndarray
    different: np.ndarray
    people: int
    images: int
    of_strangers: bool

    @cached_property
    def rates(self) -> ErrorRates:
        """FAR (two people accepted as one) and FRR (one person taken for two) by threshold."""
        return metrics.error_rates(self.same, self.different)

    @cached_property
    def equal_error(self) -> tuple[float, float]:
        """The equal error rate, 0 to 1, and its threshold."""
        return metrics.equal_error_rate(self.rates)

    @cached_property
    def auroc(self) -> float:
        """Probability that a genuine pair is more similar than an impostor pair, 0 to 1."""
        return metrics.auroc(self.same, self.different)

    @property
    def range(self) -> tuple[float, float]:
        """Ends of the threshold's slider: every pair is accepted at the low end, none at 1."""
        lowest = min(self.same.min(), self.different.min())
        return float(np.floor(lowest * 10) - 1) / 10, 1.0

    def false_acceptance_rate(self, threshold: float) -> float:
        """FAR, or false match rate: share of pairs of two people taken for one, 0 to 1.

        ``threshold`` is a similarity.
        """
        rate = metrics.false_acceptance_rate(self.different, threshold)
        assert rate is not None, "there are pairs of two people"
        return rate

    def false_rejection_rate(self, threshold: float) -> float:
        """FRR, or false non-match rate: share of pairs of one person taken for two, 0 to 1.

        ``threshold`` is a similarity.
        """
        rate = metrics.false_rejection_rate(self.same, threshold)
        assert rate is not None, "there are pairs of one person"
        return rate

    def accuracy(self, threshold: float) -> float:
        """Balanced accuracy, 0 to 1: that with as many pairs of one person as of two."""
        wrong = self.false_acceptance_rate(threshold) + self.false_rejection_rate(threshold)
        return 1 - wrong / 2

    def in_words(self, threshold: float) -> str:
        """Error rates at a threshold, in two sentences."""
        frr = of_hundred(self.false_rejection_rate(threshold))
        far = of_hundred(self.false_acceptance_rate(threshold))
        return (
            f"Of 100 pairs of the same person, **{frr}** taken for two people. "
            f"Of 100 pairs of two people, **{far}** taken for one."
        )


def all_pairs(faces: EmbeddedFaces) -> Pairs:
    """All pairs of strangers' faces; if there are not enough strangers, those of known people.

    Strangers are the honest test, since verification is for people whom the network never saw.
    There must be at least two strangers, each with a name, and two pictures of one of them.
    ``Unknown`` holds many people under one name, so its faces cannot be paired.

    Raises
    ------
    FacerecError
        If there are enough faces neither of strangers nor of known people.
    """
    names = np.array(faces.names)
    for of_strangers in (True, False):
        chosen = (faces.are_strangers == of_strangers) & (names != UNKNOWN)
        same, different = _pairs(names[chosen], faces.embeddings[chosen])
        if len(same) and len(different):
            people = len(np.unique(names[chosen]))
            return Pairs(same, different, people, int(chosen.sum()), of_strangers)
    raise FacerecError(
        "To tell what a similarity means, it takes held-out images of at least two people, and two "
        "images of one of them: collect more, or judge the run on strangers."
    )


def similarity(recogniser: Recogniser, first: np.ndarray, second: np.ndarray) -> float:
    """Similarity of two faces, RGB uint8 (224, 224, 3); 1 means equal embeddings."""
    one, other = recogniser.embeddings(np.stack([first, second]))[:, None]
    return float(similarities(one, other)[0, 0])


def largest_face(image: np.ndarray, detector: FaceDetector) -> np.ndarray:
    """The largest face in an image, cut out: RGB uint8, shape (224, 224, 3).

    ``image`` is RGB uint8, shape (height, width, 3).

    Raises
    ------
    FacerecError
        If no face is found.
    """
    found = extract_faces(image, detector)
    if not found:
        raise FacerecError(
            "No face was found in this picture: take one in which a face looks at the camera, "
            "large and well lit."
        )
    return found[0].pixels


def random_pair(
    people: Mapping[str, Sequence[FaceFile]],
    same: bool,
    generator: np.random.Generator | None = None,
) -> tuple[FaceFile, FaceFile]:
    """Two random images, of one person or of two.

    Parameters
    ----------
    people : mapping of str to sequence of FaceFile
        The images of each person.
    same : bool
        Whether both are of the same person.
    generator : numpy.random.Generator, optional
        By default a newly seeded one at each call.

    Raises
    ------
    FacerecError
        If there are not enough images.
    """
    generator = generator or np.random.default_rng()
    names = [name for name, own in people.items() if len(own) > same]
    if len(names) < 2 - same:
        raise FacerecError(
            "Nobody has two images here." if same else "There are not two people with images here."
        )
    if same:
        own = people[names[generator.integers(len(names))]]
        first, second = generator.choice(len(own), 2, replace=False).tolist()
        return own[first], own[second]
    first, second = (
        people[names[place]] for place in generator.choice(len(names), 2, replace=False)
    )
    return first[int(generator.integers(len(first)))], second[int(generator.integers(len(second)))]


def _pairs(names: np.ndarray, embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Similarities of all pairs with the same name, and with different names."""
    first, second = np.triu_indices(len(names), 1)
    found = similarities(embeddings, embeddings)[first, second]
    same = names[first] == names[second]
    return found[same], found[~same]
