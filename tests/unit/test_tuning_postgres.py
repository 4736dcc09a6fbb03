"""A study in a real PostgreSQL, as several computers would share it."""

import os
import pwd
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from facerec.dataset import FaceFolder
from facerec.tuning import STORAGE_VARIABLE, Search, Study
from tests.examples import tiny_config

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
SECONDS = 300


@pytest.fixture
def url() -> Iterator[str]:
    """The address of a database of its own on loopback."""
    if not BINARIES:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    # Not pytest's folder, which only this user may enter.
    with tempfile.TemporaryDirectory() as folder:
        yield from _database(Path(folder))


def _database(folder: Path) -> Iterator[str]:
    # PostgreSQL refuses to run as root.
    user = {}
    if os.getuid() == 0:
        account = pwd.getpwnam("postgres")
        user = {"user": account.pw_uid, "group": account.pw_gid}
        os.chown(folder, account.pw_uid, account.pw_gid)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])

    def run(name: str, *arguments: str) -> None:
        subprocess.run(
            [BINARIES[-1] / name, *arguments],
            check=True, cwd=folder, stdout=subprocess.DEVNULL, **user,
        )  # fmt: skip

    run("initdb", "-D", str(folder / "data"), "-A", "trust", "-U", "facerec")
    options = f"-p {port} -h 127.0.0.1 -k {folder}"
    run(
        "pg_ctl",
        "-D",
        str(folder / "data"),
        "-o",
        options,
        "-w",
        "-l",
        str(folder / "log"),
        "start",
    )
    try:
        yield f"postgresql://facerec:word@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", str(folder / "data"), "-m", "immediate", "stop")


@pytest.mark.slow
def test_workers_with_their_own_homes_share_the_trials(
    small_dataset: FaceFolder, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STORAGE_VARIABLE, url)
    search = Search(tiny_config(batch_size=8, epochs=1), ("learning_rate", "dropout"), 6, 5.0)
    study = Study.create("shared", search)
    environment = {name: value for name, value in os.environ.items() if name != STORAGE_VARIABLE}
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "facerec", "tune", "--study", "shared", "--storage", url,
             "--worker", f"worker-{number}", "--threads", "1"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for number in (1, 2)
    ]  # fmt: skip
    outputs = [worker.communicate(timeout=SECONDS) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], outputs
    told = [output.count("trial ") for output, _ in outputs]
    assert min(told) >= 1 and sum(told) == len(study.trials()) == study.done()
    assert study.done() in (6, 7), "one more may begin while the last is counted"
    assert sorted(trial.number for trial in study.trials()) == list(range(study.done()))
