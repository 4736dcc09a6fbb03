import math
from io import BytesIO

import numpy as np
import pytest
import torch
from scipy.special import softmax
from torch import nn

from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.explanation.heat_maps import Explainer
from facerec.networks.catalogue import NETWORKS, network_named
from facerec.networks.layers import MARGIN, SCALE, CosineClassifier, make_classifier, with_margin
from facerec.networks.options import NetworkOptions
from facerec.recognition.engines import ENGINES, EXACT, Source
from facerec.runs import catalogue, creating
from facerec.runs.catalogue import import_run
from facerec.runs.creating import continued_network
from facerec.runs.run import Run
from facerec.training.loop import train
from tests.examples import COLORS, noisy_color, tiny_config

FACES = np.stack([noisy_color(color, 1) for color in COLORS.values()])


def logits_at(*angles: float) -> torch.Tensor:
    """Logits of one image each, (images, 2), of the first class at such an angle in radians."""
    return SCALE * torch.tensor([[math.cos(angle), 0.5] for angle in angles])


def labels(count: int) -> torch.Tensor:
    return torch.zeros(count, dtype=torch.int64)


def test_logits_are_cosines_whatever_the_lengths() -> None:
    classifier = CosineClassifier(8, 3).eval()
    features = torch.randn(5, 8)
    expected = SCALE * torch.cosine_similarity(features[:, None], classifier.weight[None], dim=2)
    torch.testing.assert_close(classifier(features), expected, rtol=1e-4, atol=1e-4)
    classifier.weight.data *= torch.tensor([[0.1], [3.0], [20.0]])
    torch.testing.assert_close(classifier(7 * features), expected, rtol=1e-4, atol=1e-4)
    assert [name for name, _ in classifier.named_parameters()] == ["weight"]


def test_angles_are_seen_from_the_middle_of_all_faces() -> None:
    classifier, features = CosineClassifier(8, 3).train(), torch.rand(64, 8)
    centred = (features - features.mean(dim=0)) / features.std(dim=0)
    expected = SCALE * torch.cosine_similarity(centred[:, None], classifier.weight[None], dim=2)
    torch.testing.assert_close(classifier(features), expected, rtol=1e-3, atol=1e-2)
    assert classifier(features[:1]).isfinite().all(), "also of a single image"


def test_angles_are_calculated_with_32_bits() -> None:
    classifier, features = CosineClassifier(512, 3).eval(), torch.randn(2, 512)
    with torch.autocast("cpu", torch.bfloat16):
        logits = classifier(features.bfloat16())
    assert logits.dtype == torch.float32
    torch.testing.assert_close(logits, classifier(features.bfloat16().float()))


def test_the_loss_decides_the_classifier() -> None:
    assert isinstance(make_classifier(4, 2, "arcface"), CosineClassifier)
    assert type(make_classifier(4, 2, "cross_entropy")) is nn.Linear


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_takes_it(name: str) -> None:
    module = network_named(name).skeleton(4, NetworkOptions(loss="arcface"))
    assert isinstance(module.fc, CosineClassifier) and module.fc.out_features == 4


def test_the_margin_turns_the_label_s_logit_only() -> None:
    logits = SCALE * (2 * torch.rand(6, 4) - 1) * 0.9
    chosen = torch.tensor([0, 1, 2, 3, 0, 1])
    lower = with_margin(logits, chosen)
    is_label = nn.functional.one_hot(chosen, 4).bool()
    assert torch.equal(lower[~is_label], logits[~is_label])
    angles = (logits[is_label] / SCALE).acos()
    torch.testing.assert_close(lower[is_label], SCALE * (angles + MARGIN).cos())


def test_the_margin_never_raises_a_logit_and_keeps_the_order() -> None:
    angles = np.linspace(0, math.pi, 400)
    logits = logits_at(*angles)
    lower = with_margin(logits, labels(400))[:, 0]
    assert torch.all(lower < logits[:, 0])
    steps = lower.diff()
    assert torch.all(steps < 0), "the larger the angle, the lower"
    assert steps.abs().max() < 2 * SCALE * math.pi / 400, "and nowhere all at once"


@pytest.mark.parametrize("cosine", [1.0, -1.0, math.cos(math.pi - MARGIN), 0.0])
def test_gradients_are_numbers_at_the_ends(cosine: float) -> None:
    logits = torch.tensor([[SCALE * cosine, 0.0]], requires_grad=True)
    nn.functional.cross_entropy(with_margin(logits, labels(1)), labels(1)).backward()
    assert logits.grad.isfinite().all() and logits.grad[0, 0] < 1e-5


def test_gradients_are_numbers_where_a_face_is_its_class() -> None:
    classifier = CosineClassifier(16, 3).eval()
    features = (5 * classifier.weight.detach()[:1]).requires_grad_()
    nn.functional.cross_entropy(with_margin(classifier(features), labels(1)), labels(1)).backward()
    assert features.grad.isfinite().all() and classifier.weight.grad.isfinite().all()


@pytest.fixture
def arcface_run(small_dataset: FaceFolder) -> Run:
    run = creating.create(
        "arcface", tiny_config(loss="arcface", epochs=3, fields=7, learning_rate=1e-3)
    )
    train(run)
    return run


def test_a_run_learns_with_it_and_is_used_like_any_other(arcface_run: Run) -> None:
    history = arcface_run.history()
    assert history[-1]["train_loss"] < history[0]["train_loss"]
    assert history[-1]["validation_accuracy"] == 1

    module = arcface_run.load_network()
    assert isinstance(module.fc, CosineClassifier)
    images = torch.from_numpy(FACES).permute(0, 3, 1, 2)
    with torch.inference_mode():
        expected = module(network_named("custom_cnn").prepare(images)).numpy()
    for name in (EXACT, "onnxruntime"):
        logits, embeddings = ENGINES[name](Source(arcface_run))(FACES)
        np.testing.assert_allclose(softmax(logits, 1), softmax(expected, 1), atol=1e-4)
        np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)

    heat = Explainer(arcface_run).heat(FACES, [0, 1, 2])
    assert heat.shape == (3, 224, 224) and np.isfinite(heat).all() and heat.max() == 1

    config = tiny_config(loss="arcface", fields=7, continue_from="arcface")
    continued = continued_network(config, ["Bob", *arcface_run.info.classes[1:]])
    same = (continued.fc.weight == module.fc.weight).all(dim=1)
    assert same.tolist() == [False, True, True]
    with pytest.raises(FacerecError, match="loss arcface, and this run's .* loss cross_entropy"):
        creating.create("next", tiny_config(fields=7, continue_from="arcface"))

    packed = catalogue.export(arcface_run)
    arcface_run.delete()
    assert import_run(BytesIO(packed)).load_network().fc.weight.shape == (3, 64 * 7 * 7)
