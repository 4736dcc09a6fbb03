"""Advice on a run, derived from its learning curves: over-fitting, learning rate, leaks."""

import math
from collections.abc import Sequence

import pandas as pd

from facerec.batch_losses import read_batch_losses
from facerec.dataset import FaceFile
from facerec.errors import FacerecError
from facerec.history import Record, best_record
from facerec.runs import Run
from facerec.settings import TrainingConfig
from facerec.training import split_of

_NEARLY_PERFECT = 0.95
_GAP = 0.15
_FEW_BATCHES = 20
_RISE = 1.15


def advice(run: Run) -> list[str]:
    """Remarks on a run, also during training; empty if nothing is remarkable."""
    history = run.history()
    try:
        leaks = leaking_sessions(*split_of(run)) if history else 0.0
    except FacerecError:
        # The data set is gone or has changed, so the split cannot be made again.
        leaks = 0.0
    losses = read_batch_losses(run.batch_losses_file)
    found = [
        learning_rate_too_high(losses, history, len(run.info.classes)),
        learning_rate_too_low(history, run.config, len(run.info.classes)),
        over_fitting(history),
        leak(history, run.config, leaks),
    ]
    return [text for text in found if text]


def over_fitting(history: Sequence[Record]) -> str:
    """A remark if training gets better while validation does not; otherwise empty."""
    if len(history) < 4:
        return ""
    best, last = best_record(history), history[-1]
    lowest = min(record["validation_loss"] for record in history)
    gap = last["train_accuracy"] - last["validation_accuracy"]
    rising = last["validation_loss"] > _RISE * lowest and last["train_loss"] < lowest
    if not rising and gap < _GAP:
        return ""
    return (
        f"**Over-fitting:** on images it learns from the network is right in "
        f"{last['train_accuracy']:.0%}, on others in {last['validation_accuracy']:.0%}. It learns "
        f"its images by heart; epoch {best['epoch']} was the best. More varied images help most, "
        "then stronger augmentation, dropout or weight decay."
    )


def learning_rate_too_high(losses: pd.DataFrame, history: Sequence[Record], classes: int) -> str:
    """A remark if the batch loss jumps about or lies above that of guessing; otherwise empty.

    ``losses`` is a table from ``read_batch_losses``. Guessing among n classes has the loss log(n).
    """
    guessing = math.log(classes)
    if len(losses) < _FEW_BATCHES:
        return ""
    late = losses["loss"].tail(max(_FEW_BATCHES, len(losses) // 2))
    jumps = late.diff().abs().median() / late.median()
    if late.median() > 1.2 * guessing or (jumps > 0.6 and late.median() > 0.3 * guessing):
        return (
            f"**Learning rate too high?** The loss jumps about: {late.median():.2f} in the middle, "
            f"where guessing gives {guessing:.2f}. Try a third of the rate, or the learning rate "
            "test."
        )
    return ""


def learning_rate_too_low(history: Sequence[Record], config: TrainingConfig, classes: int) -> str:
    """A remark if the training loss hardly falls; otherwise empty."""
    if len(history) < 3:
        return ""
    first, last = history[0]["train_loss"], history[-1]["train_loss"]
    near_guessing = last > 0.85 * math.log(classes)
    if near_guessing and first - last < 0.1 * first and last < 1.2 * math.log(classes):
        return (
            f"**Learning rate too low?** After {len(history)} epochs the loss has hardly moved "
            f"({first:.2f} to {last:.2f}; guessing gives {math.log(classes):.2f}). Try three times "
            "the rate, more epochs, or the learning rate test."
        )
    return ""


def leak(history: Sequence[Record], config: TrainingConfig, shared: float) -> str:
    """A remark if most validation images share their capture session with training images.

    ``shared`` is the share of such validation images, 0 to 1, from ``leaking_sessions``.
    """
    if not history or config.split != "random" or shared < 0.5:
        return ""
    if best_record(history)["validation_accuracy"] < _NEARLY_PERFECT:
        return ""
    return (
        f"**Too good to be true:** {shared:.0%} of the validation images come from captures that "
        "training saw too. Frames of one video are nearly the same, so this measures memory, not "
        "recognition. Split by session to see what to expect live."
    )


def leaking_sessions(training: Sequence[FaceFile], validation: Sequence[FaceFile]) -> float:
    """Share of validation images whose capture session is also in training, 0 to 1."""
    seen = {(face.class_name, face.session) for face in training}
    shared = sum((face.class_name, face.session) in seen for face in validation)
    return shared / max(len(validation), 1)
