"""The confusion matrix of an evaluation: who was taken for whom."""

from dataclasses import dataclass

import numpy as np

from facerec import metrics
from facerec.datasets.folder import UNKNOWN
from facerec.decisions.operating_point import OperatingPoint
from facerec.evaluation.evaluation import Evaluation, Judged

STRANGERS = "Strangers"


@dataclass(frozen=True)
class Cell:
    """A cell of the matrix: its row (the true class) and column (the predicted class)."""

    row: int
    column: int


@dataclass(frozen=True)
class CellImage:
    """An image of a cell, with the network's prediction.

    Parameters
    ----------
    key : str
        ``FaceFile.key``.
    probabilities : numpy.ndarray
        Probability of each class, at the run's temperature: float32, shape (classes,).
    named : bool
        Whether the image gets a name at the run's operating point.
    """

    key: str
    probabilities: np.ndarray
    named: bool

    @property
    def confidence(self) -> float:
        """Probability of the likeliest class, 0 to 1."""
        return float(self.probabilities.max())


@dataclass(frozen=True)
class Counts:
    """True and false positives and negatives of one class against all others.

    Parameters
    ----------
    tp, fp, fn, tn : int
        Images of the class that got its name; of others that got it; of the class that did not; of
        others that did not.
    """

    tp: int
    fp: int
    fn: int
    tn: int

    def formulas(self) -> dict[str, str]:
        """Precision, recall and F1 as LaTeX, with the numbers put in."""
        tp, fp, fn = self.tp, self.fp, self.fn
        return {
            "Precision": _formula(r"\frac{TP}{TP + FP}", tp, tp + fp, f"{tp} + {fp}"),
            "Recall": _formula(r"\frac{TP}{TP + FN}", tp, tp + fn, f"{tp} + {fn}"),
            "F1": _formula(
                r"\frac{2\,TP}{2\,TP + FP + FN}",
                2 * tp,
                2 * tp + fp + fn,
                rf"2\cdot{tp} + {fp} + {fn}",
            ),
        }


def _formula(letters: str, above: int, below: int, sum_below: str) -> str:
    # Like scikit-learn, a share of nothing counts as 0.
    result = rf"{100 * above / below:.0f}\,\%" if below else r"0\,\%"
    return rf"{letters} = \frac{{{above}}}{{{sum_below}}} = {result}"


