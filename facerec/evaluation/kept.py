"""Reading and checking the ``evaluation.json`` that is kept with a run."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from facerec.datasets.folder import FaceFile
from facerec.decisions.scores import Outputs
from facerec.errors import FacerecError
from facerec.evaluation.evaluation import Evaluation, Judged
from facerec.runs.run import Run
from facerec.system import files

_DIGITS = 6
# Kind of the similarities in ``evaluation.json``; earlier versions of facerec wrote other kinds.
SIMILARITY = "within-class covariance normalisation"


def last_evaluation(run: Run) -> Evaluation | None:
    """The last evaluation; None if there is none for the run's present weights.

    Raises
    ------
    FacerecError
        If ``evaluation.json`` is damaged.
    """
    kept = kept_parts(run)
    return evaluation_of(run, kept) if "held_out" in kept else None


def rows_of(
    classes: Sequence[str], faces: list[FaceFile], outputs: Outputs
) -> list[dict[str, Any]]:
    """A record of ``evaluation.json`` for each image, with entries for people and ``_judged``."""
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
            "second_opinion": None
            if outputs.second_opinion is None
            else round(float(outputs.second_opinion[number]), _DIGITS),
        }
        for number, face in enumerate(faces)
    ]


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), _DIGITS) for value in values]


def kept_parts(run: Run) -> dict[str, Any]:
    """The parts of ``evaluation.json``, checked; empty if they are not of the present weights."""
    if not run.evaluation_file.exists() or not run.trained:
        return {}
    content = files.read_as(run.evaluation_file, dict[str, Any])
    if (content.get("weights"), content.get("similarity")) != (run.knowledge_hash, SIMILARITY):
        return {}
    kept = {name: content[name] for name in ("held_out", "strangers") if name in content}
    for name, part in kept.items():
        _judged(run, name, part)
    return kept


def evaluation_of(run: Run, kept: dict[str, Any]) -> Evaluation:
    parts = {name: _judged(run, name, part) for name, part in kept.items()}
    return Evaluation(run.classes, parts["held_out"], parts.get("strangers"))


def _judged(run: Run, name: str, part: dict[str, Any]) -> Judged:
    """A part of ``evaluation.json``, checked, since the run may come from somebody else."""
    classes = run.classes
    try:
        rows = part["images"]
        keys, names = (tuple(row[column] for row in rows) for column in ("image", "class"))
        similarities = [row["similarities"] for row in rows]
        # Earlier versions asked nobody.
        opinions = [[row.get("second_opinion")] for row in rows]
        outputs = Outputs(
            _matrix([row["logits"] for row in rows], len(classes)),
            None if None in similarities else _matrix(similarities, len(classes)),
            None if [None] in opinions else _matrix(opinions, 1)[:, 0],
        )
        # Pages open and delete these files, so none may lie outside the data set.
        inside = all(map(_is_key, keys, names))
        of_classes = name == "strangers" or set(names) <= set(classes)
        if not (keys and inside and of_classes and isinstance(part["dataset"], str)):
            raise ValueError("no images of such a data set")
        return Judged(part["dataset"], keys, names, outputs)
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(run) from error


def _is_key(text: str, class_name: str) -> bool:
    """Whether a text is a valid ``FaceFile.key``: this class and a file name."""
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
