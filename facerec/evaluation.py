"""What a run says of images it did not learn from, and of strangers, kept with the run."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import PurePath
from typing import Any

import numpy as np

from facerec import metrics
from facerec.datasets.folder import UNKNOWN, FaceFile, FaceFolder
from facerec.datasets.reading import CountedFaces
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import SCORES, Outputs
from facerec.errors import FacerecError
from facerec.metrics import ClassScores, ErrorRates
from facerec.recognition.face_space_fitting import fit_space, images_to_fit, need_numbers
from facerec.recognition.recogniser import Classifier
from facerec.runs.held_out import held_out_of
from facerec.runs.run import Run
from facerec.system import files
from facerec.system.progress import Progress

_DIGITS = 6
# What the similarities in ``evaluation.json`` are; of earlier versions they were others.
_SIMILARITY = "within-class covariance normalisation"


@dataclass(frozen=True)
class Judged:
    """Images of a data set and what a network says of them.

    Parameters
    ----------
    dataset : str
        What ``FaceFolder.open`` finds the images by.
    keys : tuple of str
        ``FaceFile.key`` of each.
    names : tuple of str
        The class that each is in.
    outputs : Outputs
    """

    dataset: str
    keys: tuple[str, ...]
    names: tuple[str, ...]
    outputs: Outputs

    def __len__(self) -> int:
        return len(self.keys)

    def face_files(self) -> list[FaceFile]:
        """Where the images are, or were: some may have been moved or deleted since."""
        folder = FaceFolder.open(self.dataset).path
        return [FaceFile.from_path(folder / key) for key in self.keys]


@dataclass(frozen=True)
class Evaluation:
    """A run's outputs on held-out images and on strangers; everything shown is made from these.

    Parameters
    ----------
    classes : tuple of str
    held_out : Judged
        Images of its classes that it did not learn from.
    strangers : Judged or None
        People in none of its classes; None as long as nobody named any.
    """

    classes: tuple[str, ...]
    held_out: Judged
    strangers: Judged | None

    @property
    def labels(self) -> np.ndarray:
        """The true class of each held-out image: int64 (images,)."""
        return np.array([self.classes.index(name) for name in self.held_out.names], int)

    @property
    def predictions(self) -> np.ndarray:
        """The likeliest class of each held-out image: int64 (images,)."""
        return self.held_out.outputs.predictions

    @property
    def right(self) -> np.ndarray:
        """Whether the likeliest class of each held-out image is its own: bool (images,)."""
        return self.predictions == self.labels

    @property
    def of_unknown(self) -> np.ndarray:
        """Whether each held-out image is of the class ``Unknown``: bool (images,)."""
        return np.array([name == UNKNOWN for name in self.held_out.names], bool)

    def scores(self) -> list[str]:
        """Names of the scores that can be told of all images, in the order of ``SCORES``."""
        parts = [part for part in (self.held_out, self.strangers) if part is not None]
        known = all(part.outputs.similarities is not None for part in parts)
        return [name for name in SCORES if name != "similarity" or known]

    def known_acceptance(self, point: OperatingPoint) -> np.ndarray:
        """``OperatingPoint.acceptance`` of the held-out images of people: float (faces,)."""
        return point.acceptance(self.classes, self.held_out.outputs)[~self.of_unknown]

    def unknown_acceptance(self, point: OperatingPoint) -> np.ndarray:
        """``OperatingPoint.acceptance`` of the held-out images of ``Unknown``: float (faces,)."""
        return point.acceptance(self.classes, self.held_out.outputs)[self.of_unknown]

    def stranger_acceptance(self, point: OperatingPoint) -> np.ndarray:
        """``OperatingPoint.acceptance`` of the strangers: float (faces,), empty without any."""
        if self.strangers is None:
            return np.empty(0)
        return point.acceptance(self.classes, self.strangers.outputs)

    def error_rates(self, point: OperatingPoint) -> ErrorRates | None:
        """FAR and FRR over all thresholds of a score; None without strangers or known people."""
        known, strangers = self.known_acceptance(point), self.stranger_acceptance(point)
        return metrics.error_rates(known, strangers) if len(known) and len(strangers) else None

    def point_for(self, score: str, temperature: float) -> OperatingPoint:
        """A score with a slider that covers all that it gave here, the threshold in the middle."""
        if SCORES[score].bounded:
            return OperatingPoint(0.5, score, temperature)
        parts = [part for part in (self.held_out, self.strangers) if part is not None]
        values = np.concatenate([SCORES[score].of(part.outputs, temperature) for part in parts])
        # Under the lowest score, so that there is a threshold at which it is named.
        low = (math.floor(float(values.min()) * 100) - 1) / 100
        high = math.ceil(float(values.max()) * 100) / 100
        return OperatingPoint((low + high) / 2, score, temperature, low, high)

    def class_scores(self) -> dict[str, ClassScores]:
        """Precision, recall and F1 by class."""
        rows = metrics.scores_by_class(self.labels, self.predictions, len(self.classes))
        return dict(zip(self.classes, rows, strict=True))

    def reliability(self, temperature: float) -> list[metrics.ReliabilityBin]:
        """How often it is right that is so sure, on the held-out images."""
        confidences = self.held_out.outputs.probabilities(temperature).max(axis=1)
        return metrics.reliability(confidences, self.right)

    def best_temperature(self) -> float:
        """At which the probabilities fit the held-out images best."""
        return metrics.best_temperature(self.held_out.outputs.logits, self.labels)

    def summary(self, point: OperatingPoint) -> dict[str, Any]:
        """Headline figures: without threshold, and at an operating point.

        ``false_acceptance_rate`` counts strangers, ``unknown_acceptance_rate`` the held-out images
        of ``Unknown``, ``false_rejection_rate`` those of people, and ``wrong_name_rate`` those of
        people that are given somebody else's name. A rate of no images is None.
        """
        labels, predictions = self.labels, self.predictions
        known, strangers = self.known_acceptance(point), self.stranger_acceptance(point)
        unknown, right = self.unknown_acceptance(point), self.right[~self.of_unknown]
        rates = self.error_rates(point)
        return {
            "images": len(labels),
            "strangers": len(strangers),
            "score": point.score,
            "threshold": point.threshold,
            "temperature": point.temperature,
            "accuracy": metrics.accuracy(labels, predictions),
            "accuracy_interval": metrics.share_interval(int(self.right.sum()), len(labels)),
            "macro_f1": metrics.macro_f1(labels, predictions),
            "false_acceptance_rate": metrics.false_acceptance_rate(strangers, point.threshold),
            "unknown_acceptance_rate": metrics.false_acceptance_rate(unknown, point.threshold),
            "false_rejection_rate": metrics.false_rejection_rate(known, point.threshold),
            "wrong_name_rate": float(((known > point.threshold) & ~right).mean())
            if len(known)
            else None,
            "equal_error_rate": rates and metrics.equal_error_rate(rates)[0],
            "auroc": metrics.auroc(known, strangers) if rates else None,
            "expected_calibration_error": metrics.expected_calibration_error(
                self.reliability(point.temperature)
            ),
            "classes": {name: asdict(scores) for name, scores in self.class_scores().items()},
            "confusion": metrics.confusion(labels, predictions, len(self.classes)).tolist(),
        }


def evaluate(
    run: Run,
    dataset: FaceFolder | None = None,
    strangers: FaceFolder | None = None,
    progress: Progress = lambda done, total: None,
) -> Evaluation:
    """Judge a run and write its ``evaluation.json``; what is known of the same images is kept.

    Parameters
    ----------
    run : Run
    dataset : FaceFolder, optional
        Images of the run's classes that it was not trained on; by default its validation images.
    strangers : FaceFolder, optional
        People who are in none of its classes; the names of its class folders do not matter.
        Without it, those of an earlier evaluation stay.
    progress : callable
        Called with the number of images done and in all; may raise to stop. Those it learned from
        count twice, as they and their mirror images are looked at.

    Raises
    ------
    FacerecError
        If the run has no weights or useless ones, a data set has no images, the first one has
        others than of the run's classes, the run's own has changed, or ``evaluation.json`` is
        damaged.
    """
    parts = _parts(run, dataset, strangers)
    # Once, before anything is read: training may replace the weights meanwhile.
    weights, knowledge = run.weights_hash, run.knowledge_hash
    kept = _kept(run)
    fitted = images_to_fit(run)
    # A space that was tried for in vain is not tried for again.
    space_tried = bool(fitted) or run.face_space() is not None
    parts = {
        name: part
        for name, part in parts.items()
        if name not in kept or kept[name].get("key") != part.key(space_tried)
    }
    if not parts:
        return _read(run, kept)
    judged_images = sum(len(part.faces) for part in parts.values())
    counted = CountedFaces(progress, 2 * len(fitted) + judged_images)
    classifier = Classifier(run)
    fit_space(run, classifier, fitted, counted, weights)
    for name, part in parts.items():
        outputs = _joined([classifier.outputs(batch) for batch in counted.batches(part.faces)])
        need_numbers(run, outputs.logits)
        kept[name] = {
            "dataset": part.folder.reference,
            "key": part.key(space_tried),
            "images": _rows(classifier.classes, part.faces, outputs),
        }
    content = {
        "weights": knowledge,
        "similarity": _SIMILARITY,
        "classes": list(classifier.classes),
        **kept,
    }
    files.write_bytes(run.evaluation_file, json.dumps(content, ensure_ascii=False).encode("utf-8"))
    return _read(run, kept)


def last_evaluation(run: Run) -> Evaluation | None:
    """What ``evaluate`` found last, or None if the run has been trained on since, or never was.

    Raises
    ------
    FacerecError
        If ``evaluation.json`` is damaged.
    """
    kept = _kept(run)
    return _read(run, kept) if "held_out" in kept else None


@dataclass(frozen=True)
class _Part:
    """Images to judge."""

    folder: FaceFolder
    faces: list[FaceFile]

    def key(self, space_tried: bool) -> list[Any]:
        """Tells these images, as they were at first and where they are, from others."""
        # Of a folder, all images or those that validate.
        return [self.folder.reference, self._content_hash, len(self.faces), space_tried]

    @cached_property
    def _content_hash(self) -> str:
        # Once, before they are judged: they may change meanwhile.
        return self.folder.content_hash()


def _parts(run: Run, dataset: FaceFolder | None, strangers: FaceFolder | None) -> dict[str, _Part]:
    if dataset is None:
        held_out = _Part(FaceFolder.open(run.config.dataset), held_out_of(run))
    else:
        held_out = _Part(dataset, dataset.face_files())
    if foreign := {face.class_name for face in held_out.faces} - set(run.classes):
        raise FacerecError(
            f"{', '.join(sorted(foreign))}: no class of the run {run.name}. Give people it does "
            "not know as strangers instead."
        )
    parts = {"held_out": held_out}
    if strangers is not None:
        parts["strangers"] = _Part(strangers, strangers.face_files())
    for part in parts.values():
        if not part.faces:
            raise FacerecError(f"There are no images to evaluate on in {part.folder.name}.")
    return parts


def _joined(parts: list[Outputs]) -> Outputs:
    similarities = [part.similarities for part in parts if part.similarities is not None]
    return Outputs(
        np.concatenate([part.logits for part in parts]),
        np.concatenate(similarities) if similarities else None,
    )


def _rows(classes: Sequence[str], faces: list[FaceFile], outputs: Outputs) -> list[dict[str, Any]]:
    """A record an image: what people read, and what ``_read`` reads."""
    probabilities = outputs.probabilities()
    return [
        {
            "image": face.key,
            "class": face.class_name,
            "prediction": classes[outputs.predictions[number]],
            "confidence": round(float(probabilities[number].max()), 4),
            "logits": _rounded(outputs.logits[number]),
            "similarities": None
            if outputs.similarities is None
            else _rounded(outputs.similarities[number]),
        }
        for number, face in enumerate(faces)
    ]


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), _DIGITS) for value in values]


def _kept(run: Run) -> dict[str, Any]:
    """The parts of ``evaluation.json`` that are of the run's present weights, found sound."""
    if not run.evaluation_file.exists() or not run.trained:
        return {}
    content = files.read_json(run.evaluation_file)
    if not isinstance(content, dict):
        raise _damaged(run)
    if (content.get("weights"), content.get("similarity")) != (run.knowledge_hash, _SIMILARITY):
        return {}
    kept = {name: content[name] for name in ("held_out", "strangers") if name in content}
    for name, part in kept.items():
        _judged(run, name, part)
    return kept


