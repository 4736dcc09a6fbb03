from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import psutil
import pytest
import torch
from accelerate import Accelerator
from torch import nn
from torch.nn import functional

from facerec.errors import FacerecError
from facerec.networks.catalogue import network_named
from facerec.networks.layers import CosineClassifier, with_margin
from facerec.networks.options import NetworkOptions
from facerec.networks.resnet50 import ResNet50
from facerec.runs import creating
from facerec.runs.settings import TrainingConfig
from facerec.system.accelerator import chosen_precision, make_accelerator
from facerec.training import learner
from facerec.training.batches import Batch
from facerec.training.learner import Learner
from facerec.training.loop import train
from tests.examples import COLORS, noisy_color, tiny_config

CLASSES = 3


class Small(nn.Module):
    """A network whose first part is frozen, and which counts the images that go through it."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.early = nn.Sequential(nn.Conv2d(3, 4, 3, stride=16), nn.ReLU())
        self.early.requires_grad_(False)
        self.late = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, CLASSES))
        self.images = 0
        self.early.register_forward_hook(self.count)

    def count(self, module: nn.Module, inputs: tuple, output: torch.Tensor) -> None:
        self.images += len(output)

    def parts(self) -> tuple[nn.Module, nn.Module]:
        return self.early, self.late

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.late(self.early(images))


def batch(*rows: int, size: int | None = None, counts: bool = True, draw: int | None = 0) -> Batch:
    names = list(COLORS)
    pixels = np.stack([noisy_color(COLORS[names[row % CLASSES]], row) for row in rows])
    labels = torch.tensor([row % CLASSES for row in rows])
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    return Batch(list(rows), images, labels, size or len(rows), counts, draw=draw)


def make(module: nn.Module, **settings: object) -> Learner:
    config = TrainingConfig(**{"precision": "fp32", "learning_rate": 0.1, **settings})
    network = network_named("custom_cnn")
    return Learner(config, network, module, [0, 1, 2, 2], 4, Accelerator())


def prepared(images: Batch) -> torch.Tensor:
    return network_named("custom_cnn").prepare(images.images)


@pytest.fixture
def small() -> Small:
    return Small()


def test_the_frozen_part_stays_and_the_other_learns(small: Small) -> None:
    before = {name: value.clone() for name, value in small.state_dict().items()}
    logits = make(small).learn(batch(0, 1, 2))
    assert logits.shape == (3, CLASSES) and logits.dtype == torch.float32
    for name, value in small.state_dict().items():
        assert torch.equal(value, before[name]) == name.startswith("early"), name


def test_images_that_never_change_go_through_the_frozen_part_once(small: Small) -> None:
    taught = make(small)
    for _ in range(3):
        taught.learn(batch(0, 1, 2))
        taught.judge(batch(4, 5))
    assert small.images == 5
    taught.learn(batch(2, 4, 6))
    assert small.images == 6, "known ones in another batch are known"
    torch.testing.assert_close(taught.judge(batch(6, 0, 4)), small(prepared(batch(6, 0, 4))))


def test_images_that_change_go_through_it_each_time(small: Small) -> None:
    taught = make(small)
    for _ in range(2):
        taught.learn(batch(0, 1, 2, draw=None))
    assert small.images == 6


def test_versions_that_take_turns_go_through_it_once_each(small: Small) -> None:
    taught = make(small, draws=2)
    assert taught.draws == 2 and not taught.knows(0, 1)
    for draw in (1, 2, 1, 2):
        taught.learn(batch(0, 1, 2, draw=draw))
    assert small.images == 6 and taught.knows(0, 1) and not taught.knows(0, 3)


def test_without_frozen_blocks_no_version_comes_again() -> None:
    taught = make(network_named("custom_cnn").skeleton(CLASSES, NetworkOptions()), draws=2)
    assert taught.draws == 0


def test_what_memory_cannot_hold_is_not_remembered(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = namedtuple("Memory", "available")
    # Room for one batch of two images, 4 x 14 x 14 numbers of 4 bytes each.
    available = 2.5 * 4 * 14 * 14 * 4 / learner._MEMORY_SHARE
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory(available))
    taught = make(small)
    for _ in range(2):
        taught.judge(batch(0, 1))
        taught.judge(batch(2, 3))
    assert small.images == 2 + 2 + 2
    torch.testing.assert_close(taught.judge(batch(3, 1)), small(prepared(batch(3, 1))))


def gradients(small: Small, act: Callable[[Learner], object], **settings: object) -> torch.Tensor:
    """How far one step of plain gradient descent moves the classifier."""
    before = small.late[2].weight.detach().clone()
    act(make(small, optimizer="sgd", **settings))
    return before - small.late[2].weight.detach()


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_a_step_follows_the_mean_loss_of_the_batch(smoothing: float) -> None:
    images, reference = batch(0, 1, 3), Small()
    loss = functional.cross_entropy(
        reference(prepared(images)), images.labels, label_smoothing=smoothing
    )
    loss.backward()
    moved = gradients(Small(), lambda taught: taught.learn(images), label_smoothing=smoothing)
    torch.testing.assert_close(moved, 0.1 * reference.late[2].weight.grad, rtol=1e-4, atol=1e-7)


def test_balanced_classes_count_the_same() -> None:
    images, reference = batch(0, 1, 2, 5), Small()
    # Of the four training labels 0, 1, 2, 2 the weights are 4/3, 4/3 and 2/3.
    weights = torch.tensor([4 / 3, 4 / 3, 2 / 3])
    losses = functional.cross_entropy(
        reference(prepared(images)), images.labels, weights, reduction="none"
    )
    losses.mean().backward()
    moved = gradients(Small(), lambda taught: taught.learn(images), class_weights="balanced")
    torch.testing.assert_close(moved, 0.1 * reference.late[2].weight.grad, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("weights", ["none", "balanced"])
def test_arcface_asks_for_its_margin_while_learning_only(weights: str) -> None:
    def module() -> Small:
        small = Small()
        torch.manual_seed(1)
        small.late[2] = CosineClassifier(16, CLASSES)
        return small

    images, reference = batch(0, 1, 2, 5), module()
    logits = reference(prepared(images))
    losses = functional.cross_entropy(
        with_margin(logits, images.labels),
        images.labels,
        torch.tensor([4 / 3, 4 / 3, 2 / 3]) if weights == "balanced" else None,
        reduction="none",
        label_smoothing=0.1,
    )
    losses.mean().backward()
    settings = {"loss": "arcface", "class_weights": weights, "label_smoothing": 0.1}
    told = []
    moved = gradients(module(), lambda taught: told.append(taught.learn(images)), **settings)
    torch.testing.assert_close(moved, 0.1 * reference.late[2].weight.grad, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(told[0], logits.detach())
    judged = make(module(), **settings).judge(images)
    torch.testing.assert_close(judged, module().eval()(prepared(images)).detach())


def test_a_lent_image_does_not_count() -> None:
    moved = gradients(Small(), lambda taught: taught.learn(batch(0, size=1, counts=False)))
    assert torch.all(moved == 0)


def test_a_part_of_a_batch_counts_by_its_share() -> None:
    whole = gradients(Small(), lambda taught: taught.learn(batch(0, 1, 2, 4)))
    parts = [
        gradients(Small(), lambda taught, rows=rows: taught.learn(batch(*rows, size=4)))
        for rows in ((0, 2, 4), (1,))
    ]
    torch.testing.assert_close(sum(parts), whole, rtol=1e-4, atol=1e-7)


def test_bf16_gives_nearly_the_same_as_fp32() -> None:
    images = batch(0, 1, 2)
    exact, rough = (
        make(Small(), precision=precision).judge(images) for precision in ("fp32", "bf16")
    )
    assert rough.dtype == torch.float32
    assert torch.any(exact != rough)
    torch.testing.assert_close(exact, rough, rtol=0.05, atol=0.05)


@pytest.mark.parametrize(
    ("able", "expected"),
    [({}, "fp32"), ({"avx512_bf16": True}, "bf16"), ({"amx_bf16": True}, "bf16")],
)
def test_bf16_is_chosen_where_the_processor_has_it(
    monkeypatch: pytest.MonkeyPatch, able: dict[str, bool], expected: str
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    assert chosen_precision("auto", torch.device("cpu")) == expected
    assert chosen_precision("fp32", torch.device("cpu")) == "fp32"
    assert chosen_precision("bf16", torch.device("cpu")) == "bf16"
    assert chosen_precision("auto", torch.device("mps")) == "fp32"


@pytest.mark.parametrize(("native", "expected"), [(True, "bf16"), (False, "fp16")])
def test_a_gpu_without_bf16_takes_fp16(monkeypatch, native: bool, expected: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: native)
    assert chosen_precision("auto", torch.device("cuda")) == expected


def test_fp16_without_a_gpu_is_refused() -> None:
    assert make_accelerator("auto").scaler is None
    with pytest.raises(FacerecError, match="There is no GPU here"):
        make_accelerator("fp16")


def scaling() -> tuple[Learner, torch.amp.GradScaler]:
    """A learner in fp16 with a scaler, as on a GPU, but on this processor."""
    accelerator = Accelerator(cpu=True)
    scaler = accelerator.scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    config = TrainingConfig(precision="fp16", learning_rate=0.01)
    made = Learner(config, network_named("custom_cnn"), Small(), [0, 1, 2, 2], 4, accelerator)
    return made, scaler


def test_fp16_learns_with_a_scaled_loss() -> None:
    learner, scaler = scaling()
    images = batch(0, 1, 2, 3)
    losses = [
        float(functional.cross_entropy(learner.learn(images), images.labels)) for _ in range(12)
    ]
    assert losses[-1] < losses[0] and scaler.get_scale() == 1024.0
    fp32 = make(Small(), learning_rate=0.01)
    torch.testing.assert_close(scaling()[0].judge(images), fp32.judge(images), atol=0.01, rtol=0.01)


def test_a_step_whose_gradients_overflow_is_left_out() -> None:
    learner, scaler = scaling()
    images = batch(0, 1, 2, 3)
    learner.learn(images)
    state = {name: value.clone() for name, value in learner.state()["model"].items()}
    scaler.update(1e38)
    learner.learn(images)
    for name, value in learner.state()["model"].items():
        assert torch.equal(value, state[name]), name
    assert scaler.get_scale() < 1e38
    again, other = scaling()
    again.restore(learner.state())
    assert other.get_scale() == scaler.get_scale()


def test_a_state_brings_everything_back(small: Small) -> None:
    taught = make(small, schedule="cosine", optimizer="adam")
    taught.learn(batch(0, 1, 2))
    state = {name: _copy(value) for name, value in taught.state().items()}
    after = taught.learn(batch(1, 2, 3)), taught.learn(batch(0, 4, 5)), taught.learning_rate
    other = make(Small(), schedule="cosine", optimizer="adam")
    other.restore(state)
    again = other.learn(batch(1, 2, 3)), other.learn(batch(0, 4, 5)), other.learning_rate
    assert torch.equal(after[0], again[0]) and torch.equal(after[1], again[1])
    assert after[2] == again[2]


def _copy(value: object) -> object:
    match value:
        case torch.Tensor():
            return value.clone()
        case dict():
            return {name: _copy(item) for name, item in value.items()}
        case list():
            return [_copy(item) for item in value]
    return value


@pytest.mark.parametrize("frozen", range(6))
def test_resnet50_s_parts_are_the_whole(frozen: int) -> None:
    module = ResNet50(CLASSES, frozen_blocks=frozen).eval()
    first, second = module.parts()
    images = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(second(first(images)), module(images))
    trained = {id(p) for p in module.parameters() if p.requires_grad}
    assert {id(parameter) for parameter in second.parameters()} == trained


def test_options_of_networks_reach_them() -> None:
    options = NetworkOptions(dropout=0.3, activation="tanh", initialisation="xavier")
    module = network_named("custom_cnn").skeleton(2, options)
    kinds = {type(layer) for layer in module.modules()}
    assert nn.Tanh in kinds and nn.ReLU not in kinds and module.dropout.p == 0.3
    he = replace(NetworkOptions(), initialisation="he")
    spread = [
        network_named("custom_cnn").skeleton(2, options).blocks[2][0].weight.std().item()
        for options in (he, replace(he, initialisation="xavier"))
    ]
    # He: sqrt(2 / (9 * 64)); Xavier with ReLU's gain: sqrt(2) * sqrt(2 / (9 * 96)).
    assert spread == pytest.approx([0.0589, 0.0680], rel=0.05)


@pytest.mark.parametrize("unknown", [2, None], ids=["as Unknown", "as nobody"])
def test_strangers_count_as_much_as_the_images_with_labels(unknown: int | None) -> None:
    both, reference = batch(0, 1, 3, 8, 5, 7), Small()
    logits = reference(prepared(both))
    known = functional.cross_entropy(logits[:3], both.labels[:3])
    if unknown is None:
        others = -functional.log_softmax(logits[3:], dim=1).mean()
    else:
        others = functional.cross_entropy(logits[3:], torch.full((3,), unknown))
    (known + others).backward()

    exposed = Batch(both.rows, both.images, both.labels[:3], 3, others=3)
    small = Small()
    before = small.late[2].weight.detach().clone()
    config = TrainingConfig(precision="fp32", learning_rate=0.1, optimizer="sgd")
    taught = Learner(
        config, network_named("custom_cnn"), small, [0, 1, 2, 2], 4, Accelerator(), unknown
    )
    assert len(taught.learn(exposed)) == 3
    moved = before - small.late[2].weight.detach()
    torch.testing.assert_close(moved, 0.1 * reference.late[2].weight.grad, rtol=1e-4, atol=1e-7)


def test_l1_pulls_weights_to_zero(small_dataset) -> None:
    sums = []
    for l1 in (0.0, 0.05):
        run = creating.create(f"l1-{l1}", tiny_config(side=32, fields=2, learning_rate=1e-2, l1=l1))
        train(run)
        weights = [value for value in run.load_network().parameters() if value.ndim > 1]
        sums.append(sum(float(value.detach().abs().sum()) for value in weights))
    assert sums[1] < 0.5 * sums[0]
