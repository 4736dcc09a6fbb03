"""Training steps and evaluation of a network, on a CPU or a GPU."""

from collections.abc import Callable
from typing import Any

import numpy as np
import psutil
import torch
from accelerate import Accelerator
from sklearn.utils.class_weight import compute_class_weight
from torch import nn
from torch.nn import functional

from facerec.networks.face_module import FaceModule
from facerec.networks.layers import with_margin
from facerec.networks.network import Network
from facerec.runs.settings import TrainingConfig
from facerec.system.accelerator import chosen_precision
from facerec.training.batches import Batch
from facerec.training.optimizers import make_optimizer, make_schedule

# Share of the free memory that cached outputs of the frozen blocks may take.
_MEMORY_SHARE = 0.25


class Learner:
    """A network with its optimizer and learning-rate schedule, in the chosen precision.

    Parameters
    ----------
    config : TrainingConfig
    network : Network
    module : FaceModule
        Built by ``Network.build``; training changes its parameters in place.
    training_labels : list of int
        Labels of all training images, for the class weights.
    batches : int
        Number of batches in an epoch.
    accelerator : accelerate.Accelerator
    unknown : int, optional
        Class of strangers' images. Without it, all classes are to be equally likely for them.

    Attributes
    ----------
    draws : int
        Number of augmented versions of each image; 0 if each epoch has its own.
    """

    def __init__(
        self,
        config: TrainingConfig,
        network: Network,
        module: FaceModule,
        training_labels: list[int],
        batches: int,
        accelerator: Accelerator,
        unknown: int | None = None,
    ) -> None:
        self._unknown = unknown
        self.module = module.to(accelerator.device).to(memory_format=torch.channels_last)
        self._accelerator = accelerator
        self._network = network
        self._margin = config.loss == "arcface"
        self._l1 = config.l1
        self._smoothing = config.label_smoothing
        self.precision = chosen_precision(config.precision, accelerator.device)
        frozen, trained = module.parts()
        self._frozen = _FrozenPart(frozen)
        # A network without frozen blocks has no use for versions that come again.
        self.draws = config.draws if self._frozen.works else 0
        optimizer = make_optimizer(config, trained.parameters())
        self.schedule = make_schedule(config, optimizer, batches)
        self._trained, self.optimizer = accelerator.prepare(trained, optimizer)
        self._weights = _class_weights(config, training_labels, accelerator.device)

    @property
    def learning_rate(self) -> float:
        return float(self.schedule.get_last_lr()[0])

    def knows(self, row: int, draw: int) -> bool:
        """Whether the frozen part's outputs for this version of an image are cached."""
        return self._frozen.knows(row, draw)

    def learn(self, batch: Batch) -> torch.Tensor:
        """Make one optimizer step, and give the logits from before it.

        Strangers' images count as much as the others: Hendrycks, Mazeika and Dietterich, Deep
        Anomaly Detection with Outlier Exposure, 2019.

        Parameters
        ----------
        batch : Batch

        Returns
        -------
        torch.Tensor
            Logits of the images with labels, without a margin: float32, shape (images, classes), on
            the CPU.
        """
        self._trained.train()
        with self._autocast():
            logits = self._trained(self._features(batch))
        logits = logits.float()
        others = logits[len(batch.labels) :]
        logits = logits[: len(batch.labels)]
        labels = batch.labels.to(logits.device)
        losses = functional.cross_entropy(
            with_margin(logits, labels) if self._margin else logits,
            labels,
            self._weights,
            reduction="none",
            label_smoothing=self._smoothing,
        )
        # Gradients are averaged over the processes, and some may have fewer images.
        share = self._accelerator.num_processes / batch.size if batch.counts else 0.0
        loss = losses.sum()
        if len(others):
            loss = loss + self._of_strangers(others)
        self._accelerator.backward(loss * share + self._l1 * self._absolute_weights())
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.schedule.step()
        return logits.detach().cpu()

    def _absolute_weights(self) -> torch.Tensor | float:
        """Sum of the absolute weights, without biases and the scales of batch norm."""
        if not self._l1:
            return 0.0
        weights = [item for item in self._trained.parameters() if item.ndim > 1]
        return torch.stack([weight.abs().sum() for weight in weights]).sum()

    def _of_strangers(self, logits: torch.Tensor) -> torch.Tensor:
        """Sum of the losses of strangers' images, from logits (images, classes)."""
        if self._unknown is None:
            return -functional.log_softmax(logits, dim=1).mean(dim=1).sum()
        wanted = torch.full((len(logits),), self._unknown, device=logits.device)
        return functional.cross_entropy(logits, wanted, reduction="sum")

    def judge(self, batch: Batch) -> torch.Tensor:
        """Logits of images that are not augmented: float32, (images, classes), on the CPU."""
        self._trained.eval()
        # Unwrapped: each process evaluates its own images, without synchronisation.
        trained = self._accelerator.unwrap_model(self._trained, keep_torch_compile=True)
        with torch.no_grad(), self._autocast():
            return trained(self._features(batch)).float().cpu()

    def state(self) -> dict[str, Any]:
        """State of network, optimizer and schedule for ``restore``, as tensors and plain values."""
        return {
            "model": self.module.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            **({"scaler": scaler.state_dict()} if (scaler := self._accelerator.scaler) else {}),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Set network, optimizer and schedule to a ``state``."""
        self.module.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        if self._accelerator.scaler and "scaler" in state:
            self._accelerator.scaler.load_state_dict(state["scaler"])

    def _features(self, batch: Batch) -> torch.Tensor:
        def inputs(images: torch.Tensor) -> torch.Tensor:
            return self._network.prepare(images.to(self._accelerator.device))

        with torch.no_grad():
            return self._frozen.features(batch, inputs)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(
            self._accelerator.device.type,
            torch.float16 if self.precision == "fp16" else torch.bfloat16,
            enabled=self.precision != "fp32",
        )


class _FrozenPart:
    """The part of a network that training leaves unchanged.

    Its outputs for versions of images that come again are cached as far as memory allows.
    """

    def __init__(self, module: nn.Module) -> None:
        self._module = module.eval()
        self.works = any(True for _ in module.parameters())
        self._room = psutil.virtual_memory().available * _MEMORY_SHARE
        self._known: dict[tuple[int, int], torch.Tensor] = {}

    def knows(self, row: int, draw: int) -> bool:
        return (row, draw) in self._known

    def features(
        self, batch: Batch, inputs: Callable[[torch.Tensor], torch.Tensor]
    ) -> torch.Tensor:
        if batch.draw is None or not self.works:
            return self._module(inputs(batch.images))
        keys = [(row, batch.draw) for row in batch.rows]
        unknown = [index for index, key in enumerate(keys) if key not in self._known]
        found: dict[tuple[int, int], torch.Tensor] = {}
        if unknown:
            outputs = self._module(inputs(batch.images[unknown]))
            # Channels last, as in memory, so that stacking does not copy in another order.
            by_image = outputs.permute(0, 2, 3, 1) if outputs.dim() == 4 else outputs
            found = dict(zip([keys[index] for index in unknown], by_image, strict=True))
            if self._room >= by_image.nbytes:
                self._room -= by_image.nbytes
                self._known |= found
        stacked = torch.stack([found[key] if key in found else self._known[key] for key in keys])
        return stacked.permute(0, 3, 1, 2) if stacked.dim() == 4 else stacked


def _class_weights(
    config: TrainingConfig, labels: list[int], device: torch.device
) -> torch.Tensor | None:
    if config.class_weights == "none":
        return None
    classes = np.unique(labels)
    weights = compute_class_weight("balanced", classes=classes, y=labels)
    return torch.tensor(weights, dtype=torch.float32, device=device)
