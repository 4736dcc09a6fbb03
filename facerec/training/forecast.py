"""How long a training will take on this computer, from a short one with the same settings."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from statistics import median
from typing import NamedTuple

from facerec.datasets.folder import FaceFile, FaceFolder
from facerec.faces.preprocessing import face_file
from facerec.runs import creating
from facerec.runs.held_out import split_by
from facerec.runs.settings import TrainingConfig
from facerec.system import paths
from facerec.training.effort import effort
from facerec.training.events import BatchEnd, EpochEnd, Event, TrainingStart
from facerec.training.loop import Diverged, train

# Long enough for some batches of any network, or two epochs of a small one.
_WARM_UP_SECONDS = 2.0
_FEWEST_BATCHES = 4
# An image without its gradient takes so much of the time of one with it.
_WITHOUT_GRADIENT = 0.4
_READ = 32
# Saving an epoch takes so much of a checkpoint's time, since the weights are saved as well.
_SAVING = 1.3
# The folder of the run, its first weights, its curves.
_EACH_RUN_SECONDS = 0.6


def training_seconds(config: TrainingConfig, strangers: Sequence[FaceFile] = ()) -> float:
    """Seconds that a training with these settings will take here, and the judging after it.

    It trains for about two seconds. With patience, the training may end earlier.

    Parameters
    ----------
    config : TrainingConfig
    strangers : sequence of FaceFile
        Images that are judged beside those for validation.

    Raises
    ------
    FacerecError
        If the network cannot be built, or the data set cannot be used.
    """
    return forecast(config, strangers).seconds(config.epochs)


@dataclass(frozen=True)
class Forecast:
    """How long trainings with the same settings take, by their number of epochs.

    Parameters
    ----------
    config : TrainingConfig
    start : float
        Seconds for all that is done once, judging included.
    epoch_at : dict of int to float
        Seconds of an epoch by the side of the faces.
    """

    config: TrainingConfig
    start: float
    epoch_at: dict[int, float]

    def seconds(self, epochs: int) -> float:
        """Seconds of a training of so many epochs."""
        config = replace(self.config, epochs=epochs)
        if config.grows:
            sides = map(config.side_in, range(1, epochs + 1))
            return self.start + sum(self.epoch_at[side] for side in sides)
        efforts = sum(effort(config, epoch) for epoch in range(1, epochs + 1))
        return self.start + self.epoch_at[config.entry.size] * efforts

    def epochs_within(self, seconds: float) -> int:
        """Most epochs that take no longer than this, at most as many as the settings have."""
        epochs = range(self.config.epochs, 0, -1)
        return next((number for number in epochs if self.seconds(number) <= seconds), 0)


def forecast(config: TrainingConfig, strangers: Sequence[FaceFile] = ()) -> Forecast:
    """Try a training for some seconds; parameters and errors as ``training_seconds``."""
    side = config.entry.size
    whole = _tried(config, side)
    if whole.epoch is None:
        # Its loss is no number any more: the real training will end as early.
        return Forecast(replace(config, first_side=1.0), whole.start, {side: 0.0})
    validation = split_by(config, FaceFolder.open(config.dataset))[1]
    judged = [*validation, *strangers]
    start = whole.start + _EACH_RUN_SECONDS
    start += (_seconds_to_read(judged) + whole.judging) * len(judged)
    epoch_at = {side: whole.epoch}
    for smaller in set(map(config.side_in, range(1, config.epochs + 1))) - {side}:
        tried = _tried(config, smaller)
        # Validation always sees whole faces.
        later = (whole.judging - tried.judging) * len(validation)
        epoch_at[smaller] = (tried.epoch or whole.epoch) + later
    return Forecast(config, start, epoch_at)


def job_seconds(config: TrainingConfig) -> float:
    """As ``training_seconds``, in a process of its own, with the time that this takes to start."""
    return _seconds_to_start() + training_seconds(config)


@cache
def _seconds_to_start() -> float:
    began = time.monotonic()
    command = [sys.executable, "-c", "import facerec.training.worker"]
    subprocess.run(command, check=False, cwd=paths.PROJECT, capture_output=True)
    return time.monotonic() - began


def _tried(config: TrainingConfig, side: int) -> "_Times":
    """Times of a training at one side of the faces."""
    watch = _Watch(bool(config.entry.class_draws))
    config = replace(config, patience=0, first_side=1.0, side=side)
    with tempfile.TemporaryDirectory(prefix="facerec-forecast-") as folder:
        run = creating.create("forecast", config, parent=Path(folder))
        watch.began = time.monotonic()
        try:
            train(run, watch.event, watch.is_over)
        except Diverged:
            return _Times(time.monotonic() - watch.began, None, 0.0)
        saving = _SAVING * (time.monotonic() - watch.over)
    return watch.times(saving)


class _Times(NamedTuple):
    """Seconds to start, of an epoch (None if the loss diverged), and to judge one image."""

    start: float
    epoch: float | None
    judging: float


def _seconds_to_read(faces: Sequence[FaceFile]) -> float:
    """Seconds to read one image, measured on some."""
    began = time.monotonic()
    some = faces[-_READ:]
    for face in some:
        face_file(face.path)
    return (time.monotonic() - began) / max(len(some), 1)


class _Watch:
    """Takes the times of a training that is ended when they are known well enough.

    Of a network that is ``frozen`` as a whole, the first epoch counts: later ones may be short.
    """

    def __init__(self, frozen: bool) -> None:
        self._frozen = frozen
        self.began = self.over = 0.0
        self._started = 0.0
        self._batches: list[float] = []
        self._epochs: list[float] = []
        self._images = self._validation = 0
        self._last = 0.0
        self._of_epoch = 0

    def event(self, event: Event) -> None:
        now = time.monotonic()
        match event:
            case TrainingStart():
                self._started = self._last = now
                self._images = event.training_images
                self._validation = event.validation_images
            case BatchEnd():
                if event.phase == "training":
                    self._batches.append(now - self._last)
                    self._of_epoch = event.batches
                self._last = now
            case EpochEnd():
                self._epochs.append(now)
                self._last = now

    def is_over(self) -> bool:
        # After the last call, a checkpoint is saved.
        self.over = time.monotonic()
        long_enough = self.over - self._started > _WARM_UP_SECONDS
        return len(self._epochs) == 3 or (long_enough and len(self._batches) >= _FEWEST_BATCHES)

    def times(self, saving: float) -> _Times:
        # The first batch also prepares the network.
        each = median(self._batches[1:] or self._batches)
        judging = _WITHOUT_GRADIENT * each * self._of_epoch / max(self._images, 1)
        epoch = each * self._of_epoch + judging * self._validation + saving
        if self._epochs and self._frozen:
            epoch = self._epochs[0] - self._started
        elif len(self._epochs) > 1:
            epoch = (self._epochs[-1] - self._epochs[0]) / (len(self._epochs) - 1)
        return _Times(self._started - self.began, epoch, judging)
