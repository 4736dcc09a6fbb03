"""The network that the form describes, drawn as it will be built."""

import streamlit as st

from facerec.charts.network import network_chart
from facerec.datasets.folder import FaceFolder
from facerec.networks.layout import layers
from facerec.runs.settings import TrainingConfig
from pages.shared.progress import errors_shown


def show(folder: FaceFolder, config: TrainingConfig) -> None:
    """Draw each layer with its shape and number of parameters, or say why it cannot be built."""
    classes = sum(1 for count in folder.counts().values() if count)
    with errors_shown():
        found = layers(config.entry, max(classes, 1), config.network_options)
        number = sum(layer.parameters for layer in found)
        side = config.entry.size
        st.markdown(
            f"**{number:,} parameters**, input 3 × {side} × {side}. Each bar is a layer, with the "
            "channels and sides of its output.",
            help="Change the network under All settings. The length of a bar is the number of "
            "values that the layer gives, on a logarithmic axis.",
        )
        figure = network_chart(found)
        st.plotly_chart(figure, key="network-chart", config={"displayModeBar": False})
