"""The processes, one or many, that ``torchrun`` or ``accelerate launch`` started for a training."""

import torch
from accelerate import Accelerator, PartialState


def this_process() -> PartialState:
    """Which of the processes this is."""
    return PartialState(cpu=_on_processor())


def make_accelerator() -> Accelerator:
    """What puts networks on the device of this process and keeps the processes in step."""
    return Accelerator(cpu=_on_processor())


def _on_processor() -> bool:
    # Unless told so, Accelerate takes several processes without a GPU for as many single ones.
    return not torch.accelerator.is_available()
