import pytest

from facerec.charts import faces as face_charts
from facerec.charts import style
from facerec.datasets.folder import UNKNOWN


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