class ConfusionMatrix:
    """Counts of images by true class (row) and likeliest class (column).

    There is a row for each class, and a last one for the strangers, if any. The threshold does not
    count here: every image lies under its likeliest class.

    Parameters
    ----------
    evaluation : Evaluation
    point : OperatingPoint
        The run's operating point: its temperature scales the confidences, and its threshold appears
        in ``threshold_words``.

    Attributes
    ----------
    counts : numpy.ndarray
        Int, shape (rows, classes).
    """

    def __init__(self, evaluation: Evaluation, point: OperatingPoint) -> None:
        self.evaluation = evaluation
        self.point = point
        self.classes = evaluation.classes
        number = len(self.classes)
        counts = metrics.confusion(evaluation.labels, evaluation.predictions, number)
        self.has_strangers = evaluation.strangers is not None
        if evaluation.strangers is not None:
            named = np.bincount(evaluation.strangers.outputs.predictions, minlength=number)
            counts = np.vstack([counts, named])
        self.counts: np.ndarray = counts

    @property
    def rows(self) -> tuple[str, ...]:
        """Names of the rows."""
        return (*self.classes, STRANGERS) if self.has_strangers else self.classes

    def cells(self) -> list[Cell]:
        """All cells, row by row."""
        height, width = self.counts.shape
        return [Cell(row, column) for row in range(height) for column in range(width)]

    def of_strangers(self, cell: Cell) -> bool:
        return cell.row == len(self.classes)

    def is_right(self, cell: Cell) -> bool:
        """Whether the predictions of a cell are right; for strangers, Unknown is right."""
        if self.of_strangers(cell):
            return self.classes[cell.column] == UNKNOWN
        return cell.row == cell.column

    def counts_of(self, number: int) -> Counts:
        """True and false positives and negatives of the class with this number.

        Strangers do not count, as in precision and recall.
        """
        own = self.counts[: len(self.classes)]
        tp = int(own[number, number])
        fp, fn = int(own[:, number].sum()) - tp, int(own[number].sum()) - tp
        return Counts(tp, fp, fn, int(own.sum()) - tp - fp - fn)

    def kind_of(self, cell: Cell, number: int) -> str:
        """What a cell's images are for the class with this number: TP, FP, FN or TN.

        Empty for strangers, who do not count in precision and recall.
        """
        if self.of_strangers(cell):
            return ""
        if cell.column == number:
            return "TP" if cell.row == number else "FP"
        return "FN" if cell.row == number else "TN"

    def count(self, cell: Cell) -> int:
        return int(self.counts[cell.row, cell.column])

    def total(self, cell: Cell) -> int:
        """Number of images in the cell's row."""
        return int(self.counts[cell.row].sum())

    def share(self, cell: Cell) -> float:
        """Share of the row's images that are in the cell, 0 to 1."""
        return self.count(cell) / max(1, self.total(cell))

    @property
    def mistakes(self) -> int:
        """Number of held-out images whose likeliest class is not their own."""
        return int((~self.evaluation.right).sum())

    def first_cell(self) -> Cell:
        """The most instructive cell: the mistake that occurs most often.

        Mistakes between classes come before mistakes about strangers. Without any mistake, it is
        the cell with the most images.
        """
        return max(
            self.cells(),
            key=lambda cell: (
                self.count(cell) > 0 and not self.is_right(cell),
                not self.of_strangers(cell),
                self.count(cell),
            ),
        )

    def judged(self, cell: Cell) -> Judged:
        """The evaluated images that a cell is part of: the strangers, or the held-out images."""
        if not self.of_strangers(cell):
            return self.evaluation.held_out
        assert self.evaluation.strangers is not None, "without strangers, there is no such cell"
        return self.evaluation.strangers

    def images(self, cell: Cell) -> list[CellImage]:
        """A cell's images by confidence: mistakes from the highest, right ones from the lowest."""
        judged = self.judged(cell)
        belong = self.of_strangers(cell) or self.evaluation.labels == cell.row
        (places,) = np.nonzero(belong & (judged.outputs.predictions == cell.column))
        outputs = judged.outputs[places]
        found = map(
            CellImage,
            [judged.keys[place] for place in places],
            outputs.probabilities(self.point.temperature),
            self.point.is_named(self.classes, outputs).tolist(),
        )
        return sorted(found, key=lambda image: image.confidence, reverse=not self.is_right(cell))

    def words(self, cell: Cell) -> str:
        """A cell as a sentence, such as "Ada was taken for Zoë in 5 of 20 images."."""
        total, count = self.total(cell), self.count(cell)
        who, said = self.rows[cell.row], self.classes[cell.column]
        if not total:
            return f"No images of {who} were judged."
        if who == UNKNOWN:
            who, was = f"People of {UNKNOWN}", "were"
        else:
            was = "were" if self.of_strangers(cell) else "was"
        if said == UNKNOWN:
            what = f"{was} called {UNKNOWN}"
        elif self.is_right(cell):
            what = f"{was} recognised"
        else:
            what = f"{was} taken for {said}"
        return f"{who} {what} in {count or 'none'} of {total} images."

    def threshold_words(self, cell: Cell) -> str:
        """How many of a cell's images get its name at the run's operating point, as a sentence.

        Empty if the column is Unknown or the cell has no images.
        """
        count, named = self.count(cell), sum(image.named for image in self.images(cell))
        if not count or self.classes[cell.column] == UNKNOWN:
            return ""
        if count == 1:
            those = "it is" if named else "it is not"
        elif named in (0, count):
            those = "all of them are" if named else "none of them is"
        else:
            those = f"{named} of them {'is' if named == 1 else 'are'}"
        return f"At the run's threshold of {self.point.threshold:.3g}, {those} given that name."
