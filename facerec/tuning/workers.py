"""Workers of a study in separate processes."""

import os
from collections.abc import Callable
from pathlib import Path

from optuna.trial import FrozenTrial

from facerec.errors import FacerecError
from facerec.system import files, paths
from facerec.system.jobs import Job, JobFolder, JobReporter
from facerec.tuning.storage import STORAGE_VARIABLE, storage_url
from facerec.tuning.study import Study

MOST_WORKERS = 8


def workers(study: str) -> list[JobFolder]:
    """Job folders of a study's workers on this computer, running or ended."""
    return [JobFolder(file.parent) for file in _folder(study).glob("*/job.json")]


def active_workers(study: str) -> list[Job]:
    """Jobs of a study's workers that are running now on this computer."""
    return [job for job in (worker.status() for worker in workers(study)) if job.active]


def start(study: str, count: int) -> None:
    """Start ``count`` workers, which share this computer's cores.

    Raises
    ------
    FacerecError
        If this study has running workers, another job is running, or ``count`` is out of range.
    """
    if not 1 <= count <= MOST_WORKERS:
        raise FacerecError(f"Workers: {count} must lie between 1 and {MOST_WORKERS}.")
    if active_workers(study):
        raise FacerecError(f"{study} is being tuned already: stop it first.")
    # Earlier workers have ended: their folders are of no more use.
    for worker in workers(study):
        files.delete_folder(worker.path)
    threads = max(1, (os.cpu_count() or 1) // count)
    for number in range(1, count + 1):
        name = f"worker-{number}"
        arguments = ["--study", study, "--worker", name, "--threads", str(threads), "--json"]
        worker = JobFolder(_folder(study) / name)
        # The URL may hold a password, and every user of the computer can see the arguments.
        worker.start(
            _activity(study),
            ["tune", *arguments],
            beside=_folder(study),
            environment={STORAGE_VARIABLE: storage_url()},
        )


def stop(study: str) -> None:
    """Ask all workers of a study on this computer to stop; they give up their present trials."""
    for worker in workers(study):
        if worker.status().active:
            worker.stop()


def work(
    study: Study,
    worker: str,
    threads: int = 0,
    on_trial: Callable[[FrozenTrial], None] = lambda trial: None,
) -> None:
    """Run a worker of a study in this process, with a ``job.json``; errors as ``Study.work``."""
    folder = JobFolder(_folder(study.name) / paths.safe_name(worker, "worker's name"))
    reporter = JobReporter(folder, _activity(study.name), beside=_folder(study.name))
    wanted = study.search.trials

    def tell(trial: FrozenTrial) -> None:
        reporter.tell(at_once=True, done=study.done(), total=wanted)
        on_trial(trial)

    with reporter.errors_kept():
        reporter.tell(at_once=True, state="training", done=study.done(), total=wanted)
        try:
            study.work(tell, folder.stop_file.exists, threads)
        except KeyboardInterrupt:
            reporter.end("stopped")
            raise
    reporter.end("stopped" if folder.stop_file.exists() else "finished")


def _folder(study: str) -> Path:
    return paths.studies_folder() / study


def _activity(study: str) -> str:
    return f"{study} is being tuned"
