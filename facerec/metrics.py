"""The measures that everything else reports."""

from collections.abc import Sequence

import numpy as np
from scipy import stats
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from facerec.dataset import UNKNOWN


def accuracy(labels: Sequence[int], predictions: Sequence[int]) -> float:
    """Share of predictions that are right, 0 to 1."""
    return float(accuracy_score(labels, predictions))


def macro_f1(labels: Sequence[int], predictions: Sequence[int]) -> float:
    """F1 score of each class over all images, averaged over the classes, 0 to 1."""
    return float(f1_score(labels, predictions, average="macro", zero_division=0))


def f1_by_class(labels: Sequence[int], predictions: Sequence[int], classes: int) -> list[float]:
    """F1 score of each class, 0 to 1; 0 where a class neither occurs nor is predicted."""
    scores = f1_score(labels, predictions, labels=range(classes), average=None, zero_division=0)
    return scores.tolist()


def confusion(labels: Sequence[int], predictions: Sequence[int], classes: int) -> np.ndarray:
    """Counts by true class (row) and predicted class (column): int64, (classes, classes)."""
    return confusion_matrix(labels, predictions, labels=range(classes))


def is_named(classes: Sequence[str], probabilities: np.ndarray, threshold: float) -> np.ndarray:
    """Whether each face is given a person's name, and not called Unknown.

    It is when its likeliest class is a person and that class's probability exceeds the threshold.

    Parameters
    ----------
    classes : sequence of str
        In the order of the columns of ``probabilities``; ``Unknown`` may be among them.
    probabilities : numpy.ndarray
        Float, shape (faces, classes).
    threshold : float
        0 to 1; at 1 nobody is named.

    Returns
    -------
    numpy.ndarray
        Bool, shape (faces,).
    """
    persons = np.array([name != UNKNOWN for name in classes])
    return persons[probabilities.argmax(axis=1)] & (probabilities.max(axis=1) > threshold)


def false_acceptance_rate(
    classes: Sequence[str], strangers: np.ndarray, threshold: float
) -> float | None:
    """FAR: share of strangers' faces that are named as somebody; None without strangers.

    ``strangers`` are their probabilities, float (faces, classes).
    """
    if not len(strangers):
        return None
    return float(is_named(classes, strangers, threshold).mean())


def false_rejection_rate(
    classes: Sequence[str], known: np.ndarray, threshold: float
) -> float | None:
    """FRR: share of known people's faces that are called Unknown; None without known faces.

    ``known`` are their probabilities, float (faces, classes).
    """
    if not len(known):
        return None
    return float(1 - is_named(classes, known, threshold).mean())


def share_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's confidence interval of a share, as (low, high).

    Wilson, Probable inference, the law of succession, and statistical inference, 1927.
    """
    interval = stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)
