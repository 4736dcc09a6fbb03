"""Training of a run in a separate process: its start and its state."""

from dataclasses import replace

from facerec.runs.catalogue import list_runs
from facerec.runs.run import Run
from facerec.system.jobs import Job


def status(run: Run) -> Job:
    """State of a run's training, from its files and from whether its process is alive."""
    if run.is_enrolled:
        return Job("finished")
    job, epochs = run.job.status(), len(run.history())
    if job.state == "interrupted":
        return replace(job, message=f"{job.message} Resume goes on from the last checkpoint.")
    if job.state != "new" or not epochs:
        return job
    # A run imported from an archive has no job file; the archive lacks what only training needs.
    resumable = run.checkpoint_file.exists() and epochs < run.config.epochs
    return Job("stopped" if resumable else "finished")


def running() -> Run | None:
    """The run that is being trained now, or None."""
    return next((run for run in list_runs() if run.job.status().active), None)


def start(run: Run) -> None:
    """Start or resume the training of a run in a separate process of lower priority.

    Raises
    ------
    FacerecError
        If another job is running.
    """
    run.job.start(activity(run), ["train", "--run", run.name, "--resume", "--json"])


def activity(run: Run) -> str:
    """What the job is called where another one must wait for it."""
    return f"{run.name} is being trained"
