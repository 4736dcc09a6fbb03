"""Keeping OpenCV's own threads out of the way of work that is spread over the cores already."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import cv2

_lock = threading.Lock()
_users = 0
_threads = 0


@contextmanager
def opencv_on_one_thread() -> Iterator[None]:
    """With each core at a picture of its own, OpenCV's threads would only wait for each other.

    Their number holds for the whole process: the last of several imports at once sets it back.
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
