import math

import numpy as np
import pytest
import torch

from facerec.decisions.scores import SCORES, Outputs
from facerec.errors import FacerecError
from tests.unit.decisions.conftest import probable

LOGITS = np.random.default_rng(0).normal(0, 3, (20, 3)).astype(np.float32)
SIMILARITIES = np.random.default_rng(1).uniform(0, 1, (20, 3)).astype(np.float32)
OPINION = np.random.default_rng(2).uniform(0, 1, 20).astype(np.float32)
OUTPUTS = Outputs(LOGITS, SIMILARITIES, OPINION)


def scored(name: str, outputs: Outputs, temperature: float = 1.0) -> np.ndarray:
    return SCORES[name].of(outputs, temperature)


@pytest.mark.parametrize("temperature", [1.0, 0.3, 2.5])
def test_probabilities_are_torch_s_softmax_over_the_temperature(temperature: float) -> None:
    probabilities = OUTPUTS.probabilities(temperature)
    expected = torch.from_numpy(LOGITS / temperature).softmax(dim=1)
    np.testing.assert_allclose(probabilities, expected, atol=1e-6)
    assert probabilities.dtype == np.float32
    np.testing.assert_array_equal(OUTPUTS.predictions, probabilities.argmax(axis=1))


@pytest.mark.parametrize("temperature", [1.0, 0.3, 2.5])
@pytest.mark.parametrize("name", [name for name in SCORES if name != "second_opinion"])
def test_an_exported_network_scores_alike(name: str, temperature: float) -> None:
    for classes in (1, 2, 3):
        logits, similarities = LOGITS[:, :classes], SIMILARITIES[:, :classes]
        of_tensors = SCORES[name].of_tensors
        assert of_tensors is not None
        scaled = torch.from_numpy(logits / np.float32(temperature))
        found = of_tensors(scaled, temperature, torch.from_numpy(similarities))
        expected = scored(name, Outputs(logits, similarities), temperature)
        np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)


def test_parts_are_joined_in_order() -> None:
    joined = Outputs.joined([OUTPUTS[:3], OUTPUTS[3:4], OUTPUTS[4:]])
    np.testing.assert_array_equal(joined.logits, LOGITS)
    np.testing.assert_array_equal(joined.similarities, SIMILARITIES)
    np.testing.assert_array_equal(joined.second_opinion, OPINION)


def test_joined_similarities_are_of_all_faces_or_none() -> None:
    joined = Outputs.joined([OUTPUTS[:3], Outputs(LOGITS[3:])])
    np.testing.assert_array_equal(joined.logits, LOGITS)
    assert joined.similarities is None and joined.second_opinion is None
    assert Outputs.joined([Outputs(LOGITS)]).similarities is None


def test_rows_of_outputs() -> None:
    part = OUTPUTS[3:5]
    assert len(part) == 2
    np.testing.assert_array_equal(part.logits, LOGITS[3:5])
    np.testing.assert_array_equal(part.similarities, SIMILARITIES[3:5])
    np.testing.assert_array_equal(part.second_opinion, OPINION[3:5])
    picked = Outputs(LOGITS)[np.arange(20) % 2 == 0]
    np.testing.assert_array_equal(picked.logits, LOGITS[::2])
    assert picked.similarities is None and picked.second_opinion is None


def test_a_mean_is_weighted() -> None:
    mean = OUTPUTS[:2].mean(np.array([0.25, 0.75]))
    np.testing.assert_allclose(mean.logits, [[0.25, 0.75] @ LOGITS[:2]], rtol=1e-5)
    np.testing.assert_allclose(mean.similarities, [[0.25, 0.75] @ SIMILARITIES[:2]], rtol=1e-5)
    np.testing.assert_allclose(mean.second_opinion, [[0.25, 0.75] @ OPINION[:2]], rtol=1e-5)
    bare = Outputs(LOGITS[:1]).mean(np.ones(1))
    assert bare.similarities is None and bare.second_opinion is None


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
    with pytest.raises(FacerecError, match="SFace was not asked"):
        scored("second_opinion", Outputs(LOGITS))


def test_of_one_person_alone_the_margin_is_all_there_is() -> None:
    outputs = Outputs(np.zeros((2, 1), np.float32))
    assert SCORES["margin"].of(outputs, 1.0).tolist() == [1.0, 1.0]
