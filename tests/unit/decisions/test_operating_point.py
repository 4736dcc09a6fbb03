import math
from typing import Any

import numpy as np
import pytest

from facerec.decisions.operating_point import OperatingPoint
from facerec.errors import FacerecError
from tests.examples import CLASSES
from tests.unit.decisions.conftest import probable


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
