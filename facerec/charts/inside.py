"""Charts of the inside of a network: a feature map, small tables of numbers, contributions."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from facerec.charts.style import INK, TEXT_SIZE, UNKNOWN_COLOR, short, styled

_MOST_POINTS = 56
_POSITIVE, _NEGATIVE, _BIAS = "#2456a6", "#e07000", "#9aa4b2"


def map_chart(values: np.ndarray, chosen: tuple[int, int] | None = None) -> go.Figure:
    """One feature map, float (height, width); a click selects a point.

    Its ``customdata`` is the row and the column of the value. Large maps have a point for each
    second or fourth value. A square marks the chosen value, given as row and column.
    """
    height, width = values.shape
    every = -(-max(height, width) // _MOST_POINTS)
    rows, columns = np.mgrid[0:height:every, 0:width:every]
    figure = go.Figure(
        go.Heatmap(z=values, colorscale="Viridis", showscale=False, hoverinfo="skip")
    )  # fmt: skip
    # Plotly reports no clicks in a heatmap, but it reports clicks on points.
    figure.add_scatter(
        x=columns.ravel(),
        y=rows.ravel(),
        customdata=np.stack([rows.ravel(), columns.ravel()], axis=1),
        mode="markers",
        marker={"opacity": 0, "size": 6},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        hovertemplate="row %{y}, column %{x}<extra></extra>",
    )
    if chosen is not None:
        row, column = chosen
        figure.add_shape(
            type="rect", x0=column - 0.5, x1=column + 0.5, y0=row - 0.5, y1=row + 0.5,
            line={"color": UNKNOWN_COLOR, "width": 3},
        )  # fmt: skip
    styled(figure, height=340)
    figure.update_xaxes(visible=False, fixedrange=True, range=[-0.5, width - 0.5])
    figure.update_yaxes(visible=False, fixedrange=True, range=[height - 0.5, -0.5], scaleanchor="x")
    figure.update_layout(
        showlegend=False, dragmode=False, clickmode="event+select", hovermode="closest",
        hoverdistance=-1, margin={"l": 0, "r": 0, "t": 0, "b": 0},
    )  # fmt: skip
    return figure


def numbers_chart(patch: np.ndarray, kernel: np.ndarray | None) -> go.Figure:
    """The numbers that a value is made from: a patch, and beside it the kernel that it is times.

    Both are float, shape (channels, height, width); a row of tables for each channel. Blue is above
    zero, orange below.
    """
    parts = [patch] if kernel is None else [patch, kernel]
    titles = [
        title
        for channel in range(len(patch))
        for title in (f"Channel {channel + 1}: values", "times weights")[: len(parts)]
    ]
    figure = make_subplots(len(patch), len(parts), subplot_titles=titles, vertical_spacing=0.08)
    for column, part in enumerate(parts, 1):
        most = float(np.abs(part).max()) or 1.0
        for channel, values in enumerate(part):
            figure.add_heatmap(
                z=values,
                zmin=-most,
                zmax=most,
                colorscale=[(0, _NEGATIVE), (0.5, "white"), (1, "#7f9fd0")],
                showscale=False,
                text=[[f"{value:.2f}" for value in row] for row in values],
                texttemplate="%{text}",
                textfont={"size": TEXT_SIZE if len(values) <= 3 else 11, "color": INK},
                hoverinfo="skip",
                xgap=2,
                ygap=2,
                row=channel + 1,
                col=column,
            )
    styled(figure, height=len(patch) * (50 + 34 * patch.shape[1]))
    figure.update_xaxes(visible=False, fixedrange=True)
    figure.update_yaxes(visible=False, fixedrange=True, autorange="reversed")
    figure.update_annotations(font={"size": TEXT_SIZE, "color": INK})
    figure.update_layout(margin={"l": 0, "r": 0, "t": 30, "b": 0})
    return figure


def contributions_chart(
    classes: Sequence[str], positive: np.ndarray, negative: np.ndarray, bias: np.ndarray
) -> go.Figure:
    """What speaks for and against each name in the classifier, and the sum as a mark.

    ``positive``, ``negative`` and ``bias`` are float, shape (classes,).
    """
    names = [short(name) for name in classes]
    figure = go.Figure()
    for values, title, color in (
        (positive, "for", _POSITIVE), (negative, "against", _NEGATIVE), (bias, "bias", _BIAS),
    ):  # fmt: skip
        figure.add_bar(
            x=values, y=names, orientation="h", name=title, marker={"color": color},
            hovertemplate=f"{title}: %{{x:.2f}}<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=positive + negative + bias, y=names, mode="markers", name="sum (logit)",
        marker={"symbol": "diamond", "size": 13, "color": INK},
        hovertemplate="logit %{x:.2f}<extra></extra>",
    )  # fmt: skip
    styled(figure, height=90 + 34 * len(names))
    figure.update_layout(
        barmode="relative",
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        margin={"t": 30},
    )
    figure.update_yaxes(autorange="reversed", type="category")
    return figure
