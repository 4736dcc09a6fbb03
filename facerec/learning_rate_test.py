"""The learning rate range test: which learning rate a network learns fastest with.

Smith, Cyclical learning rates for training neural networks, 2017: the rate grows from batch to
batch, and the loss falls, then falls fastest, then rises without bound.
"""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from torch.nn import functional

from facerec import files, networks, paths
from facerec.batches import Batch, FaceBatches
from facerec.errors import FacerecError
from facerec.jobs import JobFolder, JobReporter
from facerec.learner import Learner
from facerec.processes import make_accelerator
from facerec.runs import Run
from facerec.settings import TrainingConfig
from facerec.training import cores, prepared_batches, starting_network

LOWEST, HIGHEST, STEPS = 1e-6, 1.0, 60
_SMOOTHING = 0.85
_DIVERGED = 2.0
_FEWEST = 10
_NAME = "learning-rate"
_ACTIVITY = "the learning rate is being tested"


@dataclass(frozen=True)
class LearningRateTest:
    """What a test found.

    Parameters
    ----------
    config : TrainingConfig
        The settings it was made with; of its learning rate nothing was used.
    rates, losses : list of float
        Of each batch: the learning rate, and the smoothed loss.
    suggestion : float
        A third of the rate with the lowest loss: there the loss falls fast, and safely.
    """

    config: TrainingConfig
    rates: list[float]
    losses: list[float]
    suggestion: float


def job() -> JobFolder:
    """The process of the last test, if any."""
    return JobFolder(paths.tests_folder() / _NAME)


def last_test() -> LearningRateTest | None:
    """The last test that was completed."""
    file = job().path / "result.json"
    if not file.exists():
        return None
    values = files.read_json(file)
    return LearningRateTest(**{**values, "config": TrainingConfig.from_dict(values["config"])})


def start(config: TrainingConfig) -> None:
    """Begin a test as a process of its own.

    Raises
    ------
    FacerecError
        If something else is at work, or a run cannot begin with these settings.
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
        If it is none, or a setting is unknown or out of range.
    """
    try:
        values = json.loads(text)
    except ValueError as error:
        raise FacerecError(f"Settings: this is not JSON ({error}).") from error
    return TrainingConfig.from_dict(values)


def run_test(
    config: TrainingConfig, on_step: Callable[[int, int], None] = lambda done, total: None
) -> LearningRateTest | None:
    """Make a test in this process, and keep what it found; None if it was stopped.

    Raises
    ------
    FacerecError
        If something else is at work, or the network cannot be trained with these settings.
    """
    reporter = JobReporter(job(), _ACTIVITY)
    with reporter.errors_kept():
        for old in ("config.json", "result.json"):
            (job().path / old).unlink(missing_ok=True)
        run = Run.create_in(paths.tests_folder(), _NAME, config)
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
    """A third of the rate with the lowest loss, to one digit.

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
    """Learning rate and smoothed loss, batch by batch, until the loss has risen far."""
    config = replace(run.config, schedule="constant", warmup_epochs=0.0)
    accelerator = make_accelerator()
    with cores(config.threads) as pool:
        training, _, labels = prepared_batches(run, pool, accelerator, lambda event: None)
        learner = Learner(
            config,
            networks.network(config.network),
            starting_network(run)[0],
            labels,
            len(training),
            accelerator,
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
