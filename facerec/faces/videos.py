"""Frames of video files, and videos written frame by frame."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from facerec.errors import FacerecError
from facerec.system import files

# The usual time base of MP4: a whole number of its ticks lies between frames of all usual rates.
_VIDEO_TIME_BASE = Fraction(1, 90_000)
WRITTEN_SUFFIXES = (".mp4", ".m4v")
MOST_PIXELS = 7680 * 4320  # 8K
MOST_PIXELS_KEPT = 4096 * 2304  # 4K; larger frames are halved, so that several fit into memory
# A process that is killed leaves what it has written so far; the whole file is a plain MP4.
_WRITE_OPTIONS = {
    "movflags": "hybrid_fragmented+default_base_moof",
    "frag_duration": "1000000",  # microseconds
    "flush_packets": "1",
}
# Only files that hold their own frames: a playlist names other files and addresses.
_READ_OPTIONS = {
    "format_whitelist": "mov,matroska,avi,gif,mpegts,mpeg,mpegvideo,asf,flv,ogg,yuv4mpegpipe",
    "protocol_whitelist": "file",
}


class VideoFrame(NamedTuple):
    """A frame of a video file.

    Attributes
    ----------
    seconds : float
        Time in the video, from its first frame; never before the frame that came before.
    pixels : numpy.ndarray or None
        RGB uint8, shape (height, width, 3), upright. None where the file is damaged.
    """

    seconds: float
    pixels: np.ndarray | None


def pixels_of(frame: av.VideoFrame) -> np.ndarray:
    """Pixels of a decoded frame: RGB uint8, shape (height, width, 3), contiguous and upright.

    A phone records lying down and notes how the picture is to be turned. A frame of more than
    ``MOST_PIXELS_KEPT`` pixels is reduced to half its sides.
    """
    pixels = _of_usable_size(frame).to_ndarray(format="rgb24")
    # FFmpeg pads the rows of many widths, and gives the angle counterclockwise.
    return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90)))


def _of_usable_size(frame: av.VideoFrame) -> av.VideoFrame:
    """The frame, or one of half its sides if it has more than ``MOST_PIXELS_KEPT`` pixels."""
    if frame.width * frame.height <= MOST_PIXELS_KEPT:
        return frame
    return frame.reformat(frame.width // 2, frame.height // 2)


def timed_frames(video: Path | BinaryIO) -> Iterator[VideoFrame]:
    """Frames of a video or animated GIF one by one, damaged ones among them.

    A file that ends early gives one damaged frame more at its end. Pixels are as
    ``pixels_of`` gives them.

    Raises
    ------
    FacerecError
        If FFmpeg cannot read the file as a video, or its frames have more than ``MOST_PIXELS``
        pixels.
    """
    with _opened_video(video) as container:
        stream = container.streams.video[0]
        first, last = None, 0.0
        packets = 0
        for packet in _packets(container, stream):
            packets += packet.size > 0
            try:
                frames = packet.decode()
            except FFmpegError:
                yield VideoFrame(last, None)
                continue
            for frame in frames:
                _check_size(video, frame.width, frame.height)
                if frame.time is not None:
                    first = frame.time if first is None else first
                    last = max(last, frame.time - first)
                yield VideoFrame(last, None if frame.is_corrupt else pixels_of(frame))
        if packets < stream.frames:
            yield VideoFrame(last, None)


def video_frames(video: Path | BinaryIO) -> Iterator[np.ndarray]:
    """Pixels of the undamaged frames of a video one by one, as ``VideoFrame.pixels``.

    Errors are those of ``timed_frames``.
    """
    return (frame.pixels for frame in timed_frames(video) if frame.pixels is not None)


def frame_count(video: Path | BinaryIO) -> int:
    """Number of frames of a video, counted and not believed; errors as ``timed_frames``.

    The frames are not decoded. ``timed_frames`` gives a few more or fewer if the file is damaged.
    """
    with _opened_video(video) as container:
        stream = container.streams.video[0]
        return sum(packet.size > 0 for packet in _packets(container, stream))


def is_readable(video: Path | BinaryIO) -> bool:
    """Whether FFmpeg reads the file as a video or animated image."""
    try:
        with _opened_video(video):
            return True
    except FacerecError:
        return False


def _packets(container: InputContainer, stream: VideoStream) -> Iterator[av.Packet]:
    """The packets of a stream, as far as the file can be read."""
    with suppress(FFmpegError):
        yield from container.demux(stream)


@contextmanager
def _opened_video(video: Path | BinaryIO) -> Iterator[InputContainer]:
    if not isinstance(video, Path):
        video.seek(0)
    try:
        with av.open(
            str(video) if isinstance(video, Path) else video, "r", options=_READ_OPTIONS
        ) as container:
            stream = container.streams.video[0]
            # Threads for several frames at once lose the error of a damaged one.
            stream.thread_type = "SLICE"
            _check_size(video, stream.width, stream.height)
            yield container
    except (FFmpegError, IndexError, OSError) as error:
        raise FacerecError(f"{Path(video.name).name} cannot be read as a video.") from error


def _check_size(video: Path | BinaryIO, width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise FacerecError(
            f"{Path(video.name).name} cannot be read: its frames have {width} x {height} pixels, "
            f"more than {MOST_PIXELS // 10**6} million."
        )


class VideoWriter:
    """Writes RGB uint8 frames of one size to an MP4 file (H.264).

    It is used as a context manager. The file is complete when the block ends; if the block fails,
    no file is left.

    Parameters
    ----------
    path : pathlib.Path
    frames_per_second : int
    grows : bool
        Whether the file grows under its own name, in a folder that exists. A process that is killed
        then leaves what it wrote until about two seconds before, and a block that fails, too.
    """

    def __init__(self, path: Path, frames_per_second: int = 15, *, grows: bool = False) -> None:
        self._replacing = (files.growing if grows else files.replacing)(path)
        self._container = av.open(
            str(self._replacing.__enter__()), "w", format="mp4", options=_WRITE_OPTIONS
        )
        self._stream = self._container.add_stream("libx264", rate=frames_per_second)
        self._stream.pix_fmt = "yuv420p"
        # No frame needs a later one: the first stands at 0, and those before a kill are whole.
        self._stream.options = {"preset": "veryfast", "bf": "0"}
        self._stream.codec_context.time_base = _VIDEO_TIME_BASE
        self._frames_per_second = frames_per_second
        self._frames = 0
        self._last = -1
        self._started = False
        self._first_size = 0, 0

    def write(self, frame: np.ndarray, seconds: float | None = None) -> None:
        """Append a frame.

        Parameters
        ----------
        frame : numpy.ndarray
            RGB uint8, shape (height, width, 3); an odd last row or column is left out. A frame of
            another size than the first is scaled to fit, with black bars around it: a stream's
            frames change when the camera is turned or the network is slow.
        seconds : float, optional
            Time in the video at which the frame is shown, later than the frame before. By default
            frames follow each other at ``frames_per_second``.
        """
        if not self._started:
            height, width = (side - side % 2 for side in frame.shape[:2])
            self._stream.width, self._stream.height = width, height
            self._first_size = frame.shape[0], frame.shape[1]
            self._started = True
        size = self._stream.height, self._stream.width
        whole = frame if frame.shape[:2] == self._first_size else _fitted(frame, size)
        picture = av.VideoFrame.from_ndarray(
            np.ascontiguousarray(whole[: size[0], : size[1]]), format="rgb24"
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


def _fitted(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A picture scaled to fit into ``size`` (height, width), with black bars around it."""
    height, width = size
    scale = min(height / picture.shape[0], width / picture.shape[1])
    inner_height, inner_width = (max(1, round(side * scale)) for side in picture.shape[:2])
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    whole = np.zeros((height, width, 3), np.uint8)
    whole[top : top + inner_height, left : left + inner_width] = cv2.resize(
        picture, (inner_width, inner_height), interpolation=cv2.INTER_AREA
    )
    return whole
