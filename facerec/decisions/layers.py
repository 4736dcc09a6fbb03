"""The matchers' decisions as layers of PyTorch, which can be exported with a network.

Each maps embeddings, float32 (faces, dimensions), to logits, float32 (faces, people).
"""

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from facerec.decisions.gallery import Gallery
from facerec.networks.metric import similarities_of_tensors

if TYPE_CHECKING:
    from sklearn.svm import LinearSVC


class Means(nn.Module):
    """The layer of ``ClassMeans``."""

    def __init__(self, means: np.ndarray, scale: float) -> None:
        super().__init__()
        self._scale = scale
        self._means = nn.Buffer(torch.from_numpy(means))

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        return self._scale * similarities_of_tensors(embeddings, self._means)


class Neighbours(nn.Module):
    """The layer of ``NearestNeighbours``."""

    def __init__(self, gallery: Gallery, neighbours: int, scale: float) -> None:
        super().__init__()
        self._scale = scale
        sizes = torch.bincount(torch.from_numpy(gallery.labels))
        self._embeddings = nn.Buffer(torch.from_numpy(gallery.embeddings))
        # A person's faces, filled up to the number of faces of the person with most.
        places = torch.arange(int(sizes.max()))
        self._there = nn.Buffer(places < sizes[:, None])
        starts = torch.cumsum(sizes, 0) - sizes
        self._faces = nn.Buffer(torch.where(self._there, starts[:, None] + places, 0))
        self._counts = nn.Buffer(sizes.clamp(max=neighbours).float())
        self._taken = min(neighbours, len(places))

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        found = similarities_of_tensors(embeddings, self._embeddings)[:, self._faces]
        found = torch.where(self._there, found, -torch.inf)
        nearest = found.topk(self._taken, dim=2).values
        totals = torch.where(torch.isinf(nearest), 0.0, nearest).sum(dim=2)
        return self._scale * totals / self._counts


class Sides(nn.Module):
    """The layer of ``LinearSVM``."""

    def __init__(self, machine: "LinearSVC") -> None:
        super().__init__()
        weights, offsets = machine.coef_, machine.intercept_
        if len(weights) == 1:
            weights, offsets = np.concatenate([-weights, weights]), np.array([-offsets, offsets])
        self._weights = nn.Buffer(torch.from_numpy(weights.astype(np.float32)))
        self._offsets = nn.Buffer(torch.from_numpy(offsets.astype(np.float32).ravel()))

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        return embeddings @ self._weights.T + self._offsets
