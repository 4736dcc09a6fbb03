"""What a run says of held-out images and of strangers, kept with the run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from facerec import metrics
from facerec.dataset import UNKNOWN, FaceFile, FaceFolder
from facerec.errors import FacerecError
from facerec.preprocessing import face_file
from facerec.recognition import Classifier
from facerec.runs import Run
from facerec.training import split_of

BATCH = 64


@dataclass(frozen=True)
class Scores:
    """Probabilities of a list of images: float32, shape (images, classes)."""

    faces: list[FaceFile]
    probabilities: np.ndarray


def evaluate(
    run: Run, dataset: FaceFolder | None = None, strangers: FaceFolder | None = None
) -> dict[str, Any]:
    """Judge a run and write its ``evaluation.json``.

    Parameters
    ----------
    run : Run
    dataset : FaceFolder, optional
        Images of the run's classes that it was not trained on; by default its validation images.
    strangers : FaceFolder, optional
        People who are in none of its classes; the names of its class folders do not matter.

    Returns
    -------
    dict
        ``summary`` (see ``summarize``), and per image its ``probabilities``.

    Raises
    ------
    FacerecError
        If the run has no weights, or the data set has no images of its classes or others too.
    """
    classifier = Classifier(run)
    faces = split_of(run)[1] if dataset is None else dataset.face_files()
    if foreign := {face.class_name for face in faces} - set(classifier.classes):
        raise FacerecError(
            f"{', '.join(sorted(foreign))}: no class of the run {run.name}. Give people it does "
            "not know as strangers instead."
        )
    if not faces:
        raise FacerecError("There are no images to evaluate on.")
    held_out = _score(classifier, faces)
    unknown = _score(classifier, strangers.face_files() if strangers else [])
    content = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "dataset": run.config.dataset if dataset is None else dataset.name,
        "strangers": strangers.name if strangers else None,
        "classes": list(classifier.classes),
        "summary": summarize(classifier.classes, held_out, unknown, run.threshold),
        "held_out_images": _rows(held_out),
        "stranger_images": _rows(unknown),
    }
    run.write_evaluation(content)
    return content


def summarize(
    classes: Sequence[str], held_out: Scores, strangers: Scores, threshold: float
) -> dict[str, Any]:
    """Headline figures: accuracy and macro F1 without threshold, FAR and FRR at the threshold.

    FAR counts strangers, and is None where there are none; FRR counts the faces of known people.
    """
    labels = [classes.index(face.class_name) for face in held_out.faces]
    predictions = held_out.probabilities.argmax(axis=1)
    right = int((predictions == labels).sum())
    known = held_out.probabilities[[face.class_name != UNKNOWN for face in held_out.faces]]
    return {
        "images": len(labels),
        "strangers": len(strangers.faces),
        "threshold": threshold,
        "accuracy": metrics.accuracy(labels, predictions),
        "accuracy_interval": metrics.share_interval(right, len(labels)),
        "macro_f1": metrics.macro_f1(labels, predictions),
        "false_acceptance_rate": metrics.false_acceptance_rate(
            classes, strangers.probabilities, threshold
        ),
        "false_rejection_rate": metrics.false_rejection_rate(classes, known, threshold),
        "confusion": metrics.confusion(labels, predictions, len(classes)).tolist(),
    }


def _score(classifier: Classifier, faces: list[FaceFile]) -> Scores:
    parts = [
        classifier.probabilities(np.stack([face_file(face.path) for face in faces[i : i + BATCH]]))
        for i in range(0, len(faces), BATCH)
    ]
    empty = np.empty((0, len(classifier.classes)), np.float32)
    return Scores(faces, np.concatenate(parts) if parts else empty)


def _rows(scores: Scores) -> list[dict[str, Any]]:
    return [
        {"image": face.key, "probabilities": [round(float(p), 5) for p in row]}
        for face, row in zip(scores.faces, scores.probabilities, strict=True)
    ]
