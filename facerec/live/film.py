"""A video that is looked through once, whose faces can then be named at any threshold."""

import tempfile
import threading
import time
import weakref
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, NamedTuple

import cv2
import numpy as np
import torch

from facerec.datasets.folder import UNKNOWN
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import Outputs
from facerec.errors import FacerecError
from facerec.faces import videos
from facerec.faces.detection import Box
from facerec.live.frames import LiveFace
from facerec.live.pipeline import LivePipeline, draw_faces
from facerec.recognition.named_faces import ScoredFace, name_face
from facerec.system.processor import THREADS

_WIDEST = 1280


class FilmFace(NamedTuple):
    """A face in a frame of a film.

    Attributes
    ----------
    track : int
        Id of the face's track, the same from frame to frame.
    box : Box
        In pixels of the frame.
    outputs : dict of str to Outputs
        One row for each run that has looked at the face often enough, by the run's name.
    """

    track: int
    box: Box
    outputs: dict[str, Outputs]


class FilmFrame(NamedTuple):
    """Time of a frame in seconds from the first, and its faces, the largest first."""

    seconds: float
    faces: tuple[FilmFace, ...]


@dataclass(frozen=True)
class Scored:
    """How one run sees all faces of a film, a row for each face that it has seen often enough.

    Parameters
    ----------
    frames, tracks : numpy.ndarray
        Index of the frame and id of the track: int64, shape (faces,).
    predictions : numpy.ndarray
        Index of the likeliest class: int64, shape (faces,).
    confidences, acceptance : numpy.ndarray
        Probability of the likeliest class, and the number that is held against the threshold,
        minus infinity for faces that are Unknown at any: float, shape (faces,).
    """

    frames: np.ndarray
    tracks: np.ndarray
    predictions: np.ndarray
    confidences: np.ndarray
    acceptance: np.ndarray

    def names(self, track: int, classes: tuple[str, ...], threshold: float) -> dict[str, float]:
        """Shares of a track's frames by name, 0 to 1, the largest first."""
        own = self.tracks == track
        found = np.where(self.acceptance > threshold, np.array(classes)[self.predictions], UNKNOWN)
        names, counts = np.unique(found[own], return_counts=True)
        shares = dict(zip(names.tolist(), (counts / own.sum()).tolist(), strict=True))
        return dict(sorted(shares.items(), key=lambda item: -item[1]))


@dataclass(frozen=True)
class Film:
    """A video that was looked through.

    Parameters
    ----------
    frames : tuple of FilmFrame
    size : tuple of int
        Width and height of the frames in pixels.
    content : bytes
        The frames as an MP4 that browsers play, at most 1,280 pixels wide, without boxes.
    damaged : int
        Number of places at which the source is damaged.
    """

    frames: tuple[FilmFrame, ...]
    size: tuple[int, int]
    content: bytes = field(repr=False)
    damaged: int = 0

    def scored(self, run: str, classes: tuple[str, ...], point: OperatingPoint) -> Scored:
        """How a run sees the faces; of the operating point, score and temperature count.

        Raises
        ------
        FacerecError
            If the outputs lack the point's score.
        """
        seen = [
            (number, face.track, face.outputs[run])
            for number, frame in enumerate(self.frames)
            for face in frame.faces
            if run in face.outputs
        ]
        if not seen:
            nothing = np.zeros(0, int)
            return Scored(nothing, nothing, nothing, np.zeros(0), np.zeros(0))
        frames, tracks, outputs = zip(*seen, strict=True)
        joined = Outputs.joined(outputs)
        return Scored(
            np.array(frames),
            np.array(tracks),
            joined.predictions,
            joined.probabilities(point.temperature).max(axis=1),
            point.acceptance(classes, joined),
        )

    def labelled(self, run: str, classes: tuple[str, ...], point: OperatingPoint) -> bytes:
        """The film as MP4 with boxes and the names that a run gives at an operating point."""
        with tempfile.TemporaryDirectory() as folder:
            source, output = Path(folder) / "film.mp4", Path(folder) / "labelled.mp4"
            source.write_bytes(self.content)
            with videos.VideoWriter(output) as writer:
                shown = videos.video_frames(source)
                for frame, pixels in zip(self.frames, shown, strict=False):
                    scale = pixels.shape[1] / self.size[0]
                    draw_faces(
                        pixels,
                        [_named(face, run, classes, point, scale) for face in frame.faces],
                    )
                    writer.write(pixels, frame.seconds)
            return output.read_bytes()

    def longest(self, most: int) -> list[int]:
        """Ids of the ``most`` longest tracks, by their place from left to right."""
        return sorted(
            sorted(self._middles, key=lambda track: -len(self._middles[track]))[:most],
            key=lambda track: float(np.mean(self._middles[track])),
        )

    @cached_property
    def _middles(self) -> dict[int, list[float]]:
        """Middles of each track's boxes, in pixels from the left edge."""
        found: defaultdict[int, list[float]] = defaultdict(list)
        for frame in self.frames:
            for face in frame.faces:
                found[face.track].append(face.box.x + face.box.width / 2)
        return dict(found)


