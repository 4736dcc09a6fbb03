import math

import numpy as np
import pytest
import torch
from scipy.stats import binom
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
    roc_curve,
)

from facerec import metrics
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import Outputs
from facerec.metrics import ErrorRates, ReliabilityBin

LABELS = np.random.default_rng(0).integers(0, 3, 200)
GUESSES = np.where(np.random.default_rng(1).random(200) < 0.6, LABELS, 2)
NEVER = -np.inf


def scores(*values: float) -> np.ndarray:
    """Of faces, as float32: what a network gives."""
    return np.array(values, np.float32)


def some_scores(seed: int, faces: int, mean: float) -> np.ndarray:
    """Scores with ties, some of them of faces that are never named."""
    generator = np.random.default_rng(seed)
    values = generator.normal(mean, 1, faces).round(1).astype(np.float32)
    return np.where(generator.random(faces) < 0.2, NEVER, values)


KNOWN, STRANGERS = some_scores(0, 300, 1.0), some_scores(1, 200, 0.0)


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


def test_f1_by_class_is_scikit_learn_s_and_zero_for_a_class_that_is_not_there() -> None:
    labels, predictions = [0, 0, 1, 1, 1], [0, 1, 1, 1, 0]
    found = metrics.f1_by_class(labels, predictions, 3)
    expected = f1_score(labels, predictions, average=None)
    assert found == [*expected.tolist(), 0.0]
    assert found[0] == pytest.approx(0.5) and found[1] == pytest.approx(2 / 3)


def test_precision_recall_and_f1_by_class_are_scikit_learn_s() -> None:
    found = metrics.scores_by_class(LABELS, GUESSES, 3)
    for values, expected in (
        ([item.precision for item in found], precision_score(LABELS, GUESSES, average=None)),
        ([item.recall for item in found], recall_score(LABELS, GUESSES, average=None)),
        ([item.f1 for item in found], f1_score(LABELS, GUESSES, average=None)),
        ([item.images for item in found], np.bincount(LABELS)),
    ):
        assert values == expected.tolist()


def test_precision_recall_and_f1_by_hand() -> None:
    first, second, absent = metrics.scores_by_class([0, 0, 0, 1], [0, 0, 1, 1], 3)
    assert (first.precision, first.recall, first.f1) == pytest.approx((1, 2 / 3, 0.8))
    assert (second.precision, second.recall, second.f1) == pytest.approx((0.5, 1, 2 / 3))
    assert (first.images, second.images) == (3, 1)
    assert absent == metrics.ClassScores(0.0, 0.0, 0.0, 0)


def test_rates_at_a_threshold_by_hand() -> None:
    strangers, known = scores(0.9, NEVER, 0.4, 0.6), scores(0.9, 0.8, NEVER, 0.6, 0.7)
    assert metrics.false_acceptance_rate(strangers, 0.5) == 0.5
    assert metrics.false_acceptance_rate(strangers, 0.6) == 0.25, "at the threshold is not over it"
    assert metrics.false_acceptance_rate(strangers, 0.9) == 0
    assert metrics.false_acceptance_rate(strangers, -9.0) == 0.75, "one is never named"
    assert metrics.false_rejection_rate(known, 0.5) == pytest.approx(1 / 5)
    assert metrics.false_rejection_rate(known, 0.6) == pytest.approx(2 / 5)
    assert metrics.false_rejection_rate(known, 0.9) == 1
    assert metrics.false_rejection_rate(known, -9.0) == pytest.approx(1 / 5)


def test_rates_of_no_faces_are_none() -> None:
    assert metrics.false_acceptance_rate(scores(), 0.5) is None
    assert metrics.false_rejection_rate(scores(), 0.5) is None


