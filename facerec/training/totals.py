"""Metrics of an epoch from its batches, and the remaining time of a training."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypedDict

import numpy as np
import torch
from torch.nn import functional

from facerec import metrics
from facerec.runs.history import Record
from facerec.training.batches import Batch

_LATELY_SECONDS = 10.0


@dataclass
class Totals:
    """Summed loss and predictions over an epoch, in one process or in all."""

    loss: float = 0.0
    labels: list[int] = field(default_factory=list)
    predictions: list[int] = field(default_factory=list)

    def add(self, batch: Batch, logits: torch.Tensor) -> float:
        """Add a batch, and return the summed cross-entropy of its images."""
        if not batch.counts:
            return 0.0
        loss = functional.cross_entropy(logits, batch.labels, reduction="sum").item()
        self.loss += loss
        self.labels += batch.labels.tolist()
        self.predictions += logits.argmax(dim=1).tolist()
        return loss

    @classmethod
    def together(cls, parts: list["Totals"]) -> "Totals":
        return cls(
            sum(part.loss for part in parts),
            [label for part in parts for label in part.labels],
            [prediction for part in parts for prediction in part.predictions],
        )

    def record(self, prefix: str) -> Record:
        return {
            f"{prefix}_loss": self.loss / len(self.labels),
            f"{prefix}_accuracy": metrics.accuracy(self.labels, self.predictions),
            f"{prefix}_macro_f1": metrics.macro_f1(self.labels, self.predictions),
        }

    def f1_by_class(self, classes: Sequence[str]) -> dict[str, float]:
        scores = metrics.f1_by_class(self.labels, self.predictions, len(classes))
        return dict(zip(classes, scores, strict=True))


class Times(TypedDict):
    """The values of a ``BatchEnd`` for progress and time."""

    done: int
    total: int
    images_per_second: float
    seconds_left: float


class Clock:
    """Counts batches, and estimates the remaining time.

    Parameters
    ----------
    done : int
        Number of batches that are done already.
    batches : int
        Number of batches of an epoch.
    efforts : sequence of float
        Time of each epoch, as a share of any one.
    """

    def __init__(self, done: int, batches: int, efforts: Sequence[float]) -> None:
        self._first = self._done = done
        self._total = batches * len(efforts)
        self._effort_until = [0.0, *np.cumsum(np.repeat(efforts, batches)).tolist()]
        self._began = time.monotonic()
        self._lately: deque[tuple[float, int]] = deque([(self._began, 0)])

    def batch_end(self, images: int) -> Times:
        """Count a batch, and return the progress and time values of its ``BatchEnd``."""
        now = time.monotonic()
        self._done += 1
        self._lately.append((now, images))
        while now - self._lately[1][0] > _LATELY_SECONDS:
            self._lately.popleft()
        begun, _ = self._lately[0]
        counted = sum(count for _, count in self._lately) - self._lately[0][1]
        until = self._effort_until
        each = (now - self._began) / (until[self._done] - until[self._first])
        return {
            "done": self._done,
            "total": self._total,
            "images_per_second": counted / max(now - begun, 1e-6),
            "seconds_left": each * (until[-1] - until[self._done]),
        }
