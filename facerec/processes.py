"""The processes of one training, which ``torchrun`` or ``accelerate launch`` may have started."""

import torch
from accelerate import Accelerator, PartialState


def this_process() -> PartialState:
    """State of this process: its index among the processes of the training."""
    return PartialState(cpu=_on_processor())


def make_accelerator() -> Accelerator:
    """Accelerator that moves networks to this process's device and synchronises the processes."""
    return Accelerator(cpu=_on_processor())


def _on_processor() -> bool:
    # Without this, Accelerate treats several processes without a GPU as unrelated.
    return not torch.accelerator.is_available()
