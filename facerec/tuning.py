"""Searching for good settings: many short trainings, in one process or many, on one study.

Akiba et al., Optuna: A next-generation hyperparameter optimization framework, 2019. A study lives
in a database, so that workers on any computer that reaches it and has the data set take part.
"""

import json
import os
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from facerec import files, paths
from facerec.dataset import FaceFolder
from facerec.errors import FacerecError
from facerec.history import best_record
from facerec.runs import Run
from facerec.settings import TrainingConfig, setting_fields
from facerec.training import EpochEnd, Event, train

STORAGE_VARIABLE = "FACEREC_STORAGE"
# A worker that has not been heard of for so long is gone, and its trial with it.
_HEARTBEAT_SECONDS, _GONE_SECONDS = 20, 90
_FAILURES_IN_A_ROW = 3
_COUNTED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)
optuna.logging.set_verbosity(optuna.logging.ERROR)

_SPACES: dict[str, Callable[[Trial], Any]] = {
    "learning_rate": lambda trial: trial.suggest_float("learning_rate", 1e-5, 1e-2, log=True),
    "batch_size": lambda trial: trial.suggest_categorical("batch_size", [8, 16, 32, 64, 128]),
    "optimizer": lambda trial: trial.suggest_categorical(
        "optimizer", ["adam", "sgd", "adagrad", "rmsprop"]
    ),
    "schedule": lambda trial: trial.suggest_categorical(
        "schedule", ["constant", "step", "exponential", "cosine", "one_cycle"]
    ),
    "weight_decay": lambda trial: trial.suggest_float("weight_decay", 1e-5, 0.3, log=True),
    "label_smoothing": lambda trial: trial.suggest_float("label_smoothing", 0.0, 0.3),
    "class_weights": lambda trial: trial.suggest_categorical("class_weights", ["none", "balanced"]),
    "dropout": lambda trial: trial.suggest_float("dropout", 0.0, 0.8),
    "activation": lambda trial: trial.suggest_categorical(
        "activation", ["relu", "leaky_relu", "tanh"]
    ),
    "initialisation": lambda trial: trial.suggest_categorical("initialisation", ["he", "xavier"]),
    "frozen_blocks": lambda trial: trial.suggest_int("frozen_blocks", 0, 5),
}


@dataclass(frozen=True)
class Search:
    """What a study searches, and for how long.

    Parameters
    ----------
    config : TrainingConfig
        The settings of each trial, but for those searched.
    names : tuple of str
        The settings searched: names of ``searchable``.
    trials : int
        How many trials there are to be.
    minutes : float
        After how long it ends, however many there are.

    Raises
    ------
    FacerecError
        If a setting cannot be searched, or there are none.
    """

    config: TrainingConfig
    names: tuple[str, ...]
    trials: int
    minutes: float

    def __post_init__(self) -> None:
        known = searchable(self.config.network)
        if unknown := [name for name in self.names if name not in known]:
            raise FacerecError(
                f"{', '.join(unknown)} cannot be searched: choose from {', '.join(known)}."
            )
        if not self.names:
            raise FacerecError("Choose at least one setting to search.")
        if self.trials < 1 or not self.minutes > 0:
            raise FacerecError("A search needs at least one trial, and more than no time.")


def searchable(network: str) -> dict[str, str]:
    """The settings of a network that can be searched: label by name."""
    fields = {item.name: item.metadata["label"] for item in setting_fields(network)}
    return {name: fields[name] for name in _SPACES if name in fields}


def storage_url() -> str:
    """Where studies are kept: ``FACEREC_STORAGE``, else an SQLite file under ``models``."""
    return os.environ.get(STORAGE_VARIABLE) or _usual_url()


