"""A network that sees no more than colours."""

from torch import nn

from facerec.networks.layers import FrozenBody, make_classifier
from facerec.networks.network import Network, Pretrained
from facerec.networks.options import NetworkOptions


class Toy(FrozenBody, nn.Module):
    """The mean of each colour, and a classifier of the three means."""

    def __init__(self, classes: int, options: NetworkOptions = NetworkOptions()) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 3, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.body.requires_grad_(False)
        self.fc = make_classifier(3, classes, options.loss)

    @classmethod
    def published(cls, classes: int, options: NetworkOptions) -> "Toy":
        """With weights that leave the colours as they are."""
        network = cls(classes, options)
        nn.init.dirac_(network.body[0].weight)
        nn.init.zeros_(network.body[0].bias)
        return network


ENTRIES = (
    Network(
        name="toy",
        title="Toy",
        description="The mean of each colour.",
        place=70,
        build=Toy.published,
        skeleton=Toy,
        report_epochs=1,
        class_epochs=3,
        learning_rate=0.2,
        mean=(0.4, 0.5, 0.6),
        std=(0.2, 0.3, 0.4),
        options=("loss",),
        size=32,
        pretrained=(Pretrained("colours", "Toy, colours"),),
    ),
)
