"""Colours, fonts, lines and legends of all charts."""

from collections.abc import Sequence

import plotly.graph_objects as go

from facerec.networks.catalogue import NETWORKS

# Each kind of run has the same colour everywhere. People with red-green blindness can tell the
# colours apart.
NETWORK_COLORS = {network.name: network.color for network in NETWORKS.values()}
NETWORK_COLORS["gallery"] = "#be185d"
KNOWN_COLOR, UNKNOWN_COLOR = "#16a34a", "#dc2626"
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
TEXT_SIZE = 14
BAR_COLOR = "#2456a6"
# From wrong over empty to right. The scale jumps beside the middle, so that a few mistakes among
# many images can be seen.
CONFUSION_COLORS = (
    (0, "#b93a08"), (0.35, "#ef8a4a"), (0.499, "#fbdcc8"),
    (0.5, "#f3f5f9"),
    (0.501, "#d5e1f4"), (0.75, "#7f9fd0"), (1, "#2456a6"),
)  # fmt: skip
_LONGEST_LABEL = 16


def run_lines(networks: Sequence[str], width: int = 3) -> list[dict[str, object]]:
    """The line style of each run, in the order of ``networks``.

    Runs of one network share its colour and differ in their dashes. ``width`` is in pixels.
    """
    return [
        {
            "color": NETWORK_COLORS[network],
            "width": width,
            "dash": DASHES[networks[:place].count(network) % len(DASHES)],
        }
        for place, network in enumerate(networks)
    ]


def legend_above(figure: go.Figure) -> go.Figure:
    """The same figure, without subplots, with its legend above the upper edge."""
    figure.update_layout(
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0}, margin={"t": 30}
    )
    return figure


def short(name: str, longest: int = _LONGEST_LABEL) -> str:
    """A name cut to ``longest`` letters, the last an ellipsis, to fit beside a chart."""
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def styled(figure: go.Figure, height: int) -> go.Figure:
    """The same figure in the app's font size, margins and grid; ``height`` in pixels."""
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 40 if figure.layout.annotations else 10, "b": 10},
        font={"size": TEXT_SIZE},
        plot_bgcolor="white",
        # A constant keeps zoom and hidden curves when a page draws the figure again.
        uirevision="constant",
    )
    figure.update_xaxes(gridcolor="#e5e9f0", zeroline=False)
    figure.update_yaxes(gridcolor="#e5e9f0", zeroline=False)
    return figure