def _read(run: Run, kept: dict[str, Any]) -> Evaluation:
    parts = {name: _judged(run, name, part) for name, part in kept.items()}
    return Evaluation(run.classes, parts["held_out"], parts.get("strangers"))


def _judged(run: Run, name: str, part: dict[str, Any]) -> Judged:
    """A part of ``evaluation.json``, found sound: the run may come from somebody else."""
    classes = run.classes
    try:
        rows = part["images"]
        keys, names = (tuple(row[column] for row in rows) for column in ("image", "class"))
        similarities = [row["similarities"] for row in rows]
        outputs = Outputs(
            _matrix([row["logits"] for row in rows], len(classes)),
            None if None in similarities else _matrix(similarities, len(classes)),
        )
        # A page opens and deletes these files: none outside the data set.
        inside = all(map(_is_key, keys, names))
        of_classes = name == "strangers" or set(names) <= set(classes)
        if not (keys and inside and of_classes and isinstance(part["dataset"], str)):
            raise ValueError("no images of such a data set")
        return Judged(part["dataset"], keys, names, outputs)
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(run) from error


def _is_key(text: str, class_name: str) -> bool:
    """Whether it is a class and a file name, as ``FaceFile.key`` is."""
    path = PurePath(text)
    return path.parts == (class_name, path.name) and not path.anchor and ".." not in path.parts


