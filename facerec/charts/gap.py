"""Charts of the gap between validation and live accuracy, and of robustness to disturbances."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from facerec.charts.style import INK, LONGEST_RUN, Look, short, styled
from facerec.evaluation.robustness import DISTURBANCES, Robustness

_COLUMNS = 3
# One network has all three bars, so fill and hatching tell them apart instead of the colour.
_BARS = (
    {"opacity": 0.5},
    {"opacity": 1.0},
    {"opacity": 1.0, "pattern": {"shape": "/", "fillmode": "overlay", "fgcolor": "white"}},
)


@dataclass(frozen=True)
class Share:
    """An accuracy with its confidence interval.

    Parameters
    ----------
    title : str
        Label of the bar.
    value : float
        Share of right answers, 0 to 1.
    interval : tuple of float or None
        Ends of the 95 % confidence interval, 0 to 1.
    """

    title: str
    value: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class TriedRun:
    """A run with the results of its robustness test, which may lack some levels."""

    label: str
    look: Look
    found: Robustness


def share_bars(shares: Sequence[Share | None], color: str) -> go.Figure:
    """Shares as bars beside each other, each with its 95 % confidence interval as an error bar.

    Parameters
    ----------
    shares : sequence of Share or None
        By image, by session, live. None is left out, and the look of the other bars does not
        change.
    color : str
        Of the run.
    """
    figure = go.Figure()
    for share, look in zip(shares, _BARS, strict=True):
        if share is None:
            continue
        low, high = share.interval or (share.value, share.value)
        figure.add_bar(
            x=[share.title],
            y=[share.value],
            width=0.5,
            marker={"color": color, **look},
            error_y={
                "type": "data",
                "array": [high - share.value],
                "arrayminus": [share.value - low],
                "color": INK,
                "thickness": 2,
                "width": 10,
                "visible": share.interval is not None,
            },
            hovertemplate=f"%{{y:.1%}}, 95 % interval {low:.1%} to {high:.1%}<extra></extra>",
        )
        figure.add_annotation(
            x=share.title,
            y=0.04,
            text=f"<b>{share.value:.0%}</b>",
            showarrow=False,
            yanchor="bottom",
            font={"size": 22, "color": INK},
            bgcolor="rgba(255, 255, 255, 0.85)",
        )
    styled(figure, height=320)
    figure.update_layout(showlegend=False, margin={"t": 10})
    figure.update_yaxes(range=[0, 1.05], tickformat=".0%", title_text="Right")
    figure.update_xaxes(tickfont={"size": 16})
    return figure


def robustness_curves(runs: Sequence[TriedRun]) -> go.Figure:
    """Accuracy over strength: a panel for each disturbance, a curve for each run."""
    rows = -(-len(DISTURBANCES) // _COLUMNS)
    figure = make_subplots(
        rows,
        _COLUMNS,
        subplot_titles=[disturbance.title for disturbance in DISTURBANCES.values()],
        horizontal_spacing=0.06,
        vertical_spacing=0.26,
        shared_yaxes=True,
    )
    for place, (name, disturbance) in enumerate(DISTURBANCES.items()):
        panel = {"row": place // _COLUMNS + 1, "col": place % _COLUMNS + 1}
        for run in runs:
            curve = run.found.curve(name)
            figure.add_scatter(
                x=list(curve),
                y=list(curve.values()),
                name=short(run.label, LONGEST_RUN),
                legendgroup=run.label,
                showlegend=place == 0,
                mode="lines+markers",
                line=run.look.line(),
                hovertemplate=f"%{{y:.0%}} at %{{x}} {disturbance.unit}",
                **panel,
            )
        figure.update_xaxes(
            tickvals=list(disturbance.strengths),
            ticktext=[f"{strength:g}" for strength in disturbance.strengths],
            title={"text": disturbance.unit, "standoff": 4},
            **panel,
        )
        if disturbance.strengths[0]:
            # These strengths are sizes: they begin at the full size and halve.
            figure.update_xaxes(type="log", autorange="reversed", **panel)
    figure.update_yaxes(range=[0, 1.05], tickformat=".0%")
    figure.update_layout(legend={"orientation": "h", "yanchor": "bottom", "y": 1.1, "x": 0})
    styled(figure, height=520)
    figure.update_layout(margin={"t": 70})
    return figure
