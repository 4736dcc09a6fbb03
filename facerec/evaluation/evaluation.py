"""Evaluation: a run's outputs on held-out images and on strangers, and the figures from them."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from facerec import metrics
from facerec.datasets.folder import UNKNOWN, FaceFile, FaceFolder
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import SCORES, Outputs
from facerec.metrics import ClassScores, ErrorRates, PeopleRate


@dataclass(frozen=True)
class Judged:
    """Images of a data set with a network's outputs.

    Parameters
    ----------
    dataset : str
        ``FaceFolder.reference`` of the data set.
    keys : tuple of str
        ``FaceFile.key`` of each image.
    names : tuple of str
        True class of each image.
    outputs : Outputs
    """

    dataset: str
    keys: tuple[str, ...]
    names: tuple[str, ...]
    outputs: Outputs

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def people(self) -> np.ndarray:
        """The person on each image: str, shape (images,).

        ``Unknown`` holds many people, and each of its sessions counts as one: an import of assorted
        people makes a session of each, and who was recorded in one session is one person or a few.
        """
        files = [FaceFile.from_path(Path(key)) for key in self.keys]
        names = [
            f"{UNKNOWN}/{file.session}" if file.class_name == UNKNOWN else file.class_name
            for file in files
        ]
        return np.array(names, np.str_)

    def face_files(self) -> list[FaceFile]:
        """Files of the images; some may have been moved or deleted since."""
        folder = FaceFolder.open(self.dataset).path
        return [FaceFile.from_path(folder / key) for key in self.keys]


@dataclass(frozen=True)
class Summary:
    """Headline figures of an evaluation: some without a threshold, others at an operating point.

    A rate of no images is None.

    Parameters
    ----------
    images, strangers : int
        Number of held-out images, and of strangers' images.
    score, threshold, temperature : str, float, float
        The operating point.
    accuracy : float
        Share of held-out images whose likeliest class is their true one, at any threshold.
    accuracy_interval : tuple of float
        95 % interval of the accuracy.
    macro_f1 : float
    false_acceptance_rate : float or None
        Share of strangers' images that get a name.
    unknown_acceptance_rate : float or None
        Share of the held-out images of ``Unknown`` that get a name.
    false_rejection_rate : float or None
        Share of people's held-out images that get no name.
    wrong_name_rate : float or None
        Share of people's held-out images that get somebody else's name.
    equal_error_rate, auroc : float or None
        Separation of known people from strangers, independent of the threshold.
    expected_calibration_error : float
        Calibration error at the temperature of the operating point.
    classes : dict of str to ClassScores
    confusion : list of list of int
        Number of held-out images by true class (row) and likeliest class (column).
    strangers_named, unknown_named, people_refused, people_misnamed : PeopleRate or None
        The false acceptance rate, that of ``Unknown``, the false rejection rate and the wrong-name
        rate, each with its bounds over people.
    """

    images: int
    strangers: int
    score: str
    threshold: float
    temperature: float
    accuracy: float
    accuracy_interval: tuple[float, float]
    macro_f1: float
    false_acceptance_rate: float | None
    unknown_acceptance_rate: float | None
    false_rejection_rate: float | None
    wrong_name_rate: float | None
    equal_error_rate: float | None
    auroc: float | None
    expected_calibration_error: float
    classes: dict[str, ClassScores]
    confusion: list[list[int]]
    strangers_named: PeopleRate | None = None
    unknown_named: PeopleRate | None = None
    people_refused: PeopleRate | None = None
    people_misnamed: PeopleRate | None = None

    def as_dict(self) -> dict[str, Any]:
        """All figures by name, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Evaluation:
    """A run's outputs on held-out images and on strangers, from which all figures are made.

    Parameters
    ----------
    classes : tuple of str
    held_out : Judged
        Images of the run's classes that it was not trained on.
    strangers : Judged or None
        Images of people in none of the classes; None if no strangers were given.
    """

    classes: tuple[str, ...]
    held_out: Judged
    strangers: Judged | None

    @property
    def labels(self) -> np.ndarray:
        """Index of each held-out image's true class: int64, shape (images,)."""
        return np.array([self.classes.index(name) for name in self.held_out.names], int)

    @property
    def predictions(self) -> np.ndarray:
        """Index of each held-out image's likeliest class: int64, shape (images,)."""
        return self.held_out.outputs.predictions

    @property
    def right(self) -> np.ndarray:
        """Whether each held-out image's likeliest class is its true one: bool, shape (images,)."""
        return self.predictions == self.labels

    @property
    def of_unknown(self) -> np.ndarray:
        """Whether each held-out image is of the class ``Unknown``: bool, shape (images,)."""
        return np.array([name == UNKNOWN for name in self.held_out.names], bool)

    def scores(self) -> list[str]:
        """Names of the scores that all images have, in the order of ``SCORES``."""
        parts = [part for part in (self.held_out, self.strangers) if part is not None]
        return [
            name
            for name, score in SCORES.items()
            if all(score.is_known(part.outputs) for part in parts)
        ]

    def known_acceptance(self, point: OperatingPoint) -> np.ndarray:
        """``OperatingPoint.acceptance`` of held-out images of people: float, shape (faces,)."""
        return point.acceptance(self.classes, self.held_out.outputs)[~self.of_unknown]

    def unknown_acceptance(self, point: OperatingPoint) -> np.ndarray:
        """``OperatingPoint.acceptance`` of held-out ``Unknown`` images: float, shape (faces,)."""
        return point.acceptance(self.classes, self.held_out.outputs)[self.of_unknown]

    def stranger_acceptance(self, point: OperatingPoint) -> np.ndarray:
        """``OperatingPoint.acceptance`` of strangers: float, shape (faces,); empty without any."""
        if self.strangers is None:
            return np.empty(0)
        return point.acceptance(self.classes, self.strangers.outputs)

    def error_rates(self, point: OperatingPoint) -> ErrorRates | None:
        """FAR and FRR at all thresholds of a score; None without strangers or known people."""
        known, strangers = self.known_acceptance(point), self.stranger_acceptance(point)
        return metrics.error_rates(known, strangers) if len(known) and len(strangers) else None

    def point_for(self, score: str, temperature: float) -> OperatingPoint:
        """Operating point of a score, with the threshold in the middle of its slider.

        The slider covers all values of the score in this evaluation.
        """
        if SCORES[score].bounded:
            return OperatingPoint(0.5, score, temperature)
        parts = [part for part in (self.held_out, self.strangers) if part is not None]
        values = np.concatenate([SCORES[score].of(part.outputs, temperature) for part in parts])
        # Below the lowest score, so that at the lowest threshold every face is named.
        low = (math.floor(float(values.min()) * 100) - 1) / 100
        high = math.ceil(float(values.max()) * 100) / 100
        return OperatingPoint((low + high) / 2, score, temperature, low, high)

    def class_scores(self) -> dict[str, ClassScores]:
        """Precision, recall and F1 of each class, by its name."""
        rows = metrics.scores_by_class(self.labels, self.predictions, len(self.classes))
        return dict(zip(self.classes, rows, strict=True))

    def reliability(self, temperature: float) -> list[metrics.ReliabilityBin]:
        """Accuracy by confidence bin, on the held-out images."""
        confidences = self.held_out.outputs.probabilities(temperature).max(axis=1)
        return metrics.reliability(confidences, self.right)

    def best_temperature(self) -> float:
        """The temperature at which the probabilities fit the held-out images best."""
        return metrics.best_temperature(self.held_out.outputs.logits, self.labels)

    def summary(self, point: OperatingPoint) -> Summary:
        """Headline figures at an operating point."""
        labels, predictions = self.labels, self.predictions
        known, strangers = self.known_acceptance(point), self.stranger_acceptance(point)
        unknown, right = self.unknown_acceptance(point), self.right[~self.of_unknown]
        rates = self.error_rates(point)
        misnamed = (known > point.threshold) & ~right
        return Summary(
            images=len(labels),
            strangers=len(strangers),
            score=point.score,
            threshold=point.threshold,
            temperature=point.temperature,
            accuracy=metrics.accuracy(labels, predictions),
            accuracy_interval=metrics.share_interval(int(self.right.sum()), len(labels)),
            macro_f1=metrics.macro_f1(labels, predictions),
            false_acceptance_rate=metrics.false_acceptance_rate(strangers, point.threshold),
            unknown_acceptance_rate=metrics.false_acceptance_rate(unknown, point.threshold),
            false_rejection_rate=metrics.false_rejection_rate(known, point.threshold),
            wrong_name_rate=float(misnamed.mean()) if len(known) else None,
            equal_error_rate=metrics.equal_error_rate(rates)[0] if rates else None,
            auroc=metrics.auroc(known, strangers) if rates else None,
            expected_calibration_error=metrics.expected_calibration_error(
                self.reliability(point.temperature)
            ),
            classes=self.class_scores(),
            confusion=metrics.confusion(labels, predictions, len(self.classes)).tolist(),
            strangers_named=metrics.people_rate(
                strangers > point.threshold, self.strangers.people if self.strangers else ()
            ),
            unknown_named=metrics.people_rate(
                unknown > point.threshold, self.held_out.people[self.of_unknown]
            ),
            people_refused=metrics.people_rate(
                known <= point.threshold, self.held_out.people[~self.of_unknown]
            ),
            people_misnamed=metrics.people_rate(misnamed, self.held_out.people[~self.of_unknown]),
        )
