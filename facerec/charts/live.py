"""Plotly figures of a live assessment."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from facerec.charts import style
from facerec.datasets.folder import UNKNOWN
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import SCORES
from facerec.live.assessment import STRANGER, OverThresholds, OverTime, Stretch
from facerec.live.kept_assessments import LiveAssessment

STRANGERS = "Strangers"
_SHORTEST_SECONDS = 10
_LONGEST_LABEL = 12
_LETTERS_IN_A_LINE = 36


@dataclass(frozen=True)
class TimeCurve:
    """A recogniser's accuracy over time."""

    label: str
    look: style.Look
    found: OverTime


@dataclass(frozen=True)
class ThresholdCurve:
    """A recogniser's accuracy over thresholds."""

    label: str
    look: style.Look
    point: OperatingPoint
    found: OverThresholds


def accuracy_over_time(curves: Sequence[TimeCurve], stretches: Sequence[Stretch]) -> go.Figure:
    """Accuracy of each recogniser: so far as a line, and in each second as dots.

    Vertical lines separate the people before the camera; their names stand above.
    """
    figure = go.Figure()
    for curve in curves:
        line = curve.look.line(width=4)
        found = curve.found
        figure.add_scatter(
            x=found.seconds,
            y=found.accuracy,
            customdata=found.frames,
            mode="markers",
            marker={"color": line["color"], "size": 8},
            opacity=0.35,
            hovertemplate="%{y:.0%} of %{customdata} frames in this second<extra></extra>",
            legendgroup=curve.label,
            showlegend=False,
        )
        figure.add_scatter(
            x=found.seconds,
            y=found.so_far,
            # A single point is no line yet.
            mode="lines" if len(found.seconds) > 1 else "markers",
            line=line,
            marker={"color": line["color"], "size": 12},
            name=f"{style.short(curve.label, style.LONGEST_RUN)}, {found.so_far[-1]:.0%} right",
            legendgroup=curve.label,
            hovertemplate="%{y:.1%} right so far<extra></extra>",
        )
    for stretch in stretches:
        if stretch.start:
            figure.add_vline(stretch.start, line={"color": "#c3cad6", "width": 2})
        figure.add_annotation(
            x=stretch.start, y=1.06, xanchor="left", yanchor="bottom", showarrow=False,
            text=style.short(_who(stretch.person), _LONGEST_LABEL),
            font={"size": 14, "color": style.INK},
        )  # fmt: skip
    last = max((stretch.end for stretch in stretches), default=0)
    figure.update_xaxes(range=[0, max(_SHORTEST_SECONDS, last + 1.3)], title_text="Seconds counted")
    # Room above for the names.
    figure.update_yaxes(
        range=[-0.03, 1.25], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1], title_text="Right"
    )
    return style.legend_above(style.styled(figure, height=300))


def accuracy_over_thresholds(curves: Sequence[ThresholdCurve]) -> go.Figure:
    """Accuracy of each recogniser over thresholds; a dot marks its present threshold.

    If the recognisers use different scores or slider ranges, the axis runs from the low end of each
    slider to its high end.
    """
    figure = go.Figure()
    scales = {(curve.point.score, curve.point.low, curve.point.high) for curve in curves}
    for curve in curves:
        line = curve.look.line(width=4)
        point, found = curve.point, curve.found
        low, span = (point.low, point.high - point.low) if len(scales) > 1 else (0, 1)
        present = np.interp(point.threshold, found.thresholds, found.accuracy)
        figure.add_scatter(
            x=(found.thresholds - low) / span,
            y=found.accuracy,
            customdata=found.thresholds,
            mode="lines",
            line=line,
            name=style.short(curve.label, style.LONGEST_RUN),
            hovertemplate=f"{SCORES[point.score].title} %{{customdata:.3g}}: %{{y:.1%}} right"
            "<extra></extra>",
        )
        figure.add_scatter(
            x=[(point.threshold - low) / span],
            y=[present],
            mode="markers",
            marker={"size": 14, "color": line["color"], "line": {"color": style.INK, "width": 2}},
            hovertemplate=f"{curve.label} now: %{{y:.1%}}<extra></extra>",
            showlegend=False,
        )
    if len(scales) > 1:
        figure.update_xaxes(
            range=[-0.01, 1.01],
            tickformat=".0%",
            title_text="Threshold, from the low end of its slider",
        )
    else:
        for score, low, high in scales:
            figure.update_xaxes(
                range=[low - 0.01 * (high - low), high + 0.01 * (high - low)],
                title_text=f"Threshold: {SCORES[score].title}",
            )
    figure.update_yaxes(range=[0, 1.03], tickformat=".0%", title_text="Right")
    return style.legend_above(style.styled(figure, height=300))


def confusion(assessment: LiveAssessment) -> go.Figure:
    """Confusion matrix in frames: the person there (row) and the recogniser's label (column).

    Right cells are blue and wrong cells orange; the colour deepens with the share of the row.
    Labels that nobody got and nobody should have got are left out.
    """
    rows = dict(sorted(assessment.people.items()))
    if assessment.stranger_frames:
        rows[STRANGER] = assessment.strangers
    labels = {label for counts in rows.values() for label in counts} | set(assessment.people)
    columns = [*sorted(labels - {UNKNOWN}), UNKNOWN]
    shares, texts, hovers = [], [], []
    for person, counts in rows.items():
        total = sum(counts.values())
        right = person if person != STRANGER else UNKNOWN
        numbers = [counts.get(label, 0) for label in columns]
        shares.append(
            [
                number / max(1, total) * (1 if label == right else -1)
                for label, number in zip(columns, numbers, strict=True)
            ]
        )
        texts.append([str(number or "") for number in numbers])
        hovers.append(
            [
                f"{_who(person)}: called {label} in {number or 'none'} of {total} frames"
                for label, number in zip(columns, numbers, strict=True)
            ]
        )
    figure = go.Figure(
        go.Heatmap(
            z=shares, text=texts, hovertext=hovers, texttemplate="%{text}", hoverinfo="text",
            textfont={"size": 18 if len(columns) <= 10 else 12},
            zmin=-1, zmax=1, colorscale=style.CONFUSION_COLORS, showscale=False, xgap=2, ygap=2,
        )
    )  # fmt: skip
    long = (
        len(columns) * max(len(style.short(name, _LONGEST_LABEL)) for name in columns)
        > _LETTERS_IN_A_LINE
    )
    figure.update_xaxes(
        side="top",
        tickvals=list(range(len(columns))),
        ticktext=[style.short(name, _LONGEST_LABEL) for name in columns],
        tickangle=-40 if long else 0,
        title_text="Name given",
    )
    figure.update_yaxes(
        autorange="reversed",
        tickvals=list(range(len(rows))),
        ticktext=[style.short(_who(person), _LONGEST_LABEL) for person in rows],
        title_text="True name",
    )
    style.styled(figure, height=(150 if long else 100) + 48 * max(2, len(rows)))
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(showgrid=False, fixedrange=True, ticks="", automargin=True)
    figure.update_layout(dragmode=False)
    return figure


def _who(person: str) -> str:
    return STRANGERS if person == STRANGER else person
