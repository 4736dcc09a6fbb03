"""A run taken home, and a Python that has what its requirements name and nothing else."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from facerec.runs.run import Run
from facerec.takeaway.folder import take_home

Program = Callable[..., subprocess.CompletedProcess[str]]
PACKAGES = ("cv2", "numpy", "onnxruntime")


@pytest.fixture(scope="session")
def only_requirements(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with those that a taken-home program may use."""
    folder = tmp_path_factory.mktemp("packages")
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.origin is not None
        package = Path(spec.origin).parent
        # Copied: OpenCV looks for its library beside the file that a link leads to.
        shutil.copytree(package, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for libraries in package.parent.glob("*.libs"):
            if not (folder / libraries.name).exists():
                (folder / libraries.name).symlink_to(libraries)
    return folder


@pytest.fixture
def run_program(only_requirements: Path) -> Program:
    """A function that runs a taken-home program in that Python."""

    def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        start = (
            "import runpy, sys; sys.path[:0] = sys.argv[1:3]; sys.argv = sys.argv[3:]; "
            "runpy.run_path(sys.argv[0], run_name='__main__')"
        )
        places = str(only_requirements), str(folder), str(folder / "recognise.py")
        # Neither the site's packages nor those of the user.
        return called([sys.executable, "-I", "-S", "-c", start, *places, *arguments])

    return run


def called(command: list[str]) -> subprocess.CompletedProcess[str]:
    """A finished command, which knows nothing of this process's environment."""
    environment = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)


@pytest.fixture(scope="session")
def first_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that wants the trained run's program leaves it for the others."""
    return tmp_path_factory.mktemp("taken") / "home"


@pytest.fixture
def taken_home(trained_run: Run, first_copy: Path, tmp_path: Path) -> Path:
    """The program of the trained run: a test may change it."""
    if not first_copy.exists():
        take_home(trained_run, first_copy)
    return Path(shutil.copytree(first_copy, tmp_path / "taken home"))
