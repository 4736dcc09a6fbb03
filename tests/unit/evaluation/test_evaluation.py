import json
from dataclasses import asdict

import numpy as np
import pytest

from facerec import metrics
from facerec.datasets.folder import UNKNOWN
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import SCORES
from facerec.errors import FacerecError
from facerec.evaluation.evaluation import Evaluation
from tests.examples import CLASSES
from tests.unit.evaluation.conftest import BY_HAND, HELD_OUT, STRANGERS, judged


def test_figures_without_threshold_by_hand() -> None:
    summary = BY_HAND.summary(OperatingPoint(0.5))
    assert (summary.images, summary.strangers) == (4, 2)
    assert summary.accuracy == 0.5
    assert summary.accuracy_interval == metrics.share_interval(2, 4)
    assert summary.macro_f1 == pytest.approx((2 / 3 + 0 + 0) / 3)
    assert summary.confusion == [[2, 0, 0], [1, 0, 0], [1, 0, 0]]
    assert asdict(summary.classes["Ada"]) == {
        "precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3), "images": 2
    }  # fmt: skip
    # A bin each: 0.92 and 0.42 right, 0.82 and 0.72 wrong.
    assert summary.expected_calibration_error == pytest.approx((0.08 + 0.58 + 0.82 + 0.72) / 4)


def test_a_summary_is_json_with_its_names_in_order() -> None:
    record = json.loads(json.dumps(BY_HAND.summary(OperatingPoint(0.75)).as_dict()))
    assert list(record) == [
        "images", "strangers", "score", "threshold", "temperature", "accuracy",
        "accuracy_interval", "macro_f1", "false_acceptance_rate", "unknown_acceptance_rate",
        "false_rejection_rate", "wrong_name_rate", "equal_error_rate", "auroc",
        "expected_calibration_error", "classes", "confusion",
        "strangers_named", "unknown_named", "people_refused", "people_misnamed",
    ]  # fmt: skip
    assert record["accuracy_interval"] == list(metrics.share_interval(2, 4))
    assert list(record["classes"]) == list(CLASSES)
    assert list(record["classes"]["Ada"]) == ["precision", "recall", "f1", "images"]
    rate = ["rate", "low", "high", "images", "people", "people_with"]
    assert list(record["people_refused"]) == rate


def test_figures_at_a_threshold_by_hand() -> None:
    summary = BY_HAND.summary(OperatingPoint(0.5))
    assert (summary.score, summary.threshold, summary.temperature) == (
        "confidence", 0.5, 1.0,
    )  # fmt: skip
    # Of three faces of known people one is not sure enough, and one gets another's name.
    assert summary.false_rejection_rate == pytest.approx(1 / 3)
    assert summary.wrong_name_rate == pytest.approx(1 / 3)
    assert summary.unknown_acceptance_rate == 1
    assert summary.false_acceptance_rate == 0.5
    assert summary.strangers_named is not None and summary.people_refused is not None
    assert (summary.strangers_named.rate, summary.strangers_named.images) == (0.5, 2)
    assert summary.people_refused.rate == summary.false_rejection_rate
    higher = BY_HAND.summary(OperatingPoint(0.75))
    assert higher.false_rejection_rate == pytest.approx(2 / 3)
    assert (higher.wrong_name_rate, higher.false_acceptance_rate) == (0, 0)
    # Known 0.92, 0.42, 0.72 against 0.72 and never: of six pairs four are won, one is tied.
    assert summary.auroc == pytest.approx(4.5 / 6)
    # Over 0.42, half of the strangers are named and one of three refused.
    assert summary.equal_error_rate == pytest.approx((1 / 2 + 1 / 3) / 2)


def test_figures_follow_the_point_s_score_and_temperature() -> None:
    assert BY_HAND.summary(OperatingPoint(0.6, "margin")).false_acceptance_rate == 0
    soft = BY_HAND.summary(OperatingPoint(0.5, temperature=3.0))
    assert soft.false_rejection_rate == pytest.approx(2 / 3)
    assert soft.expected_calibration_error != pytest.approx(2.2 / 4)
    assert soft.accuracy == 0.5


