"""Metrics: how the embeddings of a network are compared."""

from enum import Enum

import numpy as np
import torch
from torch.nn import functional


class Metric(Enum):
    """The metric that a network was trained for. Every metric gives similarities, at most 1.

    The similarity of two embeddings is 1 - d² / 2, where d is their Euclidean distance. Embeddings
    of length 1 have the cosine of the angle between them as their similarity.
    """

    COSINE = "cosine"
    EUCLIDEAN = "euclidean"

    @property
    def title(self) -> str:
        """What the similarity is called on pages."""
        return "Cosine similarity" if self is Metric.COSINE else "Similarity (1 - distance² / 2)"

    def distance(self, similarity: float) -> float:
        """Distance of two embeddings from their similarity: 1 - cosine, or the Euclidean one."""
        apart = 1 - similarity
        return apart if self is Metric.COSINE else max(0.0, 2 * apart) ** 0.5

    def scaled(self, vectors: np.ndarray) -> np.ndarray:
        """Vectors (faces, dimensions) as they are compared: of length 1 for the cosine."""
        return of_length_one(vectors) if self is Metric.COSINE else vectors

    def scaled_tensor(self, vectors: torch.Tensor) -> torch.Tensor:
        """As ``scaled``, for a tensor."""
        return functional.normalize(vectors) if self is Metric.COSINE else vectors


def similarities(these: np.ndarray, those: np.ndarray) -> np.ndarray:
    """Similarity of each of these embeddings to each of those: float32 (these, those).

    Parameters
    ----------
    these, those : numpy.ndarray
        Float32, shape (faces, dimensions), as ``Metric.scaled`` gives them.
    """
    # (a - b)² = a² - 2ab + b², so one matrix product is all the work.
    return these @ those.T + (1 - _halved_squares(these)[:, None] - _halved_squares(those))


def similarities_of_tensors(these: torch.Tensor, those: torch.Tensor) -> torch.Tensor:
    """As ``similarities``, for tensors."""
    halved = [vectors.square().sum(dim=1) / 2 for vectors in (these, those)]
    return these @ those.T + (1 - halved[0][:, None] - halved[1])


def of_length_one(vectors: np.ndarray) -> np.ndarray:
    """The rows (faces, dimensions) scaled to length 1; a row of zeros stays as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)


def _halved_squares(vectors: np.ndarray) -> np.ndarray:
    return np.einsum("fd,fd->f", vectors, vectors) / np.float32(2)
