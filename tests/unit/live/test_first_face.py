import numpy as np
import pytest

from facerec.datasets.folder import UNKNOWN
from facerec.decisions.population import population_of
from facerec.live.first_face import FirstFaces
from facerec.recognition.engines import published_engine
from tests.examples import COLORS, noisy_color

FACES = {name: np.stack([noisy_color(COLORS[name], seed) for seed in range(3)]) for name in COLORS}


def test_nobody_is_known_at_first() -> None:
    nobody = FirstFaces.nobody()
    assert nobody.classes == (UNKNOWN,)
    outputs = nobody.outputs(FACES["Ada"])
    assert outputs.similarities.shape == (3, 1) and not outputs.similarities.any()
    assert not nobody.point.is_named(nobody.classes, outputs).any()


def test_somebody_is_known_by_sface_s_class_mean() -> None:
    known = FirstFaces.nobody().with_person("Ada", FACES["Ada"])
    mean = published_engine("sface")(FACES["Ada"])[1].mean(axis=0)
    expected = published_engine("sface")(FACES["Zoë"])[1] @ mean / np.linalg.norm(mean)
    found = known.outputs(FACES["Zoë"]).similarities[:, 0]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert known.point.is_named(known.classes, known.outputs(FACES["Ada"])).all()
    rate = population_of("sface").acceptance_rate(known.point.threshold, [3])
    assert rate <= 0.0011


def test_the_one_before_stays_as_it_was() -> None:
    first = FirstFaces.nobody().with_person("Ada", FACES["Ada"])
    both = first.with_person("Zoë", FACES["Zoë"])
    assert first.classes == ("Ada",) and both.classes == ("Ada", "Zoë")
    assert both.outputs(FACES["Zoë"]).predictions.tolist() == [1, 1, 1]
    assert len(both.outputs(FACES["Zoë"][:0])) == 0
    assert both.point.threshold == pytest.approx(both.point.threshold)
