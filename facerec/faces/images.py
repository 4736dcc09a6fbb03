"""Reading and writing image and video files as RGB pixels.

Files are read and written through bytes, because OpenCV's own file functions fail on paths with
non-ASCII letters on Windows.
"""

import warnings
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from facerec.errors import FacerecError
from facerec.system import files

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"}
VIDEO_SUFFIXES = {".mp4", ".mov", ".avi", ".mkv", ".webm", ".gif", ".m4v", ".y4m"}
JPEG_QUALITY = 95
# Pillow's own limit: a quarter of a gibibyte of RGB.
MOST_PIXELS = 2**28 // 3


# Pillow only warns of such images; here they are refused.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


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
