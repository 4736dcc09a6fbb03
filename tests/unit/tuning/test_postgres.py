"""A study in a real PostgreSQL, as several computers would share it."""

import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from facerec.datasets.folder import FaceFolder
from facerec.tuning.search_space import Search
from facerec.tuning.storage import STORAGE_VARIABLE
from facerec.tuning.study import Study
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
    small_dataset: FaceFolder, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(STORAGE_VARIABLE, url)
    search = Search(tiny_config(batch_size=8, epochs=1), ("learning_rate", "dropout"), 6, 5.0)
    study = Study.create("shared", search)
    environment = {name: value for name, value in os.environ.items() if name != STORAGE_VARIABLE}
    homes = [tmp_path / f"computer-{number}" for number in (1, 2)]
    for home in homes:
        shutil.copytree(small_dataset.path, home / "data" / small_dataset.name)
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "facerec", "tune", "--study", "shared", "--storage", url,
             "--threads", "1", "--json"],
            env={**environment, "FACEREC_HOME": str(home)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for home in homes
    ]  # fmt: skip
    outputs = [worker.communicate(timeout=SECONDS) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], outputs
    lines = [[json.loads(line) for line in output.splitlines()] for output, _ in outputs]
    numbers = [[line["trial"] for line in own if "trial" in line] for own in lines]
    assert all(numbers), "both took part"
    assert sorted(sum(numbers, [])) == [trial.number for trial in study.trials()]
    assert study.done() == len(study.trials()) == 6
    # Each sees the best of what both had done by then.
    assert max(own[-1]["macro_f1"] for own in lines) == study.best().value
