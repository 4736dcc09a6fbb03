"""Are two faces of the same person? Similarities of pairs, and what a threshold does to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from facerec import metrics
from facerec.dataset import UNKNOWN, FaceFile
from facerec.detection import FaceDetector
from facerec.embedded_faces import EmbeddedFaces
from facerec.errors import FacerecError
from facerec.metrics import ErrorRates
from facerec.preprocessing import extract_faces
from facerec.recognition import Classifier
from facerec.score_comparison import of_hundred


@dataclass(frozen=True)
class Pairs:
    """Cosine similarities of all pairs of some faces.

    Parameters
    ----------
    same : numpy.ndarray
        Float32, shape (pairs,): of two pictures of the same person; at least one.
    different : numpy.ndarray
        Float32, shape (pairs,): of two people; at least one.
    people, images : int
        That they are of.
    of_strangers : bool
        Whether the network never saw these people, as in the field's benchmarks: Huang et al.,
        Labeled Faces in the Wild, 2007. Else it learned from other pictures of them, which is
        easier.
    """

    same: np.ndarray
    different: np.ndarray
    people: int
    images: int
    of_strangers: bool

    @cached_property
    def rates(self) -> ErrorRates:
        """FAR (two people taken for one) and FRR (one for two) over all thresholds."""
        return metrics.error_rates(self.same, self.different)

    @cached_property
    def equal_error(self) -> tuple[float, float]:
        """The equal error rate, 0 to 1, and its threshold."""
        return metrics.equal_error_rate(self.rates)

    @cached_property
    def auroc(self) -> float:
        """How often a pair of the same person is more alike than one of two people."""
        return metrics.auroc(self.same, self.different)

    @property
    def range(self) -> tuple[float, float]:
        """Ends of a slider for the threshold: at the one all are one person, at the other none."""
        lowest = min(self.same.min(), self.different.min())
        return float(np.floor(lowest * 10) - 1) / 10, 1.0

    def false_acceptance_rate(self, threshold: float) -> float:
        """FAR, or false match rate: share of pairs of two people taken for one, 0 to 1."""
        return metrics.false_acceptance_rate(self.different, threshold)

    def false_rejection_rate(self, threshold: float) -> float:
        """FRR, or false non-match rate: share of pairs of one person taken for two, 0 to 1."""
        return metrics.false_rejection_rate(self.same, threshold)

    def accuracy(self, threshold: float) -> float:
        """Share of right verdicts, 0 to 1, if as many pairs are of one person as of two."""
        wrong = self.false_acceptance_rate(threshold) + self.false_rejection_rate(threshold)
        return 1 - wrong / 2

    def in_words(self, threshold: float) -> str:
        """What a threshold means, in a sentence or two."""
        frr = of_hundred(self.false_rejection_rate(threshold))
        far = of_hundred(self.false_acceptance_rate(threshold))
        return (
            f"Of 100 pairs of the same person, **{frr}** taken for two people. "
            f"Of 100 pairs of two people, **{far}** taken for one."
        )


def all_pairs(faces: EmbeddedFaces) -> Pairs:
    """All pairs of the strangers among some faces; without enough of them, of the known people.

    Strangers are the honest test, since verification is for people whom the network never saw. It
    takes at least two of them, each under a name of their own, and two pictures of one. ``Unknown``
    is many people under one name, so that its faces cannot be paired.

    Raises
    ------
    FacerecError
        If there are not enough faces of either.
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


def similarity(classifier: Classifier, first: np.ndarray, second: np.ndarray) -> float:
    """The cosine similarity of two faces, RGB uint8 (224, 224, 3): 1 is the same."""
    one, other = classifier.embeddings(np.stack([first, second]))
    return float(one @ other)


def largest_face(image: np.ndarray, detector: FaceDetector) -> np.ndarray:
    """The largest face in a picture: RGB uint8 (224, 224, 3) of RGB uint8 (height, width, 3).

    Raises
    ------
    FacerecError
        If there is none.
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
    """Two images drawn by chance.

    Parameters
    ----------
    people : mapping of str to sequence of FaceFile
        The images of each person.
    same : bool
        Whether both are of one person, or of two.
    generator : numpy.random.Generator, optional
        By default another one each time.

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
        first, second = generator.choice(len(own), 2, replace=False)
        return own[first], own[second]
    first, second = (
        people[names[place]] for place in generator.choice(len(names), 2, replace=False)
    )
    return first[generator.integers(len(first))], second[generator.integers(len(second))]


def _pairs(names: np.ndarray, embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Similarities of all pairs of the same name, and of different names."""
    first, second = np.triu_indices(len(names), 1)
    similarities = (embeddings @ embeddings.T)[first, second]
    same = names[first] == names[second]
    return similarities[same], similarities[~same]
