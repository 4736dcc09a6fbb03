import math

import numpy as np
import pandas as pd
import pytest

from facerec.datasets.folder import FaceFolder
from facerec.runs import creating
from facerec.runs.run import Run
from facerec.runs.settings import TrainingConfig
from facerec.training.advice import (
    advice,
    leak,
    learning_rate_too_high,
    learning_rate_too_low,
    over_fitting,
)

CLASSES = 7
GUESSING = math.log(CLASSES)


def history(train_loss, validation_loss, train_accuracy=None, validation_accuracy=None):
    accuracy = [0.8] * len(train_loss)
    return [
        {
            "epoch": epoch,
            "train_loss": learned,
            "validation_loss": judged,
            "train_accuracy": right,
            "validation_accuracy": found,
            "validation_macro_f1": found,
        }
        for epoch, (learned, judged, right, found) in enumerate(
            zip(
                train_loss,
                validation_loss,
                train_accuracy or accuracy,
                validation_accuracy or accuracy,
                strict=True,
            ),
            start=1,
        )
    ]


def losses(values) -> pd.DataFrame:
    return pd.DataFrame({"loss": values})


def test_validation_that_rises_while_training_falls_is_over_fitting() -> None:
    text = over_fitting(history([1.5, 0.9, 0.4, 0.1], [1.5, 1.0, 1.1, 1.6]))
    assert "Over-fitting" in text
    assert over_fitting(history([1.5, 0.9, 0.4, 0.1], [1.5, 1.0, 0.6, 0.5])) == ""
    assert over_fitting(history([1.5, 0.9, 0.4], [1.5, 1.0, 1.6])) == "", "too early to say"


def test_a_gap_between_the_accuracies_is_over_fitting() -> None:
    records = history([1, 0.5, 0.3, 0.2], [1, 0.9, 0.9, 0.9], [0.5, 0.7, 0.9, 0.98], [0.7] * 4)
    text = over_fitting(records)
    assert "98%" in text and "70%" in text


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.linspace(2, 0.2, 60), False),
        (np.linspace(2, 0.2, 60) + np.tile([-0.05, 0.05], 30), False),
        (np.tile([0.5, 2.5], 30), True),
        (np.full(60, 4.0), True),
        (np.tile([0.5, 2.5], 5), False),
        (np.tile([0.01, 0.03], 30), False),
    ],
    ids=["falls", "falls with noise", "jumps", "above guessing", "too early", "small"],
)
def test_a_learning_rate_that_is_too_high(values: np.ndarray, told: bool) -> None:
    assert bool(learning_rate_too_high(losses(values), [], CLASSES)) == told


@pytest.mark.parametrize(
    ("train_loss", "told"),
    [
        ([1.98, 1.95, 1.93], True),
        ([1.95, 1.5, 1.2], False),
        ([1.98, 1.95], False),
        ([4.0, 3.9, 3.8], False),
        ([0.10, 0.10, 0.10], False),
    ],
    ids=["hardly moves", "falls", "too early", "far above guessing", "has learned"],
)
def test_a_learning_rate_that_is_too_low(train_loss: list[float], told: bool) -> None:
    records = history(train_loss, train_loss)
    assert bool(learning_rate_too_low(records, TrainingConfig(), CLASSES)) == told


@pytest.mark.parametrize(
    ("split", "accuracy", "shared", "told"),
    [
        ("random", 0.99, 1.0, True),
        ("session", 0.99, 0.0, False),
        ("random", 0.8, 1.0, False),
        ("random", 0.99, 0.2, False),
    ],
)
def test_a_leak_is_told_where_the_result_is_too_good(
    split: str, accuracy: float, shared: float, told: bool
) -> None:
    records = history([0.1], [0.1], [1.0], [accuracy])
    assert bool(leak(records, TrainingConfig(split=split), shared)) == told
    assert leak([], TrainingConfig(split=split), shared) == ""


def test_a_perfect_run_on_one_session_is_doubted(
    trained_run: Run, small_dataset: FaceFolder
) -> None:
    assert any("Too good to be true" in text for text in advice(trained_run))
    small_dataset.delete()
    assert not any("Too good" in text for text in advice(trained_run)), "it cannot be told now"


def test_a_new_run_has_no_advice(small_dataset: FaceFolder) -> None:
    assert advice(creating.create("new", TrainingConfig(dataset="colours"))) == []
