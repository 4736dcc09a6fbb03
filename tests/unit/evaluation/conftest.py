"""Answers made up by hand, and a data set of strangers, for the tests of this package."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.decisions.scores import Outputs
from facerec.evaluation.evaluation import Evaluation, Judged
from facerec.faces import images
from facerec.recognition.recogniser import Recogniser
from tests.examples import CLASSES, noisy_color


def judged(
    names: list[str],
    rows: list[list[float]],
    similarities: Any = None,
    second_opinion: Any = None,
) -> Judged:
    """Images whose softmax is these probabilities."""
    keys = tuple(f"{name}/s_{number:04d}.jpg" for number, name in enumerate(names))
    outputs = Outputs(np.log(np.array(rows, np.float32)), similarities, second_opinion)
    return Judged("faces", keys, tuple(names), outputs)


HELD_OUT = judged(
    ["Ada", "Ada", UNKNOWN, "Zoë"],
    [[0.92, 0.04, 0.04], [0.42, 0.29, 0.29], [0.82, 0.09, 0.09], [0.72, 0.1, 0.18]],
)
STRANGERS = judged(["x", "x"], [[0.72, 0.1, 0.18], [0.1, 0.8, 0.1]])
BY_HAND = Evaluation(CLASSES, HELD_OUT, STRANGERS)


@pytest.fixture
def visitors(home: Path) -> FaceFolder:
    """A data set of four grey strangers."""
    for seed in range(4):
        path = home / "data" / "visitors" / "somebody" / f"s_{seed:04d}.png"
        images.write(path, noisy_color((90, 90, 90), seed))
    return FaceFolder.open("visitors")


@pytest.fixture
def asleep(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on, no network may be asked, nor loaded, for anything."""

    def refuse(*arguments: object) -> None:
        raise AssertionError("the network is asked")

    def sleep() -> None:
        for name in ("__init__", "outputs", "embeddings"):
            monkeypatch.setattr(Recogniser, name, refuse)

    return sleep


def same(one: Evaluation, other: Evaluation) -> bool:
    """Whether two evaluations say the same of the same images."""
    pairs = [(one.held_out, other.held_out), (one.strangers, other.strangers)]
    return one.classes == other.classes and all(
        first is second is None
        or (
            (first.dataset, first.keys, first.names) == (second.dataset, second.keys, second.names)
            and np.array_equal(first.outputs.logits, second.outputs.logits)
            and np.array_equal(first.outputs.similarities, second.outputs.similarities)
            and np.array_equal(first.outputs.second_opinion, second.outputs.second_opinion)
        )
        for first, second in pairs
    )
