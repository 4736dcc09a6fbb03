"""Work beside a video stream: the newest frame wins, nothing queues."""

import logging
import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import cv2
import numpy as np
import torch

THREADS = max(1, (os.cpu_count() or 1) // 2)
Result = TypeVar("Result")
_logger = logging.getLogger(__name__)


class NewestFrameWorker(Generic[Result]):
    """A thread that works on the newest frame it was given and skips those it has no time for.

    Parameters
    ----------
    work : callable
        Takes an RGB uint8 frame, shape (height, width, 3), and returns a result. Where it fails,
        ``error`` holds the message until it succeeds again, and the last result stays.
    """

    def __init__(self, work: Callable[[np.ndarray], Result]) -> None:
        self.latest: Result | None = None
        self.error: str | None = None
        self._work = work
        self._frame: np.ndarray | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True, name="newest-frame")
        self._thread.start()

    def submit(self, frame: np.ndarray) -> None:
        """Offer a frame, in place of one that still waits; returns at once."""
        with self._changed:
            self._frame = frame
            self._changed.notify()

    def close(self) -> None:
        """End the thread after the frame it works on."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        # With every core at work here too, threads would wait for each other and for the stream's
        # encoder: on two busy cores, one thread named faces eleven times as fast as two.
        torch.set_num_threads(THREADS)
        cv2.setNumThreads(THREADS)
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._frame is not None)
                if self._closed:
                    return
                frame, self._frame = self._frame, None
            try:
                self.latest = self._work(frame)
                self.error = None
            except Exception as error:
                # The stream goes on, and the page shows what went wrong.
                _logger.exception("Work on a frame failed")
                self.error = str(error)
