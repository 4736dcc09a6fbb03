"""Chart of a confusion matrix."""

from collections.abc import Sequence

import plotly.graph_objects as go

from facerec.charts import style
from facerec.evaluation.confusion import Cell, ConfusionMatrix

# A chart with more classes needs the whole width of a page.
MOST_NARROW = 12
_LONGEST_LABEL = 12
_LETTERS_IN_A_LINE = 24
_GAP = 0.35
_KINDS = {"TP": "#15803d", "FP": "#b42318", "FN": "#8a5a00", "TN": "rgba(255, 255, 255, 0.7)"}


def confusion_chart(
    matrix: ConfusionMatrix, chosen: Cell | None = None, lit: int | None = None
) -> go.Figure:
    """The matrix with its counts: blue where the network was right, orange where it was wrong.

    The colour deepens with the share of the row. The chosen cell is outlined. A click anywhere in a
    cell selects a point whose ``customdata`` is the cell's row and column. With the number of a
    class in ``lit``, each cell says whether its images are true or false, positive or negative for
    that class.
    """
    figure = go.Figure()
    number = len(matrix.classes)
    heights = [*range(number), number + _GAP][: len(matrix.rows)]
    for rows in (range(number), range(number, len(matrix.rows))):
        if len(rows):
            figure.add_trace(_heatmap(matrix, rows, heights[rows[0]]))
    cells, labels = matrix.cells(), [style.short(name, _LONGEST_LABEL) for name in matrix.classes]
    # Plotly reports no clicks in a heatmap, but it reports clicks on points.
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
    if lit is not None:
        _light(figure, matrix, lit, heights)
    if chosen:
        figure.add_shape(
            type="rect",
            x0=chosen.column - 0.5, x1=chosen.column + 0.5,
            y0=heights[chosen.row] - 0.5, y1=heights[chosen.row] + 0.5,
            line={"color": style.INK, "width": 3},
        )  # fmt: skip
    figure.update_xaxes(
        title_text="Predicted class",
        side="top",
        tickvals=list(range(number)),
        ticktext=labels,
        tickangle=_angle(labels),
        range=[-0.52, number - 0.48],
    )
    figure.update_yaxes(
        title_text="True class",
        tickvals=heights,
        ticktext=[style.short(name, _LONGEST_LABEL) for name in matrix.rows],
        range=[heights[-1] + 0.52, -0.52],
    )
    cell_height = min(56, max(20, 400 // len(heights)))
    style.styled(figure, height=130 + cell_height * len(heights))
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(showgrid=False, fixedrange=True, ticks="", tickfont_size=14, title_font_size=14)
    figure.update_layout(
        showlegend=False, dragmode=False, clickmode="event+select", hovermode="closest",
        # A click selects the nearest point at any distance, which is the point of its cell.
        hoverdistance=-1,
    )  # fmt: skip
    return figure


def _light(figure: go.Figure, matrix: ConfusionMatrix, lit: int, heights: Sequence[float]) -> None:
    """Write TP, FP, FN or TN into the lower edge of each cell, in the colour of its kind."""
    for cell in matrix.cells():
        if not (kind := matrix.kind_of(cell, lit)):
            continue
        figure.add_annotation(
            x=cell.column,
            y=heights[cell.row] + 0.32,
            text=f"<b>{kind}</b>" if kind != "TN" else kind,
            showarrow=False,
            font={"size": 12, "color": "white" if kind != "TN" else style.INK},
            bgcolor=_KINDS[kind],
            borderpad=1,
        )


def cell_at(points: list[dict]) -> Cell | None:
    """The cell of the points selected in ``confusion_chart``; None without a selection."""
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
        colorscale=style.CONFUSION_COLORS,
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
