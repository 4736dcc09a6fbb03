"""Recordings of a stream as two MP4 files, raw and annotated, and snapshots.

A recording lies under ``paths.recordings_folder()``. If the app is killed, what was recorded until
then stays there, and ``left_over`` finds it.
"""

import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from filelock import FileLock, Timeout

from facerec.errors import FacerecError
from facerec.faces import images, videos
from facerec.live.frames import FrameDrawn
from facerec.system import files, paths

LONGEST_SECONDS = 600.0
# Each waiting frame holds two pictures: in full HD, eight frames take 100 MB.
WAITING_FRAMES = 8
RAW, ANNOTATED = "raw.mp4", "annotated.mp4"
_NAME = "%Y-%m-%d %H.%M.%S "
_NEW_SECONDS = 60.0


@dataclass(frozen=True)
class Recording:
    """A finished recording.

    Parameters
    ----------
    annotated, raw : pathlib.Path
        The complete MP4 files with and without boxes and names. They are deleted when the next
        recording begins or the recorder is closed.
    seconds : float
        Time from the first frame to the last.
    frames : int
        Number of frames in each file.
    dropped : int
        Number of frames that are in neither file, since too many others waited to be written.
    """

    annotated: Path
    raw: Path
    seconds: float
    frames: int
    dropped: int


@dataclass(frozen=True)
class Snapshot:
    """One frame, annotated and raw: the contents of two PNG files."""

    annotated: bytes
    raw: bytes


class LeftOver(NamedTuple):
    """A recording that the app left when it was killed; ``delete`` deletes it.

    Attributes
    ----------
    began : str
        Local date and time, such as "2026-11-30 12:30".
    annotated, raw : pathlib.Path
        As those of ``Recording``, up to some seconds before the end.
    """

    began: str
    annotated: Path
    raw: Path

    def delete(self) -> None:
        """Delete both files; raise ``FacerecError`` if they cannot be."""
        files.delete_folder(self.raw.parent)


def left_over() -> list[LeftOver]:
    """Recordings that no app has open any more, the oldest first; those without a frame go."""
    found = []
    for folder in sorted(paths.recordings_folder().glob("[0-9]*")):
        with suppress(FacerecError, OSError):
            if _is_open(folder):
                continue
            item = LeftOver(folder.name[:16].replace(".", ":"), folder / ANNOTATED, folder / RAW)
            if all(_has_frames(path) for path in (item.annotated, item.raw)):
                found.append(item)
            elif time.time() - folder.stat().st_mtime > _NEW_SECONDS:
                item.delete()
    return found


def _is_open(folder: Path) -> bool:
    try:
        with _lock(folder).acquire(blocking=False):
            return False
    except Timeout:
        return True


def _has_frames(video: Path) -> bool:
    try:
        return videos.frame_count(video) > 0
    except FacerecError:
        return False


def _lock(folder: Path) -> FileLock:
    """The lock of a recording's folder, held while an app records or offers the recording."""
    return FileLock(folder / ".lock", thread_local=False)


