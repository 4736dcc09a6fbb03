"""Events that a training reports while it runs."""

from dataclasses import dataclass

from facerec.runs.history import Record


@dataclass(frozen=True)
class Decoding:
    """Event while images are decoded for the cache: numbers of images done and in all."""

    done: int
    total: int


@dataclass(frozen=True)
class TrainingStart:
    """Event before the first batch.

    Parameters
    ----------
    training_images, validation_images : int
        Numbers of images.
    first_epoch, first_batch : int
        Where training starts, from 1; later if it resumes from a checkpoint.
    epochs : int
        Number of epochs of the run.
    origin : str
        Source of the first parameters, in words.
    precision : str
        "bf16", "fp16" or "fp32".
    """

    training_images: int
    validation_images: int
    first_epoch: int
    first_batch: int
    epochs: int
    origin: str
    precision: str


@dataclass(frozen=True)
class BatchEnd:
    """Event after each batch of training or validation.

    Parameters
    ----------
    epoch : int
        From 1.
    phase : str
        "training" or "validation".
    batch, batches : int
        Number of the batch in its phase, from 1, and number of batches in the phase.
    loss : float
        Mean cross-entropy of the batch.
    learning_rate : float
        Learning rate of the batch.
    done, total : int
        Batches of the run done and in all, over both phases and all epochs.
    images_per_second : float
        Recent speed.
    seconds_left : float
        Estimated time to the end of the run.
    """

    epoch: int
    phase: str
    batch: int
    batches: int
    loss: float
    learning_rate: float
    done: int
    total: int
    images_per_second: float
    seconds_left: float


@dataclass(frozen=True)
class EpochEnd:
    """Event after each epoch is saved, with its record of ``history.jsonl``."""

    record: Record


Event = Decoding | TrainingStart | BatchEnd | EpochEnd
