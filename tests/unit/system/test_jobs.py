import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from facerec.errors import FacerecError
from facerec.system import jobs, paths
from facerec.system.jobs import Job, JobFolder, JobReporter


@pytest.fixture
def other_process() -> Iterator[psutil.Process]:
    """A process that lives and does nothing."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield psutil.Process(process.pid)
    process.kill()
    process.communicate()


def folder(name: str) -> JobFolder:
    made = JobFolder(paths.models_folder() / name)
    made.path.mkdir(parents=True, exist_ok=True)
    return made


def busy(name: str, process: psutil.Process) -> JobFolder:
    made = folder(name)
    made.write(Job("training", "", f"{name} is busy", process.pid, process.create_time()))
    return made


def test_a_folder_without_a_job_is_new(home: Path) -> None:
    assert folder("one").status() == Job("new") and jobs.active_jobs() == []


def test_a_reporter_s_job_is_this_process_until_it_ends(home: Path) -> None:
    reporter = JobReporter(folder("one"), "one is busy")
    job = folder("one").status()
    assert (job.state, job.activity, job.active) == ("starting", "one is busy", True)
    assert psutil.Process().pid == job.process
    reporter.tell(at_once=True, state="training", done=3, total=5)
    assert [found.done for _, found in jobs.active_jobs()] == [3]
    reporter.end("finished", "all is well")
    assert folder("one").status().message == "all is well" and jobs.active_jobs() == []


def test_it_writes_now_and_then_only(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(jobs.time, "monotonic", lambda: now[0])
    reporter = JobReporter(folder("one"), "one is busy")
    reporter.tell(done=1)
    reporter.tell(done=2)
    assert folder("one").status().done == 1
    now[0] += jobs.REPORT_SECONDS
    reporter.tell(epoch=1)
    assert (folder("one").status().done, folder("one").status().epoch) == (2, 1)


def test_work_elsewhere_is_found_wherever_it_is(home: Path, other_process: psutil.Process) -> None:
    for name in ("run", "_tests/learning-rate", "_studies/search/worker-1"):
        made = busy(name, other_process)
        with pytest.raises(FacerecError, match=f"{name} is busy: stop it, or wait"):
            jobs.refuse_if_busy()
        made.write(Job("finished"))
    jobs.refuse_if_busy()


def test_work_beside_is_no_hindrance(home: Path, other_process: psutil.Process) -> None:
    made = busy("_studies/search/worker-1", other_process)
    jobs.refuse_if_busy(beside=made.path.parent)
    with pytest.raises(FacerecError, match="worker-1 is busy"):
        jobs.refuse_if_busy(beside=paths.models_folder())


def test_of_several_processes_only_the_first_writes(home: Path) -> None:
    reporter = JobReporter(folder("one"), "one is busy", writes=False)
    reporter.tell(at_once=True, done=3)
    reporter.end("finished")
    assert folder("one").status() == Job("new")


def test_an_error_is_kept_even_if_the_disk_takes_no_more(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reporter = JobReporter(folder("one"), "one is busy")

    def full(*arguments: object) -> None:
        raise FacerecError("the disk is full")

    with pytest.raises(FacerecError, match="the reason"), reporter.errors_kept():
        monkeypatch.setattr(jobs.files, "write_json", full)
        raise FacerecError("the reason")


def test_a_started_process_gives_way_to_the_pages(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = folder("one")
    made.stop()
    started: list[dict] = []
    real = subprocess.Popen

    def popen(command: list[str], **options: object) -> subprocess.Popen:
        started.append(options["env"])
        return real([sys.executable, "-c", "import time; time.sleep(60)"], **options)

    monkeypatch.setattr(jobs.subprocess, "Popen", popen)
    made.start("one is busy", ["train"])
    process = psutil.Process(made.status().process)
    try:
        normal = psutil.Process().nice()
        assert process.nice() > normal if sys.platform != "win32" else process.nice() != normal
        assert started[0]["OMP_WAIT_POLICY"] == "passive"
        assert made.status().active and not made.stop_file.exists()
    finally:
        process.kill()
