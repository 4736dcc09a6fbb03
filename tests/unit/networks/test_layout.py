import pytest

from facerec.charts.network import network_chart
from facerec.errors import FacerecError
from facerec.networks.catalogue import NETWORKS, network_named
from facerec.networks.layout import Layer, layers
from facerec.networks.network import parameter_count
from facerec.networks.options import NetworkOptions


def test_layers_of_the_custom_network_have_their_shapes_and_parameters() -> None:
    options = NetworkOptions(side=64, blocks=2, filters=8, norm="none", fields=4, hidden=32)
    found = layers(network_named("custom_cnn"), 5, options)
    assert found == [
        Layer("blocks.0.0", "Conv2d", (8, 64, 64), 224),
        Layer("blocks.0.2", "ReLU", (8, 64, 64), 0),
        Layer("blocks.0.3", "MaxPool2d", (8, 32, 32), 0),
        Layer("blocks.1.0", "Conv2d", (16, 32, 32), 1168),
        Layer("blocks.1.2", "ReLU", (16, 32, 32), 0),
        Layer("blocks.1.3", "MaxPool2d", (16, 16, 16), 0),
        Layer("pool", "AdaptiveAvgPool2d", (16, 4, 4), 0),
        Layer("hidden.0", "Linear", (32,), 8224),
        Layer("hidden.1", "ReLU", (32,), 0),
        Layer("dropout", "Dropout", (32,), 0),
        Layer("fc", "Linear", (5,), 165),
    ]


@pytest.mark.parametrize("name", list(NETWORKS))
def test_every_network_can_be_drawn(name: str) -> None:
    entry, options = network_named(name), NetworkOptions()
    found = layers(entry, 3, options)
    assert found[-1].shape == (3,)
    whole, _ = parameter_count(entry.skeleton(3, options))
    assert sum(layer.parameters for layer in found) == whole
    assert len(network_chart(found).data[0].x) == len(found)


def test_an_impossible_network_is_not_drawn() -> None:
    with pytest.raises(FacerecError, match="Nothing is left"):
        layers(network_named("custom_cnn"), 3, NetworkOptions(side=32, blocks=5, pooling_size=4))
