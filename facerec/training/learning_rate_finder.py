"""The learning rate range test: the learning rate with which a network learns fastest.

The learning rate grows from batch to batch. The loss falls, then falls fastest, then diverges:
Smith, Cyclical learning rates for training neural networks, 2017.
"""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from torch.nn import functional

from facerec.errors import FacerecError
from facerec.runs import creating
from facerec.runs.creating import starting_network
from facerec.runs.run import Run
from facerec.runs.settings import TrainingConfig
from facerec.system import files, paths
from facerec.system.accelerator import cores, make_accelerator
from facerec.system.jobs import JobFolder, JobReporter
from facerec.training.batches import Batch, FaceBatches, prepared_batches
from facerec.training.learner import Learner

LOWEST, HIGHEST, STEPS = 1e-6, 1.0, 60
_SMOOTHING = 0.85
_DIVERGED = 2.0
_FEWEST = 10
_NAME = "learning-rate"
_ACTIVITY = "the learning rate is being tested"


@dataclass(frozen=True)
class LearningRateTest:
    """Result of a learning rate test.

    Parameters
    ----------
    config : TrainingConfig
        The settings of the test; it does not use their learning rate.
    rates, losses : list of float
        Learning rate and smoothed loss of each batch.
    suggestion : float
        A third of the rate with the lowest loss: the loss falls fast there, and does not diverge.
    """

    config: TrainingConfig
    rates: list[float]
    losses: list[float]
    suggestion: float


def job() -> JobFolder:
    """The job folder of the learning rate test; there may be no job in it yet."""
    return JobFolder(paths.tests_folder() / _NAME)


def last_test() -> LearningRateTest | None:
    """Result of the last complete test, or None.

    Raises
    ------
    FacerecError
        If the file is damaged.
    """
    file = job().path / "result.json"
    if not file.exists():
        return None
    values = files.read_as(file, dict[str, Any])
    try:
        config = TrainingConfig.from_dict(values["config"])
        return LearningRateTest(**{**values, "config": config})
    except (FacerecError, KeyError, TypeError, AttributeError) as error:
        raise FacerecError(f"{file} is damaged: delete it.") from error


def start(config: TrainingConfig) -> None:
    """Start a test in a separate process.

    Raises
    ------
    FacerecError
        If another job is running, or the settings cannot be written.
    """
    if job().status().active:
        raise FacerecError("The learning rate is being tested already.")
    settings = paths.tests_folder() / "learning-rate-settings.json"
    files.write_json(settings, config.as_dict())
    arguments = ["find-learning-rate", "--settings", str(settings), "--json"]
    job().start(_ACTIVITY, arguments)


def read_settings(text: str) -> TrainingConfig:
    """Training settings from JSON.

    Raises
    ------
    FacerecError
        If the text is no JSON, or a setting is unknown or out of range.
    """
    try:
        values = json.loads(text)
    except ValueError as error:
        raise FacerecError(f"Settings: this is not JSON ({error}).") from error
    return TrainingConfig.from_dict(values)


def run_test(
    config: TrainingConfig, on_step: Callable[[int, int], None] = lambda done, total: None
) -> LearningRateTest | None:
    """Run a test in this process and save its result; None if it was stopped.

    ``on_step`` is called with the number of batches done and in all.

    Raises
    ------
    FacerecError
        If another job is running, or the network cannot be trained with these settings.
    """
    reporter = JobReporter(job(), _ACTIVITY)
    with reporter.errors_kept():
        for old in ("config.json", "result.json"):
            (job().path / old).unlink(missing_ok=True)
        run = creating.create(_NAME, config, paths.tests_folder())
        rates, losses = [], []
        for rate, loss in _steps(run):
            rates.append(rate)
            losses.append(loss)
            reporter.tell(state="training", done=len(rates), total=STEPS, loss=loss)
            on_step(len(rates), STEPS)
            if reporter.folder.stop_file.exists():
                reporter.end("stopped")
                return None
        found = LearningRateTest(config, rates, losses, suggested(rates, losses))
        content = {**vars(found), "config": config.as_dict()}
        files.write_json(job().path / "result.json", content)
    reporter.end("finished")
    return found


def suggested(rates: list[float], losses: list[float]) -> float:
    """A third of the rate with the lowest loss, rounded to one significant digit.

    Raises
    ------
    FacerecError
        If the loss never fell.
    """
    best = int(np.argmin(losses))
    if best == 0:
        raise FacerecError("The loss never fell, so there is no learning rate to suggest.")
    return float(f"{rates[best] / 3:.0e}")


def _steps(run: Run) -> Iterator[tuple[float, float]]:
    """Learning rate and smoothed loss, batch by batch, until the loss diverges."""
    config = replace(run.config, schedule="constant", warmup_epochs=0.0)
    accelerator = make_accelerator(config.precision)
    with cores(config.threads) as pool:
        training, _, labels = prepared_batches(run, pool, accelerator, lambda event: None)
        learner = Learner(
            config,
            config.entry,
            starting_network(run)[0],
            labels,
            len(training),
            accelerator,
            run.info.unknown,
        )
        average, lowest = 0.0, math.inf
        batches = _endless(training)
        for step, rate in enumerate(np.geomspace(LOWEST, HIGHEST, STEPS).tolist(), start=1):
            for group in learner.optimizer.param_groups:
                group["lr"] = rate
            batch = next(batches)
            logits = learner.learn(batch)
            loss = functional.cross_entropy(logits, batch.labels).item()
            average = _SMOOTHING * average + (1 - _SMOOTHING) * loss
            smoothed = average / (1 - _SMOOTHING**step)
            lowest = min(lowest, smoothed)
            if not math.isfinite(smoothed) or (step > _FEWEST and smoothed > _DIVERGED * lowest):
                return
            yield rate, smoothed


def _endless(batches: FaceBatches) -> Iterator[Batch]:
    epoch = 1
    while True:
        yield from batches.epoch(epoch)
        epoch += 1
