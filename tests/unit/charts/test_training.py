import pandas as pd
import pytest

from facerec.charts import style
from facerec.charts import training as training_charts
from facerec.charts.training import Curve
from facerec.datasets.folder import UNKNOWN
from tests.examples import history


@pytest.mark.parametrize("epochs", [1, 3])
def test_training_curves_are_two_a_panel_in_different_colours(epochs: int) -> None:
    figure = training_charts.training_curves(
        Curve("run", style.look(0), history(epochs)), 5, kept=1
    )
    lines = [trace for trace in figure.data if trace.mode != "markers"]
    assert len(lines) == 6
    colors = {(trace.name, trace.line.color) for trace in lines}
    assert colors == {("Training", style.TRAINING_COLOR), ("Validation", style.look(0).color)}
    assert all(list(trace.x) == list(range(1, epochs + 1)) for trace in lines)
    assert [trace.name for trace in lines if trace.showlegend] == ["Training", "Validation"]
    low, high = figure.layout.xaxis.range
    assert low <= 1 and high >= 5


def test_the_kept_epoch_is_ringed_in_each_panel() -> None:
    figure = training_charts.training_curves(Curve("run", style.look(0), history(4)), 5, kept=3)
    rings = [trace for trace in figure.data if trace.mode == "markers"]
    assert [(list(ring.x), list(ring.y)) for ring in rings] == [([3], [1 / 3])] * 3
    assert [ring.name for ring in rings if ring.showlegend] == ["Kept: epoch 3"]


def test_batch_losses_stand_where_their_epoch_is() -> None:
    losses = pd.DataFrame(
        {
            "epoch": [1, 1, 2],
            "batch": [1, 2, 1],
            "loss": [2.0, 1.0, 0.5],
            "learning_rate": [0.1] * 3,
        }
    )
    each, mean, rate = training_charts.batch_losses(losses, style.look(0), 4).data
    assert list(each.x) == [0.5, 1.0, 1.5] and list(each.y) == [2.0, 1.0, 0.5]
    assert mean.y[0] == 2.0 and 0.5 < mean.y[2] < mean.y[1] < 2.0
    assert list(rate.y) == [0.1] * 3


def test_scores_of_classes_begin_with_the_lowest() -> None:
    figure = training_charts.class_scores({"Ada": 0.9, "Zoë": 0.4, UNKNOWN: 0.7}, style.look(0))
    assert list(figure.data[0].y) == ["Zoë", UNKNOWN, "Ada"]
    assert figure.layout.yaxis.autorange == "reversed"


def test_the_suggested_learning_rate_is_marked_where_it_is() -> None:
    figure = training_charts.learning_rate_test([1e-5, 1e-3, 1e-1], [2, 1, 3], 1e-3)
    assert figure.layout.shapes[0].x0 == 1e-3
    (text,) = figure.layout.annotations
    assert (text.x, figure.layout.xaxis.type) == (-3, "log") and "0.001" in text.text


def test_compared_curves_have_their_runs_looks() -> None:
    curves = [
        Curve("first", style.look(0), history(2)),
        Curve("second", style.look(1), history(3)),
        Curve("third", style.look(2), history(1)),
    ]
    figure = training_charts.compared_curves(curves)
    assert len(figure.data) == 9
    lines = {trace.name: (trace.line.color, trace.line.dash) for trace in figure.data}
    looks = [style.look(number) for number in range(3)]
    assert list(lines.values()) == [(look.color, look.dash) for look in looks]
    assert [trace.name for trace in figure.data if trace.showlegend] == ["first", "second", "third"]
