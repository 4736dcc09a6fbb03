"""Recognition on a video stream: only the newest frame is processed, settings act at once."""

import logging
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

import av
import numpy as np

from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import Outputs
from facerec.errors import FacerecError
from facerec.faces import drawing, videos
from facerec.faces.boxes import mirrored
from facerec.faces.detection import FaceDetector
from facerec.faces.preprocessing import extract_faces
from facerec.live.frames import FacesFound, FrameDrawn, LiveFace, LiveLook, SeenFace
from facerec.live.listeners import Event, Listeners, Unsubscribe
from facerec.live.memory import LiveMemory
from facerec.live.tracking import Tracker
from facerec.recognition.named_faces import RecognizedFace, ScoredFace, draw_recognized, name_face
from facerec.recognition.recogniser import NamesFaces
from facerec.system.newest_frame import NewestFrameWorker

STAGES = ("detection", "recognition", "drawing")
_WAITS = 20
_logger = logging.getLogger(__name__)


class _Tracked(NamedTuple):
    """Result of detection on a frame, handed to recognition; ``followed`` are all tracks' ids."""

    found: FacesFound
    followed: frozenset[int]


class LivePipeline:
    """Labels the faces of a stream by one run or several.

    Three threads share the work. The video thread only draws the latest boxes and names, and
    returns at once. The detection thread finds and tracks the faces of the newest frame. The
    recognition thread takes the newest result of detection and recognises its faces in one batch.
    A tracked face keeps its name in between, so recognition may run less often than detection.

    All attributes that are parameters here may be set at any time, from any thread. ``points`` act
    on the next frame drawn, the others on the next frame processed. The mappings are replaced,
    never changed in place. Whoever wants to hear of frames, detections or recognitions subscribes.

    Parameters
    ----------
    detector : FaceDetector
    recognisers : mapping of str to NamesFaces
        Recognisers by name; the names that the first one gives are drawn.
    points : mapping of str to OperatingPoint
        Operating points by the same names.
    looks : int
        Number of recognitions of a face, 1 to ``memory.MOST_LOOKS``, before it is named. Its score
        is their mean, weighted by quality. With 1, each recognition stands for itself.
    recognise_every : float
        Seconds after which a tracked face is recognised again; a new face is recognised at once.
        With 0, every face is recognised in every frame that recognition has time for.
    listeners : Listeners, optional
        Those of an earlier pipeline, who hear of this one, too.

    Attributes
    ----------
    mirrored : bool
        Whether frames are returned as in a mirror. The faces are recognised as they are.
    """

    def __init__(
        self,
        detector: FaceDetector,
        recognisers: Mapping[str, NamesFaces],
        points: Mapping[str, OperatingPoint],
        looks: int = 3,
        recognise_every: float = 0.25,
        listeners: Listeners | None = None,
    ) -> None:
        self.detector = detector
        self.recognisers = recognisers
        self.points = points
        self.looks = looks
        self.recognise_every = recognise_every
        self.mirrored = False
        self._listeners = listeners or Listeners()
        self._untold: str | None = None
        self._tracker = Tracker()
        self._found: FacesFound | None = None
        self._frozen: np.ndarray | None = None
        # Other threads read it at any time: recognition replaces it.
        self._memory = LiveMemory()
        self._returned: deque[float] = deque(maxlen=60)
        self._waits: deque[float] = deque(maxlen=_WAITS)
        self._milliseconds = {stage: deque[float](maxlen=30) for stage in STAGES}
        self._detection = NewestFrameWorker(self._hand_over, "live-detection")
        self._recognition = NewestFrameWorker(self._recognize, "live-recognition")
        self._closed = False

    @property
    def error(self) -> str | None:
        """Why the last frame could not be processed or its faces not be named, or None.

        The message of a listener that failed is among them.
        """
        return (
            self._detection.error or self._recognition.error or self._untold or self._why_unnamed()
        )

    @property
    def listeners(self) -> Listeners:
        """All who have subscribed, for the pipeline that comes after this one."""
        return self._listeners

    @property
    def milliseconds(self) -> dict[str, float]:
        """Mean milliseconds of each stage of ``STAGES`` over its last 30 times.

        "drawing" is all the work of the video thread on a frame. A stage that has not been reached
        yet is left out.
        """
        measured = {stage: list(times) for stage, times in self._milliseconds.items()}
        return {stage: sum(times) / len(times) for stage, times in measured.items() if times}

    @property
    def seconds_to_name(self) -> float | None:
        """Median seconds from a face's first sight to its name, over the last faces; or None."""
        waits = list(self._waits)
        if not waits:
            return None
        return statistics.median(waits) + self.milliseconds.get("recognition", 0.0) / 1000

    @property
    def frames_per_second(self) -> float:
        """Frames returned per second, over the last 60; 0 if none came for two seconds."""
        times = list(self._returned)
        if len(times) < 2 or time.monotonic() - times[-1] > 2:
            return 0.0
        return (len(times) - 1) / (times[-1] - times[0])

    def faces(self, name: str | None = None) -> list[LiveFace]:
        """The present faces, the largest first, named at the present operating point.

        Parameters
        ----------
        name : str, optional
            The recogniser that names them; by default the first.
        """
        return [
            LiveFace(face.track, face.box, self._recognized_if_known(face, name), face.pixels)
            for face in self._present
        ]

    @property
    def _present(self) -> tuple[SeenFace, ...]:
        return self._found.faces if self._found else ()

    @property
    def frame_size(self) -> tuple[int, int] | None:
        """Width and height in pixels of the last frame that was looked at, or None before one."""
        return self._found.frame.shape[1::-1] if self._found else None

    def freeze(self, frozen: bool) -> None:
        """Look at the last frame whose faces were found again and again, or go on.

        Names in the frozen frame follow the operating points and the recognisers. Nobody else is
        told of it. Before the first frame, nothing happens.
        """
        if not frozen:
            self._frozen = None
        elif self._frozen is None and self._found is not None:
            self._frozen = self._found.frame

    def outputs(self, track: int) -> dict[str, Outputs]:
        """What each recogniser that has looked at a track often enough gives it, by its name.

        Each is one row: the mean of the last ``looks``, weighted by quality.
        """
        known = {
            name: self._memory.outputs(track, name, recogniser, self.looks)
            for name, recogniser in self.recognisers.items()
        }
        return {name: outputs for name, outputs in known.items() if outputs is not None}

    def subscribe(self, kind: type[Event], listener: Callable[[Event], None]) -> Unsubscribe:
        """Have a listener told each event of a kind.

        A listener must return soon, since the thread that tells it works on no frame meanwhile. If
        it fails, ``error`` says why, and the stream goes on.

        Parameters
        ----------
        kind : type
            ``FrameDrawn``, ``FacesFound`` or ``LiveLook``.
        listener : callable
            Takes the event, on the pipeline's thread that the event's class names.

        Returns
        -------
        callable
            Ends the subscription.
        """
        return self._listeners.subscribe(kind, listener)

    def video_frame(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Callback of the stream: submit a frame, and return it with the latest boxes and names."""
        if self._closed:
            return frame
        with self._timed("drawing"):
            frozen = self._frozen
            pixels = videos.pixels_of(frame) if frozen is None else frozen
            self._detection.submit((time.monotonic(), pixels))
            shown = self._drawn(pixels)
            self._tell_drawn(FrameDrawn(pixels, shown))
            returned = av.VideoFrame.from_ndarray(shown, format="rgb24")
        self._returned.append(time.monotonic())
        return returned

    def look(self, frame: np.ndarray, seconds: float | None = None) -> list[LiveFace]:
        """Detect, track and recognise the faces of a frame, and wait for the result: for files.

        It must not be called while the pipeline works on a stream.

        Parameters
        ----------
        frame : numpy.ndarray
            RGB uint8, shape (height, width, 3).
        seconds : float, optional
            Time of the frame; by default now.

        Returns
        -------
        list of LiveFace
            As ``faces``.

        Raises
        ------
        FacerecError
            If the first recogniser has no operating point, or its outputs lack the point's score.
        """
        self._recognize(self._find((time.monotonic() if seconds is None else seconds, frame)))
        return [
            LiveFace(face.track, face.box, self._recognized(face, None), face.pixels)
            for face in self._present
        ]

    @property
    def closed(self) -> bool:
        """Whether the pipeline is closed and takes no more frames."""
        return self._closed

    def close(self, wait: bool = True) -> None:
        """End the threads after the frames they work on; may be called again.

        Parameters
        ----------
        wait : bool
            Whether to wait for their end. That takes as long as a recognition, so an event loop
            must not wait.
        """
        self._closed = True
        self._detection.close(wait)
        self._recognition.close(wait)

    def _drawn(self, pixels: np.ndarray) -> np.ndarray:
        """A copy of a frame with the present boxes and names in it."""
        faces = self.faces()
        if not self.mirrored:
            shown = pixels.copy()
        else:
            shown = np.ascontiguousarray(pixels[:, ::-1])
            faces = [_mirrored(face, pixels.shape[1]) for face in faces]
        draw_faces(shown, faces)
        return shown

    def _hand_over(self, arrived: tuple[float, np.ndarray]) -> None:
        self._recognition.submit(self._find(arrived))

    def _find(self, arrived: tuple[float, np.ndarray]) -> _Tracked:
        seconds, frame = arrived
        with self._timed("detection"):
            found = extract_faces(frame, self.detector)
            tracks = self._tracker.update([item.face.box for item in found], seconds)
        faces = tuple(
            SeenFace(track.id, track.box, item.pixels)
            for track, item in zip(tracks, found, strict=True)
        )
        event = self._found = FacesFound(seconds, frame, faces)
        if frame is not self._frozen:
            self._listeners.tell(event)
        return _Tracked(event, self._tracker.ids)

    def _recognize(self, tracked: _Tracked) -> None:
        found, recognisers = tracked.found, self.recognisers
        memory = self._memory.only(tracked.followed)
        due = memory.due(found.faces, found.time, recognisers, self.recognise_every)
        if not due:
            self._memory = memory
            return
        with self._timed("recognition"):
            pixels = np.stack([face.pixels for face in due])
            outputs = {name: chosen.outputs(pixels) for name, chosen in recognisers.items()}
        look = LiveLook(found.time, found.frame, due, outputs)
        self._memory = memory.after(look, recognisers)
        if recognisers:
            self._note_waits(look, recognisers)
        if found.frame is not self._frozen:
            self._listeners.tell(look)

    def _note_waits(self, look: LiveLook, recognisers: Mapping[str, NamesFaces]) -> None:
        """Note how long each face that is named from this look on has waited for it."""
        name, recogniser = next(iter(recognisers.items()))
        for face in look.faces:
            glances = self._memory.glances(face.track, name, recogniser)
            if len(glances) == self.looks:
                self._waits.append(glances[-1].time - glances[0].time)

    def _tell_drawn(self, event: FrameDrawn) -> None:
        try:
            self._listeners.tell(event)
            self._untold = None
        except Exception as error:
            # The stream must go on; the page shows the message.
            _logger.exception("A listener of drawn frames failed")
            self._untold = str(error)

    def _recognized(self, face: SeenFace, name: str | None) -> RecognizedFace | None:
        """The face with a recogniser's name for it; None before its last look that a name needs.

        Raises
        ------
        FacerecError
            If the recogniser has no operating point, or the outputs lack the point's score.
        """
        recognisers = self.recognisers
        name = next(iter(recognisers), None) if name is None else name
        if name is None or name not in recognisers:
            return None
        outputs = self._memory.outputs(face.track, name, recognisers[name], self.looks)
        if outputs is None:
            return None
        point = self.points.get(name)
        if point is None:
            raise FacerecError(f"There is no operating point for {name}.")
        return name_face(ScoredFace(face.box, outputs), recognisers[name].classes, point)

    def _recognized_if_known(self, face: SeenFace, name: str | None) -> RecognizedFace | None:
        try:
            return self._recognized(face, name)
        except FacerecError:
            return None

    def _why_unnamed(self) -> str | None:
        try:
            for name in tuple(self.recognisers):
                for face in self._present:
                    self._recognized(face, name)
        except FacerecError as error:
            return str(error)
        return None

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self._milliseconds[stage].append((time.perf_counter() - began) * 1000)


def _mirrored(face: LiveFace, width: int) -> LiveFace:
    """The face with its boxes as in the mirror image of a frame of this width in pixels."""
    named = face.recognized
    return replace(
        face,
        box=mirrored(face.box, width),
        recognized=named and replace(named, box=mirrored(named.box, width)),
    )


def draw_faces(frame: np.ndarray, faces: Sequence[LiveFace]) -> None:
    """Draw boxes and names into a frame in place: RGB uint8, shape (height, width, 3).

    Green means known and red Unknown. A face that is still looked at is blue, without a name.
    """
    for face in faces:
        if face.recognized is None:
            drawing.draw_face(frame, face.box, "", drawing.BLUE)
    draw_recognized(frame, [face.recognized for face in faces if face.recognized])
