"""Recognition on a video stream: the newest frame wins, and settings act while it runs."""

import time
from collections import deque
from dataclasses import dataclass

import av
import numpy as np

from facerec.errors import FacerecError
from facerec.newest_frame import NewestFrameWorker
from facerec.recognition import (
    RecognizedFace,
    Recognizer,
    ScoredFace,
    draw_recognized,
    name_face,
)
from facerec.scores import OperatingPoint


@dataclass(frozen=True)
class LiveResult:
    """What was recognised last.

    Parameters
    ----------
    faces : tuple of ScoredFace
        The largest first.
    classes : tuple of str
        Of their probabilities.
    milliseconds : float
        Detection and recognition together.
    """

    faces: tuple[ScoredFace, ...]
    classes: tuple[str, ...]
    milliseconds: float


class LivePipeline:
    """Labels the faces of a stream.

    The video thread only draws the latest result and returns at once; detection and recognition run
    beside it on the newest frame. ``recognizer`` and ``point`` may be set at any time, from any
    thread: the point acts on the next frame drawn, the recogniser on the next one looked at.

    Parameters
    ----------
    recognizer : Recognizer
    point : OperatingPoint
    """

    def __init__(self, recognizer: Recognizer, point: OperatingPoint) -> None:
        self.recognizer = recognizer
        self.point = point
        self._returned: deque[float] = deque(maxlen=60)
        self._worker = NewestFrameWorker(self._look)
        self._closed = False

    @property
    def error(self) -> str | None:
        """Why the last frame could not be looked at, or None."""
        return self._worker.error

    @property
    def milliseconds(self) -> float | None:
        """What the last look took, or None before the first."""
        return self._worker.latest.milliseconds if self._worker.latest else None

    @property
    def frames_per_second(self) -> float:
        """Frames returned a second, over the last 60; 0 where none came for two seconds."""
        times = list(self._returned)
        if len(times) < 2 or time.monotonic() - times[-1] > 2:
            return 0.0
        return (len(times) - 1) / (times[-1] - times[0])

    def faces(self) -> list[RecognizedFace]:
        """The latest faces with their names at the present operating point.

        None of them where the point's score cannot be told of them: ``error`` then says so.
        """
        latest, point = self._worker.latest, self.point
        if latest is None:
            return []
        try:
            return [name_face(face, latest.classes, point) for face in latest.faces]
        except FacerecError:
            return []

    def video_frame(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The stream's callback: hand the frame over and return it with the latest boxes."""
        if self._closed:
            return frame
        pixels = frame.to_ndarray(format="rgb24")
        self._worker.submit(pixels)
        shown = pixels.copy()
        draw_recognized(shown, self.faces())
        self._returned.append(time.monotonic())
        return av.VideoFrame.from_ndarray(shown, format="rgb24")

    def close(self) -> None:
        """End the thread; may be called again."""
        if not self._closed:
            self._closed = True
            self._worker.close()

    def _look(self, frame: np.ndarray) -> LiveResult:
        recognizer, point = self.recognizer, self.point
        began = time.perf_counter()
        faces = recognizer.score(frame)
        for face in faces:
            point.scores(face.outputs)  # fails here, and not on the thread of the video
        milliseconds = (time.perf_counter() - began) * 1000
        return LiveResult(tuple(faces), recognizer.classifier.classes, milliseconds)
