import pytest

from facerec.charts.confusion import cell_at, confusion_chart
from facerec.decisions.operating_point import OperatingPoint
from facerec.evaluation.confusion import Cell, ConfusionMatrix
from facerec.evaluation.evaluation import Evaluation
from tests.mistakes import ADA, SEEN_ELSEWHERE, ZOE, judged, matrix


def test_chart_shows_counts_and_shares_of_rows() -> None:
    found = matrix(strangers=SEEN_ELSEWHERE)
    known, strangers, _ = confusion_chart(found, Cell(ADA, ZOE)).data
    assert list(map(list, known.text)) == [["2", "", "3"], ["1", "1", ""], ["", "1", "1"]]
    assert list(known.z[ADA]) == pytest.approx([0.4, 0, -0.6])
    # Of strangers only Unknown is right.
    assert list(strangers.z[0]) == [-0.5, 0.25, -0.25]


@pytest.mark.parametrize("number", [2, 30])
def test_a_click_anywhere_in_a_cell_is_one_at_its_point(number: int) -> None:
    classes = tuple(f"Person with a long name, number {place:02d}" for place in range(number))
    images = [(name, 0, 1.0) for name in classes]
    found = ConfusionMatrix(
        Evaluation(classes, judged(images, number), judged([("x", 1, 1.0)], number)),
        OperatingPoint(),
    )
    chosen = Cell(number, 1)
    figure = confusion_chart(found, chosen)
    points = figure.data[-1]
    assert [Cell(*place) for place in points.customdata] == found.cells()
    assert figure.layout.hoverdistance == -1
    assert all(trace.hoverinfo == "skip" for trace in figure.data[:-1])
    labels = figure.layout.xaxis.ticktext
    assert len(labels) == number and max(map(len, labels)) <= 12
    (outline,) = figure.layout.shapes
    place = found.cells().index(chosen)
    assert (outline.x0, outline.x1) == (points.x[place] - 0.5, points.x[place] + 0.5)
    assert (outline.y0, outline.y1) == (points.y[place] - 0.5, points.y[place] + 0.5)


@pytest.mark.parametrize(
    ("classes", "angle"),
    [
        (("Ada", "Zoë"), 0),
        (("Ada", "Barack_Obama", "Zoë"), 40),
        (("Ada", *map(str, range(20))), -90),
    ],
)
def test_labels_do_not_overlap(classes: tuple[str, ...], angle: int) -> None:
    found = ConfusionMatrix(
        Evaluation(classes, judged([("Ada", 0, 1.0)], len(classes)), None),
        OperatingPoint(),
    )
    assert confusion_chart(found, Cell(0, 0)).layout.xaxis.tickangle == angle


def test_the_cell_of_a_selection() -> None:
    assert cell_at([{"customdata": [2, 1]}]) == Cell(2, 1)
    assert cell_at([]) is None
