"""OpenCV without threads of its own, for work that is already spread over the cores."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import cv2

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
