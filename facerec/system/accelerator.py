"""What PyTorch calculates on: processes, cores and precision."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

import torch
from accelerate import Accelerator, PartialState

from facerec.system.processor import THREADS, opencv_on_one_thread


def this_process() -> PartialState:
    """State of this process: its index among the processes of the training."""
    return PartialState(cpu=_on_processor())


def make_accelerator() -> Accelerator:
    """Accelerator that moves networks to this process's device and synchronises the processes."""
    return Accelerator(cpu=_on_processor())


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
    """The precision, "bf16" or "fp32", for a name of ``settings.PRECISIONS``.

    "auto" is bf16 where the processor calculates with it natively.
    """
    if wanted != "auto":
        return wanted
    match device.type:
        case "cuda":
            native = torch.cuda.is_bf16_supported(including_emulation=False)
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
