"""A training run as a process of its own: start, watch, stop, resume.

The process writes how far it is to ``job.json`` in its run's folder, so that any page, in any
browser tab and after a restart of the app, finds it again.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psutil
from filelock import FileLock

from facerec import files, paths
from facerec.curves_image import save_curves
from facerec.errors import FacerecError
from facerec.runs import Run, list_runs
from facerec.training import BatchEnd, EpochEnd, Event, TrainingStart, train

REPORT_SECONDS = 0.5
ACTIVE = ("starting", "training")


@dataclass(frozen=True)
class Job:
    """How far the training of a run is.

    Parameters
    ----------
    state : str
        "new", "starting", "training", "finished", "stopped" (by somebody), "failed" (``message``
        says why), or "interrupted" (its process is gone without a word).
    message : str
        For people; empty if there is nothing to say.
    process, process_started : int, float
        Id of the process and when it began (seconds since 1970), which tells it from a later one
        of the same id.
    epoch, phase, loss, done, total, seconds_left
        As in ``training.BatchEnd``.
    """

    state: str
    message: str = ""
    process: int = 0
    process_started: float = 0.0
    epoch: int = 0
    phase: str = ""
    loss: float = 0.0
    done: int = 0
    total: int = 0
    seconds_left: float = 0.0

    @property
    def active(self) -> bool:
        return self.state in ACTIVE


def status(run: Run) -> Job:
    """How far a run is, from its files and from whether its process is alive."""
    if not run.job_file.exists():
        epochs = len(run.history())
        if epochs >= run.config.epochs:
            return Job("finished")
        return Job("stopped" if epochs else "new")
    job = Job(**files.read_json(run.job_file))
    if job.active and not _alive(job):
        return replace(
            job,
            state="interrupted",
            message="The training process is gone. Resume goes on from the last whole epoch.",
        )
    return job


def running() -> Run | None:
    """The run that is being trained now, if any."""
    return next((run for run in list_runs() if status(run).active), None)


def refuse_if_busy() -> None:
    """Raise a ``FacerecError`` if a run is being trained."""
    if (busy := running()) is not None:
        raise FacerecError(f"{busy.name} is being trained: stop it, or wait until it is done.")


def start(run: Run) -> None:
    """Begin or resume the training of a run in a process of its own, at lower priority.

    Raises
    ------
    FacerecError
        If a run is being trained already.
    """
    with FileLock(paths.models_folder() / ".lock"):
        refuse_if_busy()
        run.stop_file.unlink(missing_ok=True)
        with run.log_file.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "facerec", "train", "--run", run.name, "--resume", "--json"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=Path.cwd(),
                env={**os.environ, "PYTHONPATH": str(paths.PROJECT)},
                **_detached(),
            )
        started = psutil.Process(process.pid)
        started.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else 10)
        _write(run, Job("starting", process=process.pid, process_started=started.create_time()))


def stop(run: Run) -> None:
    """Ask a run's training to stop after the batch it is in; its whole epochs are kept."""
    run.stop_file.touch()


def run_training(run: Run, on_event: Callable[[Event], None] = lambda event: None) -> bool:
    """Train a run in this process, keeping ``job.json`` and the picture of the curves up to date.

    Returns
    -------
    bool
        Whether all epochs are done, and not stopped before.

    Raises
    ------
    FacerecError
        If the run cannot be trained; the reason is kept in ``job.json`` too.
    """
    main = os.environ.get("RANK", "0") == "0"
    if main and (job := status(run)).active and job.process != os.getpid():
        raise FacerecError(f"{run.name} is being trained already.")
    if main and not job.active:
        # Left by somebody who asked a process that was gone by then.
        run.stop_file.unlink(missing_ok=True)
    reporter = _Reporter(run, main)

    def tell(event: Event) -> None:
        reporter.event(event)
        on_event(event)

    try:
        done = train(run, tell, should_stop=run.stop_file.exists)
    except FacerecError as error:
        reporter.end("failed", str(error))
        raise
    except KeyboardInterrupt:
        done = False
    except (MemoryError, RuntimeError, OSError) as error:
        message = f"{type(error).__name__}: {error}".splitlines()[0]
        reporter.end("failed", f"Training failed. {message}")
        raise FacerecError(f"Training {run.name} failed. {message}") from error
    reporter.end("finished" if done else "stopped")
    return done


class _Reporter:
    """Writes ``job.json`` from a training's events, at most twice a second."""

    def __init__(self, run: Run, main: bool) -> None:
        self._run = run
        self._main = main
        self._written = 0.0
        process = psutil.Process()
        self._job = Job("starting", process=process.pid, process_started=process.create_time())
        self._write(self._job)

    def event(self, event: Event) -> None:
        match event:
            case TrainingStart():
                message = (
                    f"{event.training_images} images to train on, {event.validation_images} to "
                    f"validate; starts from {event.origin}."
                )
                self._write(replace(self._job, state="training", message=message))
            case BatchEnd():
                self._job = replace(self._job, **asdict(event))
                if time.monotonic() - self._written >= REPORT_SECONDS:
                    self._write(self._job)
            case EpochEnd():
                save_curves(self._run.history(), self._run.curves_file)

    def end(self, state: str, message: str = "") -> None:
        self._write(replace(self._job, state=state, message=message))
        if self._main:
            self._run.stop_file.unlink(missing_ok=True)

    def _write(self, job: Job) -> None:
        self._job = job
        if self._main:
            _write(self._run, job)
        self._written = time.monotonic()


def _write(run: Run, job: Job) -> None:
    files.write_json(run.job_file, asdict(job))


def _alive(job: Job) -> bool:
    try:
        process = psutil.Process(job.process)
        same = abs(process.create_time() - job.process_started) < 1
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _detached() -> dict[str, int | bool]:
    """Popen arguments that let the process outlive the app and its Ctrl-C."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}
    return {"start_new_session": True}
