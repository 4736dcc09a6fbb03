"""Folders, small data sets and a trained run for the tests."""

import hashlib
import os
import shutil
import time
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import pytest
import torch

from facerec.datasets.folder import FaceFolder
from facerec.recognition.fastest_engine import fastest_engine
from facerec.runs import creating
from facerec.runs.run import Run
from facerec.system import package_data
from facerec.training.loop import train
from tests.examples import DATASET, RUN, tiny_config, write_classes

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"

torch.set_num_threads(1)
cv2.setNumThreads(1)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home for ``data`` and ``models``."""
    monkeypatch.setenv("FACEREC_HOME", str(tmp_path))
    monkeypatch.delenv("FACEREC_MODELS", raising=False)
    return tmp_path


@pytest.fixture(scope="session")
def shared() -> Path:
    """The real pictures and the YuNet file, which lie beside the repository."""
    if not (SHARED / "data").is_dir():
        reason = f"{SHARED} is not here: real faces and the YuNet file are needed"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return SHARED


@pytest.fixture
def yunet(shared: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put YuNet's file where the app finds it; its folder."""
    monkeypatch.setenv("FACEREC_MODELS", str(shared / "models"))
    return shared / "models"


@pytest.fixture
def uninstalled(monkeypatch: pytest.MonkeyPatch) -> None:
    """No package that carries weights is installed."""
    monkeypatch.setattr(package_data, "find_spec", lambda name: None)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files whose content was hashed, in order; it grows."""
    found: list[Path] = []
    file_digest = hashlib.file_digest

    def noted(file: BinaryIO, algorithm: str) -> Any:
        found.append(Path(file.name))
        return file_digest(file, algorithm)

    monkeypatch.setattr(hashlib, "file_digest", noted)
    return found


@pytest.fixture
def a_minute_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is a minute ahead: no file was changed just now."""
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 60 * 10**9)


@pytest.fixture(scope="session")
def drawn_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three class folders, including Unknown, each with eight images in two sessions."""
    folder = tmp_path_factory.mktemp("drawn")
    write_classes(folder)
    return folder


@pytest.fixture
def small_dataset(drawn_classes: Path, home: Path) -> FaceFolder:
    """``drawn_classes`` as a data set in ``home``: a test may change it."""
    shutil.copytree(drawn_classes, home / "data" / DATASET)
    return FaceFolder.open(DATASET)


@pytest.fixture(scope="session")
def trained_folder(drawn_classes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a custom CNN's run of two epochs on the small data set."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACEREC_HOME", str(folder))
        shutil.copytree(drawn_classes, folder / "data" / DATASET)
        run = creating.create(RUN, tiny_config())
        train(run)
    return run.folder


@pytest.fixture
def trained_run(trained_folder: Path, small_dataset: FaceFolder, home: Path) -> Run:
    """The trained run, copied into ``home`` beside its data set: a test may change it."""
    shutil.copytree(trained_folder, home / "models" / RUN)
    return Run.open(RUN)


@pytest.fixture(scope="session")
def measured_folder(trained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trained run's folder after its engines were measured."""
    home = tmp_path_factory.mktemp("measured")
    shutil.copytree(trained_folder.parents[1], home, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACEREC_HOME", str(home))
        fastest_engine(Run.open(RUN))
    return home / "models" / RUN


@pytest.fixture
def measured_run(trained_run: Run, measured_folder: Path) -> Run:
    """The trained run with its engine measurements: a test may change it."""
    shutil.copytree(measured_folder, trained_run.folder, dirs_exist_ok=True)
    return trained_run
