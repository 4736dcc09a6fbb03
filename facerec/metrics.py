"""Metrics of recognition: accuracy, F1, FAR and FRR, AUROC, calibration and intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
    roc_auc_score,
)

_RESAMPLES = 2000
_LEVEL = 0.95

# Classes of images, by number.
Labels = Sequence[int] | np.ndarray


def accuracy(labels: Labels, predictions: Labels) -> float:
    """Share of predictions that are right, 0 to 1."""
    return float(accuracy_score(labels, predictions))


def macro_f1(labels: Labels, predictions: Labels) -> float:
    """Macro F1: mean of the F1 scores of the classes, 0 to 1."""
    return float(f1_score(labels, predictions, average="macro", zero_division=0))


def f1_by_class(labels: Labels, predictions: Labels, classes: int) -> list[float]:
    """F1 score of each class, 0 to 1; 0 where a class neither occurs nor is predicted."""
    scores = f1_score(labels, predictions, labels=range(classes), average=None, zero_division=0)
    return scores.tolist()


@dataclass(frozen=True)
class ClassScores:
    """Precision, recall and F1 of one class, 0 to 1, and its number of images."""

    precision: float
    recall: float
    f1: float
    images: int


def scores_by_class(labels: Labels, predictions: Labels, classes: int) -> list[ClassScores]:
    """Precision, recall and F1 of each class; 0 where the divisor would be 0."""
    columns = precision_recall_fscore_support(
        labels, predictions, labels=range(classes), zero_division=0
    )
    return [
        ClassScores(float(precision), float(recall), float(f1), int(images))
        for precision, recall, f1, images in zip(*columns, strict=True)
    ]


def confusion(labels: Labels, predictions: Labels, classes: int) -> np.ndarray:
    """Confusion matrix by true class (row) and predicted class (column): int64, square."""
    return confusion_matrix(labels, predictions, labels=range(classes))


def false_acceptance_rate(strangers: np.ndarray, threshold: float) -> float | None:
    """False acceptance rate: share of strangers' faces that get a name; None without strangers.

    ``strangers`` are their scores, float (faces,), as ``OperatingPoint.acceptance`` gives them.
    """
    return float((strangers > threshold).mean()) if len(strangers) else None


def false_rejection_rate(known: np.ndarray, threshold: float) -> float | None:
    """False rejection rate: share of known people's faces called Unknown; None without any.

    ``known`` are their scores, float (faces,), as ``OperatingPoint.acceptance`` gives them.
    """
    return float((known <= threshold).mean()) if len(known) else None


@dataclass(frozen=True)
class ErrorRates:
    """FAR and FRR at every threshold where one of them changes.

    Parameters
    ----------
    thresholds : numpy.ndarray
        Float, ascending, shape (thresholds,). The first is the next float below all finite scores.
    far, frr : numpy.ndarray
        Float, 0 to 1, of the same shape. FAR falls and FRR rises with the threshold.
    """

    thresholds: np.ndarray
    far: np.ndarray
    frr: np.ndarray


def error_rates(known: np.ndarray, strangers: np.ndarray) -> ErrorRates:
    """FAR and FRR over all thresholds.

    Parameters
    ----------
    known, strangers : numpy.ndarray
        Scores, float (faces,), minus infinity for a face that is never named; neither is empty.
    """
    scores = np.unique(np.concatenate([known, strangers]))
    finite = scores[np.isfinite(scores)]
    lowest = np.nextafter(finite[:1], -np.inf) if len(finite) else [0.0]
    thresholds = np.concatenate([lowest, finite])
    named = len(strangers) - np.searchsorted(np.sort(strangers), thresholds, side="right")
    refused = np.searchsorted(np.sort(known), thresholds, side="right")
    return ErrorRates(thresholds, named / len(strangers), refused / len(known))


def equal_error_rate(rates: ErrorRates) -> tuple[float, float]:
    """Equal error rate and its threshold: the mean of FAR and FRR where they are nearest."""
    place = int(np.abs(rates.far - rates.frr).argmin())
    return float(rates.far[place] + rates.frr[place]) / 2, float(rates.thresholds[place])


def threshold_for(rates: ErrorRates, far: float) -> float:
    """The lowest threshold at which FAR is at most ``far``; it has the lowest FRR of these."""
    return float(rates.thresholds[(rates.far <= far).argmax()])


def enough_for(far: float, strangers: int) -> bool:
    """Whether so many strangers' faces can measure this FAR: at least one would be accepted."""
    return strangers * far >= 1


