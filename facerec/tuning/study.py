"""Hyperparameter search: many short trainings in one study, by one worker process or several.

Akiba et al., Optuna: A next-generation hyperparameter optimization framework, 2019. A study lives
in a database. A worker on any computer can take part if it reaches the database and has the data
set.
"""

import json
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import psutil
from optuna.exceptions import DuplicatedStudyError, ExperimentalWarning, UpdateFinishedTrialError
from optuna.trial import FrozenTrial, Trial, TrialState

from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.runs import creating
from facerec.runs.history import best_record
from facerec.runs.settings import TrainingConfig
from facerec.system import files, paths
from facerec.system.jobs import process_alive
from facerec.training.events import EpochEnd, Event
from facerec.training.loop import Diverged, train
from facerec.tuning.search_space import Search, suggested
from facerec.tuning.storage import answering, open_storage, shown, storage_url, usual_url

_FAILURES_IN_A_ROW = 3
_DONE = (TrialState.COMPLETE, TrialState.PRUNED)
# Number of random trials before Optuna's sampler uses results. Its default of ten would be most of
# a short search.
_BY_CHANCE = 5


class _GivenUp(FacerecError):
    """The trial ended for a reason that says nothing about its settings."""


class Study:
    """A study in a storage.

    Parameters
    ----------
    name : str
    url : str, optional
        SQLAlchemy URL of the storage; ``storage_url`` by default.

    Raises
    ------
    FacerecError
        If facerec has no such study in the storage, or the storage cannot be opened.
    """

    def __init__(self, name: str, url: str | None = None) -> None:
        # The name becomes a folder here, and anybody who writes to the storage can choose it.
        self.name = paths.safe_name(name, "study name")
        self._url = url or storage_url()
        storage = open_storage(self._url)
        with answering(self._url), self._there():
            self._study = optuna.load_study(
                study_name=self.name,
                storage=storage,
                sampler=optuna.samplers.TPESampler(n_startup_trials=_BY_CHANCE),
                pruner=optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=1),
            )
        if not _ours(self._attributes()):
            raise FacerecError(f"The study {name} in {shown(self._url)} is none of facerec's.")

    @classmethod
    def create(cls, name: str, search: Search, url: str | None = None) -> "Study":
        """A new study.

        Raises
        ------
        FacerecError
            If the name is taken or unusable, the data set does not exist, or the storage cannot be
            opened.
        """
        name, url = paths.safe_name(name, "study name"), url or storage_url()
        dataset_hash = FaceFolder.open(search.config.dataset).content_hash()
        storage = open_storage(url)
        try:
            with answering(url):
                study = optuna.create_study(study_name=name, storage=storage, direction="maximize")
                study.set_user_attr("config", json.dumps(search.config.as_dict()))
                study.set_user_attr("names", list(search.names))
                study.set_user_attr("dataset_hash", dataset_hash)
                _allow(study, search)
        except DuplicatedStudyError as error:
            raise FacerecError(f"There is a study {name} already: choose another name.") from error
        return cls(name, url)

    def go_on(self, trials: int, minutes: float) -> None:
        """Set the total number of trials and a new time limit, ``minutes`` from now.

        Raises
        ------
        FacerecError
            If ``trials`` is below 1, or ``minutes`` is not positive and finite.
        """
        search = replace(self.search, trials=trials, minutes=minutes)
        with answering(self._url), self._there():
            _allow(self._study, search)

    @property
    def search(self) -> Search:
        values = self._attributes()
        return Search(
            TrainingConfig.from_dict(json.loads(values["config"])),
            tuple(values["names"]),
            values["trials"],
            values["minutes"],
        )

    @property
    def deadline(self) -> float:
        """Time after which no trial begins, in seconds since 1970."""
        return self._attributes()["deadline"]

    @property
    def optuna_study(self) -> optuna.Study:
        """The study as an Optuna object, for Optuna's own figures."""
        return self._study

    def trials(self) -> list[FrozenTrial]:
        """All trials so far, in order; errors as ``Study``."""
        with answering(self._url), self._there():
            found = self._study.get_trials(deepcopy=False)
        return [trial for trial in found if "surplus" not in trial.user_attrs]

    def done(self) -> int:
        """Number of trials that were completed or pruned."""
        return sum(trial.state in _DONE for trial in self.trials())

    def complete(self) -> list[FrozenTrial]:
        """The completed trials: those that reached their last epoch."""
        return [trial for trial in self.trials() if trial.state == TrialState.COMPLETE]

    def best(self) -> FrozenTrial | None:
        """The completed trial with the best validation macro F1, or None."""
        return max(self.complete(), key=_score, default=None)

    def best_config(self) -> TrainingConfig:
        """Settings of the best trial, for a run on all the data.

        Raises
        ------
        FacerecError
            If no trial is complete yet.
        """
        if (best := self.best()) is None:
            raise FacerecError("No trial is complete yet.")
        return replace(self.search.config, **best.params, share=1.0)

    def end(self) -> str:
        """Why no further trial begins, as a sentence; empty while trials are left."""
        wanted = self.search.trials
        if self._begun() >= wanted:
            return f"All {wanted} trials are made or under way."
        return "Its time is over." if time.time() > self.deadline else ""

    def work(
        self,
        on_trial: Callable[[FrozenTrial], None] = lambda trial: None,
        should_stop: Callable[[], bool] = lambda: False,
        threads: int = 0,
    ) -> None:
        """Run trials until there are enough, the time is over, or the worker is stopped.

        Parameters
        ----------
        on_trial : callable
            Called with each trial of this worker when it has ended.
        should_stop : callable
            Called before each batch; the worker stops if it gives True.
        threads : int
            Number of CPU cores for this worker; 0 is all.

        Raises
        ------
        FacerecError
            If the data set is not the study's, three trials in a row fail, or the storage does not
            answer.
        """
        search = self.search
        dataset = FaceFolder.open(search.config.dataset)
        if dataset.content_hash() != self._attributes()["dataset_hash"]:
            raise FacerecError(
                f"The data set {dataset.name} is not the one that the study {self.name} began with."
            )
        config = replace(search.config, threads=threads)
        failures: list[FacerecError] = []
        lost: list[int] = []

        def objective(trial: Trial) -> float:
            try:
                value = self._run_trial(trial, config, search.names, should_stop)
            except _GivenUp:
                raise
            except Diverged as error:
                # Pruned, not failed: the search must learn that these settings are bad.
                trial.set_user_attr("reason", str(error))
                raise optuna.TrialPruned from error
            except UpdateFinishedTrialError:
                # Other workers took this one for gone, for example while this computer slept.
                lost.append(trial.number)
                raise
            except FacerecError as error:
                trial.set_user_attr("reason", str(error))
                failures.append(error)
                raise
            failures.clear()
            return value

        def tell(_: optuna.Study, trial: FrozenTrial) -> None:
            if "surplus" not in trial.user_attrs:
                on_trial(trial)

        with answering(self._url):
            self._clear_up()
            while not should_stop() and not self.end():
                try:
                    self._study.optimize(
                        objective, n_trials=1, catch=(FacerecError,), callbacks=[tell]
                    )
                except (ValueError, UpdateFinishedTrialError):
                    if not lost:
                        raise
                    lost.clear()
                except (KeyError, UnboundLocalError):
                    # Optuna raises one of these for a study that was deleted meanwhile. This call
                    # raises an error that says so.
                    self._attributes()
                    raise
                if len(failures) == _FAILURES_IN_A_ROW:
                    raise failures[-1]

    def delete(self) -> None:
        """Delete the study, and the files of its workers on this computer."""
        with answering(self._url), self._there():
            optuna.delete_study(study_name=self.name, storage=self._study._storage)
        if self._folder.exists():
            files.delete_folder(self._folder)

    @property
    def _folder(self) -> Path:
        return paths.studies_folder() / self.name

    def _attributes(self) -> dict[str, Any]:
        with answering(self._url), self._there():
            return self._study.user_attrs

    @contextmanager
    def _there(self) -> Iterator[None]:
        """Context manager that turns Optuna's ``KeyError`` for a missing study into our error."""
        try:
            yield
        except KeyError as error:
            raise FacerecError(f"There is no study {self.name!r} in {shown(self._url)}.") from error

    def _begun(self, before: int | None = None) -> int:
        """Number of trials that are done or running; with ``before``, only of lower numbers."""
        return sum(
            trial.state in (*_DONE, TrialState.RUNNING)
            for trial in self.trials()
            if before is None or trial.number < before
        )

    def _clear_up(self) -> None:
        """Fail the trials of workers that are gone, and delete the files they left here."""
        # Listed before the trials, so that a folder made meanwhile is not taken for a leftover.
        left = {folder.name: folder for folder in self._folder.glob("trial-*")}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            optuna.storages.fail_stale_trials(self._study)
        for trial in self.trials():
            if trial.state != TrialState.RUNNING:
                continue
            if _gone(trial):
                self._study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)
            else:
                left.pop(_trial_name(trial.number), None)
        for folder in left.values():
            files.delete_folder(folder)

    def _run_trial(
        self,
        trial: Trial,
        base: TrainingConfig,
        names: tuple[str, ...],
        should_stop: Callable[[], bool],
    ) -> float:
        """Train one trial, and give the validation macro F1 of its best epoch."""
        process = psutil.Process()
        trial.set_user_attr("worker", [socket.gethostname(), process.pid, process.create_time()])
        values = self._attributes()
        # Two workers may begin the last trial at once: the one with the higher number is surplus.
        if self._begun(before=trial.number) >= values["trials"]:
            trial.set_user_attr("surplus", True)
            raise _GivenUp("There are enough trials.")
        config = replace(base, **suggested(trial, names))
        run = creating.create(_trial_name(trial.number), config, self._folder)
        hopeless = False

        def over() -> bool:
            return hopeless or should_stop() or time.time() > values["deadline"]

        def on_event(event: Event) -> None:
            nonlocal hopeless
            if isinstance(event, EpochEnd):
                trial.report(event.record["validation_macro_f1"], event.record["epoch"])
                hopeless = event.record["epoch"] < config.epochs and trial.should_prune()

        try:
            done = train(run, on_event, over)
            if hopeless:
                raise optuna.TrialPruned
            if not done:
                trial.set_user_attr("stopped", True)
                raise _GivenUp("Stopped before it was done.")
            return float(best_record(run.history())["validation_macro_f1"])
        except KeyboardInterrupt:
            trial.set_user_attr("stopped", True)
            raise
        finally:
            run.delete()


