"""Training of a run in this process, which keeps the job file and the image of the curves."""

import os
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from matplotlib.figure import Figure

from facerec.runs.history import BatchLosses
from facerec.runs.run import Run
from facerec.system import files
from facerec.system.jobs import JobReporter
from facerec.training.events import BatchEnd, Decoding, EpochEnd, Event, TrainingStart
from facerec.training.job import activity
from facerec.training.loop import train

_CURVES = {"loss": "Loss", "macro_f1": "Macro F1", "accuracy": "Accuracy"}
_CURVES_SECONDS = 20.0


def save_curves(history: list[dict[str, float]], path: Path) -> None:
    """Draw loss, macro F1 and accuracy by epoch into a PNG file, as the report does.

    Raises
    ------
    FacerecError
        If the file cannot be written.
    """
    figure = Figure(figsize=(12, 3.6), layout="constrained")
    epochs = [record["epoch"] for record in history]
    for axes, (name, title) in zip(figure.subplots(1, 3), _CURVES.items(), strict=True):
        for part, label in (("train", "training"), ("validation", "validation")):
            values = [record[f"{part}_{name}"] for record in history]
            axes.plot(epochs, values, marker="o", label=label)
        axes.set(title=title, xlabel="Epoch")
        axes.grid(alpha=0.3)
        axes.legend()
    with files.replacing(path, new_folder=False) as temporary:
        figure.savefig(temporary, format="png", dpi=100)


def run_training(
    run: Run, on_event: Callable[[Event], None] = lambda event: None, alongside: bool = False
) -> bool:
    """Train a run in this process; ``job.json`` and the image of the curves are kept up to date.

    Parameters
    ----------
    run : Run
    on_event : callable
        Called with each event of the training.
    alongside : bool
        Whether to begin although another job is running.

    Returns
    -------
    bool
        True if the run is done, False if it was stopped.

    Raises
    ------
    FacerecError
        If the run cannot be trained; the reason is kept in ``job.json`` too.
    """
    main = os.environ.get("RANK", "0") == "0"
    reporter = JobReporter(run.job, activity(run), alongside, writes=main)
    keeper = _Keeper(run, reporter)

    def tell(event: Event) -> None:
        keeper.event(event)
        on_event(event)

    with reporter.errors_kept():
        try:
            done = train(run, tell, should_stop=run.job.stop_file.exists)
        except KeyboardInterrupt:
            done = False
        finally:
            keeper.close()
    reporter.end("finished" if done else "stopped", _last_words(run) if done else "")
    return done


class _Keeper:
    """Writes the events of a training to its job file and its curves."""

    def __init__(self, run: Run, reporter: JobReporter) -> None:
        self._run = run
        self._reporter = reporter
        self._losses = BatchLosses(run.batch_losses_file)
        self._drawn = 0.0

    def event(self, event: Event) -> None:
        self._reporter.need_folder()
        match event:
            case Decoding():
                self._reporter.tell(message=f"Reading images: {event.done} of {event.total} …")
            case TrainingStart():
                message = (
                    f"{event.training_images} images to train on, {event.validation_images} to "
                    f"validate, in {event.precision}; starts from {event.origin}."
                )
                self._losses.cut(event.first_epoch, event.first_batch)
                self._reporter.tell(at_once=True, state="training", message=message)
            case BatchEnd():
                values = asdict(event)
                rate = values.pop("learning_rate")
                if event.phase == "training":
                    self._losses.add(event.epoch, event.batch, event.loss, rate)
                self._reporter.tell(**values)
            case EpochEnd():
                if time.monotonic() - self._drawn > _CURVES_SECONDS:
                    self._draw()

    def close(self) -> None:
        if self._run.history():
            self._draw()

    def _draw(self) -> None:
        save_curves(self._run.history(), self._run.curves_file)
        self._drawn = time.monotonic()


def _last_words(run: Run) -> str:
    epochs = len(run.history())
    if epochs == run.config.epochs:
        return ""
    patience = run.config.patience
    last = f"last {patience} epochs were" if patience > 1 else "last epoch was"
    return f"Ended after epoch {epochs} of {run.config.epochs}: the {last} no better."
