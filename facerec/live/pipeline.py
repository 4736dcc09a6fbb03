"""Recognition on a video stream: only the newest frame is processed, settings act at once."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import av
import numpy as np

from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import Outputs
from facerec.errors import FacerecError
from facerec.faces import drawing
from facerec.faces.detection import FaceDetector
from facerec.faces.preprocessing import extract_faces
from facerec.live.frames import FrameRecorder, LiveFace, LiveLook, SeenFace, Watcher
from facerec.live.tracking import Tracker
from facerec.recognition.named_faces import RecognizedFace, ScoredFace, draw_recognized, name_face
from facerec.recognition.recogniser import Recogniser
from facerec.system.newest_frame import NewestFrameWorker

STAGES = ("detection", "recognition", "drawing")


class _Found(NamedTuple):
    """Result of detection on a frame, handed to recognition."""

    time: float
    frame: np.ndarray
    faces: tuple[SeenFace, ...]
    followed: frozenset[int]


class _Memory(NamedTuple):
    """A track's last recognition: its time, and the smoothed outputs of each contender."""

    time: float
    outputs: Mapping[str, tuple[Recogniser, Outputs]]


class LivePipeline:
    """Labels the faces of a stream by one run or several.

    Three threads share the work. The video thread only draws the latest boxes and names, and
    returns at once. The detection thread finds and tracks the faces of the newest frame. The
    recognition thread takes the newest result of detection and recognises its faces in one batch.
    A tracked face keeps its name in between, so recognition may run less often than detection.

    All attributes that are parameters here may be set at any time, from any thread. ``points`` act
    on the next frame drawn, the others on the next frame processed. The mappings are replaced,
    never changed in place. ``recorder`` gets each frame. ``listeners`` get each recognition, on
    the recognition thread. ``watchers`` get the time, the frame and all its faces after each
    detection, on the detection thread.

    Parameters
    ----------
    detector : FaceDetector
    contenders : mapping of str to Recogniser
        Classifiers by name; the names that the first one gives are drawn.
    points : mapping of str to OperatingPoint
        Operating points by the same names.
    smoothing : float
        Weight of the past in exponential smoothing of a track's outputs, 0 to below 1. With 0,
        each recognition stands for itself.
    recognise_every : float
        Seconds after which a tracked face is recognised again; a new face is recognised at once.
        With 0, every face is recognised in every frame that recognition has time for.
    """

    def __init__(
        self,
        detector: FaceDetector,
        contenders: Mapping[str, Recogniser],
        points: Mapping[str, OperatingPoint],
        smoothing: float = 0.7,
        recognise_every: float = 0.25,
    ) -> None:
        self.detector = detector
        self.contenders = contenders
        self.points = points
        self.smoothing = smoothing
        self.recognise_every = recognise_every
        self.recorder: FrameRecorder | None = None
        self.listeners: list[Callable[[LiveLook], None]] = []
        self.watchers: list[Watcher] = []
        self._tracker = Tracker()
        self._present: tuple[SeenFace, ...] = ()
        # Other threads read it at any time: recognition replaces it and never changes it in place.
        self._memories: dict[int, _Memory] = {}
        self._returned: deque[float] = deque(maxlen=60)
        self._milliseconds = {stage: deque[float](maxlen=30) for stage in STAGES}
        self._detection = NewestFrameWorker(self._hand_over, "live-detection")
        self._recognition = NewestFrameWorker(self._recognize, "live-recognition")
        self._closed = False

    @property
    def error(self) -> str | None:
        """Why the last frame could not be processed or its faces not be named, or None."""
        return self._detection.error or self._recognition.error or self._why_unnamed()

    @property
    def milliseconds(self) -> dict[str, float]:
        """Mean milliseconds of each stage of ``STAGES`` over its last 30 times.

        "drawing" is all the work of the video thread on a frame. A stage that has not been reached
        yet is left out.
        """
        measured = {stage: list(times) for stage, times in self._milliseconds.items()}
        return {stage: sum(times) / len(times) for stage, times in measured.items() if times}

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
            The contender that names them; by default the first.
        """
        return [
            LiveFace(face.track, face.box, self._recognized_if_known(face, name), face.pixels)
            for face in self._present
        ]

    def video_frame(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Callback of the stream: submit a frame, and return it with the latest boxes and names."""
        if self._closed:
            return frame
        with self._timed("drawing"):
            pixels = frame.to_ndarray(format="rgb24")
            self._detection.submit((time.monotonic(), pixels))
            shown = pixels.copy()
            draw_faces(shown, self.faces())
            recorder = self.recorder
            if recorder is not None:
                recorder.add(pixels, shown)
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
            If the first contender has no operating point, or its outputs lack the point's score.
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

    def _hand_over(self, arrived: tuple[float, np.ndarray]) -> None:
        self._recognition.submit(self._find(arrived))

    def _find(self, arrived: tuple[float, np.ndarray]) -> _Found:
        seconds, frame = arrived
        with self._timed("detection"):
            found = extract_faces(frame, self.detector)
            tracks = self._tracker.update([item.face.box for item in found], seconds)
        faces = tuple(
            SeenFace(track.id, track.box, item.pixels)
            for track, item in zip(tracks, found, strict=True)
        )
        self._present = faces
        for watcher in tuple(self.watchers):
            watcher(seconds, frame, faces)
        return _Found(seconds, frame, faces, self._tracker.ids)

    def _recognize(self, found: _Found) -> None:
        contenders = self.contenders
        memories = {
            track: memory for track, memory in self._memories.items() if track in found.followed
        }
        due = self._due(found, memories, contenders)
        if not due:
            self._memories = memories
            return
        with self._timed("recognition"):
            pixels = np.stack([face.pixels for face in due])
            outputs = {name: chosen.outputs(pixels) for name, chosen in contenders.items()}
        for row, face in enumerate(due):
            past = memories.get(face.track)
            memories[face.track] = _Memory(
                found.time,
                {
                    name: (chosen, self._smoothed(outputs[name][row : row + 1], past, name, chosen))
                    for name, chosen in contenders.items()
                },
            )
        self._memories = memories
        look = LiveLook(found.time, found.frame, due, outputs)
        for listener in tuple(self.listeners):
            listener(look)

    def _due(
        self,
        found: _Found,
        memories: Mapping[int, _Memory],
        contenders: Mapping[str, Recogniser],
    ) -> tuple[SeenFace, ...]:
        """The faces to recognise now; if there are any, the frame's largest face is the first."""

        def is_due(face: SeenFace) -> bool:
            memory = memories.get(face.track)
            if memory is None or found.time - memory.time >= self.recognise_every:
                return True
            return any(
                memory.outputs.get(name, (None,))[0] is not chosen
                for name, chosen in contenders.items()
            )

        due = {face.track for face in found.faces if is_due(face)}
        # Listeners count the first face as the frame's largest.
        return tuple(
            face
            for number, face in enumerate(found.faces)
            if due and (number == 0 or face.track in due)
        )

    def _smoothed(
        self, outputs: Outputs, past: _Memory | None, name: str, chosen: Recogniser
    ) -> Outputs:
        """One face's outputs, smoothed with its past outputs by the same classifier, if any."""
        weight = self.smoothing
        before, known = past.outputs.get(name, (None, None)) if past else (None, None)
        if not weight or before is not chosen:
            return outputs
        return Outputs(
            weight * known.logits + (1 - weight) * outputs.logits,
            None
            if outputs.similarities is None
            else weight * known.similarities + (1 - weight) * outputs.similarities,
        )

    def _recognized(self, face: SeenFace, name: str | None) -> RecognizedFace | None:
        """The face with a contender's name for it, or None before that contender has seen it.

        Raises
        ------
        FacerecError
            If the contender has no operating point, or the outputs lack the point's score.
        """
        contenders, memory = self.contenders, self._memories.get(face.track)
        name = next(iter(contenders), None) if name is None else name
        chosen, outputs = memory.outputs.get(name, (None, None)) if memory else (None, None)
        if chosen is None or chosen is not contenders.get(name):
            return None
        point = self.points.get(name)
        if point is None:
            raise FacerecError(f"There is no operating point for {name}.")
        return name_face(ScoredFace(face.box, outputs), chosen.classes, point)

    def _recognized_if_known(self, face: SeenFace, name: str | None) -> RecognizedFace | None:
        try:
            return self._recognized(face, name)
        except FacerecError:
            return None

    def _why_unnamed(self) -> str | None:
        try:
            for name in tuple(self.contenders):
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


def draw_faces(frame: np.ndarray, faces: Sequence[LiveFace]) -> None:
    """Draw boxes and names into a frame in place: RGB uint8, shape (height, width, 3).

    Green means known and red Unknown. A face that is not recognised yet is blue, without a name.
    """
    for face in faces:
        if face.recognized is None:
            drawing.draw_face(frame, face.box, "", drawing.BLUE)
    draw_recognized(frame, [face.recognized for face in faces if face.recognized])