def _named(
    face: FilmFace, run: str, classes: tuple[str, ...], point: OperatingPoint, scale: float
) -> LiveFace:
    box = Box(*(round(scale * value) for value in face.box))
    outputs = face.outputs.get(run)
    named = None if outputs is None else name_face(ScoredFace(box, outputs), classes, point)
    return LiveFace(face.track, box, named, np.empty(0))


class Looking:
    """A video that is being looked through on a thread of its own, so that no page waits for it.

    The thread ends early after ``stop``, and when nobody refers to this object any more.

    Parameters
    ----------
    source : pathlib.Path or binary file with a ``name``
    pipeline : LivePipeline
        A new one, which no stream uses. Frames reach it at their times in the video. Its ``points``
        may be replaced meanwhile.
    """

    def __init__(self, source: Path | BinaryIO, pipeline: LivePipeline) -> None:
        self.pipeline = pipeline
        self._state = _State()
        thread = threading.Thread(
            target=_look, args=(source, pipeline, self._state), daemon=True, name="film"
        )
        self.stop = weakref.finalize(self, self._state.stopped.set)
        thread.start()

    @property
    def film(self) -> Film | None:
        """The result; None before the end."""
        return self._state.film

    @property
    def error(self) -> str | None:
        """Why the video could not be looked through, or None."""
        return self._state.error

    @property
    def progress(self) -> tuple[int, int]:
        """Number of frames looked at, and in all."""
        return self._state.progress

    @property
    def seconds_left(self) -> float | None:
        """Seconds that the rest takes at the speed so far; None before the first frame."""
        done, total = self._state.progress
        if not done:
            return None
        return (time.monotonic() - self._state.began) * (total - done) / done

    @property
    def picture(self) -> np.ndarray | None:
        """The last frame with its boxes and names: RGB uint8, shape (height, width, 3)."""
        return self._state.picture


@dataclass
class _State:
    """What the thread shares with its ``Looking``, which it must not keep alive."""

    stopped: threading.Event = field(default_factory=threading.Event)
    film: Film | None = None
    error: str | None = None
    progress: tuple[int, int] = (0, 0)
    began: float = field(default_factory=time.monotonic)
    picture: np.ndarray | None = None


def _look(source: Path | BinaryIO, pipeline: LivePipeline, state: _State) -> None:
    torch.set_num_threads(THREADS)
    try:
        state.film = _looked_through(source, pipeline, state)
    except FacerecError as error:
        state.error = str(error)
    except Exception as error:
        # Nobody waits for this thread: the page shows the message.
        state.error = f"The video could not be looked through: {error}"


def _looked_through(source: Path | BinaryIO, pipeline: LivePipeline, state: _State) -> Film | None:
    """The whole film, or None if it was stopped."""
    frames: list[FilmFrame] = []
    damaged, size = 0, (0, 0)
    total = videos.frame_count(source)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "film.mp4"
        with videos.VideoWriter(output) as writer:
            for frame in videos.timed_frames(source):
                if state.stopped.is_set():
                    return None
                if frame.pixels is None:
                    damaged += 1
                    continue
                size = size if frames else (frame.pixels.shape[1], frame.pixels.shape[0])
                faces = pipeline.look(frame.pixels, frame.seconds)
                frames.append(FilmFrame(frame.seconds, _faces(faces, pipeline)))
                writer.write(_reduced(frame.pixels), frame.seconds)
                draw_faces(shown := frame.pixels.copy(), faces)
                state.picture = _reduced(shown)
                state.progress = len(frames), max(total, len(frames))
        if not frames:
            raise FacerecError("No frame of the video can be read.")
        return Film(tuple(frames), size, output.read_bytes(), damaged)


def _faces(faces: list[LiveFace], pipeline: LivePipeline) -> tuple[FilmFace, ...]:
    return tuple(FilmFace(face.track, face.box, pipeline.outputs(face.track)) for face in faces)


def _reduced(pixels: np.ndarray) -> np.ndarray:
    height, width = pixels.shape[:2]
    if width <= _WIDEST:
        return pixels
    return cv2.resize(
        pixels, (_WIDEST, round(height * _WIDEST / width)), interpolation=cv2.INTER_AREA
    )
