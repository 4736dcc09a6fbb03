import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torchvision

from facerec.datasets.folder import FaceFolder
from facerec.networks.resnet50 import imagenet_weights
from facerec.runs import creating, held_out
from facerec.runs.catalogue import list_runs
from facerec.runs.history import read_batch_losses
from facerec.runs.run import Run
from facerec.runs.settings import training_settings
from facerec.training import events, worker
from facerec.training import job as training_jobs
from tests.examples import tiny_config

SECONDS = 300


@pytest.fixture
def pretrained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in torch hub's cache with the keys of the ImageNet weights, for all processes."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    torch.manual_seed(1)
    file = tmp_path / "hub" / "checkpoints" / imagenet_weights().url.rpartition("/")[2]
    file.parent.mkdir(parents=True)
    torch.save(torchvision.models.resnet50().state_dict(), file)


def torchrun(*arguments: str) -> list[dict]:
    """Run a command in two processes; the JSON lines they print."""
    launcher = ["torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
    done = subprocess.run(
        [sys.executable, "-m", *launcher, "-m", "--", "facerec", *arguments, "--json"],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_two_processes_train_as_one_does(small_dataset: FaceFolder, pretrained: None) -> None:
    # With all blocks frozen, batch norm uses its running statistics. Batches of 5 images part
    # unevenly, and the last one of validation has one image only.
    settings = {
        "network": "resnet50_imagenet", "frozen_blocks": 5, "batch_size": 5, "epochs": 2,
        "validation": 0.25, "learning_rate": 1e-3,
    }  # fmt: skip
    alone = creating.create("alone", tiny_config(**settings))
    worker.run_training(alone)
    assert [len(part) for part in held_out.split_of(alone)] == [18, 6]
    names = [item.name for item in training_settings("resnet50_imagenet")]
    flags = [f"--{name.replace('_', '-')}={getattr(alone.config, name)}" for name in names]
    more = ["--dataset", "colours", "--network", "resnet50_imagenet", "--augmentation", "None"]
    *records, end = torchrun("train", *more, *flags, "--run", "together")
    assert end == {"run": "together", "finished": True}, "the first process alone speaks"

    assert {run.name for run in list_runs()} == {"alone", "together"}
    together = Run.open("together")
    assert together.history() == records and together.trained
    assert together.config == alone.config
    assert training_jobs.status(together).state == "finished"
    for one, both in zip(alone.history(), records, strict=True):
        for name in ("train_loss", "validation_loss"):
            assert both[name] == pytest.approx(one[name], abs=1e-4)
        for name in ("train_accuracy", "validation_accuracy", "validation_macro_f1"):
            # Of 18 and 6 images: an image counted twice would show.
            assert both[name] == pytest.approx(one[name], abs=1e-9), name
    losses = [read_batch_losses(run.batch_losses_file)["loss"] for run in (alone, together)]
    assert losses[0].tolist() == pytest.approx(losses[1].tolist(), abs=1e-4)
    weights = [run.load_network().fc.weight for run in (alone, together)]
    torch.testing.assert_close(weights[0], weights[1], atol=1e-5, rtol=0)


def test_two_processes_go_on_where_they_were_stopped(small_dataset: FaceFolder) -> None:
    run = creating.create("parted", tiny_config(batch_size=5, epochs=3))
    worker.run_training(run, lambda event: _stop_in_epoch_2(run, event))
    assert len(run.history()) == 1
    first = run.history()
    *records, end = torchrun("train", "--run", "parted", "--resume")
    assert end["finished"] and run.history() == first + records
    assert records[-1]["validation_accuracy"] == 1.0


def _stop_in_epoch_2(run: Run, event: events.Event) -> None:
    if isinstance(event, events.BatchEnd) and event.epoch == 2:
        run.job.stop()
