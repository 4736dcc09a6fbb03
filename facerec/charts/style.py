"""Colours, fonts, lines and legends of all charts."""

from dataclasses import dataclass

import plotly.graph_objects as go

from facerec.runs import catalogue

# People with any of the three colour blindnesses can tell them apart, and all stand out from white.
RUN_COLORS = ("#0060c8", "#e07000", "#00684a", "#c2479f", "#5a1a00", "#2f9fd0")
TRAINING_COLOR = "#6b7280"
KNOWN_COLOR, UNKNOWN_COLOR = "#16a34a", "#dc2626"
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "star")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
TEXT_SIZE, INK = 14, "#1c2430"
BAR_COLOR = "#2456a6"
# From wrong over empty to right. The scale jumps beside the middle, so that a few mistakes among
# many images can be seen.
CONFUSION_COLORS = (
    (0, "#b93a08"), (0.35, "#ef8a4a"), (0.499, "#fbdcc8"),
    (0.5, "#f3f5f9"),
    (0.501, "#d5e1f4"), (0.75, "#7f9fd0"), (1, "#2456a6"),
)  # fmt: skip
_LONGEST_LABEL = 16
LONGEST_RUN = 32


@dataclass(frozen=True)
class Look:
    """How a run is drawn: its colour, and as a second sign its lines' dashes and its symbol."""

    color: str
    dash: str
    symbol: str

    def line(self, width: int = 3) -> dict[str, object]:
        """The style of a line; ``width`` in pixels."""
        return {"color": self.color, "width": width, "dash": self.dash}


def look(number: int) -> Look:
    """The look of a run by its number; 30 follow each other before one comes again."""
    return Look(
        RUN_COLORS[number % len(RUN_COLORS)],
        DASHES[number % len(DASHES)],
        SYMBOLS[number % len(SYMBOLS)],
    )


def run_looks() -> dict[str, Look]:
    """The look of each run by its name, alike in all charts: by the order of their making.

    Runs of experiments, which come by the dozen, follow the others.
    """
    made = sorted(
        catalogue.list_runs(),
        key=lambda run: (bool(run.info.experiment), run.info.created, run.name),
    )
    return {run.name: look(number) for number, run in enumerate(made)}


def as_html(figure: go.Figure) -> str:
    """A figure as a part of an HTML page that has plotly in it."""
    return figure.to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False})


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
        font={"size": TEXT_SIZE, "color": INK},
        legend={"font": {"size": TEXT_SIZE, "color": INK}},
        plot_bgcolor="white",
        # A constant keeps zoom and hidden curves when a page draws the figure again.
        uirevision="constant",
    )
    # Streamlit's own style would make the text of axes and legend small and grey.
    words = {"size": TEXT_SIZE, "color": INK}
    axis = {"gridcolor": "#e5e9f0", "zeroline": False, "title_font": words, "tickfont": words}
    figure.update_xaxes(axis)
    figure.update_yaxes(axis)
    return figure
