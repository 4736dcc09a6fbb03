"""Charts of a training: curves, batch losses, class scores, the learning rate test."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from facerec.charts.style import (
    BAR_COLOR,
    INK,
    LONGEST_RUN,
    TEXT_SIZE,
    TRAINING_COLOR,
    Look,
    short,
    styled,
)

CURVES = {"loss": "Loss", "accuracy": "Accuracy", "macro_f1": "Macro F1"}


@dataclass(frozen=True)
class Curve:
    """A run's history, with the label and the look that it is drawn with.

    Parameters
    ----------
    label : str
    look : Look
    history : list of dict
        Lines of ``history.jsonl``.
    """

    label: str
    look: Look
    history: Sequence[dict[str, float]]


def training_curves(curve: Curve, epochs: int, kept: int) -> go.Figure:
    """Loss, accuracy and macro F1 of one run by epoch: training thin and grey, validation bold.

    Parameters
    ----------
    curve : Curve
        With at least one epoch.
    epochs : int
        Number of epochs at the end of training: the axis stays put while the curves grow.
    kept : int
        The epoch whose weights are kept, from 1; a ring marks it.
    """
    figure = _three_panels()
    lines = {
        "train": {"color": TRAINING_COLOR, "width": 2, "dash": "dot"},
        "validation": {"color": curve.look.color, "width": 4},
    }
    for column, name in enumerate(CURVES, start=1):
        for part, line in lines.items():
            figure.add_scatter(
                x=[record["epoch"] for record in curve.history],
                y=[record[f"{part}_{name}"] for record in curve.history],
                name={"train": "Training", "validation": "Validation"}[part],
                legendgroup=part,
                showlegend=column == 1,
                mode="lines+markers",
                line=line,
                row=1,
                col=column,
            )
        figure.add_scatter(
            x=[kept],
            y=[curve.history[kept - 1][f"validation_{name}"]],
            name=f"Kept: epoch {kept}",
            legendgroup="kept",
            showlegend=column == 1,
            mode="markers",
            marker={"symbol": "circle-open", "size": 16, "color": INK, "line": {"width": 2}},
            row=1,
            col=column,
        )
    return _epoch_axis(figure, epochs)


def batch_losses(losses: pd.DataFrame, look: Look, epochs: int) -> go.Figure:
    """The loss of each training batch and its running mean, above the learning rate.

    Parameters
    ----------
    losses : pandas.DataFrame
        A table from ``batch_losses.read_batch_losses``, with at least one line.
    look : Look
    epochs : int
        Number of epochs at the end of training.
    """
    figure = make_subplots(2, 1, shared_xaxes=True, row_heights=[0.7, 0.3], vertical_spacing=0.08)
    color, batches = look.color, losses["batch"].max()
    at = losses["epoch"] - 1 + losses["batch"] / batches
    smooth = losses["loss"].ewm(span=max(5, batches // 2)).mean()
    thin, bold = ({"mode": "lines", "line": {"color": color, "width": width}} for width in (1, 3))
    figure.add_scatter(x=at, y=losses["loss"], name="Each batch", opacity=0.4, **thin)
    figure.add_scatter(x=at, y=smooth, name="Running mean", **bold)
    figure.add_scatter(
        x=at,
        y=losses["learning_rate"],
        name="Learning rate",
        mode="lines",
        line={"color": BAR_COLOR, "width": 2},
        showlegend=False,
        row=2,
        col=1,
    )
    figure.update_yaxes(title_text="Loss", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(
        title_text="Learning rate", rangemode="tozero", exponentformat="power", row=2, col=1
    )
    figure.update_xaxes(range=[0, max(epochs, 1)])
    figure.update_xaxes(title_text="Epoch", row=2, col=1)
    figure.update_layout(legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0})
    return styled(figure, height=360)


def class_scores(scores: dict[str, float], look: Look) -> go.Figure:
    """F1 of each class as bars, the lowest at the top, since it leaves most to gain."""
    worst_first = dict(sorted(scores.items(), key=lambda item: item[1]))
    figure = go.Figure(
        go.Bar(
            x=list(worst_first.values()),
            y=list(worst_first),
            orientation="h",
            text=[f"{score:.0%}" for score in worst_first.values()],
            marker_color=look.color,
        )
    )
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    figure.update_yaxes(
        autorange="reversed", type="category", tickvals=list(worst_first),
        ticktext=[short(name) for name in worst_first],
    )  # fmt: skip
    return styled(figure, height=60 + 30 * len(scores))


def learning_rate_test(
    rates: Sequence[float], losses: Sequence[float], suggestion: float
) -> go.Figure:
    """The smoothed loss over a growing learning rate, with the suggested rate marked."""
    figure = go.Figure(go.Scatter(x=rates, y=losses, line={"color": BAR_COLOR, "width": 3}))
    figure.add_vline(suggestion, line={"color": INK, "dash": "dash", "width": 2})
    figure.add_annotation(
        # On a logarithmic axis, the place of text is a logarithm.
        x=math.log10(suggestion),
        y=1,
        yref="paper",
        text=f"suggested: {suggestion:g} ",
        xanchor="right",
        showarrow=False,
        font={"size": TEXT_SIZE + 2, "color": INK},
    )
    figure.update_xaxes(type="log", title_text="Learning rate", exponentformat="power")
    figure.update_yaxes(title_text="Loss")
    return styled(figure, height=340)


def schedule_curve(epochs: Sequence[float], rates: Sequence[float]) -> go.Figure:
    """The learning rate over the epochs of a run that has not begun."""
    figure = go.Figure(go.Scatter(x=list(epochs), y=list(rates), mode="lines", line={"width": 3}))
    styled(figure, height=180)
    figure.update_xaxes(title_text="Epoch")
    figure.update_yaxes(title_text="Learning rate", rangemode="tozero", tickformat=".1~e")
    return figure


def compared_curves(curves: Sequence[Curve]) -> go.Figure:
    """Validation loss, accuracy and macro F1 of several runs, drawn into the same axes."""
    figure = _three_panels()
    for curve in curves:
        for column, name in enumerate(CURVES, start=1):
            figure.add_scatter(
                x=[record["epoch"] for record in curve.history],
                y=[record[f"validation_{name}"] for record in curve.history],
                name=short(curve.label, LONGEST_RUN),
                legendgroup=curve.label,
                showlegend=column == 1,
                mode="lines+markers",
                line=curve.look.line(),
                hovertemplate=f"{curve.label}: %{{y}} at epoch %{{x}}<extra></extra>",
                row=1,
                col=column,
            )
    return _epoch_axis(figure, max((len(curve.history) for curve in curves), default=1))


def _three_panels() -> go.Figure:
    figure = make_subplots(1, 3, subplot_titles=list(CURVES.values()), horizontal_spacing=0.1)
    figure.update_xaxes(title_text="Epoch")
    figure.update_yaxes(rangemode="tozero")
    for column in (2, 3):
        figure.update_yaxes(range=[0, 1.03], tickformat=".0%", row=1, col=column)
    figure.update_layout(legend={"orientation": "h", "yanchor": "bottom", "y": 1.12, "x": 0})
    return styled(figure, height=300)


def _epoch_axis(figure: go.Figure, epochs: int) -> go.Figure:
    figure.update_xaxes(range=[0.5, max(epochs, 2) + 0.5], tick0=0, dtick=max(1, epochs // 6))
    return figure
