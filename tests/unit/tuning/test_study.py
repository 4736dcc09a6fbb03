import json
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import optuna
import psutil
import pytest
from optuna.trial import TrialState
from sqlalchemy.exc import OperationalError

from facerec.__main__ import main
from facerec.charts import tuning as tuning_charts
from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.networks.catalogue import NETWORKS
from facerec.runs import creating
from facerec.runs.catalogue import list_runs
from facerec.runs.run import Run
from facerec.runs.settings import TrainingConfig
from facerec.system import jobs, paths
from facerec.system.jobs import Job
from facerec.training import totals, worker
from facerec.training.loop import Diverged
from facerec.tuning import study as tuning
from facerec.tuning import workers as tuning_jobs
from facerec.tuning.search_space import Search, searchable
from facerec.tuning.storage import STORAGE_VARIABLE, storage_url
from facerec.tuning.study import Study, study_names
from tests.examples import tiny_config
from tests.waiting import until

NAMES = ("learning_rate", "dropout")


def search(trials: int = 3, minutes: float = 10.0, **changes: object) -> Search:
    config = tiny_config(batch_size=8, **{"epochs": 1, **changes})
    return Search(config, NAMES, trials, minutes)


def values(study: Study) -> list[float | None]:
    return [trial.value for trial in study.trials()]


@pytest.mark.parametrize("network", NETWORKS)
def test_only_what_the_network_takes_can_be_searched(network: str) -> None:
    names = searchable(network)
    assert ("dropout" in names) == (network in ("custom_cnn", "inception_resnet_v1"))
    assert ("frozen_blocks" in names) == (network in ("resnet50_imagenet", "inception_resnet_v1"))
    assert names["learning_rate"] == "Learning rate"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"names": ("seed",)}, "seed cannot be searched: choose from learning_rate"),
        ({"names": ("frozen_blocks",)}, "frozen_blocks cannot be searched"),
        ({"names": ()}, "at least one setting"),
        ({"trials": 0}, "at least one trial"),
        ({"minutes": 0.0}, "more than no time"),
        ({"minutes": float("inf")}, "more than no time and ends"),
        ({"minutes": float("nan")}, "more than no time"),
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
    assert list_runs() == [] and not list((paths.studies_folder() / "first").glob("[!.]*"))
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

    real, trial_number = totals.Totals.record, [0]

    def worse_and_worse(totals: object, prefix: str) -> dict[str, float]:
        record = real(totals, prefix)
        if prefix == "validation":
            record["validation_macro_f1"] = 1.0 / (1 + trial_number[0])
        return record

    monkeypatch.setattr(totals.Totals, "record", worse_and_worse)
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
            raise FacerecError("The data set's image cannot be read.")
        return train(*arguments)

    monkeypatch.setattr(tuning, "train", failing_once)
    study = Study.create("first", search(trials=2))
    study.work()
    states = [trial.state for trial in study.trials()]
    assert states == [TrialState.FAIL] + [TrialState.COMPLETE] * 2
    assert "cannot be read" in study.trials()[0].user_attrs["reason"]


