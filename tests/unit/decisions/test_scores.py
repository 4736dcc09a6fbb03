import math
from typing import Any

import numpy as np
import pytest
import torch

from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import SCORES, Outputs
from facerec.errors import FacerecError
from tests.examples import CLASSES

LOGITS = np.random.default_rng(0).normal(0, 3, (20, 3)).astype(np.float32)
SIMILARITIES = np.random.default_rng(1).uniform(0, 1, (20, 3)).astype(np.float32)
OUTPUTS = Outputs(LOGITS, SIMILARITIES)


def probable(*rows: tuple[float, ...]) -> Outputs:
    """Outputs whose softmax is these probabilities."""
    with np.errstate(divide="ignore"):
        return Outputs(np.log(np.array(rows, np.float32).reshape(-1, 3)))


def scored(name: str, outputs: Outputs, temperature: float = 1.0) -> np.ndarray:
    return SCORES[name].of(outputs, temperature)


@pytest.mark.parametrize("temperature", [1.0, 0.3, 2.5])
def test_probabilities_are_torch_s_softmax_over_the_temperature(temperature: float) -> None:
    probabilities = OUTPUTS.probabilities(temperature)
    expected = torch.from_numpy(LOGITS / temperature).softmax(dim=1)
    np.testing.assert_allclose(probabilities, expected, atol=1e-6)
    assert probabilities.dtype == np.float32
    np.testing.assert_array_equal(OUTPUTS.predictions, probabilities.argmax(axis=1))


def test_parts_are_joined_in_order() -> None:
    joined = Outputs.joined([OUTPUTS[:3], OUTPUTS[3:4], OUTPUTS[4:]])
    np.testing.assert_array_equal(joined.logits, LOGITS)
    np.testing.assert_array_equal(joined.similarities, SIMILARITIES)


def test_joined_similarities_are_of_all_faces_or_none() -> None:
    joined = Outputs.joined([OUTPUTS[:3], Outputs(LOGITS[3:])])
    np.testing.assert_array_equal(joined.logits, LOGITS)
    assert joined.similarities is None
    assert Outputs.joined([Outputs(LOGITS)]).similarities is None


def test_rows_of_outputs() -> None:
    part = OUTPUTS[3:5]
    assert len(part) == 2
    np.testing.assert_array_equal(part.logits, LOGITS[3:5])
    np.testing.assert_array_equal(part.similarities, SIMILARITIES[3:5])
    picked = Outputs(LOGITS)[np.arange(20) % 2 == 0]
    np.testing.assert_array_equal(picked.logits, LOGITS[::2])
    assert picked.similarities is None


def test_scores_by_hand() -> None:
    outputs = probable((0.7, 0.2, 0.1), (0.1, 0.3, 0.6))
    np.testing.assert_allclose(scored("confidence", outputs), [0.7, 0.6], rtol=1e-6)
    np.testing.assert_allclose(scored("margin", outputs), [0.5, 0.3], rtol=1e-6)
    # The logarithm of what the exponentials of the logits sum to, here to 1, then to e.
    raised = Outputs(np.stack([outputs.logits[0], outputs.logits[1] + 1]))
    np.testing.assert_allclose(scored("energy", raised), [0, 1], atol=1e-6)
    similar = Outputs(outputs.logits, np.float32([[0.1, 0.9, 0.8], [0.7, 0.2, 0.3]]))
    np.testing.assert_allclose(scored("similarity", similar), [0.1, 0.3], rtol=1e-6)


def test_energy_is_torch_s() -> None:
    expected = torch.from_numpy(LOGITS).logsumexp(dim=1)
    np.testing.assert_allclose(scored("energy", OUTPUTS), expected, rtol=1e-5)


def test_a_temperature_changes_probabilities_and_what_is_made_of_them_only() -> None:
    for name in SCORES:
        changed = not np.allclose(scored(name, OUTPUTS), scored(name, OUTPUTS, 3.0))
        assert changed == (name in ("confidence", "margin")), name
    # p^(1/2) over its sum: of 0.64, 0.32 and 0.04 that is 0.8, 0.5657 and 0.2 over 1.5657.
    softened = scored("confidence", probable((0.64, 0.32, 0.04)), 2.0)
    assert softened == pytest.approx(0.8 / (0.8 + math.sqrt(0.32) + 0.2))


