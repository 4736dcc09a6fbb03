import json
from pathlib import Path

import numpy as np
import psutil
import pytest

from facerec.__main__ import main
from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.runs import creating
from facerec.system.jobs import Job
from facerec.training import job as training_jobs
from facerec.training import learning_rate_finder
from facerec.training.learning_rate_finder import LOWEST, STEPS, suggested
from tests.examples import tiny_config

FEW_STEPS = 10


def test_a_third_of_the_rate_with_the_lowest_loss_is_suggested() -> None:
    rates = [1e-5, 1e-4, 1e-3, 1e-2]
    assert suggested(rates, [2.0, 1.5, 0.9, 3.0]) == 3e-4
    assert suggested(rates, [2.0, 1.9, 1.8, 1.7]) == 3e-3


def test_a_loss_that_never_falls_suggests_nothing() -> None:
    with pytest.raises(FacerecError, match="never fell"):
        suggested([1e-5, 1e-4], [1.0, 1.1])


def test_a_test_finds_a_rate_and_keeps_what_it_found(
    small_dataset: FaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny_config()
    steps: list[tuple[int, int]] = []
    found = learning_rate_finder.run_test(config, lambda *counts: steps.append(counts))
    assert found.config == config
    assert LOWEST == pytest.approx(found.rates[0]) and found.rates == sorted(found.rates)
    assert len(found.rates) == len(found.losses) == len(steps) and steps[-1][1] == STEPS
    assert 1e-5 < found.suggestion < 0.1
    assert min(found.losses) < 0.8 * found.losses[0]
    assert learning_rate_finder.last_test() == found
    assert learning_rate_finder.job().status().state == "finished"
    # Another takes its place, and neither is a run of the user's.
    monkeypatch.setattr(learning_rate_finder, "STEPS", FEW_STEPS)
    again = learning_rate_finder.run_test(tiny_config(batch_size=8))
    assert learning_rate_finder.last_test() == again
    assert training_jobs.list_runs() == []


def test_it_can_be_stopped(small_dataset: FaceFolder) -> None:
    stop = learning_rate_finder.job().stop
    found = learning_rate_finder.run_test(
        tiny_config(), lambda done, total: stop() if done == 3 else None
    )
    assert found is None and learning_rate_finder.last_test() is None
    assert learning_rate_finder.job().status().state == "stopped"
    assert learning_rate_finder.job().status().done == 3


def test_why_it_failed_is_kept(small_dataset: FaceFolder) -> None:
    small_dataset.face_files()[0].path.write_bytes(b"broken")
    with pytest.raises(FacerecError, match="cannot be read"):
        learning_rate_finder.run_test(tiny_config())
    job = learning_rate_finder.job().status()
    assert job.state == "failed" and "session0_0000.jpg cannot be read" in job.message


def test_one_at_a_time(small_dataset: FaceFolder) -> None:
    run = creating.create("busy", tiny_config())
    process = psutil.Process()
    run.job.write(Job("training", "", "busy is being trained", process.pid, process.create_time()))
    for begin in (learning_rate_finder.start, learning_rate_finder.run_test):
        with pytest.raises(FacerecError, match="busy is being trained: stop it, or wait"):
            begin(tiny_config())


def test_on_the_command_line(
    small_dataset: FaceFolder,
    tmp_path: Path,
    capsys: pytest.CaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(learning_rate_finder, "STEPS", FEW_STEPS)
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps(tiny_config(batch_size=8).as_dict()))
    command = ["find-learning-rate", "--json", "--settings", str(settings)]
    assert main(command) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["suggestion"] == learning_rate_finder.last_test().suggestion
    assert np.all(np.diff(record["rates"]) > 0)
    settings.write_text("{")
    assert main(command) == 2
    said = capsys.readouterr().err
    assert "this is not JSON" in said and said.count("\n") == 1
