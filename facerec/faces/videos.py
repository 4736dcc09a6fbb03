"""Frames of video files, and videos written frame by frame."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError

from facerec.errors import FacerecError
from facerec.system import files

# The usual time base of MP4: a whole number of its ticks lies between frames of all usual rates.
_VIDEO_TIME_BASE = Fraction(1, 90_000)


def video_frames(video: Path | BinaryIO) -> Iterator[np.ndarray]:
    """Frames of a video or animated GIF, one by one: RGB uint8, shape (height, width, 3).

    Raises
    ------
    FacerecError
        If FFmpeg cannot read the file as a video.
    """
    with _opened_video(video) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def frame_count(video: Path | BinaryIO) -> int:
    """Number of frames of a video; errors as ``video_frames``."""
    with _opened_video(video) as container:
        stream = container.streams.video[0]
        return stream.frames or sum(1 for _ in container.decode(stream))


@contextmanager
def _opened_video(video: Path | BinaryIO) -> Iterator[InputContainer]:
    if not isinstance(video, Path):
        video.seek(0)
    try:
        with av.open(str(video) if isinstance(video, Path) else video, "r") as container:
            yield container
    except (FFmpegError, IndexError, OSError) as error:
        raise FacerecError(f"{Path(video.name).name} cannot be read as a video.") from error


class VideoWriter:
    """Writes RGB uint8 frames of one size to an MP4 file (H.264).

    It is used as a context manager. The file is complete when the block ends; if the block fails,
    no file is left.
    """

    def __init__(self, path: Path, frames_per_second: int = 15) -> None:
        self._replacing = files.replacing(path)
        self._container = av.open(str(self._replacing.__enter__()), "w", format="mp4")
        self._stream = self._container.add_stream("libx264", rate=frames_per_second)
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = {"preset": "veryfast"}
        self._stream.codec_context.time_base = _VIDEO_TIME_BASE
        self._frames_per_second = frames_per_second
        self._frames = 0
        self._last = -1
        self._started = False

    def write(self, frame: np.ndarray, seconds: float | None = None) -> None:
        """Append a frame.

        Parameters
        ----------
        frame : numpy.ndarray
            RGB uint8, shape (height, width, 3); an odd last row or column is left out.
        seconds : float, optional
            Time in the video at which the frame is shown, later than the frame before. By default
            frames follow each other at ``frames_per_second``.
        """
        height, width = (side - side % 2 for side in frame.shape[:2])
        if not self._started:
            self._stream.width, self._stream.height = width, height
            self._started = True
        picture = av.VideoFrame.from_ndarray(
            np.ascontiguousarray(frame[:height, :width]), format="rgb24"
        )
        if seconds is None:
            seconds = self._frames / self._frames_per_second
        self._frames += 1
        # The encoder refuses two frames with the same timestamp.
        self._last = max(round(seconds / _VIDEO_TIME_BASE), self._last + 1)
        picture.pts, picture.time_base = self._last, _VIDEO_TIME_BASE
        self._container.mux(self._stream.encode(picture))

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and self._started:
            self._container.mux(self._stream.encode())
        self._container.close()
        self._replacing.__exit__(kind, failure, trace)
