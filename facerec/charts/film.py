"""Plotly figure of the scores of the faces in a film."""

import numpy as np
import plotly.graph_objects as go

from facerec.charts import style
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import SCORES
from facerec.live.film import Film, Scored

_DOTS = 120
_LABEL = 0.1  # height of a label, as a share of the axis


def scores_over_time(film: Film, scored: Scored, point: OperatingPoint, most: int) -> go.Figure:
    """Score of each face over time, green where it is named and red where not.

    The longest ``most`` tracks are drawn; a dashed line is the threshold.
    """
    figure = go.Figure()
    ends: dict[str, tuple[float, float]] = {}
    seconds = np.array([frame.seconds for frame in film.frames])
    for number, track in enumerate(film.longest(most), start=1):
        rows = np.flatnonzero(scored.tracks == track)
        if not len(rows):
            continue
        look = style.look(number - 1)
        rows = rows[:: max(1, len(rows) // _DOTS)]
        times, scores = seconds[scored.frames[rows]], scored.acceptance[rows]
        heights = np.clip(scores, point.low, point.high)
        named = scores > point.threshold
        figure.add_scatter(
            x=times,
            y=heights,
            mode="lines+markers",
            line={"color": "#c3cad6", "width": 2, "dash": look.dash},
            marker={
                "color": np.where(named, style.KNOWN_COLOR, style.UNKNOWN_COLOR).tolist(),
                "symbol": look.symbol,
                "size": 7,
            },
            hovertemplate=f"Face {number}, second %{{x:.1f}}: %{{y:.3f}}<extra></extra>",
            showlegend=False,
        )
        ends[f"Face {number}"] = float(times[-1]), float(heights[-1])
    for (x, _), name, place in zip(ends.values(), ends, _apart(ends, point), strict=True):
        figure.add_annotation(
            x=x, y=place, text=name, showarrow=False,
            xanchor="left", xshift=8, font={"size": style.TEXT_SIZE, "color": style.INK},
        )  # fmt: skip
    figure.add_hline(point.threshold, line={"color": style.INK, "dash": "dash", "width": 2})
    margin = (point.high - point.low) / 30
    figure.update_yaxes(
        range=[point.low - margin, point.high + margin], title_text=SCORES[point.score].title
    )
    last = float(seconds[-1]) if len(seconds) else 1.0
    # Room for the names of the faces.
    figure.update_xaxes(range=[0, max(last, 0.1) * 1.22], title_text="Seconds")
    figure = style.styled(figure, height=260)
    figure.update_layout(margin={"t": 10})
    return figure


def _apart(ends: dict[str, tuple[float, float]], point: OperatingPoint) -> list[float]:
    """Heights of the labels at the lines' ends, moved downwards where they would overlap."""
    least = (point.high - point.low) * _LABEL
    places: dict[str, float] = {}
    above = point.high + least
    for name in sorted(ends, key=lambda name: -ends[name][1]):
        above = places[name] = min(ends[name][1], above - least)
    return [places[name] for name in ends]