def test_error_rates_by_hand() -> None:
    rates = metrics.error_rates(scores(0.9, 0.5, NEVER, 0.9), scores(0.5, 0.25, NEVER, NEVER))
    assert rates.thresholds[0] < 0.25 and rates.thresholds[0] == pytest.approx(0.25)
    np.testing.assert_array_equal(rates.thresholds[1:], scores(0.25, 0.5, 0.9))
    np.testing.assert_array_equal(rates.far, [0.5, 0.25, 0, 0])
    np.testing.assert_array_equal(rates.frr, [0.25, 0.25, 0.5, 1])


def test_error_rates_are_those_at_each_of_their_thresholds() -> None:
    rates = metrics.error_rates(KNOWN, STRANGERS)
    assert (np.diff(rates.thresholds) > 0).all() and np.isfinite(rates.thresholds).all()
    assert (np.diff(rates.far) <= 0).all() and (np.diff(rates.frr) >= 0).all()
    for threshold, far, frr in zip(rates.thresholds, rates.far, rates.frr, strict=True):
        assert far == metrics.false_acceptance_rate(STRANGERS, float(threshold))
        assert frr == metrics.false_rejection_rate(KNOWN, float(threshold))
    assert (rates.far[-1], rates.frr[-1]) == (0, 1)


def test_error_rates_are_scikit_learn_s_roc_curve() -> None:
    known, strangers = KNOWN[np.isfinite(KNOWN)], STRANGERS[np.isfinite(STRANGERS)]
    rates = metrics.error_rates(known, strangers)
    labels = np.repeat([1, 0], [len(known), len(strangers)])
    far, hits, thresholds = roc_curve(
        labels, np.concatenate([known, strangers]), drop_intermediate=False
    )
    # There a score at the threshold is over it, and thresholds fall; the first is infinite.
    np.testing.assert_array_equal(rates.thresholds[:0:-1], thresholds[1:])
    np.testing.assert_allclose(rates.far[::-1], far, atol=1e-12)
    np.testing.assert_allclose(rates.frr[::-1], 1 - hits, atol=1e-12)


def test_error_rates_where_nobody_is_ever_named() -> None:
    rates = metrics.error_rates(scores(NEVER), scores(NEVER, NEVER))
    assert (rates.thresholds.tolist(), rates.far.tolist(), rates.frr.tolist()) == ([0], [0], [1])


def test_equal_error_rate_by_hand() -> None:
    rates = metrics.error_rates(scores(0.2, 0.6, 0.7, 0.8), scores(0.1, 0.3, 0.5, 0.65))
    # Over 0.6, one stranger of four is named and two known of four are refused; at 0.5, one each.
    assert metrics.equal_error_rate(rates) == (0.25, pytest.approx(0.5))
    apart = metrics.error_rates(scores(0.8, 0.9), scores(0.1, 0.2))
    assert metrics.equal_error_rate(apart) == (0, pytest.approx(0.2))
    between = ErrorRates(np.array([0.1, 0.2]), np.array([0.5, 0.0]), np.array([0.1, 0.3]))
    assert metrics.equal_error_rate(between) == (pytest.approx(0.15), 0.2)


@pytest.mark.parametrize("far", [0.0, 0.01, 0.1, 0.33, 0.9, 1.0])
def test_the_threshold_for_a_rate_is_the_lowest_that_keeps_it(far: float) -> None:
    threshold = metrics.threshold_for(metrics.error_rates(KNOWN, STRANGERS), far)
    assert metrics.false_acceptance_rate(STRANGERS, threshold) <= far
    over = [t for t in metrics.error_rates(KNOWN, STRANGERS).thresholds if t < threshold]
    assert all(metrics.false_acceptance_rate(STRANGERS, float(t)) > far for t in over)


@pytest.mark.parametrize("strangers", [100, 200, 300, 700, 1000])
def test_a_rate_that_can_just_be_had_is_had(strangers: int) -> None:
    """One of a hundred is 1 %, also in binary fractions."""
    given = np.arange(strangers, dtype=np.float32)
    threshold = metrics.threshold_for(metrics.error_rates(given, given), 0.01)
    assert threshold == strangers - strangers // 100 - 1


