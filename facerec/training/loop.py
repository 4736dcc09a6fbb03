"""The training loop. Progress, job files and charts listen to its events."""

import math
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import asdict

import numpy as np
import torch
from accelerate.utils import broadcast_object_list, gather_object

from facerec.errors import FacerecError
from facerec.runs.creating import starting_network
from facerec.runs.history import Record, exhausted, kept_record
from facerec.runs.run import Run
from facerec.system.accelerator import cores, make_accelerator
from facerec.system.tensors import load_tensors, save_tensors
from facerec.training.batches import Batch, prepared_batches
from facerec.training.effort import effort
from facerec.training.events import BatchEnd, EpochEnd, Event, TrainingStart
from facerec.training.learner import Learner
from facerec.training.totals import Clock, Totals

# A snapshot of the report's custom network has less than a megabyte.
_LARGEST_SNAPSHOT = 1_000_000


def train(
    run: Run,
    on_event: Callable[[Event], None] = lambda event: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Train a run to its last epoch, from its checkpoint if it has one.

    After each epoch, the weights, the checkpoint and the history are saved, in this order. Within
    an epoch and at a stop, only the checkpoint is saved. On a CPU, a run that was stopped or killed
    and then resumed gives the same result as an uninterrupted one.

    Parameters
    ----------
    run : Run
    on_event : callable
        Called with each ``Event``, in the main process only.
    should_stop : callable
        Called before each batch; training stops if it gives True.

    Returns
    -------
    bool
        True if the run is done, False if it was stopped.

    Raises
    ------
    Diverged
        If the loss is no finite number any more.
    FacerecError
        If the data set is gone, has changed or cannot be split, an image cannot be read, a file
        cannot be written, or the run has a gallery, since its network is not trained.
    """
    if run.is_enrolled:
        raise FacerecError(f"{run.name} compares embeddings: there is nothing to train in it.")
    with cores(run.config.threads) as pool:
        try:
            return _Training(run, on_event, should_stop, pool).run_to_end()
        except _Stopped:
            return False


class Diverged(FacerecError):
    """The loss diverged to no finite number: the learning rate is too high."""


class _Stopped(Exception):
    """Training was asked to stop."""


class _Training:
    """State of a training: all that the loop in ``run_to_end`` needs, and its progress."""

    def __init__(
        self,
        run: Run,
        on_event: Callable[[Event], None],
        should_stop: Callable[[], bool],
        pool: Executor,
    ) -> None:
        self._run = run
        self._config = run.config
        self._accelerator = make_accelerator(run.config.precision)
        self._on_event = on_event
        self._should_stop = should_stop
        self._training, self._validation, labels = prepared_batches(
            run, pool, self._accelerator, self._report
        )
        module, self._origin = starting_network(run)
        self._learner = Learner(
            run.config,
            run.config.entry,
            module,
            labels,
            len(self._training),
            self._accelerator,
            run.info.unknown,
        )
        small = self._run.info.parameters <= _LARGEST_SNAPSHOT
        self._kept_epochs = _evenly(run.config.epochs, run.config.snapshots if small else 0)
        self._history: list[Record] = []
        # The next epoch and batch; a checkpoint also keeps the totals of the epoch so far.
        self._epoch, self._batch = 1, 0
        self._learning_rate = self._learner.learning_rate
        self._totals, self._seconds = Totals(), 0.0
        if run.checkpoint_file.exists():
            self._restore()

    def run_to_end(self) -> bool:
        config = self._config
        self._report(
            TrainingStart(
                self._training.images,
                self._validation.images,
                self._epoch,
                self._batch + 1,
                config.epochs,
                self._origin,
                self._learner.precision,
            )
        )
        batches = len(self._training) + len(self._validation)
        done = (self._epoch - 1) * batches + self._batch
        efforts = [effort(config, epoch) for epoch in range(1, config.epochs + 1)]
        self._clock = Clock(done, batches, efforts)
        self._saved = time.monotonic()
        while self._epoch <= config.epochs and not exhausted(self._history, config.patience):
            began = time.monotonic() - self._seconds
            self._learn()
            learned = time.monotonic() - began
            validation = self._gathered(self._validate())
            record = {
                "epoch": self._epoch,
                **self._gathered(self._totals).record("train"),
                **validation.record("validation"),
                "validation_f1_by_class": validation.f1_by_class(self._run.info.classes),
                "learning_rate": self._learning_rate,
                "seconds": round(time.monotonic() - began, 3),
                "images_per_second": round(self._training.images / learned, 2),
            }
            self._history.append(record)
            self._epoch, self._batch = self._epoch + 1, 0
            self._totals, self._seconds = Totals(), 0.0
            if self._accelerator.is_main_process:
                if kept_record(self._history, config.keep) is record:
                    self._run.save_weights(self._learner.module)
                self._save(self._totals)
                self._run.write_history(self._history)
                if record["epoch"] in self._kept_epochs:
                    self._run.save_snapshot(record["epoch"], self._learner.module)
            self._saved = time.monotonic()
            self._report(EpochEnd(record))
        return True

    def _learn(self) -> None:
        """Train on the batches of this epoch, from the next one on."""
        if self._batch == 0:
            # Dropout draws from torch's random state; order and augmentation have their own seeds.
            torch.manual_seed(_seed(self._config.seed, self._epoch, self._process))
        began = time.monotonic() - self._seconds
        learner = self._learner
        for batch in self._training.epoch(self._epoch, self._batch, learner.draws, learner.knows):
            self._seconds = time.monotonic() - began
            self._keep_or_stop()
            self._learning_rate = learner.learning_rate
            logits = learner.learn(batch)
            self._batch += 1
            loss = self._totals.add(batch, logits)
            self._batch_end("training", self._batch, len(self._training), batch, loss)
        self._seconds = time.monotonic() - began

    def _validate(self) -> "Totals":
        totals = Totals()
        unchanged = self._validation.epoch(is_known=self._learner.knows)
        for number, batch in enumerate(unchanged, start=1):
            self._keep_or_stop()
            loss = totals.add(batch, self._learner.judge(batch))
            self._batch_end("validation", number, len(self._validation), batch, loss)
        return totals

    def _batch_end(
        self, phase: str, number: int, batches: int, batch: Batch, own_loss: float
    ) -> None:
        own = torch.tensor(own_loss, device=self._accelerator.device)
        loss = float(self._accelerator.reduce(own, "sum")) / batch.size
        if not math.isfinite(loss):
            raise Diverged(
                f"The loss is no number any more in epoch {self._epoch}: the learning rate, "
                f"{self._config.learning_rate:g}, is too high. Start a run with a lower one."
            )
        times = self._clock.batch_end(batch.size)
        self._report(
            BatchEnd(self._epoch, phase, number, batches, loss, self._learning_rate, **times)
        )

    @property
    def _process(self) -> int:
        return self._accelerator.process_index

    def _report(self, event: Event) -> None:
        if self._accelerator.is_main_process:
            self._on_event(event)

    def _keep_or_stop(self) -> None:
        """Save a checkpoint if it is due or training is to stop; a stop raises ``_Stopped``."""
        waited = time.monotonic() - self._saved > 60 * self._config.checkpoint_minutes
        # Every process must get the same answer, or one would wait for the others for ever.
        stop, save = broadcast_object_list([self._should_stop(), waited])
        if stop or save:
            totals = self._gathered(self._totals)
            if self._accelerator.is_main_process:
                self._save(totals)
            self._saved = time.monotonic()
        if stop:
            raise _Stopped

    def _save(self, totals: "Totals") -> None:
        state = {
            **self._learner.state(),
            "history": self._history,
            "epoch": self._epoch,
            "batch": self._batch,
            "learning_rate": self._learning_rate,
            "totals": asdict(totals),
            "seconds": self._seconds,
            "random": torch.get_rng_state(),
        }
        save_tensors(self._run.checkpoint_file, state)

    def _restore(self) -> None:
        state = load_tensors(self._run.checkpoint_file)
        self._learner.restore(state)
        self._epoch, self._batch = state["epoch"], state["batch"]
        self._history = state["history"]
        self._learning_rate = state["learning_rate"]
        self._seconds = state["seconds"]
        torch.set_rng_state(state["random"])
        if self._accelerator.is_main_process:
            self._totals = Totals(**state["totals"])
            # A crash between the two writes leaves the history an epoch behind the checkpoint.
            self._run.write_history(self._history)

    def _gathered(self, totals: "Totals") -> "Totals":
        """Sum of the totals of all processes; each image is counted by one process."""
        if self._accelerator.num_processes == 1:
            return totals
        return Totals.together(gather_object([totals]))


def _evenly(epochs: int, number: int) -> set[int]:
    """So many of the epochs, the first and the last among them; the last alone for one."""
    if number == 1:
        return {epochs}
    return set(np.linspace(1, epochs, min(number, epochs)).round().astype(int).tolist())


def _seed(*numbers: int) -> int:
    """A seed for torch, hashed from several numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])
