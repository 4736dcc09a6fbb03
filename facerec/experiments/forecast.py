"""How long trainings will take on this computer, from a short training with the same settings."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from facerec.datasets.folder import FaceFile, FaceFolder
from facerec.experiments.plan import Plan
from facerec.experiments.work import judged_strangers
from facerec.faces.preprocessing import face_file
from facerec.runs import creating
from facerec.runs.held_out import split_by
from facerec.runs.settings import TrainingConfig
from facerec.system.progress import Progress
from facerec.training.events import BatchEnd, EpochEnd, Event, TrainingStart
from facerec.training.loop import Diverged, train

# Long enough for some batches of any network, or two epochs of a small one.
_WARM_UP_SECONDS = 2.0
_FEWEST_BATCHES = 4
# An image without its gradient takes so much of the time of one with it.
_WITHOUT_GRADIENT = 0.4
_READ = 32
# The folder of the run, its first weights, its curves.
_EACH_RUN_SECONDS = 0.6


def seconds_for(plan: Plan, progress: Progress = lambda done, total: None) -> float:
    """Seconds that all trials of a plan will take here, one after another.

    Each combination of values is trained for about two seconds. Where trainings may end early
    (``Plan.may_end_early``), it is the most that they take.

    Raises
    ------
    FacerecError
        If a network cannot be built, or the data set cannot be used.
    """
    plan.refuse_known_strangers()
    strangers = judged_strangers(FaceFolder.open(plan.strangers)) if plan.strangers else []
    # Trials that differ in the threshold alone share one training.
    configs = dict.fromkeys(plan.config_of(trial) for trial in plan.trials() if trial.seed == 0)
    total = 0.0
    for number, config in enumerate(configs):
        progress(number, len(configs))
        total += plan.seeds * training_seconds(config, strangers)
    progress(len(configs), len(configs))
    return total


def training_seconds(config: TrainingConfig, strangers: Sequence[FaceFile] = ()) -> float:
    """Seconds that a training with these settings will take here, and the judging after it.

    ``strangers`` are images that are judged beside those for validation.
    """
    watch = _Watch()
    with tempfile.TemporaryDirectory(prefix="facerec-forecast-") as folder:
        run = creating.create("forecast", replace(config, patience=0), parent=Path(folder))
        watch.began = time.monotonic()
        try:
            train(run, watch.event, watch.is_over)
        except Diverged:
            # Its real training will end as early.
            return time.monotonic() - watch.began
        validation = split_by(config, FaceFolder.open(config.dataset))[1]
    judged = [*validation, *strangers]
    reading = _seconds_to_read(judged) * len(judged)
    return watch.seconds(config.epochs, len(validation), len(judged)) + reading


def _seconds_to_read(faces: Sequence[FaceFile]) -> float:
    """Seconds to read one image, measured on some."""
    began = time.monotonic()
    some = faces[-_READ:]
    for face in some:
        face_file(face.path)
    return (time.monotonic() - began) / max(len(some), 1)


class _Watch:
    """Takes the times of a training that is ended when they are known well enough."""

    def __init__(self) -> None:
        self.began = 0.0
        self._started = 0.0
        self._batches: list[float] = []
        self._epochs: list[float] = []
        self._images = self._last = 0.0
        self._of_epoch = 0

    def event(self, event: Event) -> None:
        now = time.monotonic()
        match event:
            case TrainingStart():
                self._started = self._last = now
                self._images = event.training_images
            case BatchEnd():
                if event.phase == "training":
                    self._batches.append(now - self._last)
                    self._of_epoch = event.batches
                self._last = now
            case EpochEnd():
                self._epochs.append(now)
                self._last = now

    def is_over(self) -> bool:
        long_enough = time.monotonic() - self._started > _WARM_UP_SECONDS
        return len(self._epochs) == 3 or (long_enough and len(self._batches) >= _FEWEST_BATCHES)

    def seconds(self, epochs: int, validation: int, judged: int) -> float:
        # The first batch also prepares the network.
        each = median(self._batches[1:] or self._batches)
        per_image = each * self._of_epoch / max(self._images, 1)
        epoch = each * self._of_epoch + _WITHOUT_GRADIENT * per_image * validation
        if len(self._epochs) > 1:
            epoch = (self._epochs[-1] - self._epochs[0]) / (len(self._epochs) - 1)
        judging = _WITHOUT_GRADIENT * per_image * judged
        return self._started - self.began + epochs * epoch + judging + _EACH_RUN_SECONDS
