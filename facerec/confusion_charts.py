"""The confusion matrix of an evaluation, in words and as a chart."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from facerec import charts, metrics
from facerec.dataset import UNKNOWN
from facerec.evaluation import Evaluation, Judged
from facerec.scores import OperatingPoint

STRANGERS = "Strangers"
# A matrix of more classes needs the whole width of a page.
MOST_NARROW = 12
_LONGEST_LABEL = 12
_LETTERS_IN_A_LINE = 24
_GAP = 0.35
_OUTLINE = "#1c2430"


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
        return self.evaluation.strangers if self.of_strangers(cell) else self.evaluation.held_out

    def images(self, cell: Cell) -> list[CellImage]:
        """The images of a cell by confidence: mistakes from the highest, right ones from the lowest."""
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


def confusion_chart(matrix: ConfusionMatrix, chosen: Cell | None = None) -> go.Figure:
    """The matrix with its counts: blue where the network was right, orange where it was wrong.

    The colour deepens with the share of the row. The chosen cell is outlined. A click anywhere in a
    cell selects a point whose ``customdata`` is the cell's row and column.
    """
    figure = go.Figure()
    number = len(matrix.classes)
    heights = [*range(number), number + _GAP][: len(matrix.rows)]
    for rows in (range(number), range(number, len(matrix.rows))):
        if len(rows):
            figure.add_trace(_heatmap(matrix, rows, heights[rows[0]]))
    cells, labels = matrix.cells(), [charts.short(name, _LONGEST_LABEL) for name in matrix.classes]
    # Invisible points, since Plotly reports clicks on points, but not clicks on a heatmap.
    figure.add_scatter(
        x=[cell.column for cell in cells],
        y=[heights[cell.row] for cell in cells],
        customdata=[[cell.row, cell.column] for cell in cells],
        hovertext=[_hover(matrix, cell) for cell in cells],
        hoverinfo="text",
        mode="markers",
        marker={"opacity": 0, "size": 8},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
    )
    if chosen:
        figure.add_shape(
            type="rect",
            x0=chosen.column - 0.5, x1=chosen.column + 0.5,
            y0=heights[chosen.row] - 0.5, y1=heights[chosen.row] + 0.5,
            line={"color": _OUTLINE, "width": 3},
        )  # fmt: skip
    figure.update_xaxes(
        title_text="What the network said",
        side="top",
        tickvals=list(range(number)),
        ticktext=labels,
        tickangle=_angle(labels),
        range=[-0.52, number - 0.48],
    )
    figure.update_yaxes(
        title_text="Who it was",
        tickvals=heights,
        ticktext=[charts.short(name, _LONGEST_LABEL) for name in matrix.rows],
        range=[heights[-1] + 0.52, -0.52],
    )
    cell_height = min(56, max(20, 400 // len(heights)))
    charts.styled(figure, height=130 + cell_height * len(heights))
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(showgrid=False, fixedrange=True, ticks="", tickfont_size=14, title_font_size=14)
    figure.update_layout(
        showlegend=False, dragmode=False, clickmode="event+select", hovermode="closest",
        # No limit of distance: a click anywhere in a cell belongs to the point in its middle.
        hoverdistance=-1,
    )  # fmt: skip
    return figure


def cell_at(points: list[dict]) -> Cell | None:
    """The cell that is selected in ``confusion_chart``; None without a selection."""
    return Cell(*map(int, points[0]["customdata"])) if points else None


def _heatmap(matrix: ConfusionMatrix, rows: range, top: float) -> go.Heatmap:
    cells = [[Cell(row, column) for column in range(len(matrix.classes))] for row in rows]
    return go.Heatmap(
        z=[[matrix.share(cell) * (1 if matrix.is_right(cell) else -1) for cell in row]
           for row in cells],
        text=[[str(matrix.count(cell) or "") for cell in row] for row in cells],
        texttemplate="%{text}",
        textfont={"size": 16 if len(matrix.classes) <= 10 else 12},
        x0=0, dx=1, y0=top, dy=1,
        zmin=-1, zmax=1,
        colorscale=charts.CONFUSION_COLORS,
        showscale=False,
        xgap=2, ygap=2,
        hoverinfo="skip",
    )  # fmt: skip


def _hover(matrix: ConfusionMatrix, cell: Cell) -> str:
    words = matrix.words(cell)
    return f"{words[:-1]} ({matrix.share(cell):.0%})" if matrix.total(cell) else words


def _angle(labels: list[str]) -> int:
    """Angle of the column labels, in degrees clockwise, at which they do not overlap."""
    if len(labels) * max(map(len, labels)) <= _LETTERS_IN_A_LINE:
        return 0
    return 40 if len(labels) <= MOST_NARROW else -90
