"""Sources of pictures: images, folders, ZIP archives and videos, read one picture at a time."""

import math
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePath, PurePosixPath
from typing import BinaryIO

import numpy as np

from facerec.datasets.folder import UNKNOWN, FaceFile
from facerec.errors import FacerecError
from facerec.faces import images, videos
from facerec.system import paths
from facerec.system.archives import Archive

MOST_VIDEO_FRAMES = 300
_IGNORED = {"thumbs.db", "desktop.ini", "dataset.json"}


@dataclass(frozen=True)
class Picture:
    """A picture of a source that is not read yet.

    ``read`` gives a file's content, or a frame's pixels as RGB uint8 (height, width, 3).
    """

    name: str
    class_name: str
    session: str
    read: Callable[[], bytes | np.ndarray]
    like: FaceFile | None = None


@dataclass(frozen=True)
class Source:
    """The pictures of a source, their number, and the names of its files that are no images."""

    count: int
    pictures: Iterable[Picture]
    others: tuple[str, ...] = ()


def open_source(
    source: Path | BinaryIO, class_name: str | None, session: str | None, opened: ExitStack
) -> Source:
    """The pictures in a source; an archive stays open until ``opened`` is closed."""
    name = printable(PurePath(Path(source.name).name))
    if isinstance(source, Path) and source.is_dir():
        files = [path for path in sorted(source.rglob("*")) if path.is_file()]
        members = [
            (PurePosixPath(path.relative_to(source).as_posix()), path.read_bytes) for path in files
        ]
        name = printable(PurePath(source.resolve().name))
        return _from_members(name, members, class_name, session)
    if isinstance(source, Path) and not source.is_file():
        raise FacerecError(f"There is no file or folder {printable(source)}.")
    if name.lower().endswith(".zip"):
        archive = opened.enter_context(Archive(source))
        members = [(path, lambda path=path: archive.read(path)) for path in archive.members]
        return _from_members(name, members, class_name, session)
    if class_name is None:
        raise FacerecError(f"Say whose face is in {name}: it needs a class name.")
    if images.is_video(name):
        return _from_video(source, name, class_name, session)
    if images.is_image(name):
        members = [(PurePosixPath(name), lambda: content_of(source))]
        return _from_members(Path(name).stem, members, class_name, session)
    raise FacerecError(f"{name} is no image, video, ZIP archive or folder.")


def _from_members(
    source_name: str,
    members: list[tuple[PurePosixPath, Callable[[], bytes]]],
    class_name: str | None,
    session: str | None,
) -> Source:
    """Pictures from the files of a folder or archive, given by relative path."""
    pictures, others = [], []
    for path, read in members:
        if any(part[0] in "._" for part in path.parts) or path.name.lower() in _IGNORED:
            continue
        if not images.is_image(path.name):
            others.append(printable(path))
            continue
        if class_name is None and len(path.parts) < 2:
            raise FacerecError(
                f"{printable(path)} lies in no class folder of {source_name}: name a class for "
                "it, or put each person's images into a folder of their name."
            )
        owner = class_name or paths.safe_name(path.parts[-2], "class name")
        like = FaceFile.from_path(Path(path))
        # Cameras use the same file names for everybody, so folders tell assorted people apart.
        folders = path.parts[-2:-1] if owner == UNKNOWN and class_name else ()
        people = [name for name in folders if name != UNKNOWN]
        pictures.append(
            Picture(
                printable(path),
                owner,
                session or _session_name(*people, like.session, Path(source_name).stem),
                read,
                like,
            )
        )
    return Source(len(pictures), pictures, tuple(others))


def _from_video(source: Path | BinaryIO, name: str, class_name: str, session: str | None) -> Source:
    """At most ``MOST_VIDEO_FRAMES`` frames of a video, evenly spaced."""
    frames = videos.frame_count(source)
    step = max(1, math.ceil(frames / MOST_VIDEO_FRAMES))

    def pictures() -> Iterator[Picture]:
        for number, frame in enumerate(videos.video_frames(source)):
            if number % step == 0:
                yield Picture(
                    f"{name}, frame {number}",
                    class_name,
                    session or _session_name(Path(name).stem),
                    lambda frame=frame: frame,
                )

    return Source(math.ceil(frames / step), pictures())


def _session_name(*candidates: str) -> str:
    """The first candidate that is a safe name for a session, else ``import``."""
    for candidate in candidates:
        with suppress(FacerecError):
            return paths.safe_name(candidate, "session name")
    return "import"


def content_of(file: Path | BinaryIO) -> bytes:
    if isinstance(file, Path):
        return file.read_bytes()
    file.seek(0)
    return file.read()


def printable(path: PurePath) -> str:
    """A path as text that can be printed and saved, even if the file's name is not UTF-8."""
    return os.fsencode(str(path)).decode("utf-8", "replace")


def named(name: str, content: bytes) -> BinaryIO:
    """A file in memory that ``import_faces`` takes."""
    file = BytesIO(content)
    file.name = name
    return file
