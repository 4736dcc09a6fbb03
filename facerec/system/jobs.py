"""Long work in a separate process: start, watch, stop.

The process writes its progress to ``job.json`` in its folder. Every page, in any browser tab and
after a restart of the app, finds it there.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import torch
from filelock import FileLock, Timeout

from facerec.errors import FacerecError
from facerec.system import files, paths

REPORT_SECONDS = 0.5
ACTIVE = ("starting", "training")
_NICENESS = 10


@dataclass(frozen=True)
class Job:
    """State and progress of a process.

    Parameters
    ----------
    state : str
        "new", "starting", "training", "finished", "stopped" (by a person), "failed" (``message``
        says why), or "interrupted" (its process ended without reporting).
    message : str
        Sentence for the page; empty if there is nothing to say.
    activity : str
        What the process does, such as "pair-1 is being trained".
    process, process_started : int, float
        Id of the process, and its start in seconds since 1970. The start tells it from a later
        process with the same id.
    epoch, phase, batch, batches, loss, done, total, images_per_second, seconds_left
        As in ``training.BatchEnd``.
    """

    state: str
    message: str = ""
    activity: str = ""
    process: int = 0
    process_started: float = 0.0
    epoch: int = 0
    phase: str = ""
    batch: int = 0
    batches: int = 0
    loss: float = 0.0
    done: int = 0
    total: int = 0
    images_per_second: float = 0.0
    seconds_left: float = 0.0

    @property
    def active(self) -> bool:
        return self.state in ACTIVE


class JobFolder:
    """The folder of a process, with its ``job.json``, its log and its stop file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def file(self) -> Path:
        return self.path / "job.json"

    @property
    def stop_file(self) -> Path:
        """File that asks the process to stop by being there."""
        return self.path / "stop"

    @property
    def log_file(self) -> Path:
        return self.path / "log.txt"

    def status(self) -> Job:
        """State of its process; "new" if there has never been one.

        A file that is damaged tells nothing: then the process was "interrupted".
        """
        if not self.file.exists():
            return Job("new")
        try:
            job = files.read_as(self.file, Job)
        except FacerecError as error:
            return Job("interrupted", message=str(error))
        if job.active and not process_alive(job.process, job.process_started):
            return replace(
                job,
                state="interrupted",
                message="The process is gone without a word. If the computer was short of memory, "
                "choose a smaller batch size.",
            )
        return job

    def write(self, job: Job) -> None:
        files.write_json(self.file, asdict(job))

    def lock(self) -> FileLock:
        """The lock that the process holds as long as it works; the system frees it at its end."""
        return FileLock(self.path / ".job.lock")

    def start(
        self,
        activity: str,
        arguments: list[str],
        beside: Path | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        """Start ``python -m facerec`` with these arguments as a process of lower priority.

        Parameters
        ----------
        activity : str
            As in ``Job``.
        arguments : list of str
        beside : pathlib.Path, optional
            Jobs whose folders lie in this one may run at the same time.
        environment : dict, optional
            Environment variables in addition to those of this process.

        Raises
        ------
        FacerecError
            If another job is running.
        """
        with _starting():
            refuse_if_busy(beside)
            files.make_folder(self.path)
            self.stop_file.unlink(missing_ok=True)
            with self.log_file.open("ab") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", "facerec", *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=Path.cwd(),
                    # OpenMP threads that spin while waiting would slow the pages down.
                    env={"OMP_WAIT_POLICY": "passive", **os.environ}
                    | {"PYTHONPATH": str(paths.PROJECT)}
                    | (environment or {}),
                    **_detached(),
                )
            started = psutil.Process(process.pid)
            lower = psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else _NICENESS
            started.nice(lower)
            self.write(_begun(activity, started))

    def stop(self) -> None:
        """Ask the process to stop after its present step."""
        self.stop_file.touch()


