"""How a run decides whether a face is named: score, threshold and temperature."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from facerec.datasets.folder import UNKNOWN
from facerec.decisions.scores import SCORES, Outputs
from facerec.errors import FacerecError
from facerec.system import files

_TEMPERATURES = 0.01, 100.0


@dataclass(frozen=True)
class OperatingPoint:
    """Decision rule of a run: a score and its threshold.

    Parameters
    ----------
    threshold : float
        A face is named if its likeliest class is a person and its score exceeds the threshold.
    score : str
        A name of ``SCORES``.
    temperature : float
        Divisor of the logits before softmax, 0.01 to 100; 1 leaves them as trained.
        Guo et al., On Calibration of Modern Neural Networks, 2017.
    low, high : float
        Ends of the threshold's slider.

    Raises
    ------
    FacerecError
        If there is no such score, a value is no finite number, ``low`` is not below ``high``, or
        the threshold or the temperature is out of range.
    """

    threshold: float = 0.5
    score: str = "confidence"
    temperature: float = 1.0
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        if self.score not in SCORES:
            raise FacerecError(f"There is no score {self.score!r}: {', '.join(SCORES)}.")
        if not all(
            np.isfinite(value) for value in (self.threshold, self.temperature, self.low, self.high)
        ):
            raise FacerecError("Threshold, its range and temperature must be numbers.")
        if self.low >= self.high:
            raise FacerecError(
                f"The threshold's range must go up, but is {self.low:g} to {self.high:g}."
            )
        if not self.low <= self.threshold <= self.high:
            raise FacerecError(
                f"The threshold is {self.threshold:g}, but must lie between {self.low:g} and "
                f"{self.high:g}."
            )
        lowest, highest = _TEMPERATURES
        if not lowest <= self.temperature <= highest:
            raise FacerecError(
                f"The temperature is {self.temperature:g}, but must lie between {lowest:g} and "
                f"{highest:g}."
            )

    def save(self, path: Path) -> None:
        """Write it to a JSON file."""
        files.write_json(path, asdict(self))

    @classmethod
    def load(cls, path: Path) -> "OperatingPoint":
        """Read what ``save`` wrote.

        Raises
        ------
        FacerecError
            If the file is damaged.
        """
        return files.read_as(path, cls, others="forbid")

    def scores(self, outputs: Outputs) -> np.ndarray:
        """Score of each face: float, shape (faces,).

        Raises
        ------
        FacerecError
            If the score is the similarity, and the outputs have none.
        """
        return SCORES[self.score].of(outputs, self.temperature)

    def acceptance(self, classes: Sequence[str], outputs: Outputs) -> np.ndarray:
        """Scores, with minus infinity if the likeliest class is ``Unknown``: float, (faces,).

        A face is named if this exceeds the threshold; errors as ``scores``.
        """
        persons = np.array([name != UNKNOWN for name in classes])
        return np.where(persons[outputs.predictions], self.scores(outputs), -np.inf)

    def is_named(self, classes: Sequence[str], outputs: Outputs) -> np.ndarray:
        """Whether each face gets a person's name: bool, shape (faces,); errors as ``scores``."""
        return self.acceptance(classes, outputs) > self.threshold