def auroc(known: np.ndarray, strangers: np.ndarray) -> float:
    """Area under the ROC curve of known people's faces against strangers' faces, 0 to 1.

    It is the probability that a known person's face scores higher than a stranger's. Ties count
    half.

    Parameters
    ----------
    known, strangers : numpy.ndarray
        Scores, float (faces,), minus infinity for a face that is never named; neither is empty.
    """
    # Ranks replace the scores, since scikit-learn takes no infinite ones.
    ranks = stats.rankdata(np.concatenate([known, strangers]))
    labels = np.repeat([1, 0], [len(known), len(strangers)])
    return float(roc_auc_score(labels, ranks))


@dataclass(frozen=True)
class ReliabilityBin:
    """A bin of faces by confidence: mean confidence, accuracy, and number of images."""

    confidence: float
    accuracy: float
    images: int


def reliability(confidences: np.ndarray, right: np.ndarray, bins: int = 10) -> list[ReliabilityBin]:
    """Accuracy by confidence bin; the bins have equal width, and empty ones are left out.

    Parameters
    ----------
    confidences : numpy.ndarray
        Float (faces,), 0 to 1.
    right : numpy.ndarray
        Bool (faces,): whether each prediction is right.
    bins : int
        Number of bins between 0 and 1.
    """
    places = np.minimum((confidences * bins).astype(int), bins - 1)
    return [
        ReliabilityBin(
            float(confidences[places == place].mean()),
            float(right[places == place].mean()),
            int((places == place).sum()),
        )
        for place in np.unique(places)
    ]


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Mean gap between confidence and accuracy over the bins, weighted by number of images.

    Guo et al., On Calibration of Modern Neural Networks, 2017.
    """
    total = sum(item.images for item in bins)
    return sum(abs(item.confidence - item.accuracy) * item.images for item in bins) / total


def cross_entropy(
    logits: np.ndarray, labels: Labels, temperature: float = 1.0, smoothing: float = 0.0
) -> float:
    """Mean cross-entropy of logits divided by a temperature.

    ``logits`` are float (faces, classes). ``smoothing`` is the label smoothing, 0 to 1: the share
    of each label that is spread evenly over all classes.
    """
    rows = log_softmax(logits.astype(np.float64) / temperature, axis=1)
    own = rows[np.arange(len(labels)), labels]
    return float(-(1 - smoothing) * own.mean() - smoothing * rows.mean())


def best_temperature(logits: np.ndarray, labels: Labels) -> float:
    """The temperature, 0.05 to 20, with the lowest cross-entropy of the labels.

    It changes no prediction: Guo et al., On Calibration of Modern Neural Networks, 2017. The n
    labels are smoothed by 1 / (n + 2), after Platt, Probabilistic Outputs for Support Vector
    Machines, 1999. Without smoothing, a network that is right on all of a few images would get the
    lowest temperature.
    """
    smoothing = 1 / (len(labels) + 2)
    found = minimize_scalar(
        lambda power: cross_entropy(logits, labels, math.exp(power), smoothing),
        bounds=(math.log(0.05), math.log(20)),
        method="bounded",
    )
    return math.exp(found.x)


def share_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's confidence interval of a share, as (low, high).

    Wilson, Probable inference, the law of succession, and statistical inference, 1927.
    """
    interval = stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


@dataclass(frozen=True, order=True)
class PeopleRate:
    """Share of images with something, and what it may be with other people.

    Images of one person resemble each other: 341 images of 12 people are 12 draws, not 341.

    Parameters
    ----------
    rate : float
        Share of the images, 0 to 1.
    low, high : float
        With 95 % confidence each, the rate over all people is not below, and not above.
    images, people : int
    people_with : int
        Number of people with at least one such image.
    """

    rate: float
    low: float
    high: float
    images: int
    people: int
    people_with: int

    @property
    def short(self) -> str:
        """The rate in a word; a bound where all people agree: no figure is known better."""
        if self.rate == 0:
            return f"≤ {_percent(self.high)}"
        return f"≥ {_percent(self.low)}" if self.rate == 1 else _percent(self.rate)

    def __str__(self) -> str:
        people = f"{self.people:,} {'person' if self.people == 1 else 'people'}"
        if self.rate == 0:
            return f"0 of {people}, at most {_percent(self.high)}"
        if self.rate == 1:
            return f"all of {people}, at least {_percent(self.low)}"
        between = f"{_percent(self.low)} to {_percent(self.high)}"
        return f"{_percent(self.rate)} ({between}, {people})"


