from collections.abc import Sequence

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from facerec.charts.confusion import cell_at, confusion_chart
from facerec.datasets.folder import UNKNOWN
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import Outputs
from facerec.evaluation.confusion import STRANGERS, Cell, ConfusionMatrix
from facerec.evaluation.evaluation import Evaluation, Judged
from tests.examples import CLASSES

ADA, NOBODY, ZOE = range(3)


def judged(images: Sequence[tuple[str, int, float]], classes: int = 3) -> Judged:
    """Images by the class each is in, the one it was taken for, and how far ahead that was."""
    logits = np.zeros((len(images), classes), np.float32)
    for row, (_, said, lead) in enumerate(images):
        logits[row, said] = lead
    names = tuple(name for name, _, _ in images)
    keys = tuple(f"{name}/s_{number:04d}.jpg" for number, name in enumerate(names))
    return Judged("colours", keys, names, Outputs(logits))


HELD_OUT = (
    ("Ada", ADA, 3.0),
    ("Ada", ADA, 1.0),
    ("Ada", ZOE, 0.5),
    ("Ada", ZOE, 4.0),
    ("Ada", ZOE, 2.0),
    (UNKNOWN, NOBODY, 1.0),
    (UNKNOWN, ADA, 1.0),
    ("Zoë", ZOE, 1.0),
    ("Zoë", NOBODY, 1.0),
)
SEEN_ELSEWHERE = (("x", ADA, 4.0), ("x", ADA, 0.1), ("y", NOBODY, 1.0), ("y", ZOE, 0.1))


def matrix(held_out=HELD_OUT, strangers=None, **point: float) -> ConfusionMatrix:
    others = None if strangers is None else judged(strangers)
    return ConfusionMatrix(
        Evaluation(CLASSES, judged(held_out), others), OperatingPoint(**{"threshold": 0.6, **point})
    )


def test_counts_are_scikit_learn_s_with_the_strangers_below() -> None:
    found = matrix(strangers=SEEN_ELSEWHERE)
    labels = [CLASSES.index(name) for name, _, _ in HELD_OUT]
    assert (found.counts[:3] == confusion_matrix(labels, [said for _, said, _ in HELD_OUT])).all()
    assert found.counts[3].tolist() == [2, 1, 1]
    assert found.rows == (*CLASSES, STRANGERS)
    assert found.mistakes == 5
    assert matrix().counts.shape == (3, 3)
    assert matrix().rows == CLASSES


def test_the_first_cell_has_the_most_mistakes() -> None:
    assert matrix().first_cell() == Cell(ADA, ZOE)
    many = [("x", ADA, 1.0)] * 9
    assert matrix(strangers=many).first_cell() == Cell(ADA, ZOE)
    right = [("Ada", ADA, 1.0), ("Zoë", ZOE, 1.0), ("Zoë", ZOE, 1.0)]
    assert matrix(right, SEEN_ELSEWHERE).first_cell() == Cell(3, ADA)
    assert matrix(right, [("y", NOBODY, 1.0)]).first_cell() == Cell(ZOE, ZOE)
    assert matrix(right).mistakes == 0


def test_images_of_mistakes_the_surest_first() -> None:
    images = matrix().images(Cell(ADA, ZOE))
    assert [image.key for image in images] == [f"Ada/s_000{place}.jpg" for place in (3, 4, 2)]
    surest = np.exp(4) / (np.exp(4) + 2)
    assert images[0].confidence == pytest.approx(surest, abs=1e-6)
    assert images[0].probabilities == pytest.approx([(1 - surest) / 2, (1 - surest) / 2, surest])
    assert [image.named for image in images] == [True, True, False]
    cooler = matrix(temperature=4.0).images(Cell(ADA, ZOE))
    assert cooler[0].confidence == pytest.approx(np.e / (np.e + 2), abs=1e-6)
    assert not any(image.named for image in cooler)


def test_images_of_right_answers_the_least_sure_first() -> None:
    images = matrix().images(Cell(ADA, ADA))
    assert [image.key for image in images] == ["Ada/s_0001.jpg", "Ada/s_0000.jpg"]


def test_images_of_strangers_are_theirs() -> None:
    found = matrix(strangers=SEEN_ELSEWHERE)
    assert [image.key for image in found.images(Cell(3, ADA))] == ["x/s_0000.jpg", "x/s_0001.jpg"]
    assert found.judged(Cell(3, ADA)) is found.evaluation.strangers
    assert found.judged(Cell(ADA, ADA)) is found.evaluation.held_out
    assert found.images(Cell(ZOE, ADA)) == []


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (Cell(ADA, ADA), "Ada was recognised in 2 of 5 images."),
        (Cell(ADA, ZOE), "Ada was taken for Zoë in 3 of 5 images."),
        (Cell(ADA, NOBODY), "Ada was called Unknown in none of 5 images."),
        (Cell(NOBODY, NOBODY), "People of Unknown were called Unknown in 1 of 2 images."),
        (Cell(NOBODY, ADA), "People of Unknown were taken for Ada in 1 of 2 images."),
        (Cell(3, ADA), "Strangers were taken for Ada in 2 of 4 images."),
        (Cell(3, NOBODY), "Strangers were called Unknown in 1 of 4 images."),
    ],
)
def test_words(cell: Cell, words: str) -> None:
    assert matrix(strangers=SEEN_ELSEWHERE).words(cell) == words


def test_words_of_a_class_without_images() -> None:
    assert matrix([("Ada", ADA, 1.0)]).words(Cell(ZOE, ADA)) == "No images of Zoë were judged."


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (Cell(ADA, ZOE), "At the run's threshold of 0.6, 2 of them are given that name."),
        (Cell(3, ADA), "At the run's threshold of 0.6, 1 of them is given that name."),
        (Cell(3, ZOE), "At the run's threshold of 0.6, it is not given that name."),
        (Cell(ZOE, NOBODY), ""),
        (Cell(ZOE, ADA), ""),
    ],
)
def test_words_on_the_threshold(cell: Cell, words: str) -> None:
    assert matrix(strangers=SEEN_ELSEWHERE).threshold_words(cell) == words


def test_words_where_the_threshold_names_all_or_none() -> None:
    low, high = matrix(threshold=0.1), matrix(threshold=1.0)
    assert "all of them are given" in low.threshold_words(Cell(ADA, ZOE))
    assert "none of them is given" in high.threshold_words(Cell(ADA, ZOE))
    assert "it is given" in low.threshold_words(Cell(NOBODY, ADA))


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
