"""What PyTorch calculates on: processes, cores and precision."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

import torch
from accelerate import Accelerator, PartialState

from facerec.errors import FacerecError
from facerec.system.processor import THREADS, opencv_on_one_thread


def this_process() -> PartialState:
    """State of this process: its index among the processes of the training."""
    return PartialState(cpu=_on_processor())


def make_accelerator(precision: str) -> Accelerator:
    """Accelerator that moves networks to this process's device and synchronises the processes.

    For fp16 it scales the loss, so that small gradients do not vanish (Micikevicius et al., Mixed
    Precision Training, 2018).

    Parameters
    ----------
    precision : str
        A name of ``settings.PRECISIONS``.

    Raises
    ------
    FacerecError
        If fp16 is asked for where there is no GPU.
    """
    accelerator = Accelerator(cpu=_on_processor())
    device = accelerator.device
    if chosen_precision(precision, device) == "fp16":
        if device.type == "cpu":
            raise FacerecError("There is no GPU here to calculate with fp16: choose bf16 or fp32.")
        # Accelerate's own mixed precision is one for the whole life of a process.
        accelerator.scaler = torch.amp.GradScaler(device.type)
    return accelerator


def _on_processor() -> bool:
    # Without this, Accelerate treats several processes without a GPU as unrelated.
    return not torch.accelerator.is_available()


@contextmanager
def threads_of_live_recognition() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def chosen_precision(wanted: str, device: torch.device) -> str:
    """The precision, "bf16", "fp16" or "fp32", for a name of ``settings.PRECISIONS``.

    "auto" is bf16 where the device calculates with it natively, and fp16 on other GPUs of NVIDIA.
    """
    if wanted != "auto":
        return wanted
    match device.type:
        case "cuda":
            native = torch.cuda.is_bf16_supported(including_emulation=False)
            return "bf16" if native else "fp16"
        case "cpu":
            able = torch.cpu.get_capabilities()
            native = able.get("avx512_bf16", False) or able.get("amx_bf16", False)
        case _:
            # On Apple's MPS and on whatever else Accelerate finds, fp32 is sure to work.
            native = False
    return "bf16" if native else "fp32"


@contextmanager
def cores(count: int) -> Iterator[Executor]:
    """Context manager that limits PyTorch to ``count`` cores, 0 for all, and OpenCV to one.

    It yields a pool of as many threads, which prepares batches.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        with opencv_on_one_thread(), ThreadPoolExecutor(torch.get_num_threads()) as pool:
            yield pool
    finally:
        torch.set_num_threads(before)
