import json
import os
import signal
import subprocess
import sys
import time

import pytest

from facerec.charts import experiments as charts
from facerec.errors import FacerecError
from facerec.experiments import findings, forecast, work
from facerec.experiments.experiment import Experiment, free_name, list_experiments
from facerec.experiments.plan import Plan
from facerec.runs.catalogue import list_runs, own_runs
from facerec.runs.run import Run
from facerec.system import paths
from facerec.training import worker
from tests.examples import DATASET, tiny_config, write_classes
from tests.waiting import until

COMMAND = [sys.executable, "-m", "facerec", "experiment", "--name", "sizes", "--resume", "--json"]


def test_trials_are_trained_and_judged(experiment: Experiment) -> None:
    told = []
    assert work.carry_out(experiment, told.append)
    again = Experiment.open("sizes")
    assert list(again.results()) == told and again.done
    assert again.predicted_seconds == 12.5
    for result in told:
        run, outcome = Run.open(result.run), result.outcome
        assert run.info.experiment == "sizes"
        assert (run.config.batch_size, run.config.seed) == (result.trial.value, result.trial.seed)
        assert outcome.accuracy == run.history()[-1]["validation_accuracy"]
        assert outcome.strangers_named is None and 0 <= outcome.people_refused <= 1
        assert outcome.epochs == 1 and outcome.seconds > 0
    assert len(list_runs()) == 4 and own_runs() == []
    assert again.job.status().state == "finished"
    assert len(findings.sentences(again)) == 1
    assert findings.table(again)["batch_size"].tolist() == [4, 8, 4, 8]
    assert "sizes" in charts.html_report(again)
    again.delete()
    assert list_runs() == [] and list_experiments() == []


def test_strangers_and_thresholds(plan: Plan, home) -> None:
    write_classes(home / "data" / "others")
    for name in ("Ada", "Zoë"):
        (home / "data" / "others" / name).rename(home / "data" / "others" / f"{name}2")
    plan = Plan(plan.config, "threshold", (0.0, 0.5, 1.0), 1, strangers="others")
    experiment = Experiment.create("thresholds", plan)
    assert work.carry_out(experiment)
    assert len(experiment.runs()) == 1, "nothing is trained anew"
    refused, named = (
        [getattr(item.outcome, name) for item in experiment.results()]
        for name in ("people_refused", "strangers_named")
    )
    assert refused == sorted(refused) and named == sorted(named, reverse=True)
    assert (refused[-1], named[-1]) == (1.0, 0.0)
    assert charts.strangers_chart(experiment) is not None


def test_it_goes_on_where_it_was_stopped(experiment: Experiment) -> None:
    def stop(result) -> None:
        experiment.job.stop()

    assert not work.carry_out(experiment, stop)
    assert [item.ended for item in experiment.results()] == [True, False, False, False]
    first = experiment.results()[0]
    assert experiment.job.status().state == "stopped"
    assert work.carry_out(experiment)
    assert experiment.results()[0] == first, "what is done is not done again"


def test_a_stop_is_heard_within_a_training(small_dataset, monkeypatch) -> None:
    plan = Plan(tiny_config(side=32, epochs=50, fields=2), "batch_size", (4, 8), 1)
    experiment = Experiment.create("long", plan)
    real = worker.run_training

    def run_training(run, on_event, alongside):
        def tell(event):
            if len(run.history()) == 1:
                experiment.job.stop()
            on_event(event)

        return real(run, tell, alongside)

    monkeypatch.setattr(worker, "run_training", run_training)
    assert not work.carry_out(experiment)
    (run,) = experiment.runs()
    assert 1 <= len(run.history()) < 5 and not any(item.ended for item in experiment.results())