def test_acceptances_are_parted_by_who_is_in_the_picture() -> None:
    point = OperatingPoint()
    np.testing.assert_allclose(BY_HAND.known_acceptance(point), [0.92, 0.42, 0.72], rtol=1e-6)
    np.testing.assert_allclose(BY_HAND.unknown_acceptance(point), [0.82], rtol=1e-6)
    np.testing.assert_allclose(BY_HAND.stranger_acceptance(point), [0.72, -np.inf], rtol=1e-6)
    assert BY_HAND.labels.tolist() == [0, 0, 1, 2]
    assert BY_HAND.predictions.tolist() == [0, 0, 0, 0]
    assert BY_HAND.right.tolist() == [True, True, False, False]
    assert BY_HAND.of_unknown.tolist() == [False, False, True, False]


def test_without_strangers_or_known_people_there_are_no_rates() -> None:
    alone = Evaluation(CLASSES, HELD_OUT, None)
    assert alone.error_rates(OperatingPoint()) is None
    assert alone.stranger_acceptance(OperatingPoint()).shape == (0,)
    summary = alone.summary(OperatingPoint())
    assert summary.strangers == 0
    assert summary.false_acceptance_rate is None
    assert summary.equal_error_rate is None and summary.auroc is None
    nobody = Evaluation(CLASSES, judged([UNKNOWN], [[0.1, 0.8, 0.1]]), STRANGERS)
    summary = nobody.summary(OperatingPoint())
    assert summary.false_rejection_rate is None and summary.wrong_name_rate is None
    assert summary.equal_error_rate is None and summary.auroc is None
    assert summary.unknown_acceptance_rate == 0
    json.dumps(summary.as_dict(), allow_nan=False)


def test_calibration_is_that_of_the_held_out_images() -> None:
    assert sum(item.images for item in BY_HAND.reliability(1.0)) == 4
    logits = HELD_OUT.outputs.logits
    assert BY_HAND.best_temperature() == metrics.best_temperature(logits, BY_HAND.labels)
    assert BY_HAND.best_temperature() > 1, "it is surer than it is right"


@pytest.mark.parametrize("name", SCORES)
def test_a_slider_covers_all_that_a_score_gave(name: str) -> None:
    similarities = np.float32([[0.29, 0.5, 0.5], [0.9, 0, 0], [0.7, 0, 0], [0.5, 0, 0]])
    strangers = judged(["x"], [[0.5, 0.3, 0.2]], np.float32([[0.1, 0, 0]]), np.float32([0.2]))
    opinion = np.float32([0.7, 0.9, 0.1, 0.5])
    held_out = judged(list(HELD_OUT.names), np.exp(HELD_OUT.outputs.logits), similarities, opinion)
    found = Evaluation(CLASSES, held_out, strangers)
    point = found.point_for(name, 2.0)
    assert (point.score, point.temperature) == (name, 2.0)
    assert point.low < point.threshold < point.high
    for part in (held_out, strangers):
        values = SCORES[name].of(part.outputs, 2.0)
        assert (values > point.low).all() and (values <= point.high).all()
    if SCORES[name].bounded:
        assert (point.low, point.high) == (0, 1)
    if name == "energy":
        assert (point.low, point.high) == (-0.02, 0.01)


def test_a_slider_has_a_length_even_for_one_image() -> None:
    one = Evaluation(CLASSES, judged(["Ada"], [[1.0, 1e-9, 1e-9]]), None)
    point = one.point_for("energy", 1.0)
    assert point.low < point.threshold < point.high


def test_similarity_and_second_opinion_are_offered_where_they_are_known_of_all() -> None:
    similar = judged(["Ada"], [[0.7, 0.2, 0.1]], np.float32([[1, 0, 0]]), np.float32([0.6]))
    assert BY_HAND.scores() == ["confidence", "margin", "energy"]
    assert Evaluation(CLASSES, similar, None).scores() == list(SCORES)
    assert Evaluation(CLASSES, similar, similar).scores() == list(SCORES)
    assert Evaluation(CLASSES, similar, STRANGERS).scores() == BY_HAND.scores()
    with pytest.raises(FacerecError, match="not known"):
        BY_HAND.summary(OperatingPoint(0.5, "similarity"))