def people_rate(hits: np.ndarray, people: Sequence[str] | np.ndarray) -> PeopleRate | None:
    """Share of images that are hit, with bounds over people; None without images.

    The bounds hold for whatever people may come, hit in any share of their images: they are those
    of Gaffke for the mean of a bounded variable (Learned-Miller and Thomas, A New Confidence
    Interval for the Mean of a Bounded Random Variable, 2020). People get random weights, and so
    does one more person, who is hit always for the upper bound and never for the lower. If nobody
    is hit, this is the bound of Clopper and Pearson, 1934: none of 6 people is compatible with
    39 %.

    Parameters
    ----------
    hits : numpy.ndarray
        Whether each image is hit: bool, shape (images,).
    people : sequence of str
        The person on each image.
    """
    if not len(hits):
        return None
    _, person = np.unique(people, return_inverse=True)
    images, found = np.bincount(person), np.bincount(person, weights=hits)
    number, rate = len(images), float(np.mean(hits))
    bound = (1 - _LEVEL) ** (1 / number)
    if rate == 0:
        low, high = 0.0, 1 - bound
    elif rate == 1:
        low, high = bound, 1.0
    else:
        # Exponential weights, divided by their sum, are evenly distributed over all weightings.
        weights = np.random.default_rng(0).standard_exponential((_RESAMPLES, number + 1))
        another = weights[:, -1] * images.mean()
        all_images, all_found = weights[:, :-1] @ images + another, weights[:, :-1] @ found
        low = float(np.quantile(all_found / all_images, 1 - _LEVEL))
        high = float(np.quantile((all_found + another) / all_images, _LEVEL))
    return PeopleRate(rate, low, high, len(hits), number, int((found > 0).sum()))


def _percent(share: float) -> str:
    """A share as a percentage with two digits, such as "0.35%" or "12%"."""
    return f"{share:.0%}" if share >= 0.0995 else f"{100 * share:.2g}%"


@dataclass(frozen=True)
class Difference:
    """Difference in accuracy between two networks on the same images.

    Parameters
    ----------
    accuracy : float
        Accuracy of the first minus accuracy of the second, -1 to 1.
    low, high : float
        Ends of its 95 % confidence interval.
    p_value : float
        Probability that chance alone gives a difference at least as large.
    images : int
        Number of images.
    """

    accuracy: float
    low: float
    high: float
    p_value: float
    images: int


def difference(first: np.ndarray, second: np.ndarray) -> Difference:
    """Compare two networks on the same images.

    The interval is a percentile bootstrap over images (Efron, 1979); with a single image it is -1
    to 1. The p-value is that of McNemar's exact test (1947). It takes the images that only one
    network names right: under the null hypothesis, each network is that one half of the time.

    Parameters
    ----------
    first, second : numpy.ndarray
        Bool (images,): whether each was right; not empty.
    """
    gains = first.astype(float) - second.astype(float)
    only_first, only_second = int((gains > 0).sum()), int((gains < 0).sum())
    if len(gains) == 1:
        return Difference(float(gains[0]), -1.0, 1.0, 1.0, 1)
    if only_first + only_second == 0:
        return Difference(0.0, 0.0, 0.0, 1.0, len(gains))
    # In batches: all resamples of ten thousand images at once would not fit into memory.
    interval = stats.bootstrap(
        (gains,), np.mean, method="percentile", n_resamples=_RESAMPLES, batch=100, rng=0
    ).confidence_interval
    test = stats.binomtest(only_first, only_first + only_second)
    return Difference(
        float(gains.mean()),
        float(interval.low),
        float(interval.high),
        float(test.pvalue),
        len(gains),
    )