def test_a_suggested_threshold_lies_on_the_slider() -> None:
    """Also where no stranger is ever named, so that every threshold would do."""
    rates = metrics.error_rates(scores(0.6, 0.9), scores(NEVER, NEVER))
    threshold = metrics.threshold_for(rates, 0.01)
    assert OperatingPoint(threshold).threshold == pytest.approx(0.6)
    assert metrics.false_rejection_rate(scores(0.6, 0.9), threshold) == 0


@pytest.mark.parametrize(
    ("far", "strangers", "enough"),
    [
        (0.01, 100, True),
        (0.01, 99, False),
        (0.001, 1000, True),
        (0.001, 999, False),
        (0.5, 0, False),
    ],
)
def test_so_few_strangers_cannot_show_so_low_a_rate(
    far: float, strangers: int, enough: bool
) -> None:
    assert metrics.enough_for(far, strangers) == enough


def test_auroc_is_scikit_learn_s() -> None:
    labels = np.repeat([1, 0], [len(KNOWN), len(STRANGERS)])
    # A number under all others stands for minus infinity, which scikit-learn refuses.
    values = np.nan_to_num(np.concatenate([KNOWN, STRANGERS]), neginf=-1e6)
    assert metrics.auroc(KNOWN, STRANGERS) == pytest.approx(roc_auc_score(labels, values))


def test_auroc_by_hand() -> None:
    # Of the four pairs two are won, one is tied, one lost.
    assert metrics.auroc(scores(0.9, 0.3), scores(0.3, 0.5)) == pytest.approx(2.5 / 4)
    assert metrics.auroc(scores(NEVER, 0.1), scores(NEVER, NEVER)) == pytest.approx(3 / 4)
    assert metrics.auroc(scores(0.1), scores(NEVER)) == 1
    assert metrics.auroc(scores(NEVER), scores(NEVER)) == 0.5


def test_reliability_by_hand() -> None:
    confidences = scores(0.05, 0.52, 0.58, 0.96, 1.0)
    right = np.array([False, True, False, True, True])
    low, middle, high = metrics.reliability(confidences, right)
    assert (low.confidence, low.accuracy, low.images) == pytest.approx((0.05, 0, 1))
    assert (middle.confidence, middle.accuracy, middle.images) == pytest.approx((0.55, 0.5, 2))
    assert (high.confidence, high.accuracy, high.images) == pytest.approx((0.98, 1, 2))
    error = metrics.expected_calibration_error([low, middle, high])
    assert error == pytest.approx((0.05 * 1 + 0.05 * 2 + 0.02 * 2) / 5)
    (all_in_one,) = metrics.reliability(confidences, right, bins=1)
    assert all_in_one == ReliabilityBin(pytest.approx(0.622), pytest.approx(0.6), 5)


def test_a_network_that_is_right_as_often_as_it_is_sure_has_no_calibration_error() -> None:
    bins = metrics.reliability(np.full(4, 0.75), np.array([True, True, True, False]))
    assert metrics.expected_calibration_error(bins) == pytest.approx(0)


def test_cross_entropy_by_hand() -> None:
    logits = np.log(np.array([[0.5, 0.5], [0.75, 0.25]]))
    assert metrics.cross_entropy(logits, [0, 0]) == pytest.approx(-math.log(0.5 * 0.75) / 2)
    assert metrics.cross_entropy(logits, [0, 1]) == pytest.approx(-math.log(0.5 * 0.25) / 2)


@pytest.mark.parametrize("temperature", [1.0, 0.5, 3.0])
def test_cross_entropy_is_torch_s_and_scikit_learn_s(temperature: float) -> None:
    logits = np.random.default_rng(2).normal(0, 2, (200, 3)).astype(np.float32)
    found = metrics.cross_entropy(logits, LABELS, temperature)
    scaled = torch.from_numpy(logits) / temperature
    expected = torch.nn.functional.cross_entropy(scaled, torch.from_numpy(LABELS))
    assert found == pytest.approx(float(expected), rel=1e-5)
    assert found == pytest.approx(log_loss(LABELS, scaled.softmax(1).numpy()), rel=1e-5)
    smoothed = torch.nn.functional.cross_entropy(
        scaled, torch.from_numpy(LABELS), label_smoothing=0.1
    )
    found = metrics.cross_entropy(logits, LABELS, temperature, smoothing=0.1)
    assert found == pytest.approx(float(smoothed), rel=1e-5)


