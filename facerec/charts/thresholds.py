"""Plotly figures of scores, thresholds and calibration."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from facerec import metrics
from facerec.charts import style
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import SCORES
from facerec.evaluation.evaluation import Evaluation, Summary
from facerec.evaluation.thresholds import rates_with_strangers
from facerec.metrics import PeopleRate, ReliabilityBin

RIGHT_COLOR, WRONG_COLOR, STRANGER_COLOR = "#16a34a", "#d97706", "#dc2626"
_BINS = 40


@dataclass(frozen=True)
class Mark:
    """A face that is marked in a histogram: its label, its score, and whether it is named."""

    label: str
    score: float
    known: bool


def score_histogram(
    evaluation: Evaluation, point: OperatingPoint, marks: Sequence[Mark] = ()
) -> go.Figure:
    """Histogram of the scores of known people, named right or wrong, and of strangers.

    Each group's bars sum to 100 %. Faces that the network itself calls Unknown stand at the left
    end. Marks stand above the bars.
    """
    known, right = evaluation.known_acceptance(point), evaluation.right[~evaluation.of_unknown]
    groups = (
        ("Right name", known[right], RIGHT_COLOR),
        ("Wrong name", known[~right], WRONG_COLOR),
        ("Strangers", evaluation.stranger_acceptance(point), STRANGER_COLOR),
    )
    figure = go.Figure()
    for name, scores, color in groups:
        if len(scores):
            heights, edges = np.histogram(
                np.clip(scores, point.low, point.high), _BINS, (point.low, point.high)
            )
            figure.add_bar(
                x=(edges[1:] + edges[:-1]) / 2,
                y=heights / len(scores),
                width=np.diff(edges),
                name=f"{name} ({len(scores)})",
                marker={"color": color, "line": {"width": 0}},
                opacity=0.6,
            )
    figure.update_layout(barmode="overlay")
    figure.update_yaxes(tickformat=".0%", title_text="Share of the group")
    figure = _over_thresholds(figure, point)
    for number, mark in enumerate(marks):
        place = float(np.clip(mark.score, point.low, point.high))
        color = style.KNOWN_COLOR if mark.known else style.UNKNOWN_COLOR
        figure.add_vline(place, line={"color": color, "width": 4})
        figure.add_annotation(
            x=place, y=1, yref="paper", yanchor="top", yshift=-18 * number,
            xanchor="left" if place < (point.low + point.high) / 2 else "right",
            text=f" {style.short(mark.label)} ", showarrow=False,
            font={"size": style.TEXT_SIZE, "color": color},
        )  # fmt: skip
    return figure


def error_curves(evaluation: Evaluation, point: OperatingPoint) -> go.Figure:
    """FAR and FRR over the threshold."""
    figure = go.Figure()
    rates = rates_with_strangers(evaluation, point)
    for name, values, color in (
        ("Strangers named (FAR)", rates.far, STRANGER_COLOR),
        ("Your people refused (FRR)", rates.frr, RIGHT_COLOR),
    ):
        figure.add_scatter(
            x=np.concatenate([[point.low], np.maximum(rates.thresholds, point.low), [point.high]]),
            y=np.concatenate([values[:1], values, values[-1:]]),
            name=name,
            mode="lines",
            line={"color": color, "width": 3, "shape": "hv"},
        )
    figure.update_yaxes(range=[0, 1.03], tickformat=".0%")
    return _over_thresholds(figure, point)


def trade_off(
    candidates: Sequence[tuple[str, style.Look, Evaluation, OperatingPoint]], chosen: str
) -> go.Figure:
    """DET curve of each run: FRR over FAR.

    The axes are linear, unlike those of Martin et al., The DET Curve in Assessment of Detection
    Task Performance, 1997. A dot marks the chosen run's operating point, and a ring each run's
    equal error rate.

    Parameters
    ----------
    candidates : sequence of (name, Look, Evaluation, OperatingPoint)
        Runs whose evaluation has strangers.
    chosen : str
        Name of the run drawn in bold.
    """
    figure = go.Figure()
    for name, look, evaluation, point in candidates:
        rates = rates_with_strangers(evaluation, point)
        equal, _ = metrics.equal_error_rate(rates)
        figure.add_scatter(
            x=rates.far,
            y=rates.frr,
            name=f"{style.short(name, style.LONGEST_RUN)}, equal error {equal:.0%}",
            mode="lines",
            line={**look.line(width=4 if name == chosen else 2), "shape": "vh"},
        )
        figure.add_scatter(
            x=[equal],
            y=[equal],
            mode="markers",
            marker={"symbol": "circle-open", "size": 12, "color": look.color, "line": {"width": 3}},
            hovertemplate=f"{name}: equal error rate %{{x:.1%}}<extra></extra>",
            showlegend=False,
        )
        if name == chosen:
            far = metrics.false_acceptance_rate(
                evaluation.stranger_acceptance(point), point.threshold
            )
            frr = metrics.false_rejection_rate(evaluation.known_acceptance(point), point.threshold)
            figure.add_scatter(
                x=[far], y=[frr], mode="markers", marker={"size": 16, "color": style.INK},
                hovertemplate="now: FAR %{x:.1%}, FRR %{y:.1%}<extra></extra>", showlegend=False,
            )  # fmt: skip
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": "#c3cad6", "dash": "dash"},
        hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    figure.update_xaxes(range=[-0.01, 1.01], tickformat=".0%", title_text="Strangers named (FAR)")
    figure.update_yaxes(range=[-0.01, 1.01], tickformat=".0%", title_text="Refused (FRR)")
    return style.legend_above(style.styled(figure, height=340))


def stranger_pairs(runs: Sequence[tuple[str, style.Look, Summary]]) -> go.Figure:
    """Own people refused over strangers named: a dot for each run at its operating point.

    Parameters
    ----------
    runs : sequence of (name, Look, Summary)
        Runs that were judged with strangers.
    """
    figure = go.Figure()
    for name, look, summary in runs:
        named, refused = summary.strangers_named, summary.people_refused
        if named is None or refused is None:
            continue
        figure.add_scatter(
            x=[named.rate],
            y=[refused.rate],
            name=style.short(name, style.LONGEST_RUN),
            mode="markers",
            marker={"size": 18, "color": look.color, "symbol": look.symbol},
            error_x=_whiskers(named, look),
            error_y=_whiskers(refused, look),
            hovertemplate=f"{name}: {named.short} of strangers named, {refused.short} of your "
            "people refused<extra></extra>",
        )
    axis = {"range": [-0.03, 1.03], "tickformat": ".0%"}
    figure.update_xaxes(axis, title_text="Strangers named (FAR)")
    figure.update_yaxes(axis, title_text="Your people refused (FRR)")
    return style.legend_above(style.styled(figure, height=300))


def _whiskers(rate: PeopleRate, look: style.Look) -> dict[str, object]:
    """The interval of a rate as error bars."""
    return {
        "type": "data",
        "array": [rate.high - rate.rate],
        "arrayminus": [rate.rate - rate.low],
        "color": look.color,
        "thickness": 1,
    }


def reliability(
    before: Sequence[ReliabilityBin], after: Sequence[ReliabilityBin] | None, look: style.Look
) -> go.Figure:
    """Reliability diagram: accuracy by confidence bin; the diagonal means perfect calibration.

    ``before`` are the bins at temperature 1. ``after`` are the bins at the run's temperature, or
    None if that is 1.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": "#c3cad6", "dash": "dash"},
        name="perfectly calibrated", hoverinfo="skip",
    )  # fmt: skip
    lines = (
        ("as trained", before, {"color": style.TRAINING_COLOR, "width": 3, "dash": "dot"}),
        ("calibrated", after, {"color": look.color, "width": 3}),
    )
    for name, bins, line in lines:
        if bins:
            most = max(item.images for item in bins)
            figure.add_scatter(
                x=[item.confidence for item in bins],
                y=[item.accuracy for item in bins],
                customdata=[item.images for item in bins],
                name=name,
                mode="lines+markers",
                line=line,
                marker={"size": [6 + 14 * (item.images / most) ** 0.5 for item in bins]},
                hovertemplate="confidence %{x:.0%}, accuracy %{y:.0%}, %{customdata} images"
                "<extra></extra>",
            )
    figure.update_xaxes(range=[0, 1.03], tickformat=".0%", title_text="Confidence")
    figure.update_yaxes(range=[0, 1.03], tickformat=".0%", title_text="Accuracy")
    return style.legend_above(style.styled(figure, height=340))


def _over_thresholds(figure: go.Figure, point: OperatingPoint) -> go.Figure:
    figure.add_vline(point.threshold, line={"color": style.INK, "dash": "dash", "width": 2})
    span = 0.01 * (point.high - point.low)
    figure.update_xaxes(
        range=[point.low - span, point.high + span], title_text=SCORES[point.score].title
    )
    return style.legend_above(style.styled(figure, height=250))