class Study:
    """A study in a storage.

    Parameters
    ----------
    name : str
    url : str, optional
        Of the storage, as SQLAlchemy takes it; ``storage_url`` by default.

    Raises
    ------
    FacerecError
        If there is no such study, or the storage cannot be opened.
    """

    def __init__(self, name: str, url: str | None = None) -> None:
        storage = _storage(url or storage_url())
        try:
            self._study = optuna.load_study(
                study_name=name,
                storage=storage,
                pruner=optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=1),
            )
        except KeyError as error:
            raise FacerecError(f"There is no study {name!r} in {shown(url)}.") from error
        self.name = name

    @classmethod
    def create(cls, name: str, search: Search, url: str | None = None) -> "Study":
        """A new study.

        Raises
        ------
        FacerecError
            If the name is taken or unusable, the data set is not there, or the storage cannot be
            opened.
        """
        name = paths.safe_name(name, "study name")
        dataset = FaceFolder.open(search.config.dataset)
        storage = _storage(url or storage_url())
        try:
            study = optuna.create_study(study_name=name, storage=storage, direction="maximize")
        except optuna.exceptions.DuplicatedStudyError as error:
            raise FacerecError(f"There is a study {name} already: choose another name.") from error
        study.set_user_attr("config", json.dumps(search.config.as_dict()))
        study.set_user_attr("names", list(search.names))
        study.set_user_attr("dataset_hash", dataset.content_hash())
        created = cls(name, url)
        created.go_on(search.trials, search.minutes)
        return created

    def go_on(self, trials: int, minutes: float) -> None:
        """Let there be so many trials in all, within so much time from now."""
        self._study.set_user_attr("trials", trials)
        self._study.set_user_attr("minutes", minutes)
        self._study.set_user_attr("deadline", time.time() + 60 * minutes)

    @property
    def search(self) -> Search:
        values = self._study.user_attrs
        return Search(
            TrainingConfig.from_dict(json.loads(values["config"])),
            tuple(values["names"]),
            values["trials"],
            values["minutes"],
        )

    @property
    def deadline(self) -> float:
        """When it ends, in seconds since 1970."""
        return self._study.user_attrs["deadline"]

    @property
    def optuna_study(self) -> optuna.Study:
        """For Optuna's own figures."""
        return self._study

    def trials(self) -> list[FrozenTrial]:
        """All trials so far, the first first."""
        return self._study.get_trials(deepcopy=False)

    def done(self) -> int:
        """How many trials have ended with a result."""
        return sum(trial.state in _COUNTED[:2] for trial in self.trials())

    def complete(self) -> list[FrozenTrial]:
        """The trials that came to their last epoch."""
        return [trial for trial in self.trials() if trial.state == TrialState.COMPLETE]

    def best(self) -> FrozenTrial | None:
        """The completed trial with the best validation macro F1, if any."""
        return max(self.complete(), key=lambda trial: trial.value, default=None)

    def best_config(self) -> TrainingConfig:
        """The settings of the best trial, for a run on all the data.

        Raises
        ------
        FacerecError
            If no trial is complete yet.
        """
        if (best := self.best()) is None:
            raise FacerecError("No trial is complete yet.")
        return replace(self.search.config, **best.params, share=1.0)

    def work(
        self,
        on_trial: Callable[[FrozenTrial], None] = lambda trial: None,
        should_stop: Callable[[], bool] = lambda: False,
        threads: int = 0,
    ) -> None:
        """Make trials until there are enough, the time is over, or somebody wants it to stop.

        Parameters
        ----------
        on_trial : callable
            Called with each trial of this worker when it has ended.
        should_stop : callable
            Asked before each batch.
        threads : int
            Processor cores of this worker; 0 is all.

        Raises
        ------
        FacerecError
            If the data set is not the study's, or three trials in a row fail.
        """
        search = self.search
        dataset = FaceFolder.open(search.config.dataset)
        if dataset.content_hash() != self._study.user_attrs["dataset_hash"]:
            raise FacerecError(
                f"The data set {dataset.name} is not the one that the study {self.name} began with."
            )
        config = replace(search.config, threads=threads)
        failures: list[FacerecError] = []

        def over() -> bool:
            return should_stop() or time.time() > self.deadline

        def objective(trial: Trial) -> float:
            try:
                value = _run_trial(trial, self.name, config, search.names, over)
            except FacerecError as error:
                trial.set_user_attr("reason", str(error))
                failures.append(error)
                raise
            failures.clear()
            return value

        while not over() and self._wanted():
            self._study.optimize(
                objective,
                n_trials=1,
                catch=(FacerecError,),
                callbacks=[lambda study, trial: on_trial(trial)],
            )
            if len(failures) == _FAILURES_IN_A_ROW:
                raise failures[-1]

    def _wanted(self) -> bool:
        """Whether there is a trial to begin; those that others are at count."""
        begun = sum(trial.state in _COUNTED for trial in self.trials())
        return begun < self._study.user_attrs["trials"]

    def delete(self) -> None:
        """Delete the study, and what its workers left."""
        optuna.delete_study(study_name=self.name, storage=self._study._storage)
        folder = paths.studies_folder() / self.name
        if folder.exists():
            files.delete_folder(folder)


