"""Plotly figure of the similarities in face verification."""

import numpy as np
import plotly.graph_objects as go

from facerec.charts import style
from facerec.embeddings.pairs import Pairs

SAME_COLOR, DIFFERENT_COLOR = "#16a34a", "#d97706"
_BINS = 50
_SHOWN = 0.995


def similarity_histogram(pairs: Pairs, threshold: float, this_pair: float | None) -> go.Figure:
    """Histogram of the similarities of pairs of one person and of two people.

    Each group's bars sum to 100 %.

    Parameters
    ----------
    pairs : Pairs
    threshold : float
        Similarity, drawn as a dashed line.
    this_pair : float or None
        Similarity of the pair that is marked, if any.
    """
    low, high = _range(pairs, this_pair)
    figure = go.Figure()
    highest = 0.0
    for name, values, color in (
        ("Two people", pairs.different, DIFFERENT_COLOR),
        ("Same person", pairs.same, SAME_COLOR),
    ):
        heights, edges = np.histogram(np.clip(values, low, high), _BINS, (low, high))
        shares = heights / len(values)
        highest = max(highest, float(shares.max()))
        figure.add_bar(
            x=(edges[1:] + edges[:-1]) / 2,
            y=shares,
            width=np.diff(edges),
            name=f"{name} ({len(values):,} pairs)",
            marker={"color": color, "line": {"width": 0}},
            opacity=0.6,
            hovertemplate="similarity %{x:.2f}: %{y:.1%}<extra></extra>",
        )
    over = this_pair is not None and this_pair > threshold
    figure.add_vline(threshold, line={"color": style.INK, "dash": "dash", "width": 2})
    _note(figure, threshold, "threshold", "left" if over else "right", 1.15 * highest)
    if this_pair is not None:
        figure.add_vline(this_pair, line={"color": style.INK, "width": 4})
        _note(figure, this_pair, "<b>this pair</b>", "right" if over else "left", 1.3 * highest)
    figure.update_layout(barmode="overlay")
    figure.update_yaxes(range=[0, 1.4 * highest], tickformat=".0%", title_text="Share of the group")
    figure.update_xaxes(range=[low, high], title_text="Similarity")
    return style.legend_above(style.styled(figure, height=300))


def _range(pairs: Pairs, this_pair: float | None) -> tuple[float, float]:
    """Ends of the axis, without the few most similar pairs: they would leave it mostly empty."""
    low, _ = pairs.range
    high = float(np.quantile(pairs.same, _SHOWN))
    if this_pair is not None:
        low, high = min(low, this_pair - 0.02), max(high, this_pair + 0.02)
    return low, min(1.0, np.ceil(high * 10) / 10)


def _note(figure: go.Figure, x: float, text: str, side: str, y: float) -> None:
    """Write a label beside a vertical line."""
    figure.add_annotation(
        x=x,
        y=y,
        text=f" {text} ",
        showarrow=False,
        xanchor="right" if side == "left" else "left",
        font={"color": style.INK, "size": 15},
    )
