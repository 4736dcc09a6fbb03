"""Kills at every file operation of what changes kept files, and of training at random moments."""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from facerec.recognition import new_gallery
from facerec.recognition.fastest_engine import fastest_engine
from facerec.runs.run import Run
from facerec.system import paths
from facerec.system.tensors import load_tensors
from tests.acceptance import kills
from tests.waiting import until

KILLS = 5
SETTINGS = {
    "--dataset": "colours", "--epochs": "40", "--batch-size": "4", "--threads": "1",
    "--precision": "fp32", "--checkpoint-minutes": "0.1", "--patience": "0",
}  # fmt: skip
FEWEST = {"import": 100, "rename": 15, "delete": 30, "erase": 35, "enrol": 4}


@pytest.fixture
def template(trained_run: Run, small_dataset, home: Path, tmp_path_factory) -> Path:
    """A home with a data set with whole frames, a trained run and a recogniser that knows Ada."""
    made = new_gallery.create("made", trained_run, small_dataset)
    fastest_engine(made)
    folder = tmp_path_factory.mktemp("kills") / "template"
    shutil.copytree(home, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACEREC_HOME", str(folder))
        kills.prepare(folder)
    return folder


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("act", kills.ACTS)
def test_killed_at_any_file_operation_nothing_is_cut_or_half(act: str, template: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.acceptance.kills", act, str(template)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    points, wrong = json.loads(done.stdout.splitlines()[-1])
    print(f"{act}: {points} kill points")
    assert not wrong, "\n".join(wrong[:3])
    assert points >= FEWEST[act]


def training(*arguments: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "facerec", "train", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def epochs_done() -> int:
    """Number of epochs that the run has a checkpoint of."""
    folder = paths.run_folder("killed")
    if not (folder / "checkpoint.pt").is_file():
        return 0
    return len(Run(folder).history())


@pytest.mark.slow
def test_training_killed_again_and_again_ends_bit_for_bit_as_if_it_had_not_been(
    small_dataset,
) -> None:
    moments = random.Random(0)
    settings = [part for pair in SETTINGS.items() for part in pair]
    with training("--run", "whole", *settings) as process:
        assert process.wait() == 0, process.stderr.read()
    whole, killed = Run.open("whole"), 0
    arguments = ["--run", "killed", *settings]
    while True:
        with training(*arguments) as process:
            if killed == KILLS:
                assert process.wait() == 0, process.stderr.read()
                break
            before = epochs_done()
            until(lambda before=before: epochs_done() > before)
            time.sleep(moments.uniform(0, 0.3))
            process.kill()
        killed += 1
        arguments = ["--run", "killed", "--resume"]
    again = Run.open("killed")
    assert len(again.history()) == len(whole.history()) == 40
    states = [load_tensors(run.weights_file)["state"] for run in (whole, again)]
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