@pytest.mark.parametrize("name", SCORES)
def test_every_score_is_one_a_face_and_bounded_as_it_says(name: str) -> None:
    values = scored(name, OUTPUTS)
    assert values.shape == (20,) and scored(name, OUTPUTS[:0]).shape == (0,)
    if SCORES[name].bounded:
        assert ((values >= 0) & (values <= 1)).all()


def test_similarity_wants_to_know_how_near_the_classes_are() -> None:
    with pytest.raises(FacerecError, match="How near the classes are is not known yet"):
        scored("similarity", Outputs(LOGITS))


@pytest.mark.parametrize(
    ("row", "threshold", "named"),
    [
        ((0.7, 0.2, 0.1), 0.5, True),
        ((0.7, 0.2, 0.1), 0.8, False),
        ((0.5, 0.5, 0.0), 0.5, False),
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
    assert OperatingPoint(threshold).is_named(CLASSES, probable(row)).tolist() == [named]


def test_acceptance_is_the_score_and_nothing_where_unknown_is_likeliest() -> None:
    outputs = probable((0.7, 0.2, 0.1), (0.1, 0.8, 0.1), (0.2, 0.2, 0.6))
    point = OperatingPoint(0.5, "margin")
    np.testing.assert_allclose(point.acceptance(CLASSES, outputs), [0.5, -np.inf, 0.4], rtol=1e-5)
    # Without an Unknown, nobody is refused but by the threshold.
    everybody = point.acceptance(("Ada", "Bob", "Zoë"), outputs)
    np.testing.assert_allclose(everybody, [0.5, 0.7, 0.4], rtol=1e-5)
    assert point.acceptance(CLASSES, outputs[:0]).shape == (0,)


def test_a_point_uses_its_score_and_temperature() -> None:
    outputs = probable((0.64, 0.32, 0.04))
    assert OperatingPoint(0.6).is_named(CLASSES, outputs).all()
    assert not OperatingPoint(0.6, temperature=2.0).is_named(CLASSES, outputs).any()
    assert not OperatingPoint(0.6, "margin").is_named(CLASSES, outputs).any()
    energetic = OperatingPoint(-0.5, "energy", low=-1.0, high=1.0)
    assert energetic.is_named(CLASSES, outputs).all()
    np.testing.assert_allclose(energetic.scores(outputs), 0, atol=1e-6)


def test_the_report_s_point_is_the_default() -> None:
    point = OperatingPoint()
    assert (point.threshold, point.score, point.temperature) == (0.5, "confidence", 1.0)
    assert (point.low, point.high) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"threshold": -0.01}, "threshold is -0.01, but must lie between 0 and 1"),
        ({"threshold": 2.0}, "threshold is 2, but must lie between 0 and 1"),
        ({"threshold": 7.5, "score": "energy", "low": 8.0, "high": 9.0}, "between 8 and 9"),
        ({"threshold": math.nan}, "must be numbers"),
        ({"threshold": math.inf, "high": math.inf}, "must be numbers"),
        ({"low": math.nan}, "must be numbers"),
        ({"low": -math.inf}, "must be numbers"),
        ({"temperature": math.nan}, "must be numbers"),
        ({"temperature": 0.0}, "temperature is 0, but must lie between 0.01 and 100"),
        ({"temperature": -1.0}, "temperature is -1, "),
        ({"temperature": 1e9}, "temperature is 1e\\+09, "),
        ({"low": 0.5, "high": 0.5}, "range must go up, but is 0.5 to 0.5"),
        ({"low": 1.0, "high": 0.0}, "range must go up"),
        ({"score": "magic"}, "no score 'magic': confidence, margin, energy, similarity"),
    ],
)
def test_a_point_that_cannot_be_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(FacerecError, match=message):
        OperatingPoint(**values)


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_both_ends_of_the_slider_are_points(threshold: float) -> None:
    assert OperatingPoint(threshold).threshold == threshold


def test_of_one_person_alone_the_margin_is_all_there_is() -> None:
    outputs = Outputs(np.zeros((2, 1), np.float32))
    assert SCORES["margin"].of(outputs, 1.0).tolist() == [1.0, 1.0]
