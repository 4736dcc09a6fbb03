import json
import shutil
from dataclasses import replace

import pytest

from facerec.errors import FacerecError
from facerec.experiments import forecast
from facerec.experiments.experiment import Experiment
from facerec.experiments.factors import factor_named, factors, turned, value_from
from facerec.experiments.plan import Plan, Trial
from facerec.experiments.ready_made import READY_MADE, ReadyMade, ready_made
from facerec.networks.setting import MACHINE, Setting
from facerec.runs import settings
from facerec.runs.settings import training_settings
from tests.examples import DATASET, tiny_config


def test_every_setting_that_is_learned_by_is_a_factor() -> None:
    expected = {item.name for item in training_settings("custom_cnn") if item.group != MACHINE}
    found = set(factors("custom_cnn"))
    assert found == expected - {"seed", "validation"} | {"threshold", "network", "augmentation"}


def test_a_new_setting_is_a_factor_at_once(monkeypatch) -> None:
    new = Setting("Data", 1, "New", "A new setting.", 0, 9, name="new")
    real = settings.settings_of
    monkeypatch.setattr(
        settings,
        "settings_of",
        lambda holder: real(holder) + ((new,) if holder is settings.TrainingConfig else ()),
    )
    assert factors("custom_cnn")["new"] is new


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("batch_size", " 8", 8),
        ("learning_rate", "1e-3", 1e-3),
        ("activation", "elu", "elu"),
        ("threshold", "0.7", 0.7),
        ("network", "resnet50_scratch", "resnet50_scratch"),
        ("augmentation", "Webcam", "Webcam"),
    ],
)
def test_a_value_is_read_and_turned(name: str, text: str, value) -> None:
    factor = factor_named(name, "custom_cnn")
    assert value_from(text, factor) == value
    config = turned(tiny_config(), name, value)
    if name not in ("threshold", "augmentation"):
        assert getattr(config, name) == value
    elif name == "threshold":
        assert config == tiny_config()
    else:
        assert config.augmentation.active()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("batch_size", "many", "is no whole number"),
        ("learning_rate", "x", "is no number"),
        ("batch_size", "0", "must lie between 1 and 1024"),
        ("kernel", "4", "none of 3, 5, 7"),
        ("activation", "swish", "none of relu, "),
        ("colour", "red", "There is no factor 'colour': choose one of threshold, .*batch_size"),
        ("frozen_blocks", "1", "There is no factor 'frozen_blocks'"),
    ],
)
def test_what_is_no_factor_or_value_is_refused(name: str, text: str, message: str) -> None:
    with pytest.raises(FacerecError, match=message):
        value_from(text, factor_named(name, "custom_cnn"))


def test_all_combinations_are_tried_seed_by_seed() -> None:
    plan = Plan(
        tiny_config(seed=5), "batch_size", (4, 8), 2, second="split",
        second_values=("random", "session"),
    )  # fmt: skip
    trials = plan.trials()
    assert [(item.value, item.second, item.seed) for item in trials] == [
        (value, second, seed)
        for seed in (0, 1)
        for second in ("random", "session")
        for value in (4, 8)
    ]
    last = plan.config_of(trials[-1])
    assert (last.batch_size, last.split, last.seed) == (8, "session", 6)
    assert plan.in_words(trials[-1]) == "Batch size 8, Split by capture session"
    assert Plan.from_dict(json.loads(json.dumps(plan.as_dict()))) == plan


def test_thresholds_share_their_trainings() -> None:
    plan = Plan(tiny_config(), "threshold", (0.3, 0.9), 2)
    assert (len(plan.trials()), plan.trainings) == (4, 2)
    assert [plan.threshold_of(trial) for trial in plan.trials()] == [0.3, 0.9, 0.3, 0.9]
    assert Plan(tiny_config(), "epochs", (1, 2)).threshold_of(Trial(1, None, 0)) == 0.5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": (8,)}, "at least two values"),
        ({"values": (8, 8)}, "a value comes twice"),
        ({"values": (8, 9999)}, "must lie between"),
        ({"seeds": 0}, "must lie between 1 and 10"),
        ({"values": tuple(range(1, 62)), "seeds": 2}, "at most 120"),
        ({"second": "batch_size", "second_values": (1, 2)}, "another one than the first"),
        ({"second": "epochs", "second_values": (1,)}, "two values of the second"),
    ],
)
def test_plans_that_cannot_be_are_refused(small_dataset, changes: dict, message: str) -> None:
    plan = Plan(tiny_config(), "batch_size", (4, 8))
    with pytest.raises(FacerecError, match=message):
        replace(plan, **changes)


def test_with_patience_a_forecast_is_the_most(small_dataset) -> None:
    assert ready_made("patience").plan(DATASET).may_end_early
    assert not ready_made("epochs").plan(DATASET).may_end_early


def test_every_factor_of_the_report_has_a_ready_made_experiment() -> None:
    assert {item.number for item in READY_MADE} == set(range(1, 15))
    assert len({item.name for item in READY_MADE}) == len(READY_MADE) >= 10


@pytest.mark.parametrize("name", [item.name for item in READY_MADE])
def test_a_ready_made_experiment_is_a_plan(small_dataset, name: str) -> None:
    chosen = ready_made(name)
    plan = chosen.plan(DATASET)
    assert chosen.question.endswith(("?", ")")) and chosen.watch.endswith(".")
    networks = {plan.config_of(trial).entry.build(3, plan.config_of(trial).network_options)
                for trial in plan.trials() if trial.seed == 0}  # fmt: skip
    assert len(networks) == len(plan.values), "each can be built"
    with pytest.raises(FacerecError, match=f"choose one of .*{name}"):
        ready_made("nothing")


@pytest.mark.parametrize(
    ("strangers", "message"),
    [(DATASET, "cannot be strangers"), ("nowhere", "There is no data set")],
)
def test_strangers_are_none_of_the_people(small_dataset, strangers: str, message: str) -> None:
    plan = Plan(tiny_config(), "batch_size", (4, 8), strangers=strangers)
    for use in (forecast.seconds_for, lambda plan: Experiment.create("sizes", plan)):
        with pytest.raises(FacerecError, match=message):
            use(plan)


def test_a_finished_one_opens_though_its_data_are_gone(experiment, home) -> None:
    shutil.rmtree(home / "data")
    assert Experiment.open("sizes").plan.values == (4, 8)


def test_an_experiment_is_one_entry(small_dataset, monkeypatch) -> None:
    added = ReadyMade(
        "warm-up", 12, "Schedule", "Does a warm-up help?", "warmup_epochs", (0.0, 1.0), "Look."
    )
    monkeypatch.setattr("facerec.experiments.ready_made.READY_MADE", (*READY_MADE, added))
    assert ready_made("warm-up").plan(DATASET).values == (0.0, 1.0)