def study_names(url: str | None = None) -> list[str]:
    """The studies in a storage, sorted; errors as ``Study``."""
    url = url or storage_url()
    if url == _usual_url() and not paths.studies_file().exists():
        return []
    return sorted(optuna.get_all_study_names(_storage(url)))


def shown(url: str | None) -> str:
    """A storage for people: its URL without the password, or the usual file's name."""
    if (url or storage_url()) == _usual_url():
        return f"{paths.studies_file().parent.name}/{paths.studies_file().name}"
    try:
        return make_url(url or storage_url()).render_as_string(hide_password=True)
    except ArgumentError:
        return "this storage"


def in_words(values: dict[str, Any], network: str) -> str:
    """Searched settings with their values, such as "Learning rate 0.001, Optimizer adam"."""
    labels = searchable(network)
    return ", ".join(
        f"{labels[name]} {f'{value:.2g}' if isinstance(value, float) else value}"
        for name, value in values.items()
    )


def _run_trial(
    trial: Trial,
    study: str,
    base: TrainingConfig,
    names: Sequence[str],
    over: Callable[[], bool],
) -> float:
    """Train once; the best epoch's validation macro F1."""
    config = replace(base, **{name: _SPACES[name](trial) for name in names})
    run = Run.create_in(paths.studies_folder() / study, f"trial-{trial.number:04d}", config)
    hopeless = False

    def on_event(event: Event) -> None:
        nonlocal hopeless
        if isinstance(event, EpochEnd):
            trial.report(event.record["validation_macro_f1"], event.record["epoch"])
            hopeless = event.record["epoch"] < config.epochs and trial.should_prune()

    try:
        done = train(run, on_event, lambda: hopeless or over())
        if not done:
            raise optuna.TrialPruned
        return float(best_record(run.history())["validation_macro_f1"])
    finally:
        run.delete()


def _usual_url() -> str:
    return f"sqlite:///{paths.studies_file().as_posix()}"


def _storage(url: str) -> optuna.storages.RDBStorage:
    try:
        if url.startswith("sqlite:///"):
            files.make_folder(paths.studies_file().parent)
        with warnings.catch_warnings():
            # Heartbeats count as experimental; without them, what a killed worker was at would
            # count as being trained for ever.
            warnings.simplefilter("ignore", ExperimentalWarning)
            return optuna.storages.RDBStorage(
                url, heartbeat_interval=_HEARTBEAT_SECONDS, grace_period=_GONE_SECONDS
            )
    except Exception as error:  # whatever the database's driver met; its words may hold a password
        raise FacerecError(
            f"The storage of studies, {shown(url)}, cannot be opened ({type(error).__name__}): is "
            "its address right, and does the database answer?"
        ) from error
