import re

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, multilabel_confusion_matrix

from facerec.charts.confusion import confusion_chart
from facerec.evaluation.confusion import STRANGERS, Cell, Counts
from tests.examples import CLASSES
from tests.mistakes import ADA, HELD_OUT, NOBODY, SEEN_ELSEWHERE, ZOE, matrix


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


@pytest.mark.parametrize("number", [ADA, NOBODY, ZOE])
def test_true_and_false_positives_and_negatives_are_scikit_learn_s(number: int) -> None:
    found = matrix(strangers=SEEN_ELSEWHERE)
    labels = [CLASSES.index(name) for name, _, _ in HELD_OUT]
    said = [place for _, place, _ in HELD_OUT]
    (tn, fp), (fn, tp) = multilabel_confusion_matrix(labels, said)[number]
    counts = found.counts_of(number)
    assert counts == Counts(tp, fp, fn, tn)
    kinds = {kind: 0 for kind in ("TP", "FP", "FN", "TN", "")}
    for cell in found.cells():
        kinds[found.kind_of(cell, number)] += found.count(cell)
    assert kinds == {"TP": tp, "FP": fp, "FN": fn, "TN": tn, "": len(SEEN_ELSEWHERE)}
    scores = found.evaluation.class_scores()[CLASSES[number]]
    shown = {name: text.rpartition("= ")[2] for name, text in counts.formulas().items()}
    assert shown == {
        name: rf"{100 * getattr(scores, name.lower()):.0f}\,\%"
        for name in ("Precision", "Recall", "F1")
    }


def test_formulas_have_the_numbers_put_in() -> None:
    formulas = Counts(3, 1, 2, 9).formulas()
    assert r"\frac{3}{3 + 1} = 75\,\%" in formulas["Precision"]
    assert r"\frac{3}{3 + 2} = 60\,\%" in formulas["Recall"]
    assert r"\frac{6}{2\cdot3 + 1 + 2} = 67\,\%" in formulas["F1"]
    assert Counts(0, 0, 0, 5).formulas()["F1"].endswith(r"= 0\,\%")


def test_the_chart_says_what_each_cell_is_for_a_class() -> None:
    figure = confusion_chart(matrix(strangers=SEEN_ELSEWHERE), lit=ZOE)
    said = [re.sub("<.*?>", "", item.text) for item in figure.layout.annotations]
    assert [said.count(kind) for kind in ("TP", "FP", "FN", "TN")] == [1, 2, 2, 4]
    assert not confusion_chart(matrix()).layout.annotations
