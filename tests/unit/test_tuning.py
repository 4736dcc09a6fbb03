import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from optuna.trial import TrialState

from facerec import jobs, paths, training_jobs, tuning, tuning_charts, tuning_jobs
from facerec.dataset import FaceFolder
from facerec.errors import FacerecError
from facerec.jobs import Job
from facerec.networks import NETWORKS
from facerec.runs import Run, list_runs
from facerec.settings import TrainingConfig
from facerec.tuning import Search, Study, searchable, study_names
from tests.examples import tiny_config

NAMES = ("learning_rate", "dropout")


def search(trials: int = 3, minutes: float = 10.0, **changes: object) -> Search:
    config = tiny_config(batch_size=8, **{"epochs": 1, **changes})
    return Search(config, NAMES, trials, minutes)


def values(study: Study) -> list[float | None]:
    return [trial.value for trial in study.trials()]


@pytest.mark.parametrize("network", NETWORKS)
def test_only_what_the_network_takes_can_be_searched(network: str) -> None:
    names = searchable(network)
    assert ("dropout" in names) == (network == "custom_cnn")
    assert ("frozen_blocks" in names) == (network == "resnet50_imagenet")
    assert names["learning_rate"] == "Learning rate"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"names": ("seed",)}, "seed cannot be searched: choose from learning_rate"),
        ({"names": ("frozen_blocks",)}, "frozen_blocks cannot be searched"),
        ({"names": ()}, "at least one setting"),
        ({"trials": 0}, "at least one trial"),
        ({"minutes": 0.0}, "more than no time"),
    ],
)
def test_a_search_that_cannot_be_is_refused(changes: dict[str, object], message: str) -> None:
    given = {"config": TrainingConfig(), "names": NAMES, "trials": 3, "minutes": 1.0}
    with pytest.raises(FacerecError, match=message):
        Search(**{**given, **changes})


def test_a_study_tries_settings_and_knows_the_best(small_dataset: FaceFolder) -> None:
    assert study_names() == []
    study = Study.create("first", search())
    seen: list[int] = []
    study.work(lambda trial: seen.append(trial.number))
    assert seen == [0, 1, 2] and study.done() == 3 and study_names() == ["first"]
    assert study.search == search()
    best = study.best()
    assert best.value == max(values(study)) and set(best.params) == set(NAMES)
    assert all(1e-5 <= trial.params["learning_rate"] <= 1e-2 for trial in study.trials())
    assert len({trial.params["learning_rate"] for trial in study.trials()}) == 3
    config = study.best_config()
    assert config == replace(search().config, **best.params)
    # Another look at it, as by another page or computer, sees the same; nothing else is left.
    assert values(Study("first")) == values(study)
    assert list_runs() == [] and not list((paths.studies_folder() / "first").iterdir())
    study.work(lambda trial: seen.append(trial.number))
    assert len(seen) == 3, "there are enough"
    study.go_on(4, 10)
    study.work(lambda trial: seen.append(trial.number))
    assert seen[3:] == [3]


