"""Made-up answers of a classifier, right and wrong, about known people and strangers."""

from collections.abc import Sequence

import numpy as np

from facerec.datasets.folder import UNKNOWN
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import Outputs
from facerec.evaluation.confusion import ConfusionMatrix
from facerec.evaluation.evaluation import Evaluation, Judged
from tests.examples import CLASSES

ADA, NOBODY, ZOE = range(3)


def judged(images: Sequence[tuple[str, int, float]], classes: int = 3) -> Judged:
    """Images by the class each is in, the one it was taken for, and how far ahead that was."""
    logits = np.zeros((len(images), classes), np.float32)
    for row, (_, said, lead) in enumerate(images):
        logits[row, said] = lead
    names = tuple(name for name, _, _ in images)
    keys = tuple(f"{name}/s_{number:04d}.jpg" for number, name in enumerate(names))
    return Judged("colours", keys, names, Outputs(logits))


HELD_OUT = (
    ("Ada", ADA, 3.0),
    ("Ada", ADA, 1.0),
    ("Ada", ZOE, 0.5),
    ("Ada", ZOE, 4.0),
    ("Ada", ZOE, 2.0),
    (UNKNOWN, NOBODY, 1.0),
    (UNKNOWN, ADA, 1.0),
    ("Zoë", ZOE, 1.0),
    ("Zoë", NOBODY, 1.0),
)
SEEN_ELSEWHERE = (("x", ADA, 4.0), ("x", ADA, 0.1), ("y", NOBODY, 1.0), ("y", ZOE, 0.1))


def matrix(held_out=HELD_OUT, strangers=None, **point: float) -> ConfusionMatrix:
    others = None if strangers is None else judged(strangers)
    return ConfusionMatrix(
        Evaluation(CLASSES, judged(held_out), others), OperatingPoint(**{"threshold": 0.6, **point})
    )
