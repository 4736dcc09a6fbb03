"""An experiment: its plan, its trials' runs, and what came out, in a folder of its own."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.experiments.factors import THRESHOLD
from facerec.experiments.plan import Plan, Trial
from facerec.runs.run import Run
from facerec.system import files, paths
from facerec.system.jobs import JobFolder


@dataclass(frozen=True)
class Outcome:
    """What came out of a trial.

    Parameters
    ----------
    accuracy, macro_f1 : float
        On the validation images, 0 to 1.
    train_accuracy : float
        On the training images, 0 to 1.
    people_refused, strangers_named : float or None
        Share of the people's validation images that get no name, and of strangers' images that get
        one, at the trial's threshold; None where there are no such images.
    epochs : int
        Epochs that were trained.
    seconds : float
        Time that the training and the judging took.
    """

    accuracy: float
    macro_f1: float
    train_accuracy: float
    people_refused: float | None
    strangers_named: float | None
    epochs: int
    seconds: float

    @property
    def over_fitting(self) -> float:
        """By how much the network is better on images that it has learned, -1 to 1."""
        return self.train_accuracy - self.accuracy


@dataclass(frozen=True)
class Result:
    """A trial with its run, and its outcome once there is one.

    ``problem`` says why it could not be trained, such as for a learning rate that is too high.
    """

    trial: Trial
    run: str
    outcome: Outcome | None = None
    problem: str = ""

    @property
    def ended(self) -> bool:
        return self.outcome is not None or bool(self.problem)


@dataclass(frozen=True)
class _Content:
    """What ``experiment.json`` holds."""

    plan: dict[str, Any]
    results: tuple[Result, ...]
    predicted_seconds: float | None = None


class Experiment:
    """An experiment's folder under ``models/_experiments``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def create(cls, name: str, plan: Plan, predicted_seconds: float | None = None) -> "Experiment":
        """A new experiment, which has not begun.

        Raises
        ------
        FacerecError
            If the name is taken or unusable, the data set is not there, or the strangers are among
            its people.
        """
        FaceFolder.open(plan.config.dataset)
        plan.refuse_known_strangers()
        folder = paths.experiments_folder() / paths.safe_name(name, "name of an experiment")
        experiment = cls(folder)
        if experiment._file.exists():
            raise FacerecError(
                f"There is an experiment named {folder.name} already: choose another name."
            )
        files.make_folder(folder)
        results = [Result(trial, _run_name(name, plan, trial)) for trial in plan.trials()]
        experiment._write(plan, results, predicted_seconds)
        return experiment

    @classmethod
    def open(cls, name: str) -> "Experiment":
        """The experiment with this name.

        Raises
        ------
        FacerecError
            If there is none, or the name is unusable.
        """
        folder = paths.experiments_folder() / paths.safe_name(name, "name of an experiment")
        experiment = cls(folder)
        if not experiment._file.is_file():
            raise FacerecError(f"There is no experiment {name!r} under {folder.parent}.")
        return experiment

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def job(self) -> JobFolder:
        """The job folder of the process that carries it out."""
        return JobFolder(self.folder)

    @cached_property
    def plan(self) -> Plan:
        """What is tried.

        Raises
        ------
        FacerecError
            If the file is damaged.
        """
        try:
            return Plan.from_dict(self._content().plan)
        except (KeyError, TypeError) as error:
            raise FacerecError(f"{self._file} is damaged: {error}.") from error

    @property
    def predicted_seconds(self) -> float | None:
        """How long it was to take, by a measurement before its start; None if there was none."""
        return self._content().predicted_seconds

    def results(self) -> tuple[Result, ...]:
        """All trials in order, with the outcomes so far; errors as ``plan``."""
        return self._content().results

    def outcomes(self) -> list[Result]:
        """The trials that have an outcome."""
        return [result for result in self.results() if result.outcome is not None]

    def save(self, result: Result) -> None:
        """Replace the result of a trial."""
        results = [result if item.trial == result.trial else item for item in self.results()]
        self._write(self.plan, results, self.predicted_seconds)

    @property
    def done(self) -> bool:
        """Whether all trials have ended."""
        return all(result.ended for result in self.results())

    def runs(self) -> list[Run]:
        """The runs of the trials that are there, in order."""
        names = dict.fromkeys(result.run for result in self.results())
        found = [Run(paths.run_folder(name)) for name in names]
        return [run for run in found if run.config_file.is_file()]

    def delete(self) -> None:
        """Delete the experiment with all of its runs."""
        for run in self.runs():
            run.delete()
        files.delete_folder(self.folder)

    @property
    def _file(self) -> Path:
        return self.folder / "experiment.json"

    def _content(self) -> "_Content":
        return files.read_as(self._file, _Content)

    def _write(
        self, plan: Plan, results: Sequence[Result], predicted_seconds: float | None
    ) -> None:
        content = _Content(plan.as_dict(), tuple(results), predicted_seconds)
        files.write_json(self._file, asdict(content))


def list_experiments() -> list[Experiment]:
    """All experiments, the newest first."""
    found = [
        Experiment(file.parent) for file in paths.experiments_folder().glob("*/experiment.json")
    ]
    return sorted(found, key=lambda item: item._file.stat().st_ctime, reverse=True)


def free_name(factor: str) -> str:
    """A free name for an experiment with this factor."""
    number, taken = 1, {item.name.casefold() for item in list_experiments()}
    while (name := f"{factor}-{number}".replace("_", "-")).casefold() in taken:
        number += 1
    return name


def _run_name(name: str, plan: Plan, trial: Trial) -> str:
    """The name of a trial's run; trials that differ in the threshold alone share one run."""
    words = [
        re.sub(r"[^\w.]+", "-", str(value)).strip("-.")
        for factor, value in ((plan.factor, trial.value), (plan.second, trial.second))
        if value is not None and factor != THRESHOLD
    ]
    words.append(f"seed {plan.config.seed + trial.seed}")
    return f"{name[: paths.LONGEST_NAME // 2]} {' '.join(words)}"[: paths.LONGEST_NAME]
