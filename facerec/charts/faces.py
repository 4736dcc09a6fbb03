"""Charts of faces: counts, histograms, probabilities."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from facerec.charts.style import (
    BAR_COLOR,
    INK,
    KNOWN_COLOR,
    TEXT_SIZE,
    UNKNOWN_COLOR,
    short,
    styled,
)

MOST_BARS = 6


def counts(numbers: dict[str, int], title: str) -> go.Figure:
    """Number of images by name, as bars with the number on them."""
    figure = go.Figure(
        go.Bar(
            x=list(numbers.values()),
            y=list(numbers),
            orientation="h",
            text=list(numbers.values()),
            textangle=0,
            marker_color=BAR_COLOR,
        )
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(
        autorange="reversed",
        type="category",
        tickvals=list(numbers),
        ticktext=[short(name) for name in numbers],
    )
    return _small(figure, title, height=44 + 24 * len(numbers))


def histogram(values: Sequence[float], title: str) -> go.Figure:
    """A histogram with at most 12 bars, each with its lower and upper edge as ``customdata``.

    Empty bars are left out. The highest value belongs to the last bar.
    """
    numbers, edges = np.histogram(values, bins=12)
    bars = [
        (number, float(low), float(high))
        for number, low, high in zip(numbers, edges, edges[1:], strict=False)
        if number
    ]
    figure = go.Figure(
        go.Bar(
            x=[(low + high) / 2 for _, low, high in bars],
            y=[number for number, _, _ in bars],
            width=[high - low for _, low, high in bars],
            customdata=[[low, high] for _, low, high in bars],
            hovertemplate="%{customdata[0]:.0f} to %{customdata[1]:.0f}: %{y}<extra></extra>",
            marker={"color": BAR_COLOR, "line": {"color": "white", "width": 1}},
        )
    )
    figure.update_yaxes(visible=False)
    return _small(figure, title, height=120)


def among(values: Sequence[float], value: float, title: str) -> go.Figure:
    """A histogram of values, with a line at one more value."""
    figure = histogram(values, title)
    figure.add_vline(value, line={"color": UNKNOWN_COLOR, "width": 4})
    return figure


def probability_bars(
    probabilities: dict[str, float], named: bool, threshold: float | None
) -> go.Figure:
    """Class probabilities of one face as bars, the likeliest green if it is named, red if not.

    Of more than ``MOST_BARS`` classes, the likeliest are drawn, in their own order. ``threshold``
    is drawn as a line. It is None if the threshold belongs to another score.
    """
    best = max(probabilities, key=probabilities.__getitem__)
    likeliest = sorted(probabilities, key=lambda name: -probabilities[name])[:MOST_BARS]
    probabilities = {name: probabilities[name] for name in probabilities if name in likeliest}
    colors = [
        "#c3cad6" if name != best else KNOWN_COLOR if named else UNKNOWN_COLOR
        for name in probabilities
    ]
    figure = go.Figure(
        go.Bar(
            x=list(probabilities.values()),
            y=list(probabilities),
            orientation="h",
            text=[f"{value:.0%}" for value in probabilities.values()],
            marker_color=colors,
        )
    )
    if threshold is not None:
        figure.add_vline(threshold, line={"color": INK, "dash": "dash", "width": 2})
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    figure.update_yaxes(autorange="reversed")
    return styled(figure, height=max(160, 60 + 34 * len(probabilities)))


def similarity_bars(similarities: dict[str, float], threshold: float) -> go.Figure:
    """Similarity of one face to each person as bars, green where it exceeds the threshold."""
    figure = go.Figure(
        go.Bar(
            x=list(similarities.values()),
            y=list(similarities),
            orientation="h",
            text=[f"{value:.2f}" for value in similarities.values()],
            marker_color=[
                KNOWN_COLOR if value > threshold else UNKNOWN_COLOR
                for value in similarities.values()
            ],
        )
    )
    figure.add_vline(threshold, line={"color": INK, "dash": "dash", "width": 2})
    figure.update_xaxes(range=[min(0.0, *similarities.values()), 1], title_text="Similarity")
    figure.update_yaxes(
        autorange="reversed",
        tickvals=list(similarities),
        ticktext=[short(name) for name in similarities],
    )
    return styled(figure, height=90 + 34 * len(similarities))


def _small(figure: go.Figure, title: str, height: int) -> go.Figure:
    """A small chart for the side of a page, which takes clicks and no drags."""
    styled(figure, height)
    figure.update_layout(
        title={"text": title, "font": {"size": TEXT_SIZE}, "x": 0, "y": 0.98, "yanchor": "top"},
        margin={"t": 26, "b": 4},
        dragmode=False,
        clickmode="event+select",
    )
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    return figure
