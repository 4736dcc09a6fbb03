"""Each network at home, in an environment of its own with what the program asks for."""

import os
import sys
import venv
from pathlib import Path

import pytest

from facerec.datasets.folder import FaceFolder
from facerec.networks.catalogue import NETWORKS
from facerec.networks.network import parameter_count
from facerec.recognition.new_gallery import create
from facerec.runs.info import RunInfo
from facerec.runs.run import Run
from facerec.system import paths
from facerec.takeaway.folder import take_home
from tests.examples import CLASSES, tiny_config
from tests.unit.takeaway.conftest import called
from tests.unit.takeaway.test_folder import assert_same

REQUIREMENTS = Path(__file__).parents[3] / "facerec" / "takeaway" / "program" / "requirements.txt"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment, in which the program's requirements were installed."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    found = called([str(python), "-m", "pip", "install", "-q", "-r", str(REQUIREMENTS)])
    if found.returncode and os.environ.get("CI") != "true":
        pytest.skip(f"pip cannot install here: {found.stderr.splitlines()[-1]}")
    assert not found.returncode, found.stderr
    for name in ("torch", "facerec"):
        assert called([str(python), "-I", "-c", f"import {name}"]).returncode == 1
    return python


def run_of(network: str, dataset: FaceFolder) -> Run:
    """A run with random weights: what it says is wrong, and must be as wrong at home."""
    run = Run(paths.run_folder(f"{network}-1"))
    config = tiny_config(network=network)
    module = config.entry.skeleton(len(CLASSES), config.network_options)
    run.folder.mkdir(parents=True)
    run.save_config(config, RunInfo.now(CLASSES, dataset, parameter_count(module)))
    run.save_weights(module)
    return run


@pytest.mark.slow
@pytest.mark.parametrize("enrolled", [False, True])
@pytest.mark.parametrize("network", NETWORKS)
def test_it_is_the_same_in_an_environment_of_its_own(
    network: str, enrolled: bool, small_dataset: FaceFolder, installed: Path, tmp_path: Path
) -> None:
    run = run_of(network, small_dataset)
    if enrolled:
        run = create("gallery", run, small_dataset)
    take_home(run, tmp_path / "home")
    assert_same(called([str(installed), str(tmp_path / "home" / "recognise.py"), "--check"]))
