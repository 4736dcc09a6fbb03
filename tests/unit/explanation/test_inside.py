import numpy as np
import pytest
import torch
from torch.nn import functional

from facerec.charts import inside as charts
from facerec.errors import FacerecError
from facerec.explanation.inside import Inside, picture_of
from facerec.recognition.recogniser import Recogniser
from facerec.runs import creating
from facerec.runs.run import Run
from facerec.training.loop import train
from tests.examples import COLORS, noisy_color, tiny_config

FACE = noisy_color(COLORS["Ada"], 3)


@pytest.fixture
def run(small_dataset) -> Run:
    run = creating.create(
        "inside",
        tiny_config(
            side=32, blocks=2, kernel=5, pooling="average", fields=4, epochs=5, snapshots=3
        ),
    )
    train(run)
    return run


def test_the_stages_are_those_of_the_network_and_the_answer_is_the_recogniser_s(run: Run) -> None:
    look = Inside(run).look(FACE)
    assert [(stage.kind, stage.maps.shape) for stage in look.stages] == [
        ("Input", (3, 32, 32)),
        ("Conv2d", (16, 32, 32)), ("BatchNorm2d", (16, 32, 32)), ("ReLU", (16, 32, 32)),
        ("AvgPool2d", (16, 16, 16)),
        ("Conv2d", (32, 16, 16)), ("BatchNorm2d", (32, 16, 16)), ("ReLU", (32, 16, 16)),
        ("AvgPool2d", (32, 8, 8)), ("AdaptiveAvgPool2d", (32, 4, 4)),
    ]  # fmt: skip
    outputs = Recogniser(run).outputs(FACE[None])
    np.testing.assert_allclose(look.logits, outputs.logits[0], atol=1e-4)
    np.testing.assert_allclose(look.probabilities, outputs.probabilities()[0], atol=1e-4)
    np.testing.assert_allclose(look.positive + look.negative + look.bias, look.logits, atol=1e-4)
    assert len(Inside(run).look(FACE, most_stages=3).stages) == 3


@pytest.mark.parametrize("place", [(0, 0), (7, 9), (15, 15)])
def test_the_arithmetic_gives_the_value_of_the_map(run: Run, place: tuple[int, int]) -> None:
    inside = Inside(run)
    stages = {stage.name: stage for stage in inside.look(FACE).stages}
    row, column = place
    for name, stage in stages.items():
        if not inside.has_arithmetic(name) or stage.maps.shape[1] < 16:
            continue
        found = inside.arithmetic(FACE, name, 2, row, column)
        assert found.result == pytest.approx(float(stage.maps[2, row, column]), abs=1e-5), name
        if found.kind == "convolution":
            assert found.patch.shape == found.kernel.shape
            total = (found.patch * found.kernel).sum() + found.bias
            assert found.result == pytest.approx(float(total), abs=1e-4)
        elif found.kind == "pooling":
            assert found.result == pytest.approx(float(found.patch.mean()), abs=1e-5)
        elif "ReLU" in stage.kind:
            assert found.result == max(0.0, found.patch.item())
        kernel = None if found.kernel is None else found.kernel[:3]
        assert charts.numbers_chart(found.patch[:3], kernel).data
    assert {"blocks.0.0", "blocks.0.1", "blocks.0.2", "blocks.0.3"} <= {
        name for name in stages if inside.has_arithmetic(name)
    }


def test_the_convolution_is_torch_s(run: Run) -> None:
    inside = Inside(run)
    stages = inside.look(FACE).stages
    layer = run.load_network().blocks[0][0]
    image = torch.from_numpy(stages[0].maps)[None]
    with torch.no_grad():
        wanted = functional.conv2d(image, layer.weight, layer.bias, padding=2)[0].numpy()
    np.testing.assert_allclose(stages[1].maps, wanted, atol=1e-5)


def test_what_cannot_be_shown_is_refused(run: Run) -> None:
    inside = Inside(run)
    for name, place, message in (
        ("fc", (0, 0, 0), "cannot be shown"),
        ("nothing", (0, 0, 0), "cannot be shown"),
        ("blocks.0.0", (16, 0, 0), "16 maps of 32 x 32"),
        ("blocks.0.0", (0, 32, 0), "there is no 0, 32, 0"),
    ):
        with pytest.raises(FacerecError, match=message):
            inside.arithmetic(FACE, name, *place)


def test_snapshots_replay_the_training(run: Run) -> None:
    assert run.snapshots() == [1, 3, 5]
    first, last = (Inside(run, epoch).look(FACE) for epoch in (1, 5))
    assert not np.allclose(first.logits, last.logits, atol=1e-3)
    kept = {record["epoch"]: record["validation_loss"] for record in run.history()}
    assert len(kept) == 5
    with pytest.raises(FacerecError, match="no snapshot of epoch 2"):
        Inside(run, 2)


def test_few_and_small_snapshots(small_dataset, monkeypatch) -> None:
    none = creating.create("none", tiny_config(side=32, fields=2, snapshots=0))
    train(none)
    assert none.snapshots() == []
    monkeypatch.setattr("facerec.training.loop._LARGEST_SNAPSHOT", 10)
    large = creating.create("large", tiny_config(side=32, fields=2, snapshots=5))
    train(large)
    assert large.snapshots() == []


def test_a_deep_network_shows_its_stages_without_the_arithmetic(small_dataset) -> None:
    run = creating.create("deep", tiny_config(network="resnet50_scratch"))
    module = run.config.entry.build(3, run.config.network_options)
    run.save_weights(module)
    inside = Inside(run)
    look = inside.look(FACE)
    kinds = [stage.kind for stage in look.stages]
    assert kinds.count("Bottleneck") == 16 and look.stages[-1].maps.shape == (64, 1, 1)
    assert inside.has_arithmetic("conv1") and not inside.has_arithmetic("layer1.0")


def test_maps_are_drawn_each_at_its_own_scale() -> None:
    maps = np.stack([np.full((4, 4), 7.0), np.arange(16.0).reshape(4, 4)]).astype(np.float32)
    picture = picture_of(maps, columns=2)
    assert picture.shape == (4, 10, 3) and picture.dtype == np.uint8
    assert len(np.unique(picture[:, :4].reshape(-1, 3), axis=0)) == 1
    assert picture[3, 9].sum() > picture[0, 6].sum()
    assert picture_of(maps, columns=1).shape == (10, 4, 3)


def test_a_click_gives_the_row_and_column() -> None:
    figure = charts.map_chart(np.zeros((112, 112), np.float32), (3, 4))
    places = figure.data[1].customdata
    assert [0, 0] in places.tolist() and len(places) <= 56 * 56
    small = charts.map_chart(np.zeros((8, 6), np.float32))
    assert len(small.data[1].customdata) == 48
