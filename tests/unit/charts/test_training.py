import pandas as pd
import pytest

from facerec.charts import faces as face_charts
from facerec.charts import style
from facerec.charts import training as training_charts
from facerec.charts.training import Curve
from facerec.datasets.folder import UNKNOWN
from facerec.faces.images import read
from facerec.networks.catalogue import NETWORKS
from facerec.training.job import save_curves


def history(epochs: int) -> list[dict[str, float]]:
    return [
        {
            "epoch": epoch,
            **{
                f"{part}_{name}": 1 / epoch
                for part in ("train", "validation")
                for name in ("loss", "accuracy", "macro_f1")
            },
        }
        for epoch in range(1, epochs + 1)
    ]


def test_every_kind_of_run_has_a_colour_of_its_own() -> None:
    assert set(style.NETWORK_COLORS) == {*NETWORKS, "gallery"}
    assert len(set(style.NETWORK_COLORS.values())) == len(NETWORKS) + 1


@pytest.mark.parametrize("epochs", [1, 3])
def test_training_curves_are_two_a_panel_in_the_network_s_colour(epochs: int) -> None:
    figure = training_charts.training_curves(Curve("run", "custom_cnn", history(epochs)), 5, kept=1)
    lines = [trace for trace in figure.data if trace.mode != "markers"]
    assert len(lines) == 6
    assert {trace.line.color for trace in lines} == {style.NETWORK_COLORS["custom_cnn"]}
    assert all(list(trace.x) == list(range(1, epochs + 1)) for trace in lines)
    assert [trace.name for trace in lines if trace.showlegend] == ["Training", "Validation"]
    low, high = figure.layout.xaxis.range
    assert low <= 1 and high >= 5


def test_the_kept_epoch_is_ringed_in_each_panel() -> None:
    figure = training_charts.training_curves(Curve("run", "custom_cnn", history(4)), 5, kept=3)
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
    each, mean, rate = training_charts.batch_losses(losses, "custom_cnn", 4).data
    assert list(each.x) == [0.5, 1.0, 1.5] and list(each.y) == [2.0, 1.0, 0.5]
    assert mean.y[0] == 2.0 and 0.5 < mean.y[2] < mean.y[1] < 2.0
    assert list(rate.y) == [0.1] * 3


def test_scores_of_classes_begin_with_the_lowest() -> None:
    figure = training_charts.class_scores({"Ada": 0.9, "Zoë": 0.4, UNKNOWN: 0.7}, "custom_cnn")
    assert list(figure.data[0].y) == ["Zoë", UNKNOWN, "Ada"]
    assert figure.layout.yaxis.autorange == "reversed"


def test_the_suggested_learning_rate_is_marked_where_it_is() -> None:
    figure = training_charts.learning_rate_test([1e-5, 1e-3, 1e-1], [2, 1, 3], 1e-3, "custom_cnn")
    assert figure.layout.shapes[0].x0 == 1e-3
    (text,) = figure.layout.annotations
    assert (text.x, figure.layout.xaxis.type) == (-3, "log") and "0.001" in text.text


def test_compared_curves_share_the_network_s_colour_and_differ_in_dashes() -> None:
    curves = [
        Curve("first", "custom_cnn", history(2)),
        Curve("second", "resnet50_scratch", history(3)),
        Curve("third", "custom_cnn", history(1)),
    ]
    figure = training_charts.compared_curves(curves)
    assert len(figure.data) == 9
    lines = {trace.name: (trace.line.color, trace.line.dash) for trace in figure.data}
    assert len(set(lines.values())) == 3
    assert lines["first"][0] == lines["third"][0] == style.NETWORK_COLORS["custom_cnn"]
    assert lines["second"][0] == style.NETWORK_COLORS["resnet50_scratch"]
    assert [trace.name for trace in figure.data if trace.showlegend] == ["first", "second", "third"]


def test_counts_have_a_bar_a_name() -> None:
    (bars,) = face_charts.counts({"Ada": 3, "Zoë": 0}, "Classes").data
    assert list(bars.y) == ["Ada", "Zoë"]
    assert list(bars.x) == [3, 0]


def test_long_names_are_cut_where_they_are_shown_only() -> None:
    figure = face_charts.counts({"a" * 40: 3, "Zoë": 1}, "Classes")
    assert list(figure.layout.yaxis.ticktext) == ["a" * 15 + "…", "Zoë"]
    assert list(figure.data[0].y) == ["a" * 40, "Zoë"]


def test_bars_of_a_histogram_say_which_values_they_hold() -> None:
    values = [0.0, 1.0, 1.5, 100.0]
    (bars,) = face_charts.histogram(values, "Brightness").data
    held = [
        sum(low <= value <= high for value in values)
        for low, high in (tuple(edges) for edges in bars.customdata)
    ]
    assert list(bars.y) == held == [3, 1], "bars without values are left out"
    assert bars.customdata[-1][1] == 100


def test_a_histogram_of_equal_values_has_one_bar() -> None:
    (bars,) = face_charts.histogram([7.0] * 5, "Sharpness").data
    assert list(bars.y) == [5]
    low, high = bars.customdata[0]
    assert low <= 7 <= high


@pytest.mark.parametrize(
    ("probabilities", "named", "color"),
    [
        ({"Ada": 0.8, "Zoë": 0.2}, True, style.KNOWN_COLOR),
        ({"Ada": 0.8, "Zoë": 0.2}, False, style.UNKNOWN_COLOR),
        ({"Ada": 0.1, UNKNOWN: 0.9}, False, style.UNKNOWN_COLOR),
    ],
)
def test_probability_bars_show_the_likeliest_as_its_box_does(
    probabilities: dict[str, float], named: bool, color: str
) -> None:
    figure = face_charts.probability_bars(probabilities, named, 0.6)
    (bars,) = figure.data
    assert list(bars.x) == list(probabilities.values())
    best = list(probabilities.values()).index(max(probabilities.values()))
    assert bars.marker.color[best] == color
    assert bars.marker.color[1 - best] not in (style.KNOWN_COLOR, style.UNKNOWN_COLOR)
    (line,) = figure.layout.shapes
    assert line.x0 == line.x1 == 0.6


def test_a_threshold_of_another_score_is_no_line_among_probabilities() -> None:
    assert not face_charts.probability_bars({"Ada": 0.8, "Zoë": 0.2}, True, None).layout.shapes


@pytest.mark.parametrize("epochs", [1, 4])
def test_the_picture_of_the_curves_is_an_image(tmp_path, epochs: int) -> None:
    path = tmp_path / "curves.png"
    save_curves(history(epochs), path)
    height, width, _ = read(path).shape
    assert width > 3 * 200 and height > 200
    assert list(tmp_path.iterdir()) == [path]
