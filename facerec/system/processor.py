"""The processor's cores and the process's memory: how this process uses them."""

import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import cv2

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # of glibc's malloc.h
_LARGEST_INT = 2**31 - 1


def keep_freed_memory() -> None:
    """Let this process keep the memory it frees, for as long as it lives.

    Each batch frees some hundreds of megabytes and needs them again at once. By default, Linux's C
    library gives each such block back to the system and gets it again page by page. That takes up
    to 40 % of the training time on a CPU. On other systems, this function does nothing.
    """
    if sys.platform == "linux":
        # Another C library, such as musl, has no mallopt.
        with suppress(OSError, AttributeError):
            library = ctypes.CDLL(None)
            library.mallopt(_MMAP_MAX, 0)
            library.mallopt(_TRIM_THRESHOLD, _LARGEST_INT)


THREADS = max(1, (os.cpu_count() or 1) // 2)


_lock = threading.Lock()
_users = 0
_threads = 0


@contextmanager
def opencv_on_one_thread() -> Iterator[None]:
    """Context manager in which OpenCV uses one thread.

    While each core works on a picture, OpenCV's own threads would only wait for each other. Their
    number holds for the whole process: if several imports run at once, the last one resets it.
    """
    global _users, _threads
    with _lock:
        if _users == 0:
            _threads = cv2.getNumThreads()
            cv2.setNumThreads(1)
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                cv2.setNumThreads(_threads)