def _matrix(rows: list[list[float]], columns: int) -> np.ndarray:
    with np.errstate(over="ignore"):
        matrix = np.array(rows, np.float32)
    if matrix.shape != (len(rows), columns) or not np.isfinite(matrix).all():
        raise ValueError("no numbers, or too few")
    return matrix


def _damaged(run: Run) -> FacerecError:
    return FacerecError(f"{run.evaluation_file} is damaged: delete it and judge the run again.")


def summary_words(summary: dict[str, Any]) -> list[str]:
    """``Evaluation.summary`` in sentences, for a terminal."""
    low, high = summary["accuracy_interval"]
    lines = [
        f"accuracy {summary['accuracy']:.3f} (95 % interval {low:.3f} to {high:.3f}), "
        f"macro F1 {summary['macro_f1']:.3f}, calibration error "
        f"{summary['expected_calibration_error']:.3f}, on {summary['images']} images"
    ]
    point = f"{SCORES[summary['score']].title.lower()} over {summary['threshold']:.3g}"
    for name, meaning in (
        ("false_acceptance_rate", f"FAR: of {summary['strangers']} strangers' images, named"),
        ("unknown_acceptance_rate", "of Unknown's images, named"),
        ("false_rejection_rate", "FRR: of known people's images, called Unknown"),
        ("wrong_name_rate", "of known people's images, given another's name"),
    ):
        if summary[name] is not None:
            lines.append(f"{point}: {summary[name]:.3f} {meaning}")
    if summary["equal_error_rate"] is not None:
        lines.append(
            f"equal error rate {summary['equal_error_rate']:.3f}, "
            f"AUROC {summary['auroc']:.3f} known against strangers"
        )
    return lines
