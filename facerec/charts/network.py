"""Drawing of a network: a bar for each layer with its shape and number of parameters."""

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from facerec.charts.style import INK, TEXT_SIZE, styled
from facerec.networks.layout import Layer, kind_title

_COLORS = {"Conv2d": "#2456a6", "Linear": "#00684a", "Pool": "#e07000"}
_OTHER = "#9aa4b2"
_LAYER_HEIGHT = 30


def network_chart(layers: Sequence[Layer]) -> go.Figure:
    """Layers from top to bottom; the length of a bar is the number of values, on a log axis."""
    values = [math.prod(layer.shape) for layer in layers]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=list(range(len(layers))),
            orientation="h",
            marker={"color": [_color(layer) for layer in layers]},
            text=[_words(layer) for layer in layers],
            textposition="outside",
            textfont={"size": TEXT_SIZE, "color": INK},
            cliponaxis=False,
            hovertext=[
                f"{layer.name}: {count:,} values"
                for layer, count in zip(layers, values, strict=True)
            ],
            hoverinfo="text",
        )
    )
    styled(figure, height=60 + _LAYER_HEIGHT * len(layers))
    # Room for the words to the right of the longest bar.
    figure.update_xaxes(type="log", visible=False, range=[0, 11])
    figure.update_yaxes(visible=False, autorange="reversed")
    return figure


def _words(layer: Layer) -> str:
    shape = " × ".join(f"{side:,}" for side in layer.shape)
    weights = f" · {layer.parameters:,} parameters" if layer.parameters else ""
    return f"{kind_title(layer.kind)} · {shape}{weights}"


def _color(layer: Layer) -> str:
    return next((color for word, color in _COLORS.items() if word in layer.kind), _OTHER)
