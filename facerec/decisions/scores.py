"""Scores that rate whether a face is a known person, and the operating point that uses one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.special import logsumexp, softmax

from facerec.errors import FacerecError


@dataclass(frozen=True)
class Outputs:
    """Outputs of a network for some faces, before any threshold.

    Parameters
    ----------
    logits : numpy.ndarray
        Float32, shape (faces, classes).
    similarities : numpy.ndarray, optional
        Float32, shape (faces, classes): similarity of each face to each class, from
        ``FaceSpace.similarities`` or a matcher. None for a run without face space or gallery.
    second_opinion : numpy.ndarray, optional
        Float32, shape (faces,), from ``SecondOpinion.similarities``. None where SFace was not
        asked.
    """

    logits: np.ndarray
    similarities: np.ndarray | None = None
    second_opinion: np.ndarray | None = None

    @classmethod
    def joined(cls, parts: Sequence["Outputs"]) -> "Outputs":
        """The outputs of at least one part, one after the other.

        What any part lacks is None.
        """

        def all_of(found: list[np.ndarray | None]) -> np.ndarray | None:
            there = [values for values in found if values is not None]
            return np.concatenate(there) if len(there) == len(found) else None

        return cls(
            np.concatenate([part.logits for part in parts]),
            all_of([part.similarities for part in parts]),
            all_of([part.second_opinion for part in parts]),
        )

    def __len__(self) -> int:
        return len(self.logits)

    def __getitem__(self, rows: slice | np.ndarray) -> "Outputs":
        return Outputs(
            self.logits[rows],
            None if self.similarities is None else self.similarities[rows],
            None if self.second_opinion is None else self.second_opinion[rows],
        )

    def mean(self, weights: np.ndarray) -> "Outputs":
        """One row: the mean of all, with weights of shape (faces,) that sum to 1."""
        row = weights[None].astype(np.float32)
        return Outputs(
            row @ self.logits,
            None if self.similarities is None else row @ self.similarities,
            None if self.second_opinion is None else row @ self.second_opinion,
        )

    @property
    def predictions(self) -> np.ndarray:
        """The likeliest class of each face: int64, shape (faces,)."""
        return self.logits.argmax(axis=1)

    def probabilities(self, temperature: float = 1.0) -> np.ndarray:
        """Softmax of the logits divided by a temperature: float32, shape (faces, classes)."""
        return softmax(self.logits / np.float32(temperature), axis=1)


@dataclass(frozen=True)
class Score:
    """A score of faces; a higher score means that the network is more certain.

    Parameters
    ----------
    name : str
        Identifier in files and on the command line.
    title, description : str
        Texts on pages.
    bounded : bool
        Whether the score lies between 0 and 1.
    of : callable
        Takes ``Outputs`` and a temperature; gives scores, float (faces,).
    of_tensors : callable or None
        The same for an exported network: takes logits divided by the temperature, the temperature,
        and similarities or None, and gives float32 (faces,). None for a score that is not made of
        these.
    needs : str
        The part of ``Outputs`` that it is made of, which may be None.
    """

    name: str
    title: str
    description: str
    bounded: bool
    of: Callable[[Outputs, float], np.ndarray]
    of_tensors: Callable[[torch.Tensor, float, torch.Tensor], torch.Tensor] | None
    needs: str = "logits"

    def is_known(self, outputs: Outputs) -> bool:
        """Whether the outputs have what it needs."""
        return getattr(outputs, self.needs) is not None


def _confidence(outputs: Outputs, temperature: float) -> np.ndarray:
    return outputs.probabilities(temperature).max(axis=1)


def _confidence_of(scaled: torch.Tensor, temperature: float, similarities: Any) -> torch.Tensor:
    return scaled.softmax(dim=1).amax(dim=1)


def _margin(outputs: Outputs, temperature: float) -> np.ndarray:
    ascending = np.sort(outputs.probabilities(temperature), axis=1)
    # With a gallery of one person, there is no second class.
    return ascending[:, -1] - (ascending[:, -2] if ascending.shape[1] > 1 else 0)


def _margin_of(scaled: torch.Tensor, temperature: float, similarities: Any) -> torch.Tensor:
    descending = scaled.softmax(dim=1).topk(min(2, scaled.shape[1]), dim=1).values
    return 2 * descending[:, 0] - descending.sum(dim=1)


def _energy(outputs: Outputs, temperature: float) -> np.ndarray:
    return logsumexp(outputs.logits, axis=1)


def _energy_of(scaled: torch.Tensor, temperature: float, similarities: Any) -> torch.Tensor:
    return (scaled * temperature).logsumexp(dim=1)


def _similarity(outputs: Outputs, temperature: float) -> np.ndarray:
    if outputs.similarities is None:
        raise FacerecError(
            "How near the classes are is not known yet: judge the run on the Compare page."
        )
    return outputs.similarities[np.arange(len(outputs)), outputs.predictions]


def _similarity_of(
    scaled: torch.Tensor, temperature: float, similarities: torch.Tensor
) -> torch.Tensor:
    return similarities.gather(1, scaled.argmax(dim=1, keepdim=True))[:, 0]


def _second_opinion(outputs: Outputs, temperature: float) -> np.ndarray:
    if outputs.second_opinion is None:
        raise FacerecError(
            "SFace was not asked about the people of this run yet: judge it on the Compare page."
        )
    return outputs.second_opinion


SCORES = {
    score.name: score
    for score in (
        Score(
            "confidence",
            "Confidence",
            "The probability of the likeliest class, as in the report.",
            True,
            _confidence,
            _confidence_of,
        ),
        Score(
            "margin",
            "Margin",
            "How far the likeliest class is ahead of the second: low when the network wavers "
            "between two people.",
            True,
            _margin,
            _margin_of,
        ),
        # Liu et al., Energy-based Out-of-distribution Detection, 2020; the sign is reversed here.
        Score(
            "energy",
            "Energy",
            "How strongly the network reacts at all. The probabilities hide it, since they always "
            "sum to 100 %.",
            False,
            _energy,
            _energy_of,
        ),
        Score(
            "similarity",
            "Similarity",
            "How near what the network sees in the face is to that person's images, where what "
            "changes from picture to picture counts little: 1 is the same, 0 nothing in common.",
            False,
            _similarity,
            _similarity_of,
            "similarities",
        ),
        Score(
            "second_opinion",
            "Second opinion",
            "How similar the face is to the most similar person that the network learned, as SFace "
            "sees it. The network still says who it is, and SFace only whether it is a stranger: a "
            "network trained on a few hundred pictures cannot.",
            False,
            _second_opinion,
            None,
            "second_opinion",
        ),
    )
}
