"""Plan of an experiment: which factor is turned to which values, with which seeds."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.experiments.factors import THRESHOLD, Value, factor_named, turned
from facerec.runs.creating import refuse_known
from facerec.runs.settings import TrainingConfig

MOST_SEEDS, MOST_TRIALS = 10, 120
USUAL_THRESHOLD = 0.5


@dataclass(frozen=True)
class Trial:
    """One training of an experiment, or one threshold of it.

    Parameters
    ----------
    value : int, float or str
        Of the factor.
    second : int, float, str or None
        Of the second factor, if there is one.
    seed : int
    """

    value: Value
    second: Value | None
    seed: int


@dataclass(frozen=True)
class Plan:
    """What an experiment tries.

    Parameters
    ----------
    config : TrainingConfig
        All settings that are not turned.
    factor : str
    values : tuple
        At least two.
    seeds : int
        How many trainings with each value; the seeds count from 0.
    second : str
        A second factor, whose values are combined with all of the first; empty for none.
    second_values : tuple
    strangers : str
        Data set of people who are not learned, on whom the trained networks are judged; empty for
        none.
    question, guess : str
        What is asked, and what the class wrote down before.

    Raises
    ------
    FacerecError
        If there is no such factor, a value is not the factor's or comes twice, or there are too few
        or too many.
    """

    config: TrainingConfig
    factor: str
    values: tuple[Value, ...]
    seeds: int = 2
    second: str = ""
    second_values: tuple[Value, ...] = ()
    strangers: str = ""
    question: str = ""
    guess: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", self._checked(self.factor, self.values))
        if len(self.values) < 2:
            raise FacerecError("An experiment compares: give at least two values.")
        if self.second == self.factor:
            raise FacerecError("The second factor must be another one than the first.")
        if self.second:
            found = self._checked(self.second, self.second_values)
            object.__setattr__(self, "second_values", found)
            if len(found) < 2:
                raise FacerecError("Give at least two values of the second factor.")
        if not 1 <= self.seeds <= MOST_SEEDS:
            raise FacerecError(f"Seeds: {self.seeds} must lie between 1 and {MOST_SEEDS}.")
        if (number := len(self.trials())) > MOST_TRIALS:
            raise FacerecError(f"These are {number} trials: at most {MOST_TRIALS} can be made.")

    def refuse_known_strangers(self) -> None:
        """Check that the strangers are none of the people.

        Raises
        ------
        FacerecError
            If they are, or a data set is not there.
        """
        if self.strangers:
            refuse_known(self.strangers, FaceFolder.open(self.config.dataset).class_names())

    def _checked(self, factor: str, values: tuple[Value, ...]) -> tuple[Value, ...]:
        known = factor_named(factor, self.config.network)
        found = tuple(known.checked(value) for value in values)
        if len(set(found)) < len(found):
            raise FacerecError(f"{known.title}: a value comes twice.")
        return found

    @property
    def turned(self) -> tuple[str, ...]:
        """Names of the factors that are turned."""
        return (self.factor, self.second) if self.second else (self.factor,)

    def trials(self) -> list[Trial]:
        """All trials: seed by seed, so that a stopped experiment has tried every value."""
        return list(self._trials())

    def _trials(self) -> Iterator[Trial]:
        for seed in range(self.seeds):
            for second in self.second_values or (None,):
                for value in self.values:
                    yield Trial(value, second, seed)

    @property
    def trainings(self) -> int:
        """Number of trainings; trials that differ in the threshold alone share one."""
        return len({self.config_of(trial) for trial in self.trials()})

    @property
    def may_end_early(self) -> bool:
        """Whether a training may end before its last epoch, so that a forecast is the most."""
        return any(self.config_of(trial).patience for trial in self.trials())

    def config_of(self, trial: Trial) -> TrainingConfig:
        """The settings that a trial trains with."""
        config = turned(self.config, self.factor, trial.value)
        if trial.second is not None:
            config = turned(config, self.second, trial.second)
        return replace(config, seed=self.config.seed + trial.seed)

    def threshold_of(self, trial: Trial) -> float:
        """The threshold that a trial's network is judged at, 0 to 1."""
        for factor, value in ((self.factor, trial.value), (self.second, trial.second)):
            if factor == THRESHOLD:
                return float(value or 0)
        return USUAL_THRESHOLD

    def in_words(self, trial: Trial) -> str:
        """The values of a trial, such as "Batch size 8"."""
        parts = [(self.factor, trial.value)]
        if trial.second is not None:
            parts.append((self.second, trial.second))
        return ", ".join(self.value_in_words(name, value) for name, value in parts)

    def value_in_words(self, name: str, value: Value) -> str:
        """A factor at a value, such as "Batch size 8"."""
        factor = factor_named(name, self.config.network)
        return f"{factor.label} {factor.shown(value)}"

    def as_dict(self) -> dict[str, Any]:
        """The values by name, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Plan":
        """The plan from the values of ``as_dict``; errors as ``Plan``."""
        return cls(
            **{
                **values,
                "config": TrainingConfig.from_dict(values["config"]),
                "values": tuple(values["values"]),
                "second_values": tuple(values["second_values"]),
            }
        )
