"""Work beside a video stream: only the newest frame is processed, and no queue builds up."""

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import cv2
import torch

from facerec.system.processor import THREADS

Item = TypeVar("Item")
Result = TypeVar("Result")
_logger = logging.getLogger(__name__)


class NewestFrameWorker(Generic[Item, Result]):
    """A thread that works on the newest frame it was given, and skips frames it has no time for.

    The thread starts with the first frame.

    Parameters
    ----------
    work : callable
        Takes a frame, or the faces found in one, and returns a result. If it fails, ``error``
        holds the message until it succeeds again, and the last result stays.
    name : str
        Name of the thread.
    """

    def __init__(self, work: Callable[[Item], Result], name: str = "newest-frame") -> None:
        self.latest: Result | None = None
        self.error: str | None = None
        self._work = work
        self._name = name
        self._waiting: list[Item] = []  # one at most
        self._closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def submit(self, item: Item) -> None:
        """Offer a frame in place of one that still waits; returns at once.

        A closed worker ignores it.
        """
        with self._changed:
            if self._closed:
                return
            self._waiting = [item]
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name=self._name)
                self._thread.start()
            self._changed.notify()

    def close(self, wait: bool = True) -> None:
        """End the thread after its present frame, and wait for that; may be called again.

        With ``wait`` False, it returns at once.
        """
        with self._changed:
            self._closed = True
            self._waiting = []
            self._changed.notify()
        if wait and self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        # If PyTorch and OpenCV used every core here, their threads would wait for each other and
        # for the stream's encoder: on two busy cores, one thread was eleven times as fast as two.
        torch.set_num_threads(THREADS)
        cv2.setNumThreads(THREADS)
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._waiting)
                if self._closed:
                    return
                (item,), self._waiting = self._waiting, []
            try:
                self.latest = self._work(item)
                self.error = None
            except Exception as error:
                # The stream must go on; the page shows the message.
                _logger.exception("Work on a frame failed")
                self.error = str(error)