@pytest.mark.slow
def test_a_killed_experiment_loses_at_most_the_running_epoch(small_dataset, home) -> None:
    plan = Plan(tiny_config(side=32, epochs=30, fields=2), "batch_size", (1, 2), 1)
    experiment = Experiment.create("sizes", plan)
    environment = {**os.environ, "FACEREC_HOME": str(home)}
    process = subprocess.Popen(COMMAND, env=environment, stdout=subprocess.PIPE)

    def epochs() -> int:
        runs = experiment.runs()
        return len(runs[0].history()) if runs else 0

    until(lambda: epochs() >= 3, seconds=120)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = epochs()
    assert experiment.job.status().state == "interrupted"
    assert before < 30, "the machine was too fast for this test: give it more epochs"
    assert work.carry_out(experiment)
    run = experiment.runs()[0]
    assert [record["epoch"] for record in run.history()] == list(range(1, 31))


def test_a_learning_rate_that_is_too_high_is_a_result(small_dataset) -> None:
    plan = Plan(
        tiny_config(side=32, epochs=2, fields=2, optimizer="sgd", norm="none"),
        "learning_rate", (1e-4, 1.0), 1,
    )  # fmt: skip
    experiment = Experiment.create("rates", plan)
    assert work.carry_out(experiment)
    good, bad = experiment.results()
    if bad.problem:
        assert "too high" in bad.problem and bad.outcome is None
        assert any("could not be trained" in text for text in findings.sentences(experiment))
    assert good.outcome is not None


def test_names_are_not_mixed_up(experiment: Experiment, plan: Plan) -> None:
    with pytest.raises(FacerecError, match="There is an experiment named sizes already"):
        Experiment.create("sizes", plan)
    with pytest.raises(FacerecError, match="There is no experiment 'other'"):
        Experiment.open("other")
    with pytest.raises(FacerecError, match="may not"):
        Experiment.create("../x", plan)
    assert free_name("batch_size") == "batch-size-1"
    name = experiment.results()[0].run
    from facerec.runs import creating

    creating.create(name, plan.config)
    with pytest.raises(FacerecError, match="is not of the experiment sizes"):
        work.carry_out(experiment)
    assert Run.open(name).info.experiment == ""


@pytest.mark.parametrize("content", ["", "{}", '{"plan": {}, "results": []}', "[1]"])
def test_a_damaged_file_is_told_in_a_line(experiment: Experiment, content: str) -> None:
    (experiment.folder / "experiment.json").write_text(content)
    with pytest.raises(FacerecError, match="damaged"):
        _ = Experiment(experiment.folder).plan


def test_the_predicted_time_is_measured(small_dataset) -> None:
    plan = Plan(tiny_config(side=32, epochs=40, fields=2), "epochs", (10, 40), 2)
    steps = []
    seconds = forecast.seconds_for(plan, lambda done, total: steps.append((done, total)))
    assert steps == [(0, 2), (1, 2), (2, 2)]
    assert seconds > 0
    assert list_runs() == [], "nothing of the measurement stays"


def test_the_command_line(small_dataset, capsys, home) -> None:
    from facerec.__main__ import main

    arguments = [
        "experiment", "--factor", "batch_size", "--values", "4,8", "--dataset", DATASET,
        "--epochs", "1", "--side", "32", "--json",
    ]  # fmt: skip
    assert main(arguments) == 0
    *runs, last = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert [(run["value"], run["seed"]) for run in runs] == [(4, 0), (8, 0), (4, 1), (8, 1)]
    assert last["experiment"] == "batch-size-1" and last["finished"]
    assert [level["value"] for level in last["levels"]] == [4, 8]
    assert last["sentence"] and last["predicted_seconds"] > 0
    for wrong, part in (
        (["--factor", "colour", "--values", "1,2"], "choose one of threshold"),
        (["--factor", "batch_size", "--values", "many,8"], "whole number"),
        (["--factor", "batch_size"], "--values"),
        (["--ready", "nothing"], "choose one of threshold, images"),
        (["--resume"], "--name"),
    ):
        assert main(["experiment", *wrong, "--dataset", DATASET]) == 2
        error = capsys.readouterr().err
        assert part in error and error.count("\n") == 1


def test_its_folder_is_no_run(experiment: Experiment) -> None:
    assert list_runs() == []
    assert paths.experiments_folder() in experiment.folder.parents
    assert time.time() - experiment.folder.stat().st_mtime < 60