class JobReporter:
    """Writes ``job.json`` of this process, at most twice a second.

    Parameters
    ----------
    folder : JobFolder
    activity : str
        As in ``Job``.
    alongside : bool
        Whether to begin although another job is running.
    beside : pathlib.Path, optional
        Jobs whose folders lie in this one may run at the same time.
    writes : bool
        Whether this process writes: if several share one job, only the first does.

    Raises
    ------
    FacerecError
        If another process works in this folder, or another job is running.
    """

    def __init__(
        self,
        folder: JobFolder,
        activity: str,
        alongside: bool = False,
        beside: Path | None = None,
        writes: bool = True,
    ) -> None:
        self.folder = folder
        self._lock, self._lock_file = folder.lock(), 0
        self._writes = writes
        self._written = 0.0
        process = psutil.Process()
        self._job = _begun(activity, process)
        if not writes:
            return
        with _starting():
            job = folder.status()
            if job.active and job.process != process.pid:
                raise FacerecError(f"{job.activity} already.")
            if not job.active:
                if not alongside:
                    refuse_if_busy(beside)
                # A stop file is left over if the process had ended before it was asked.
                folder.stop_file.unlink(missing_ok=True)
            files.make_folder(folder.path)
            try:
                self._lock.acquire(blocking=False)
            except Timeout:
                raise FacerecError(f"{activity} already.") from None
            self._lock_file = self._lock_inode()
            folder.write(self._job)

    def tell(self, at_once: bool = False, **values: Any) -> None:
        """Set these fields of ``Job``, and write them if the last write is long enough ago."""
        self._job = replace(self._job, **values)
        if at_once or time.monotonic() - self._written >= REPORT_SECONDS:
            self._write()

    @contextmanager
    def errors_kept(self) -> Iterator[None]:
        """Context manager that writes why its block failed, and raises that as one line.

        Raises
        ------
        FacerecError
            If the block raised any exception, such as for a full disk or a wrong shape.
        """
        try:
            yield
        except FacerecError as error:
            self.end("failed", str(error))
            raise
        except Exception as error:
            message = _in_one_line(error)
            self.end("failed", message)
            raise FacerecError(message) from error

    def end(self, state: str, message: str = "") -> None:
        # Before the state is written: who reads that it has ended finds nothing that asks it to.
        if self._writes:
            with suppress(OSError):
                self.folder.stop_file.unlink(missing_ok=True)
        # On a full disk even this write may fail.
        with suppress(FacerecError):
            self.tell(at_once=True, state=state, message=message)
        if self._writes:
            self._lock.release()

    def need_folder(self) -> None:
        """Raise a FacerecError if the folder was deleted, though another may have its name now."""
        if self._writes and self._lock_inode() != self._lock_file:
            raise FacerecError(f"{self.folder.path.name} was deleted: its work ends.")

    def _lock_inode(self) -> int:
        with suppress(OSError):
            return os.stat(self._lock.lock_file).st_ino
        return 0

    def _write(self) -> None:
        if self._writes:
            self.need_folder()
            self.folder.write(self._job)
        self._written = time.monotonic()


def active_jobs() -> list[tuple[JobFolder, Job]]:
    """Jobs under ``models`` that are starting or running now, with their folders."""
    found = [JobFolder(file.parent) for file in paths.job_files()]
    jobs = [(folder, folder.status()) for folder in found]
    return [(folder, job) for folder, job in jobs if job.active]


def process_alive(process: int, started: float) -> bool:
    """Whether the process with this id and start (seconds since 1970) is alive and no zombie.

    Where the clock was set meanwhile, the start does not agree: then a process of this program
    counts.
    """
    try:
        found = psutil.Process(process)
        if found.status() == psutil.STATUS_ZOMBIE:
            return False
        return abs(found.create_time() - started) < 1 or "facerec" in found.cmdline()
    except psutil.Error:
        return False


def refuse_if_busy(beside: Path | None = None) -> None:
    """Raise a ``FacerecError`` if a job is running outside the folders in ``beside``."""
    for folder, job in active_jobs():
        if folder.path.parent != beside:
            raise FacerecError(f"{job.activity}: stop it, or wait until it is done.")


def _starting() -> FileLock:
    files.make_folder(paths.models_folder())
    return FileLock(paths.models_folder() / ".lock")


def _begun(activity: str, process: psutil.Process) -> Job:
    return Job(
        "starting",
        activity=activity,
        process=process.pid,
        process_started=process.create_time(),
    )


def _in_one_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(
        error
    ):
        return "The computer has not enough memory for this: choose a smaller batch size."
    return f"It failed. {type(error).__name__}: {text[0] if text else ''}"


def _detached() -> dict[str, Any]:
    """Arguments for ``Popen`` with which the process survives the app and its Ctrl-C."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}
    return {"start_new_session": True}