@pytest.mark.parametrize("factor", [0.4, 1.0, 5.0])
def test_the_best_temperature_recovers_a_known_scaling(factor: float) -> None:
    """Labels drawn from the softmax of logits fit these; scaled, they fit divided by as much."""
    generator = np.random.default_rng(3)
    logits = generator.normal(0, 2, (20_000, 4))
    labels = (logits + generator.gumbel(size=logits.shape)).argmax(axis=1)
    found = metrics.best_temperature(logits.astype(np.float32) * np.float32(factor), labels)
    assert found == pytest.approx(factor, rel=0.05)


def test_no_other_temperature_is_better() -> None:
    logits = np.random.default_rng(4).normal(0, 3, (100, 3)).astype(np.float32)
    labels = np.random.default_rng(5).integers(0, 3, 100)
    best = metrics.best_temperature(logits, labels)
    lowest = metrics.cross_entropy(logits, labels, best, 1 / 102)
    for temperature in np.geomspace(0.05, 20, 200):
        assert metrics.cross_entropy(logits, labels, temperature, 1 / 102) >= lowest - 1e-6


def test_where_all_is_right_a_network_is_not_made_sure_of_everything() -> None:
    """One of n + 2 is taken as not sure, and a third of that as right: 1 - 2/3 * 1/32."""
    labels = np.arange(30) % 3
    logits = np.eye(3, dtype=np.float32)[labels] * 4
    found = metrics.best_temperature(logits, labels)
    assert OperatingPoint(temperature=found).temperature == found
    confidences = Outputs(logits).probabilities(found).max(axis=1)
    np.testing.assert_allclose(confidences, 1 - 2 / 3 / 32, atol=1e-4)


def test_where_nothing_is_right_a_network_is_made_as_unsure_as_can_be() -> None:
    labels = np.arange(30) % 3
    found = metrics.best_temperature(np.eye(3, dtype=np.float32)[labels] * 4, (labels + 1) % 3)
    assert OperatingPoint(temperature=found).temperature == found > 15


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (7, 10), (10, 10), (90, 100)])
def test_interval_is_wilson_s(successes: int, trials: int) -> None:
    z, share = 1.959964, successes / trials
    middle = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z / (1 + z**2 / trials) * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    low, high = metrics.share_interval(successes, trials)
    assert (low, high) == pytest.approx((middle - half, middle + half), abs=1e-6)


