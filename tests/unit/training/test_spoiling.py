from collections import Counter

import numpy as np
import pytest

from facerec.training.spoiling import Spoiling, with_wrong_labels
from tests.examples import noisy_color

FACE = noisy_color((200, 120, 60), 1)


def test_a_share_is_blurred_and_a_share_dark() -> None:
    spoil = Spoiling(range(40), 0.25, 0.5, seed=3)
    found = [spoil(FACE, row) for row in range(40)]
    dark = sum(face.mean() < 0.3 * FACE.mean() for face in found)
    unchanged = sum(np.array_equal(face, FACE) for face in found)
    sharpness = [np.abs(np.diff(face.astype(int), axis=1)).max() / face.max() for face in found]
    blurred = sum(value < 0.5 * max(sharpness) for value in sharpness)
    assert (dark, blurred) == (20, 10) and 10 <= unchanged <= 20
    again = Spoiling(range(40), 0.25, 0.5, seed=3)
    assert all(np.array_equal(again(FACE, row), found[row]) for row in range(40))


def test_nothing_is_spoilt_by_default() -> None:
    spoil = Spoiling(range(40), 0.0, 0.0, seed=0)
    assert all(spoil(FACE, row) is FACE for row in range(40))


@pytest.mark.parametrize("classes", [2, 5])
def test_a_share_of_the_labels_is_wrong(classes: int) -> None:
    labels = [number % classes for number in range(200)]
    found = with_wrong_labels(labels, classes, 0.3, seed=1)
    wrong = [new for old, new in zip(labels, found, strict=True) if old != new]
    assert len(wrong) == 60 and set(found) == set(range(classes))
    if classes == 5:
        assert min(Counter(wrong).values()) >= 5, "all others are as likely"
    assert with_wrong_labels(labels, classes, 0.3, seed=1) == found
    assert with_wrong_labels(labels, classes, 0.0, seed=1) == labels
