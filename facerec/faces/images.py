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
import pillow_heif
from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError

from facerec.errors import FacerecError
from facerec.system import files

WRITTEN_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
JPEG_QUALITY = 95
# Pillow's own limit: a quarter of a gibibyte of RGB.
MOST_PIXELS = 2**28 // 3
# Larger pictures are halved, so that the memory of one stays far below a gibibyte.
MOST_PIXELS_KEPT = 2**25

pillow_heif.register_heif_opener()
# Pillow only warns of a picture with too many pixels; here it is refused. What else it warns of is
# said by the picture or not at all: nothing of it belongs on the command line.
warnings.filterwarnings("ignore", module=r"PIL\.")
# Programs keep a picture's history in it as text: that is no reason to refuse the picture.
PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY

_FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF", "GIF", "HEIF", "AVIF")


def is_readable(content: BinaryIO) -> bool:
    """Whether an open file begins as an image that ``decode`` knows; no pixel is decoded."""
    try:
        with Image.open(content, formats=_FORMATS):
            return True
    # Each format's reader raises exceptions of its own; a bomb is an image, too.
    except Image.DecompressionBombError:
        return True
    except Exception:
        return False


def pixel_count(content: bytes) -> int:
    """Number of pixels that an image file's header names; 0 if it is no image."""
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as image:
            return image.width * image.height
    # ``decode`` says what is wrong with it.
    except Exception:
        return 0


def decode(content: bytes, name: str = "image") -> np.ndarray:
    """Pixels of an image file's content, turned upright by its EXIF orientation.

    The format is known by the content. Transparent parts become white, and 16 bits a channel become
    8. An animation gives its first frame. An image of more than ``MOST_PIXELS_KEPT`` pixels is
    reduced to half its sides.

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
                ImageOps.exif_transpose(image, in_place=True)
                return np.array(_as_rgb(image))
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
        image = Image.fromarray((np.asarray(image) // 257).astype(np.uint8))
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode != mode:
        image = image.convert(mode)
    if image.width * image.height > MOST_PIXELS_KEPT:
        image = image.reduce(2)
    if mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image


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


def glimpse(path: Path) -> np.ndarray | None:
    """An eighth of an image file's side in grey: uint8 (height, width); None if it is unreadable.

    A JPEG is decoded at that size, which takes a fraction of the time.
    """
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError:
        return None
    return cv2.imdecode(data, cv2.IMREAD_REDUCED_GRAYSCALE_8) if len(data) else None


def encode(pixels: np.ndarray, suffix: str = ".jpg") -> bytes:
    """Content of an image file made of RGB uint8 pixels, shape (height, width, 3)."""
    parameters = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY] if suffix == ".jpg" else []
    _, content = cv2.imencode(suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), parameters)
    return content.tobytes()


def check_name(path: Path) -> None:
    """Raise a FacerecError if no image can be written to a file of this name."""
    if path.suffix.lower() not in WRITTEN_SUFFIXES:
        raise FacerecError(f"{path.name} is no image file's name: let it end in .jpg or .png.")


def write(path: Path, pixels: np.ndarray) -> None:
    """Write RGB uint8 pixels (height, width, 3) to an image file in the format of its suffix.

    The file is replaced in one step: nobody finds it half written.

    Raises
    ------
    FacerecError
        If the suffix is not that of an image, or the file cannot be written.
    """
    check_name(path)
    files.write_bytes(path, encode(pixels, path.suffix.lower()))
