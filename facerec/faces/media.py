"""Kinds of files that people bring: images, videos and ZIP archives, known by their content."""

from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from facerec.errors import FacerecError
from facerec.faces import images, videos

IMAGE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp", ".tif", ".tiff", ".heic", ".heif",
     ".avif")
)  # fmt: skip
VIDEO_SUFFIXES = frozenset(
    (".mp4", ".m4v", ".mpeg4", ".mov", ".3gp", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".mts",
     ".m2ts", ".wmv", ".gif", ".y4m")
)  # fmt: skip
ARCHIVE_SUFFIX = ".zip"
_ARCHIVE_MARKS = (b"PK\x03\x04", b"PK\x05\x06")


class Kind(StrEnum):
    """What a file is."""

    IMAGE = "image"
    VIDEO = "video"
    ARCHIVE = "archive"


def is_image(name: str) -> bool:
    """Whether a file name has the suffix of an image."""
    return Path(name).suffix.lower() in IMAGE_SUFFIXES


def is_video(name: str) -> bool:
    """Whether a file name has the suffix of a video; an animated GIF counts as one."""
    return Path(name).suffix.lower() in VIDEO_SUFFIXES


def kind_of(file: Path | BinaryIO) -> Kind | None:
    """Kind of a file by its content, else by its name; None if neither tells.

    A file that is cut off or damaged is of the kind that its name says, so that the reader of that
    kind tells what is wrong with it.

    Parameters
    ----------
    file : pathlib.Path or binary file with a ``name``

    Raises
    ------
    FacerecError
        If the file cannot be opened.
    """
    return _kind_by_content(file) or _kind_by_name(file.name)


def suffixes(*kinds: Kind) -> list[str]:
    """Sorted file name suffixes of some kinds, without their dots."""
    by_kind = {
        Kind.IMAGE: IMAGE_SUFFIXES,
        Kind.VIDEO: VIDEO_SUFFIXES,
        Kind.ARCHIVE: {ARCHIVE_SUFFIX},
    }
    return sorted(suffix[1:] for kind in kinds for suffix in by_kind[kind])


def _kind_by_content(file: Path | BinaryIO) -> Kind | None:
    try:
        if isinstance(file, Path):
            with file.open("rb") as opened:
                return _kind_of_opened(opened, file)
        return _kind_of_opened(file, file)
    except OSError as error:
        raise FacerecError(f"{file.name} cannot be read: {error.strerror or error}.") from error


def _kind_of_opened(opened: BinaryIO, file: Path | BinaryIO) -> Kind | None:
    opened.seek(0)
    start = opened.read(4)
    opened.seek(0)
    if start in _ARCHIVE_MARKS:
        return Kind.ARCHIVE
    # A GIF is a video: its frames are what it was made for.
    if start != b"GIF8" and images.is_readable(opened):
        return Kind.IMAGE
    return Kind.VIDEO if videos.is_readable(file) else None


def _kind_by_name(name: str) -> Kind | None:
    if is_image(name):
        return Kind.IMAGE
    if is_video(name):
        return Kind.VIDEO
    return Kind.ARCHIVE if name.lower().endswith(ARCHIVE_SUFFIX) else None
