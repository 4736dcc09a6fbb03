"""Reading and writing image and video files as RGB pixels.

Files are read and written through bytes, because OpenCV's own file functions fail on paths with
non-ASCII letters on Windows.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import av
import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from facerec.errors import FacerecError
from facerec.system import files

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"}
VIDEO_SUFFIXES = {".mp4", ".mov", ".avi", ".mkv", ".webm", ".gif", ".m4v", ".y4m"}
JPEG_QUALITY = 95
MOST_PIXELS = Image.MAX_IMAGE_PIXELS
# Pillow only warns of such images; here they are refused.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)
# The usual time base of MP4: a whole number of its ticks lies between frames of all usual rates.
_VIDEO_TIME_BASE = Fraction(1, 90_000)
_FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF", "GIF")


def is_image(name: str) -> bool:
    """Whether a file name has the suffix of an image."""
    return Path(name).suffix.lower() in IMAGE_SUFFIXES


def is_video(name: str) -> bool:
    """Whether a file name has the suffix of a video; an animated GIF counts as one."""
    return Path(name).suffix.lower() in VIDEO_SUFFIXES


def decode(content: bytes, name: str = "image") -> np.ndarray:
    """Pixels of an image file's content, turned upright by its EXIF orientation.

    Transparent parts become white, and 16 bits a channel become 8. An animation gives its first
    frame.

    Returns
    -------
    numpy.ndarray
        RGB uint8, shape (height, width, 3).

    Raises
    ------
    FacerecError
        If the content is no image, is cut off or damaged, has more than 16 bits a channel, or more
        than ``MOST_PIXELS`` pixels. The number of pixels is read from the file's header, before
        memory is allocated.
    """
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                why = f"it has {width} x {height} pixels, more than {MOST_PIXELS // 10**6} million"
            elif image.mode in ("I", "F"):
                # Such files hold measurements: nothing defines which value is black or white.
                why = "it has 32 bits a channel: save it as a JPEG or PNG file"
            else:
                return np.array(_as_rgb(ImageOps.exif_transpose(image)))
    except Image.DecompressionBombError:
        why = f"it has more than {MOST_PIXELS // 10**6} million pixels"
    except UnidentifiedImageError:
        why = "it is no image"
    except Exception as error:  # each format's reader raises exceptions of its own
        why = f"it is cut off or damaged ({error})"
    raise FacerecError(f"{name} cannot be read: {why}.")


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        # Pillow would clip 16-bit grey values at 255 instead of scaling them.
        return Image.fromarray((np.asarray(image) // 257).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        solid = image.convert("RGBA")
        white = Image.new("RGBA", solid.size, "white")
        return Image.alpha_composite(white, solid).convert("RGB")
    return image.convert("RGB")


def read(image: Path | BinaryIO) -> np.ndarray:
    """Pixels of an image file as RGB uint8, shape (height, width, 3); errors as ``decode``."""
    if not isinstance(image, Path):
        image.seek(0)
        return decode(image.read(), image.name)
    try:
        content = image.read_bytes()
    except OSError as error:
        raise FacerecError(f"{image} cannot be read: {error.strerror}.") from error
    return decode(content, image.name)


def encode(pixels: np.ndarray, suffix: str = ".jpg") -> bytes:
    """Content of an image file made of RGB uint8 pixels, shape (height, width, 3)."""
    parameters = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY] if suffix == ".jpg" else []
    _, content = cv2.imencode(suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), parameters)
    return content.tobytes()


def write(path: Path, pixels: np.ndarray) -> None:
    """Write RGB uint8 pixels (height, width, 3) to an image file in the format of its suffix.

    The file is replaced in one step: nobody finds it half written.

    Raises
    ------
    FacerecError
        If the suffix is not that of an image, or the file cannot be written.
    """
    if not is_image(path.name):
        raise FacerecError(f"{path.name} is no image file's name: let it end in .jpg or .png.")
    files.write_bytes(path, encode(pixels, path.suffix.lower()))


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
def _opened_video(video: Path | BinaryIO) -> Iterator[av.container.InputContainer]:
    if not isinstance(video, Path):
        video.seek(0)
    try:
        with av.open(str(video) if isinstance(video, Path) else video) as container:
            yield container
    except (av.FFmpegError, IndexError, OSError) as error:
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

    def __exit__(self, *failure: object) -> None:
        if failure[0] is None and self._started:
            self._container.mux(self._stream.encode())
        self._container.close()
        self._replacing.__exit__(*failure)