def study_names(url: str | None = None) -> list[str]:
    """Names of facerec's studies in a storage, sorted; errors as ``Study``."""
    url = url or storage_url()
    if url == usual_url() and not paths.studies_file().exists():
        return []
    storage = open_storage(url)
    with answering(url):
        found = optuna.get_all_study_summaries(storage, include_best_trial=False)
    return sorted(study.study_name for study in found if _ours(study.user_attrs))


def why_without_result(trial: FrozenTrial) -> str:
    """Why a trial was given up, as a sentence; empty if there is nothing to say."""
    if trial.state == TrialState.PRUNED:
        return trial.user_attrs.get("reason", "")
    if trial.state != TrialState.FAIL or "stopped" in trial.user_attrs:
        return ""
    return trial.user_attrs.get("reason", "Its worker is gone without a word.")


def _allow(study: optuna.Study, search: Search) -> None:
    study.set_user_attr("trials", search.trials)
    study.set_user_attr("minutes", search.minutes)
    # Written last: a study that has a deadline is complete.
    study.set_user_attr("deadline", time.time() + 60 * search.minutes)


def _ours(attributes: dict[str, Any]) -> bool:
    return {"config", "names", "dataset_hash", "deadline"} <= set(attributes)


def _trial_name(number: int) -> str:
    return f"trial-{number:04d}"


def _score(trial: FrozenTrial) -> float:
    assert trial.value is not None, "a completed trial has a value"
    return trial.value


def _gone(trial: FrozenTrial) -> bool:
    """Whether the worker of a running trial was a process on this computer that has ended."""
    host, process, started = trial.user_attrs.get("worker", ("", 0, 0.0))
    return host == socket.gethostname() and not process_alive(process, started)
