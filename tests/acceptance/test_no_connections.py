"""Training and recognition ask nothing of the network."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from facerec.datasets.folder import FaceFolder
from facerec.system.paths import PROJECT
from tests.examples import write_classes

# Python runs this module in each process, those that processes start among them.
WATCHER = """
import os, sys

def note(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
        where = arguments[1] if event in ("socket.connect", "socket.sendto") else arguments[0]
        with open(os.environ["WATCHED"], "a") as log:
            print(event, where, file=log)

sys.addaudithook(note)
"""
ENGINES = """
import os, sys
from facerec.recognition import engines
from facerec.runs.run import Run
assert "onnxruntime" not in sys.modules
engines.ENGINES["onnxruntime"](engines.Source(Run.open("net")))
assert "onnxruntime" in sys.modules and os.environ["ORT_DISABLE_TELEMETRY"] == "1"
"""


@pytest.fixture
def connections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """File in which every process started from here notes whom it connects to."""
    (tmp_path / "watcher").mkdir()
    (tmp_path / "watcher" / "sitecustomize.py").write_text(WATCHER)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path / "watcher"), str(PROJECT))))
    monkeypatch.setenv("WATCHED", str(tmp_path / "connections.txt"))
    return tmp_path / "connections.txt"


def python(*arguments: object) -> None:
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_a_connection_is_noticed(connections: Path) -> None:
    python("-c", "import socket; socket.socket(type=socket.SOCK_DGRAM).connect(('192.0.2.9', 9))")
    assert "192.0.2.9" in connections.read_text()


def test_training_and_recognition_connect_to_nobody(connections: Path, home: Path) -> None:
    write_classes(home / "data" / "colours", images_per_session=4)
    picture = FaceFolder.open("colours").face_files()[0].path
    train = ["train", "--dataset", "colours", "--network", "custom_cnn", "--epochs", 1]
    python("-m", "facerec", *train, "--run", "net")
    python("-m", "facerec", "embed", "--dataset", "colours", "--embedder", "net", "--run", "met")
    for run in ("net", "met"):
        python("-m", "facerec", "recognize", run, picture, "--detector", "none")
    python("-c", ENGINES)
    assert not connections.exists(), connections.read_text()