def test_the_value_of_a_trial_is_its_best_epoch_s(
    small_dataset: FaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    histories: list[list[dict]] = []
    delete = Run.delete
    monkeypatch.setattr(Run, "delete", lambda run: histories.append(run.history()) or delete(run))
    study = Study.create("first", search(trials=1, epochs=3))
    study.work()
    (trial,) = study.trials()
    scores = [record["validation_macro_f1"] for record in histories[0]]
    assert trial.value == max(scores)
    assert list(trial.intermediate_values.values()) == scores


def test_trials_that_fall_behind_are_given_up(
    small_dataset: FaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from facerec import training

    real, trial_number = training._Totals.record, [0]

    def worse_and_worse(totals: object, prefix: str) -> dict[str, float]:
        record = real(totals, prefix)
        if prefix == "validation":
            record["validation_macro_f1"] = 1.0 / (1 + trial_number[0])
        return record

    monkeypatch.setattr(training._Totals, "record", worse_and_worse)
    study = Study.create("first", search(trials=5, epochs=4))
    study.work(lambda trial: trial_number.__setitem__(0, trial.number + 1))
    states = [trial.state for trial in study.trials()]
    assert states == [TrialState.COMPLETE] * 3 + [TrialState.PRUNED] * 2
    # After the epoch that is its warm-up, before the last.
    assert max(study.trials()[4].intermediate_values) < 4
    assert study.done() == 5 and study.best().number == 0


def test_a_trial_that_fails_is_not_the_end(
    small_dataset: FaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, calls = tuning.train, []

    def failing_once(*arguments: object) -> bool:
        calls.append(1)
        if len(calls) == 1:
            raise FacerecError("The loss is no number any more.")
        return train(*arguments)

    monkeypatch.setattr(tuning, "train", failing_once)
    study = Study.create("first", search(trials=2))
    study.work()
    states = [trial.state for trial in study.trials()]
    assert states == [TrialState.FAIL] + [TrialState.COMPLETE] * 2
    assert "no number" in study.trials()[0].user_attrs["reason"]


def test_a_search_in_which_all_fails_ends(
    small_dataset: FaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> bool:
        raise FacerecError("The disk is full.")

    monkeypatch.setattr(tuning, "train", fail)
    study = Study.create("first", search(trials=50))
    with pytest.raises(FacerecError, match="disk is full"):
        study.work()
    assert len(study.trials()) == 3


def test_it_ends_when_the_time_is_over_or_somebody_stops_it(small_dataset: FaceFolder) -> None:
    study = Study.create("first", search(trials=50, epochs=500))
    asked = iter(range(4))
    study.work(should_stop=lambda: next(asked, None) is None)
    (trial,) = study.trials()
    assert trial.state == TrialState.PRUNED
    study.go_on(50, 1 / 60)
    began = time.monotonic()
    study.work()
    assert time.monotonic() - began < 20 and len(study.trials()) == 2


def test_another_data_set_of_the_name_is_refused(small_dataset: FaceFolder) -> None:
    study = Study.create("first", search())
    small_dataset.face_files()[0].path.unlink()
    with pytest.raises(FacerecError, match="not the one that the study first began with"):
        study.work()


def test_names_are_taken_once_and_unknown_ones_refused(small_dataset: FaceFolder) -> None:
    Study.create("first", search())
    with pytest.raises(FacerecError, match="There is a study first already"):
        Study.create("first", search())
    with pytest.raises(FacerecError, match="no study 'second' in models/studies.db"):
        Study("second")
    with pytest.raises(FacerecError, match="study name"):
        Study.create("../x", search())
    Study("first").delete()
    assert study_names() == []


@pytest.mark.parametrize("url", ["postgresql://me:secret@localhost:1/x", "nonsense", "what://x"])
def test_a_storage_that_cannot_be_opened_is_told_without_its_password(
    home: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv(tuning.STORAGE_VARIABLE, url)
    with pytest.raises(FacerecError, match="cannot be opened") as caught:
        study_names()
    assert "secret" not in str(caught.value)


def test_figures_come_with_the_trials(small_dataset: FaceFolder) -> None:
    study = Study.create("first", search(trials=5))
    figures = (
        tuning_charts.progress,
        tuning_charts.importances,
        tuning_charts.parallel_coordinates,
    )
    assert [figure(study) for figure in figures] == [None] * 3
    study.work()
    drawn = tuning_charts.progress(study)
    assert list(drawn.data[0].x) == [trial.number + 1 for trial in study.complete()]
    assert list(drawn.data[0].y) == [trial.value for trial in study.complete()]
    lines = tuning_charts.parallel_coordinates(study)
    assert list(lines.layout.xaxis.ticktext) == ["Macro F1", "Dropout", "Learning rate"]
    importance = tuning_charts.importances(study)
    if len({trial.value for trial in study.complete()}) > 1 and len(study.complete()) > 3:
        assert set(importance.data[0].y) == {"Dropout", "Learning rate"}
    else:
        assert importance is None


def test_two_workers_share_a_study_and_nothing_else_may_begin(small_dataset: FaceFolder) -> None:
    study = Study.create("first", search(trials=4, epochs=2))
    tuning_jobs.start("first", 2)
    try:
        with pytest.raises(FacerecError, match="first is being tuned: stop it, or wait"):
            training_jobs.run_training(Run.create("other", tiny_config()))
        with pytest.raises(FacerecError, match="first is being tuned already"):
            tuning_jobs.start("first", 1)
        assert len(tuning_jobs.active_workers("first")) == 2
        waited = time.monotonic() + 180
        while tuning_jobs.active_workers("first"):
            assert time.monotonic() < waited
            time.sleep(0.2)
    finally:
        for job in tuning_jobs.active_workers("first"):
            psutil.Process(job.process).kill()
    states = [worker.status().state for worker in tuning_jobs.workers("first")]
    assert states == ["finished"] * 2, [
        w.log_file.read_text() for w in tuning_jobs.workers("first")
    ]
    assert study.done() in (4, 5) and jobs.active_jobs() == []
    # Each trial was one worker's.
    lines = [
        json.loads(line)
        for worker in tuning_jobs.workers("first")
        for line in worker.log_file.read_text().splitlines()
    ]
    numbers = [line["trial"] for line in lines if "trial" in line]
    assert sorted(numbers) == list(range(study.done()))
    assert {line["study"] for line in lines if "study" in line} == {"first"}


@pytest.mark.parametrize("count", [0, 9])
def test_a_number_of_workers_out_of_range_is_refused(home: Path, count: int) -> None:
    with pytest.raises(FacerecError, match="must lie between 1 and 8"):
        tuning_jobs.start("first", count)


def test_stop_reaches_the_workers_that_are_at_it(home: Path) -> None:
    process = psutil.Process()
    begun = Job("training", "", "first is being tuned", process.pid, process.create_time())
    for name, job in (("worker-1", begun), ("worker-2", Job("finished"))):
        folder = jobs.JobFolder(paths.studies_folder() / "first" / name)
        folder.path.mkdir(parents=True)
        folder.write(job)
    tuning_jobs.stop("first")
    stopped = {
        worker.path.name for worker in tuning_jobs.workers("first") if worker.stop_file.exists()
    }
    assert stopped == {"worker-1"}


def command(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "facerec", "tune", *arguments],
        env=dict(os.environ),
        capture_output=True,
        text=True,
    )


def test_on_the_command_line(small_dataset: FaceFolder) -> None:
    more = ["--dataset", "colours", "--augmentation", "None", "--epochs", "1", "--batch-size", "8"]
    done = command("--study", "cl", "--search", "dropout", "--trials", "2", *more, "--json")
    assert done.returncode == 0, done.stderr
    first, second, end = map(json.loads, done.stdout.splitlines())
    assert (first["trial"], second["trial"], end["study"]) == (0, 1, "cl")
    assert end["macro_f1"] == max(first["macro_f1"], second["macro_f1"])
    joined = command("--study", "cl", "--trials", "3")
    assert joined.returncode == 0 and "trial 2: complete" in joined.stdout
    assert "cl: best macro F1" in joined.stdout and joined.stderr == ""
    for arguments, message in (
        (["--study", "missing"], "no study 'missing'"),
        (["--study", "x", "--search", "seed", *more], "seed cannot be searched"),
        (["--study", "x", "--search", "dropout"], "Name the data set"),
    ):
        failed = command(*arguments)
        assert failed.returncode == 2 and message in failed.stderr
        assert failed.stderr.count("\n") == 1
