"""Collecting faces of one person, in one session, from a stream of frames."""

import time
from dataclasses import dataclass

import av
import numpy as np

from facerec import drawing
from facerec.dataset import FaceFolder
from facerec.detection import Face, FaceDetector
from facerec.face_writer import FaceWriter, Origin
from facerec.newest_frame import NewestFrameWorker
from facerec.preprocessing import extract_faces


@dataclass(frozen=True)
class CaptureState:
    """What the collector saw last: the faces in the frame, and how many images it has saved."""

    faces: tuple[Face, ...] = ()
    saved: int = 0


class FaceCollector:
    """Saves the face in the frames it is given, spaced in time, until it has enough.

    A frame is taken only when exactly one face is in it. Detection and writing run beside the video
    thread; ``close`` ends them and completes the data set's index.

    Parameters
    ----------
    folder : FaceFolder
    class_name, session : str
    detector : FaceDetector
    wanted : int
        Number of images to save.
    interval : float
        Least time between two images, in seconds, so that they differ.
    keep_raw : bool
        Also keep the whole frames.
    """

    def __init__(
        self,
        folder: FaceFolder,
        class_name: str,
        session: str,
        detector: FaceDetector,
        wanted: int,
        interval: float = 0.2,
        keep_raw: bool = True,
    ) -> None:
        self.class_name = class_name
        self.wanted = wanted
        self.recording = False
        self._session = session
        self._detector = detector
        self._interval = interval
        self._keep_raw = keep_raw
        self._writer = FaceWriter(folder)
        self._last_saved = float("-inf")
        self._worker = NewestFrameWorker(self.collect)
        self.closed = False

    @property
    def state(self) -> CaptureState:
        return self._worker.latest or CaptureState()

    @property
    def error(self) -> str | None:
        """Why the last frame could not be taken, such as a full disk."""
        return self._worker.error

    @property
    def done(self) -> bool:
        return self.state.saved >= self.wanted

    def collect(self, frame: np.ndarray) -> CaptureState:
        """Look at a frame (RGB uint8, height x width x 3), and save its face if it is time to."""
        found = extract_faces(frame, self._detector)
        saved = self.state.saved
        now = time.monotonic()
        due = now - self._last_saved >= self._interval
        if self.recording and len(found) == 1 and due and saved < self.wanted:
            raw = frame if self._keep_raw else None
            origin = Origin("webcam", self._detector.name)
            self._writer.add(self.class_name, self._session, found[0], origin, raw)
            self._last_saved = now
            saved += 1
        return CaptureState(tuple(item.face for item in found), saved)

    def video_frame(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The stream's callback: hand the frame over, return it with the faces outlined."""
        pixels = frame.to_ndarray(format="rgb24")
        if self.closed:
            return frame
        self._worker.submit(pixels)
        shown = pixels.copy()
        state = self.state
        for face in state.faces:
            alone = len(state.faces) == 1
            color = drawing.GREEN if alone else drawing.RED
            text = f"{state.saved} of {self.wanted}" if alone else "one person at a time"
            drawing.draw_face(shown, face.box, text, color)
        return av.VideoFrame.from_ndarray(shown, format="rgb24")

    def pause(self) -> None:
        """Take no more images for now, and write what is known of the saved ones."""
        self.recording = False
        self._writer.close()

    def close(self) -> None:
        """Stop, and write what is known of the saved images; may be called again."""
        if not self.closed:
            self.closed = True
            self._worker.close()
            self._writer.close()