def test_a_learning_rate_that_is_too_high_is_a_bad_trial_and_no_failure(
    small_dataset: FaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def diverge(*arguments: object) -> bool:
        raise Diverged("The loss is no number any more.")

    monkeypatch.setattr(tuning, "train", diverge)
    study = Study.create("first", search(trials=5))
    study.work()
    assert [trial.state for trial in study.trials()] == [TrialState.PRUNED] * 5
    assert tuning.why_without_result(study.trials()[0]) == "The loss is no number any more."


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
    # It says nothing about its settings, so it is no result to go by.
    assert trial.state == TrialState.FAIL and study.done() == 0
    assert "stopped" in trial.user_attrs and tuning.why_without_result(trial) == ""
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


def test_a_study_of_others_is_not_ours_to_open_or_delete(small_dataset: FaceFolder) -> None:
    Study.create("ours", search())
    for name in ("theirs", "../../data"):
        optuna.create_study(study_name=name, storage=storage_url())
    paths.studies_folder().mkdir()
    assert study_names() == ["ours"]
    with pytest.raises(FacerecError, match="theirs in models/studies.db is none of facerec's"):
        Study("theirs")
    with pytest.raises(FacerecError, match="study name"):
        Study("../../data").delete()
    assert small_dataset.face_files()


def test_what_a_killed_worker_was_at_is_given_up_by_the_next(small_dataset: FaceFolder) -> None:
    study = Study.create("first", search(trials=1, epochs=500))
    arguments = [sys.executable, "-m", "facerec", "tune", "--study", "first"]
    # Not waited for, as the app does not: it stays in the table of processes.
    worker = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    left = paths.studies_folder() / "first" / "trial-0000"
    try:
        until((left / "checkpoint.pt").exists, 120)
    finally:
        worker.kill()
    until(lambda: psutil.Process(worker.pid).status() == psutil.STATUS_ZOMBIE)
    assert left.exists() and study.trials()[0].state == TrialState.RUNNING
    asked = iter(range(3))
    study.work(should_stop=lambda: next(asked, None) is None)
    worker.wait()
    gone, stopped = study.trials()
    assert gone.state == TrialState.FAIL and "gone" in tuning.why_without_result(gone)
    assert "stopped" in stopped.user_attrs and not left.exists()


def test_what_others_are_at_is_left_alone(small_dataset: FaceFolder) -> None:
    study = Study.create("first", search(trials=2))
    here, elsewhere = study.optuna_study.ask(), study.optuna_study.ask()
    own = psutil.Process()
    here.set_user_attr("worker", [socket.gethostname(), own.pid, own.create_time()])
    elsewhere.set_user_attr("worker", ["another computer", own.pid, 0.0])
    folder = paths.studies_folder() / "first" / "trial-0000"
    folder.mkdir(parents=True)
    study.work()
    assert [trial.state for trial in study.trials()] == [TrialState.RUNNING] * 2
    assert folder.exists()


def test_of_two_that_begin_the_last_trial_one_makes_it(
    small_dataset: FaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = Study.create("first", search(trials=1))
    seen: list[int] = []
    study.work(lambda trial: seen.append(trial.number))
    # As if another had looked just before that one began.
    answers = iter([""])
    end = Study.end
    monkeypatch.setattr(Study, "end", lambda study: next(answers, end(study)))
    study.work(lambda trial: seen.append(trial.number))
    assert seen == [0] and [trial.number for trial in study.trials()] == [0]
    assert len(study.optuna_study.trials) == 2


def test_a_worker_that_slept_goes_on(
    small_dataset: FaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, slept = tuning.train, []

    def sleeping_once(*arguments: object) -> bool:
        if not slept:
            slept.append(1)
            # Others took it for gone.
            Study("first").optuna_study.tell(0, state=TrialState.FAIL)
        return train(*arguments)

    monkeypatch.setattr(tuning, "train", sleeping_once)
    study = Study.create("first", search(trials=1))
    study.work()
    assert [trial.state for trial in study.trials()] == [TrialState.FAIL, TrialState.COMPLETE]


def test_a_study_deleted_meanwhile_ends_its_workers(
    small_dataset: FaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = tuning.train

    def deleting(*arguments: object) -> bool:
        optuna.delete_study(study_name="first", storage=storage_url())
        return train(*arguments)

    monkeypatch.setattr(tuning, "train", deleting)
    study = Study.create("first", search(trials=1))
    with pytest.raises(FacerecError, match="There is no study 'first'"):
        study.work()
    with pytest.raises(FacerecError, match="There is no study 'first'"):
        study.trials()


def test_a_storage_that_fails_later_is_told_without_its_password(
    small_dataset: FaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = Study.create("first", search())

    def fail(**options: object) -> None:
        raise OperationalError("connect as me:secret", None, Exception("secret"))

    monkeypatch.setattr(study.optuna_study, "get_trials", fail)
    with pytest.raises(FacerecError, match="does not answer") as caught:
        study.trials()
    assert "secret" not in str(caught.value)


def test_it_says_why_no_more_trials_are_made(small_dataset: FaceFolder) -> None:
    study = Study.create("first", search(trials=1))
    assert study.end() == ""
    with pytest.raises(FacerecError, match="at least one trial"):
        study.go_on(0, 10)
    study.go_on(1, 1e-6)
    assert study.end() == "Its time is over."
    study.go_on(1, 10)
    study.work()
    assert study.end() == "All 1 trials are made or under way."


@pytest.mark.parametrize("url", ["postgresql://me:secret@localhost:1/x", "nonsense", "what://x"])
def test_a_storage_that_cannot_be_opened_is_told_without_its_password(
    home: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv(STORAGE_VARIABLE, url)
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
    drawn = [trace for trace in lines.data if trace.mode == "lines"]
    by_score = sorted(drawn, key=lambda line: line.y[0])
    red, green, blue = (float(part) for part in by_score[0].line.color[4:-1].split(","))
    assert max(red, green) < 200, "the worst is seen on white too"
    assert by_score[0].customdata[0][0] == "Macro F1"
    assert {row[0] for row in by_score[0].customdata[1:]} == {"Dropout", "Learning rate"}
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
            worker.run_training(creating.create("other", tiny_config()))
        with pytest.raises(FacerecError, match="first is being tuned already"):
            tuning_jobs.start("first", 1)
        assert len(tuning_jobs.active_workers("first")) == 2
        until(lambda: not tuning_jobs.active_workers("first"), 180)
    finally:
        for job in tuning_jobs.active_workers("first"):
            psutil.Process(job.process).kill()
    states = [worker.status().state for worker in tuning_jobs.workers("first")]
    assert states == ["finished"] * 2, [
        w.log_file.read_text() for w in tuning_jobs.workers("first")
    ]
    assert study.done() == 4 and jobs.active_jobs() == []
    # Each trial was one worker's.
    lines = [
        json.loads(line)
        for worker in tuning_jobs.workers("first")
        for line in worker.log_file.read_text().splitlines()
    ]
    numbers = [line["trial"] for line in lines if "trial" in line]
    assert sorted(numbers) == [trial.number for trial in study.trials()]
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


def test_workers_that_start_clear_away_those_of_before(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    monkeypatch.setattr(
        jobs.JobFolder, "start", lambda folder, *_, **__: begun.append(folder.path.name)
    )
    old = jobs.JobFolder(paths.studies_folder() / "first" / "worker-3")
    old.path.mkdir(parents=True)
    old.write(Job("failed", "The disk is full."))
    tuning_jobs.start("first", 2)
    assert begun == ["worker-1", "worker-2"] and tuning_jobs.workers("first") == []


def test_a_worker_that_is_interrupted_was_stopped(
    small_dataset: FaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(tuning, "train", interrupt)
    study = Study.create("first", search())
    with pytest.raises(KeyboardInterrupt):
        tuning_jobs.work(study, "mine")
    (worker,) = tuning_jobs.workers("first")
    assert worker.status().state == "stopped"
    assert "stopped" in study.trials()[0].user_attrs and study.done() == 0


def test_on_the_command_line(small_dataset: FaceFolder, capsys: pytest.CaptureFixture) -> None:
    more = ["--dataset", "colours", "--augmentation", "None", "--epochs", "1", "--batch-size", "8"]
    search = ["--study", "cl", "--search", "dropout", "--trials", "2", *more]
    command = [sys.executable, "-m", "facerec", "tune", *search, "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    first, second, end = map(json.loads, done.stdout.splitlines())
    assert (first["trial"], second["trial"], end["study"]) == (0, 1, "cl")
    assert end["macro_f1"] == max(first["macro_f1"], second["macro_f1"])
    assert main(["tune", "--study", "cl", "--trials", "3"]) == 0
    joined = capsys.readouterr()
    assert "trial 2: complete" in joined.out
    assert "cl: best macro F1" in joined.out and joined.err == ""


def test_the_command_line_says_what_is_wrong_in_one_line(
    small_dataset: FaceFolder, capsys: pytest.CaptureFixture
) -> None:
    more = ["--dataset", "colours", "--augmentation", "None", "--epochs", "1", "--batch-size", "8"]
    study = Study.create("cl", search(trials=1))
    study.work()
    assert main(["tune", "--study", "cl"]) == 0
    assert "All 1 trials are made" in capsys.readouterr().out
    for arguments, message in (
        (["--study", "missing"], "no study 'missing'"),
        (["--study", "x", "--search", "seed", *more], "seed cannot be searched"),
        (["--study", "x", "--search", "dropout"], "Name the data set"),
        (["--study", "x", "--search", "dropout", "--trials", "0", *more], "at least one trial"),
        (["--study", "cl", "--epochs", "3"], "--epochs goes with --search"),
        (["--study", "cl", "--dataset", "colours"], "--dataset goes with --search"),
        (["--study", "cl", "--minutes", "-1"], "more than no time"),
    ):
        assert main(["tune", *arguments]) == 2
        said = capsys.readouterr().err
        assert message in said and said.count("\n") == 1
