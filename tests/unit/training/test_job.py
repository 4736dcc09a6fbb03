import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import psutil
import pytest
import torch

from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.faces.images import read
from facerec.runs import creating
from facerec.runs.history import read_batch_losses
from facerec.runs.run import Run
from facerec.system import files, jobs
from facerec.system.jobs import Job
from facerec.training import job as training_jobs
from facerec.training import worker
from facerec.training.events import BatchEnd, Event
from facerec.training.worker import save_curves
from tests.examples import RUN, history, tiny_config
from tests.waiting import until

LONG = 180  # seconds that a process should not need


@pytest.fixture
def new_run(small_dataset: FaceFolder) -> Run:
    return creating.create("endless", tiny_config(epochs=1000))


@pytest.fixture
def other_process() -> Iterator[psutil.Process]:
    """A process that lives and does nothing."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield psutil.Process(process.pid)
    process.communicate()


def wait_until(condition: Callable[[], bool], run: Run) -> None:
    def seen() -> str:
        log = run.job.log_file.read_text() if run.job.log_file.exists() else ""
        return f"{training_jobs.status(run)}; {log}"

    until(condition, LONG, seen)


def write_job(run: Run, process: psutil.Process, **changes: object) -> None:
    job = Job(
        "training",
        activity=f"{run.name} is being trained",
        process=process.pid,
        process_started=process.create_time(),
    )
    files.write_json(run.job.file, {**asdict(job), **changes})


def stop_at_batch(run: Run, number: int) -> Callable[[Event], None]:
    def on_event(event: Event) -> None:
        if isinstance(event, BatchEnd) and event.done == number:
            run.job.stop()

    return on_event


def test_a_run_as_a_process_is_started_stopped_resumed_and_killed(new_run: Run) -> None:
    other = creating.create("other", tiny_config())
    assert training_jobs.status(new_run) == Job("new") and training_jobs.running() is None
    training_jobs.start(new_run)
    try:
        begun = training_jobs.status(new_run)
        assert begun.active and psutil.pid_exists(begun.process)
        # A fresh look, as after a restart of the app, finds it.
        assert training_jobs.running().name == "endless"
        for run in (other, new_run):
            with pytest.raises(FacerecError, match="endless is being trained"):
                training_jobs.start(run)
        with pytest.raises(FacerecError, match="is being trained already"):
            worker.run_training(new_run)
        assert training_jobs.status(other) == Job("new")
        wait_until(lambda: len(new_run.history()) >= 1, new_run)
        wait_until(lambda: training_jobs.status(new_run).epoch > 1, new_run)
        job = training_jobs.status(new_run)
        assert (job.state, job.process) == ("training", begun.process)
        assert 0 < job.done < job.total == 1000 * 7
        assert job.seconds_left > 0 and job.phase in ("training", "validation")
        new_run.job.stop()
        wait_until(lambda: not training_jobs.status(new_run).active, new_run)
        assert (
            training_jobs.status(new_run).state == "stopped" and not new_run.job.stop_file.exists()
        )
        kept = new_run.history()
        assert kept and new_run.trained

        training_jobs.start(new_run)
        wait_until(lambda: len(new_run.history()) > len(kept), new_run)
        assert new_run.history()[: len(kept)] == kept
        assert "its checkpoint" in training_jobs.status(new_run).message
        psutil.Process(training_jobs.status(new_run).process).kill()
        wait_until(lambda: not training_jobs.status(new_run).active, new_run)
        job = training_jobs.status(Run.open("endless"))
        assert job.state == "interrupted" and "Resume" in job.message
        assert new_run.history()[: len(kept)] == kept
        assert training_jobs.running() is None
    finally:
        if training_jobs.status(new_run).active:
            psutil.Process(training_jobs.status(new_run).process).kill()


def test_training_in_this_process_ends_finished_with_its_curves(small_dataset: FaceFolder) -> None:
    run = creating.create("here", tiny_config())
    assert worker.run_training(run)
    job = training_jobs.status(run)
    assert (job.state, job.active, job.process) == ("finished", False, os.getpid())
    assert job.message == "" and job.done == job.total == 14
    assert read(run.curves_file).ndim == 3
    assert training_jobs.running() is None


def test_a_stopped_run_keeps_its_epochs_and_goes_on(small_dataset: FaceFolder) -> None:
    run = creating.create("here", tiny_config())
    assert not worker.run_training(run, stop_at_batch(run, 9))
    assert training_jobs.status(run).state == "stopped" and len(run.history()) == 1
    assert worker.run_training(run)
    assert training_jobs.status(run).state == "finished" and len(run.history()) == 2


def test_a_stop_that_came_too_late_does_not_stop_the_next_training(
    small_dataset: FaceFolder,
) -> None:
    run = creating.create("here", tiny_config(epochs=1))
    run.job.stop()
    assert worker.run_training(run)


def test_a_stop_while_it_starts_is_heard(small_dataset: FaceFolder) -> None:
    run = creating.create("here", tiny_config(epochs=1))
    write_job(run, psutil.Process(), state="starting")
    run.job.stop()
    assert not worker.run_training(run)
    assert training_jobs.status(run).state == "stopped"


def test_ctrl_c_stops_and_keeps_the_epochs(small_dataset: FaceFolder) -> None:
    run = creating.create("here", tiny_config())

    def interrupt(event: Event) -> None:
        if isinstance(event, BatchEnd) and event.done == 9:
            raise KeyboardInterrupt

    assert not worker.run_training(run, interrupt)
    assert training_jobs.status(run).state == "stopped" and len(run.history()) == 1


def test_an_unreadable_image_fails_with_its_name(small_dataset: FaceFolder) -> None:
    (small_dataset.path / "Ada" / "session1_0002.jpg").write_bytes(b"broken")
    run = creating.create("failing", tiny_config())
    with pytest.raises(FacerecError, match="session1_0002.jpg"):
        worker.run_training(run)
    job = training_jobs.status(run)
    assert (job.state, job.active) == ("failed", False)
    assert "session1_0002.jpg cannot be read" in job.message


MEMORY = "not enough memory for this: choose a smaller batch size"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError(), MEMORY),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 9 TB"), MEMORY),
        (torch.OutOfMemoryError("CUDA out of memory\nlong"), MEMORY),
        (RuntimeError("shapes do not fit\nlong"), "RuntimeError: shapes do not fit$"),
        (OSError(28, "No space left"), "No space left"),
    ],
)
def test_a_crash_is_told_in_one_line(
    new_run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    def crash(*arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(worker, "train", crash)
    with pytest.raises(FacerecError, match=message) as caught:
        worker.run_training(new_run)
    assert "\n" not in str(caught.value)
    job = training_jobs.status(new_run)
    assert (job.state, job.message) == ("failed", str(caught.value))


def test_a_disk_that_gets_full_fails_the_run_and_leaves_its_checkpoint(
    small_dataset: FaceFolder, home: Path
) -> None:
    run = creating.create("cramped", tiny_config(epochs=3))
    worker.run_training(run, stop_at_batch(run, 8))
    checkpoint, epochs = run.checkpoint_file.read_bytes(), len(run.history())
    # No file may grow beyond half a checkpoint: what a full disk looks like to the process.
    code = (
        "import resource, sys; from facerec.__main__ import main;"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({len(checkpoint) // 2},) * 2);"
        "sys.exit(main(['train', '--run', 'cramped', '--resume']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2 and "cannot be written" in done.stderr
    job = training_jobs.status(run)
    assert (
        job.state == "failed" and "checkpoint.pt cannot be written: File too large" in job.message
    )
    assert run.checkpoint_file.read_bytes() == checkpoint and len(run.history()) == epochs
    assert [file.name for file in run.folder.glob(".*")] == [".job.lock"]
    assert worker.run_training(run), "with room again, it goes on"


def test_a_second_training_begins_only_alongside(
    small_dataset: FaceFolder, new_run: Run, other_process: psutil.Process
) -> None:
    write_job(new_run, other_process)
    run = creating.create("second", tiny_config(epochs=1))
    with pytest.raises(FacerecError, match="endless is being trained: stop it, or wait"):
        worker.run_training(run)
    assert training_jobs.status(run).state == "new"
    assert worker.run_training(run, alongside=True)


def test_a_run_that_ended_early_says_why(
    small_dataset: FaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = creating.create("early", tiny_config(epochs=9, patience=1))
    monkeypatch.setattr(
        "facerec.training.loop.exhausted", lambda history, patience: len(history) == 2
    )
    assert worker.run_training(run)
    job = training_jobs.status(run)
    assert (
        job.state == "finished"
        and "Ended after epoch 2 of 9: the last epoch was no better" in job.message
    )


def test_losses_of_all_batches_are_kept_also_over_a_kill(small_dataset: FaceFolder) -> None:
    run = creating.create("counted", tiny_config())
    worker.run_training(run, stop_at_batch(run, 3))
    worker.run_training(run)
    losses = read_batch_losses(run.batch_losses_file)
    expected = [(epoch, batch) for epoch in (1, 2) for batch in range(1, 6)]
    assert list(zip(losses["epoch"], losses["batch"], strict=True)) == expected
    assert (losses["loss"] > 0).all() and set(losses["learning_rate"]) == {5e-5}


def test_what_another_process_trains_is_left_to_it(
    new_run: Run, other_process: psutil.Process
) -> None:
    write_job(new_run, other_process)
    assert training_jobs.status(new_run).active
    with pytest.raises(FacerecError, match="is being trained already"):
        worker.run_training(new_run)
    with pytest.raises(FacerecError, match="endless is being trained"):
        jobs.refuse_if_busy()


@pytest.mark.parametrize("state", jobs.ACTIVE)
def test_another_process_of_the_same_number_is_not_the_training(
    new_run: Run, other_process: psutil.Process, state: str
) -> None:
    began = other_process.create_time() - 3600
    write_job(new_run, other_process, state=state, process_started=began)
    assert training_jobs.status(new_run).state == "interrupted"
    jobs.refuse_if_busy()


def test_a_process_that_is_gone_interrupted_the_training(
    trained_run: Run, other_process: psutil.Process
) -> None:
    write_job(trained_run, other_process, epoch=2)
    other_process.kill()
    wait_until(lambda: not training_jobs.status(trained_run).active, trained_run)
    job = training_jobs.status(Run.open(RUN))
    assert (job.state, job.epoch) == ("interrupted", 2)
    assert len(trained_run.history()) == 2


def test_runs_without_a_job_are_known_by_their_history(trained_run: Run, home: Path) -> None:
    assert training_jobs.status(trained_run) == Job("finished")
    trained_run.write_history(trained_run.history()[:1])
    assert training_jobs.status(trained_run) == Job("stopped")
    trained_run.write_history([])
    assert training_jobs.status(trained_run) == Job("new")


@pytest.mark.parametrize("epochs", [1, 4])
def test_the_picture_of_the_curves_is_an_image(tmp_path, epochs: int) -> None:
    path = tmp_path / "curves.png"
    save_curves(history(epochs), path)
    height, width, _ = read(path).shape
    assert width > 3 * 200 and height > 200
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("successor", [False, True])
def test_a_run_deleted_while_it_trains_does_not_come_back(
    small_dataset: FaceFolder, successor: bool
) -> None:
    run = creating.create("gone", tiny_config(epochs=1000))

    def delete(event: Event) -> None:
        if isinstance(event, BatchEnd) and event.done == 5:
            run.delete()
            if successor:
                creating.create("gone", tiny_config(epochs=2))

    with pytest.raises(FacerecError, match="gone was deleted"):
        worker.run_training(run, delete)
    if not successor:
        assert not run.folder.exists()
        return
    assert {file.name for file in run.folder.iterdir()} == {"config.json"}
    new = Run.open("gone")
    assert training_jobs.status(new).state == "new"
    assert worker.run_training(new) and len(new.history()) == 2


def test_a_clock_that_is_set_interrupts_no_training(new_run: Run) -> None:
    code = "import sys; sys.stdin.read()"
    process = subprocess.Popen([sys.executable, "-c", code, "-m", "facerec"], stdin=subprocess.PIPE)
    began = psutil.Process(process.pid).create_time() + 7200
    write_job(new_run, psutil.Process(process.pid), process_started=began)
    assert training_jobs.status(new_run).active
    process.communicate()
    assert training_jobs.status(new_run).state == "interrupted"


def test_two_processes_do_not_train_one_run(new_run: Run) -> None:
    with new_run.job.lock():
        with pytest.raises(FacerecError, match="endless is being trained already"):
            worker.run_training(new_run)
    assert not new_run.job.file.exists()
