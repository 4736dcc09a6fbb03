import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from facerec import metrics
from facerec.dataset import UNKNOWN

CLASSES = ("Ada", UNKNOWN, "Zoë")
LABELS = np.random.default_rng(0).integers(0, 3, 200)
GUESSES = np.where(np.random.default_rng(1).random(200) < 0.6, LABELS, 2)


def probabilities(*rows: tuple[float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 3)


def test_scores_are_scikit_learn_s() -> None:
    assert metrics.accuracy(LABELS, GUESSES) == accuracy_score(LABELS, GUESSES)
    assert metrics.macro_f1(LABELS, GUESSES) == f1_score(LABELS, GUESSES, average="macro")
    np.testing.assert_array_equal(
        metrics.confusion(LABELS, GUESSES, 3), confusion_matrix(LABELS, GUESSES)
    )


def test_macro_f1_by_hand() -> None:
    # Class 0: precision 1/2, recall 1; class 1: recall 0, F1 0; class 2: perfect.
    assert metrics.macro_f1([0, 1, 2], [0, 0, 2]) == pytest.approx((2 / 3 + 0 + 1) / 3)


def test_confusion_has_true_classes_in_rows_and_room_for_all() -> None:
    np.testing.assert_array_equal(
        metrics.confusion([0, 0, 1], [0, 1, 1], 3), [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    )


@pytest.mark.parametrize(
    ("row", "threshold", "named"),
    [
        ((0.7, 0.2, 0.1), 0.5, True),
        ((0.7, 0.2, 0.1), 0.8, False),
        ((0.5, 0.3, 0.2), 0.5, False),
        ((0.1, 0.8, 0.1), 0.5, False),
        ((0.1, 0.8, 0.1), 0.0, False),
        ((0.4, 0.3, 0.3), 0.0, True),
        ((1.0, 0.0, 0.0), 0.99, True),
        ((1.0, 0.0, 0.0), 1.0, False),
    ],
)
def test_a_face_is_named_when_a_person_exceeds_the_threshold(
    row: tuple[float, float, float], threshold: float, named: bool
) -> None:
    assert metrics.is_named(CLASSES, probabilities(row), threshold).tolist() == [named]


def test_error_rates_by_hand() -> None:
    rows = probabilities((0.9, 0.05, 0.05), (0.1, 0.8, 0.1), (0.3, 0.3, 0.4), (0.2, 0.2, 0.6))
    assert metrics.false_acceptance_rate(CLASSES, rows, 0.5) == 0.5
    assert metrics.false_rejection_rate(CLASSES, rows, 0.5) == 0.5
    assert metrics.false_acceptance_rate(CLASSES, rows, 0.7) == 0.25
    assert metrics.false_rejection_rate(CLASSES, rows, 0.7) == 0.75
    assert metrics.false_acceptance_rate(CLASSES, rows, 1.0) == 0


def test_error_rates_without_faces_are_none() -> None:
    assert metrics.false_acceptance_rate(CLASSES, probabilities(), 0.5) is None
    assert metrics.false_rejection_rate(CLASSES, probabilities(), 0.5) is None


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (7, 10), (10, 10), (90, 100)])
def test_interval_is_wilson_s(successes: int, trials: int) -> None:
    z, share = 1.959964, successes / trials
    middle = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z / (1 + z**2 / trials) * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    low, high = metrics.share_interval(successes, trials)
    assert (low, high) == pytest.approx((middle - half, middle + half), abs=1e-6)


def test_f1_by_class_is_scikit_learn_s_and_zero_for_a_class_that_is_not_there() -> None:
    labels, predictions = [0, 0, 1, 1, 1], [0, 1, 1, 1, 0]
    found = metrics.f1_by_class(labels, predictions, 3)
    expected = f1_score(labels, predictions, average=None)
    assert found == [*expected.tolist(), 0.0]
    assert found[0] == pytest.approx(0.5) and found[1] == pytest.approx(2 / 3)