def rights(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Whether two networks were right, by how many images both, one or none of them named."""
    counts = (both, first, second, neither)
    return (
        np.repeat([True, True, False, False], counts),
        np.repeat([True, False, True, False], counts),
    )


@pytest.mark.parametrize(
    ("only_first", "only_second", "p_value"),
    [
        # Twice the chance of so few or fewer heads among so many throws of a coin.
        (1, 5, 2 * (1 + 6) / 2**6),
        (5, 1, 2 * (1 + 6) / 2**6),
        (0, 4, 2 * 1 / 2**4),
        (3, 3, 1.0),
        (0, 0, 1.0),
    ],
)
def test_mcnemar_s_test_by_hand(only_first: int, only_second: int, p_value: float) -> None:
    found = metrics.difference(*rights(20, only_first, only_second, 4))
    assert found.p_value == pytest.approx(p_value)
    images = 24 + only_first + only_second
    assert found.images == images
    assert found.accuracy == pytest.approx((only_first - only_second) / images)


def test_the_interval_of_a_difference_is_the_bootstrap_s() -> None:
    found = metrics.difference(*rights(60, 25, 5, 10))
    assert found.low < found.accuracy < found.high
    # Of a mean of many, near the normal distribution's.
    half = 1.96 * math.sqrt((0.30 - 0.20**2) / 100)
    assert (found.low, found.high) == pytest.approx((0.2 - half, 0.2 + half), abs=0.02)
    assert metrics.difference(*rights(60, 25, 5, 10)) == found, "the same each time"
    other = metrics.difference(*rights(60, 5, 25, 10))
    assert (other.low, other.high) == pytest.approx((-found.high, -found.low), abs=0.02)
    wide = metrics.difference(*rights(6, 3, 1, 0))
    assert wide.high - wide.low > found.high - found.low and wide.low <= 0 <= wide.high


def test_the_interval_of_a_sure_difference_is_that_of_one_share() -> None:
    """Where only the first is ever ahead, resampled gains are binomial."""
    found = metrics.difference(*rights(80, 20, 0, 0))
    expected = binom.ppf([0.025, 0.975], 100, 0.2) / 100
    assert (found.low, found.high) == pytest.approx(expected, abs=0.011)


def test_a_difference_on_hardly_any_images() -> None:
    assert metrics.difference(*rights(0, 1, 0, 0)) == metrics.Difference(1.0, -1.0, 1.0, 1.0, 1)
    assert metrics.difference(*rights(1, 0, 0, 0)) == metrics.Difference(0.0, -1.0, 1.0, 1.0, 1)
    assert metrics.difference(*rights(0, 3, 0, 0)) == metrics.Difference(1.0, 1.0, 1.0, 0.25, 3)
    assert metrics.difference(*rights(9, 0, 0, 3)) == metrics.Difference(0.0, 0.0, 0.0, 1.0, 12)


def test_nobody_of_six_is_compatible_with_39_percent() -> None:
    found = metrics.people_rate(np.zeros(600, bool), np.repeat(np.arange(6), 100))
    assert (found.rate, found.low, found.images, found.people) == (0, 0, 600, 6)
    assert found.high == pytest.approx(0.393, abs=0.001)
    assert (found.short, str(found)) == ("≤ 39%", "0 of 6 people, at most 39%")
    everybody = metrics.people_rate(np.ones(600, bool), np.repeat(np.arange(6), 100))
    assert (everybody.short, str(everybody)) == ("≥ 61%", "all of 6 people, at least 61%")


def test_a_rate_of_few_people_is_known_worse_than_one_of_as_many_images() -> None:
    hits = np.zeros(240, bool)
    hits[:20] = True
    one_of_twelve = metrics.people_rate(hits, np.repeat(np.arange(12), 20))
    each_by_itself = metrics.people_rate(hits, np.arange(240))
    assert one_of_twelve.rate == each_by_itself.rate == 20 / 240
    assert (one_of_twelve.people_with, each_by_itself.people_with) == (1, 20)
    assert one_of_twelve.high - one_of_twelve.low > 4 * (each_by_itself.high - each_by_itself.low)
    assert one_of_twelve.low < 0.01 and 0.3 < one_of_twelve.high < 0.4
    assert str(one_of_twelve) == "8.3% (0.48% to 34%, 12 people)"
    assert metrics.people_rate(hits, np.repeat(np.arange(12), 20)) == one_of_twelve


def test_no_images_have_no_rate() -> None:
    assert metrics.people_rate(np.zeros(0, bool), []) is None


@pytest.mark.parametrize("people", [5, 30])
def test_the_bounds_hold_as_often_as_they_say(people: int) -> None:
    generator, outside = np.random.default_rng(1), np.zeros(2)
    for _ in range(200):
        # Most people are hit seldom, and a few look-alikes often: 0.08 on average.
        own = np.where(generator.random(people) < 0.1, 0.62, 0.02)
        hits = generator.random((people, 10)) < own[:, None]
        found = metrics.people_rate(hits.ravel(), np.repeat(np.arange(people), 10))
        outside += [found.low > 0.08, found.high < 0.08]
    assert (outside / 200 <= 0.07).all()
