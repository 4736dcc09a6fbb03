"""What networks have in common that keep some of what they have learned as it is."""

from torch import nn


class FrozenStart:
    """To be inherited from before ``torch.nn.Module``: the first of ``parts()`` never trains.

    Its batch norm then keeps its running statistics.
    """

    def train(self, mode: bool = True) -> nn.Module:
        super().train(mode)
        self.parts()[0].eval()
        return self
