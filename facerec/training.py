"""The training loop. Everything that is not the loop listens to its events."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list, set_seed
from torch import nn, optim
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from facerec import metrics, networks
from facerec.augmentation import Augmentation
from facerec.dataset import FaceFile, FaceFolder
from facerec.errors import FacerecError
from facerec.preprocessing import face_file
from facerec.runs import Run, load_tensors, save_tensors
from facerec.settings import TrainingConfig
from facerec.splits import split


@dataclass(frozen=True)
class TrainingStart:
    """Before the first batch: numbers of images, and where the parameters come from."""

    training_images: int
    validation_images: int
    first_epoch: int
    epochs: int
    origin: str


@dataclass(frozen=True)
class BatchEnd:
    """After each batch of training or validation.

    Parameters
    ----------
    epoch : int
        From 1.
    phase : str
        "training" or "validation".
    loss : float
        Mean cross-entropy of the batch.
    done, total : int
        Batches of this process so far and in all, over both phases and all epochs.
    seconds_left : float
        For the rest of the run.
    """

    epoch: int
    phase: str
    loss: float
    done: int
    total: int
    seconds_left: float


@dataclass(frozen=True)
class EpochEnd:
    """After each epoch, when it is saved: its line of ``history.jsonl``."""

    record: dict[str, float]


Event = TrainingStart | BatchEnd | EpochEnd


class FaceTensors(Dataset):
    """Images of a data set as (uint8 RGB tensor (3, 224, 224), index of the class)."""

    def __init__(
        self, faces: Sequence[FaceFile], classes: Sequence[str], augmentation: Augmentation
    ) -> None:
        self._faces = faces
        self._labels = [classes.index(face.class_name) for face in faces]
        self._transform = augmentation.transform()

    def __len__(self) -> int:
        return len(self._faces)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        pixels = torch.from_numpy(face_file(self._faces[index].path)).permute(2, 0, 1)
        return self._transform(pixels), self._labels[index]


def train(
    run: Run,
    on_event: Callable[[Event], None] = lambda event: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Train a run to its last epoch, from its checkpoint or weights if it has any.

    After each epoch the history, the weights and the checkpoint are saved, in this order.

    Parameters
    ----------
    run : Run
    on_event : callable
        Called with each ``Event``, on the main process only.
    should_stop : callable
        Asked before each batch; the epoch under way is then given up.

    Returns
    -------
    bool
        Whether all epochs are done.

    Raises
    ------
    FacerecError
        If the data set is gone, has changed, or cannot be split, or weights are missing.
    """
    config, classes = run.config, run.info.classes
    network = networks.network(config.network)
    training_faces, validation_faces = split_of(run)
    # Augmentation and dropout draw from torch's random state, the order of images from its own.
    set_seed(config.seed)
    order = torch.Generator().manual_seed(config.seed)
    training_loader = DataLoader(
        FaceTensors(training_faces, classes, config.augmentation),
        config.batch_size,
        shuffle=True,
        generator=order,
    )
    validation_loader = DataLoader(
        FaceTensors(validation_faces, classes, Augmentation()), config.batch_size
    )
    started = run.trained or run.checkpoint_file.exists()
    build = network.skeleton if started else network.build
    module = build(len(classes), config.network_options).to(memory_format=torch.channels_last)
    optimizer = _optimizer(config, module)
    scheduler = _scheduler(config, optimizer)
    history, origin = _restore(run, module, optimizer, scheduler, order)
    accelerator = Accelerator()
    module, optimizer, training_loader, validation_loader = accelerator.prepare(
        module, optimizer, training_loader, validation_loader
    )

    def report(event: Event) -> None:
        if accelerator.is_main_process:
            on_event(event)

    def batches(loader: DataLoader) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        for images, labels in loader:
            # Every process must hear the same answer, or one would wait for the others for ever.
            if broadcast_object_list([should_stop()])[0]:
                raise _Stopped
            inputs = network.prepare(images).contiguous(memory_format=torch.channels_last)
            yield inputs, labels

    report(
        TrainingStart(
            len(training_faces), len(validation_faces), len(history) + 1, config.epochs, origin
        )
    )
    batches_per_epoch = len(training_loader) + len(validation_loader)
    clock = _Clock((config.epochs - len(history)) * batches_per_epoch)
    try:
        for epoch in range(len(history) + 1, config.epochs + 1):
            learning_rate = scheduler.get_last_lr()[0]
            clock.begin_epoch()
            training, validation = _Totals(), _Totals()
            module.train()
            for inputs, labels in batches(training_loader):
                optimizer.zero_grad()
                logits = module(inputs)
                loss = functional.cross_entropy(logits, labels)
                accelerator.backward(loss)
                optimizer.step()
                training.add(*accelerator.gather_for_metrics((logits.detach(), labels)))
                report(clock.batch_end(epoch, "training", training))
            module.eval()
            for inputs, labels in batches(validation_loader):
                with torch.inference_mode():
                    logits = module(inputs)
                validation.add(*accelerator.gather_for_metrics((logits, labels)))
                report(clock.batch_end(epoch, "validation", validation))
            scheduler.step()
            seconds = clock.epoch_seconds()
            record = {
                "epoch": epoch,
                **training.record("train"),
                **validation.record("validation"),
                "learning_rate": learning_rate,
                "seconds": round(seconds, 3),
                "images_per_second": round((training.images + validation.images) / seconds, 2),
            }
            history.append(record)
            if accelerator.is_main_process:
                trained = accelerator.unwrap_model(module)
                _save(run, trained, optimizer, scheduler, order, history)
            report(EpochEnd(record))
    except _Stopped:
        return False
    return True


