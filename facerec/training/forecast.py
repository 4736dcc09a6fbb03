"""How long a training will take on this computer, from a short one with the same settings."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from facerec.datasets.folder import FaceFile, FaceFolder
from facerec.faces.preprocessing import face_file
from facerec.runs import creating
from facerec.runs.held_out import split_by
from facerec.runs.settings import TrainingConfig
from facerec.training.events import BatchEnd, EpochEnd, Event, TrainingStart
from facerec.training.loop import Diverged, train

# Long enough for some batches of any network, or two epochs of a small one.
_WARM_UP_SECONDS = 2.0
_FEWEST_BATCHES = 4
# An image without its gradient takes so much of the time of one with it.
_WITHOUT_GRADIENT = 0.4
# An epoch of known outputs takes so much of the time of one in which a frozen network works.
_KNOWN = 0.03
_READ = 32
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
    watch = _Watch(bool(config.entry.class_draws))
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
    return watch.seconds(_slow_epochs(config), len(validation), len(judged)) + reading


def _slow_epochs(config: TrainingConfig) -> float:
    """Number of epochs as long as the first: later ones of a frozen network take its outputs."""
    draws = config.draws if config.augmentation_strength and config.augmentation.active() else 1
    if not config.entry.class_draws or not draws:
        return config.epochs
    slow = min(draws, config.epochs)
    return slow + _KNOWN * (config.epochs - slow)


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

    def seconds(self, epochs: float, validation: int, judged: int) -> float:
        # The first batch also prepares the network.
        each = median(self._batches[1:] or self._batches)
        per_image = each * self._of_epoch / max(self._images, 1)
        epoch = each * self._of_epoch + _WITHOUT_GRADIENT * per_image * validation
        if self._epochs and self._frozen:
            epoch = self._epochs[0] - self._started
        elif len(self._epochs) > 1:
            epoch = (self._epochs[-1] - self._epochs[0]) / (len(self._epochs) - 1)
        judging = _WITHOUT_GRADIENT * per_image * judged
        return self._started - self.began + epochs * epoch + judging + _EACH_RUN_SECONDS