class Recorder:
    """Records a stream beside the video thread, which never waits for it.

    Frames keep the times at which they came. A recording that reaches ``longest`` ends by itself;
    ``stop`` then returns it. All methods may be called from any thread.

    Parameters
    ----------
    longest : float
        Maximum length of a recording in seconds.
    clock : callable
        A monotonic clock, in seconds.
    """

    def __init__(
        self, longest: float = LONGEST_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._longest = longest
        self._clock = clock
        self._latest: FrameDrawn | None = None
        self._film: _Film | None = None
        # Held while recordings begin and end; the video thread never takes it.
        self._lock = threading.Lock()

    @property
    def recording(self) -> bool:
        """Whether frames are recorded now."""
        film = self._film
        return film is not None and film.open

    @property
    def seconds(self) -> float:
        """Seconds from the first recorded frame to the last; 0 before there is any."""
        film = self._film
        return film.seconds if film else 0.0

    @property
    def dropped(self) -> int:
        """Number of frames left out of the present recording, since too many others waited."""
        film = self._film
        return film.dropped if film else 0

    @property
    def error(self) -> str | None:
        """Why the present recording was interrupted, such as by a full disk; else None."""
        film = self._film
        return film.error if film else None

    @property
    def unsaved(self) -> bool:
        """Whether there is a recording, under way or ended, that ``stop`` would return."""
        return self._film is not None and not self._film.stopped

    def add(self, frame: FrameDrawn) -> None:
        """Take a frame, and return at once; to subscribe to a ``LivePipeline``.

        The pictures are kept without a copy.
        """
        self._latest = frame
        film = self._film
        if film is not None:
            film.add(self._clock(), frame.annotated, frame.raw)

    def start(self) -> None:
        """Start a recording, and delete the files of an earlier one.

        Raises
        ------
        FacerecError
            If the recorder is recording already.
        """
        with self._lock:
            if self.recording:
                raise FacerecError("It is recording already: stop that first.")
            self._forget()
            self._film = _Film(self._longest)

    def stop(self) -> Recording:
        """End the recording, and wait until its files are complete.

        Raises
        ------
        FacerecError
            If nothing was being recorded, no frame came, or the files could not be written. No file
            is left then.
        """
        with self._lock:
            if self._film is None or self._film.stopped:
                raise FacerecError("Nothing is being recorded.")
            return self._film.stop()

    def snapshot(self) -> Snapshot:
        """Snapshot of the latest frame.

        Raises
        ------
        FacerecError
            If no frame has come yet.
        """
        latest = self._latest
        if latest is None:
            raise FacerecError("No picture has come from the camera yet.")
        return Snapshot(images.encode(latest.annotated, ".png"), images.encode(latest.raw, ".png"))

    def close(self) -> None:
        """End the recording and delete all files; may be called again."""
        with self._lock:
            self._forget()
            self._latest = None

    def _forget(self) -> None:
        film, self._film = self._film, None
        if film is not None:
            film.delete()


class _Film:
    """One recording: its waiting frames, the thread that writes them, and its files."""

    def __init__(self, longest: float) -> None:
        self.seconds = 0.0
        self.dropped = 0
        self.error: str | None = None
        self.stopped = False
        self._longest = longest
        files.make_folder(paths.recordings_folder())
        # Deleted even if nobody closes the recorder, as when a browser tab is closed.
        self._folder = tempfile.TemporaryDirectory(
            prefix=time.strftime(_NAME),
            dir=paths.recordings_folder(),
            ignore_cleanup_errors=True,
        )
        folder = Path(self._folder.name)
        self._lock = _lock(folder)
        self._lock.acquire()
        self._paths = folder / ANNOTATED, folder / RAW
        self._frames = 0
        self._began: float | None = None
        self._waiting: deque[tuple[float, tuple[np.ndarray, np.ndarray]]] = deque()
        self._ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True, name="recorder")
        self._thread.start()

    @property
    def open(self) -> bool:
        """Whether the recording takes frames."""
        return not self._ended and self.error is None

    def add(self, now: float, annotated: np.ndarray, raw: np.ndarray) -> None:
        with self._changed:
            if not self.open:
                return
            if self._began is None:
                self._began = now
            if now - self._began > self._longest:
                self._end()
            elif len(self._waiting) < WAITING_FRAMES:
                self.seconds = now - self._began
                self._waiting.append((self.seconds, (annotated, raw)))
                self._changed.notify()
            else:
                self.dropped += 1

    def stop(self) -> Recording:
        self._finish()
        self.stopped = True
        if self.error is None and not self._frames:
            self.error = "No picture came while it recorded."
        if self.error is not None:
            self.delete()
            raise FacerecError(self.error)
        return Recording(*self._paths, self.seconds, self._frames, self.dropped)

    def delete(self) -> None:
        self._finish()
        self._lock.release()
        self._folder.cleanup()

    def _finish(self) -> None:
        with self._changed:
            self._end()
        self._thread.join()

    def _end(self) -> None:
        self._ended = True
        self._changed.notify()

    def _next(self) -> tuple[float, tuple[np.ndarray, np.ndarray]] | None:
        with self._changed:
            # If no frame comes any more, the page may be gone and nobody stops the recording.
            if not self._changed.wait_for(lambda: self._waiting or self._ended, self._longest):
                self._end()
            return self._waiting.popleft() if self._waiting else None

    def _run(self) -> None:
        try:
            with ExitStack() as stack:
                writers: list[videos.VideoWriter] = []
                while (frame := self._next()) is not None:
                    seconds, pictures = frame
                    if not writers:
                        writers = [
                            stack.enter_context(videos.VideoWriter(path, grows=True))
                            for path in self._paths
                        ]
                    for writer, picture in zip(writers, pictures, strict=True):
                        writer.write(picture, seconds)
                    self._frames += 1
        except Exception as error:
            # A full disk or FFmpeg may fail. The stream must go on; the page shows the message.
            self.error = f"The recording failed: {error}"
            with self._changed:
                self._waiting.clear()