def split_of(run: Run) -> tuple[list[FaceFile], list[FaceFile]]:
    """The images a run trains on and those it is validated on.

    Raises
    ------
    FacerecError
        If the data set is gone, has changed since the run began, or cannot be split.
    """
    config = run.config
    folder = FaceFolder.open(config.dataset)
    if folder.content_hash() != run.info.dataset_hash:
        raise FacerecError(
            f"The data set {folder.name} has changed since the run {run.name} began, so its split "
            "would not be the same: start a new run."
        )
    return split(folder.face_files(), config.split, config.validation, config.seed)


class _Totals:
    """Predictions and losses over an epoch."""

    def __init__(self) -> None:
        self.images = 0
        self.last_loss = 0.0
        self._loss = 0.0
        self._labels: list[int] = []
        self._predictions: list[int] = []

    def add(self, logits: torch.Tensor, labels: torch.Tensor) -> None:
        self.last_loss = functional.cross_entropy(logits.float(), labels).item()
        self._loss += self.last_loss * len(labels)
        self.images += len(labels)
        self._labels += labels.tolist()
        self._predictions += logits.argmax(dim=1).tolist()

    def record(self, prefix: str) -> dict[str, float]:
        return {
            f"{prefix}_loss": self._loss / self.images,
            f"{prefix}_accuracy": metrics.accuracy(self._labels, self._predictions),
            f"{prefix}_macro_f1": metrics.macro_f1(self._labels, self._predictions),
        }


class _Stopped(Exception):
    """Somebody asked for the end of the training."""


class _Clock:
    """Counts batches and says how long the rest will take."""

    def __init__(self, total: int) -> None:
        self._done = 0
        self._total = total
        self._start = time.perf_counter()

    def begin_epoch(self) -> None:
        self._epoch_start = time.perf_counter()

    def epoch_seconds(self) -> float:
        return time.perf_counter() - self._epoch_start

    def batch_end(self, epoch: int, phase: str, totals: _Totals) -> BatchEnd:
        self._done += 1
        elapsed = time.perf_counter() - self._start
        left = elapsed / self._done * (self._total - self._done)
        return BatchEnd(epoch, phase, totals.last_loss, self._done, self._total, left)


def _optimizer(config: TrainingConfig, module: nn.Module) -> optim.Optimizer:
    trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
    match config.optimizer:
        case "adam":
            return optim.Adam(trained, config.learning_rate)
        case "sgd":
            return optim.SGD(trained, config.learning_rate, momentum=0.9)
        case "adagrad":
            return optim.Adagrad(trained, config.learning_rate)
        case _:
            return optim.RMSprop(trained, config.learning_rate)


def _scheduler(
    config: TrainingConfig, optimizer: optim.Optimizer
) -> optim.lr_scheduler.LRScheduler:
    if config.schedule == "cosine":
        return optim.lr_scheduler.CosineAnnealingLR(optimizer, config.epochs)
    return optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)


def _restore(
    run: Run,
    module: nn.Module,
    optimizer: optim.Optimizer,
    scheduler: optim.lr_scheduler.LRScheduler,
    order: torch.Generator,
) -> tuple[list[dict[str, float]], str]:
    """Bring everything to where the run was; its history, and what it was restored from."""
    history = run.history()
    if run.checkpoint_file.exists():
        checkpoint = load_tensors(run.checkpoint_file)
        module.load_state_dict(checkpoint["model"])
        optimizer.load_state_dict(checkpoint["optimizer"])
        scheduler.load_state_dict(checkpoint["scheduler"])
        torch.set_rng_state(checkpoint["random"])
        order.set_state(checkpoint["order"])
        # A crash between the two files leaves the history an epoch ahead of the checkpoint.
        return history[: checkpoint["epoch"]], "its checkpoint"
    if run.trained:
        module.load_state_dict(run.load_network().state_dict())
        return history, "its weights; the optimizer begins anew"
    return [], "the beginning"


def _save(
    run: Run,
    module: nn.Module,
    optimizer: optim.Optimizer,
    scheduler: optim.lr_scheduler.LRScheduler,
    order: torch.Generator,
    history: list[dict[str, float]],
) -> None:
    run.write_history(history)
    run.save_weights(module)
    checkpoint = {
        "epoch": len(history),
        "model": module.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
        "random": torch.get_rng_state(),
        "order": order.get_state(),
    }
    save_tensors(run.checkpoint_file, checkpoint)
