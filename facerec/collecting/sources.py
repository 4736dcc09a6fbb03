"""Sources of pictures: images, folders, ZIP archives and videos, read one picture at a time."""

import math
import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePath, PurePosixPath
from typing import BinaryIO, NamedTuple

import numpy as np

from facerec.collecting import people_folders
from facerec.datasets.folder import UNKNOWN, FaceFile
from facerec.errors import FacerecError
from facerec.faces import media, videos
from facerec.faces.media import Kind
from facerec.system import paths
from facerec.system.archives import Archive

MOST_VIDEO_FRAMES = 300
MOST_BYTES = 128 * 2**20
NOT_AN_IMAGE, UNREADABLE, NOBODY, HIDDEN = "not an image", "unreadable", "in no folder", "hidden"
_INDEX = "dataset.json"
# What computers leave in folders and archives by themselves.
_LITTER = {"thumbs.db", "desktop.ini", ".ds_store", ".lock", _INDEX}
_LITTER_FOLDER = "__MACOSX"
_APPLE_DOUBLE = "._"


@dataclass(frozen=True)
class Picture:
    """A picture of a source that is not read yet.

    ``read`` gives a file's content, or a frame's pixels as RGB uint8 (height, width, 3). ``size``
    is the number of bytes that the picture takes before it is read.
    """

    name: str
    class_name: str
    session: str
    read: Callable[[], bytes | np.ndarray]
    like: FaceFile | None = None
    size: int = 0


class LeftOut(NamedTuple):
    """A file of a source that is not even read, and why."""

    name: str
    reason: str
    detail: str


@dataclass(frozen=True)
class Source:
    """The pictures of a source, their number, and the files that it leaves out."""

    count: int
    pictures: Iterable[Picture]
    left_out: tuple[LeftOut, ...] = ()


class ClassNames:
    """Names of classes for the names of people that come from outside.

    A name that equals an existing class, upper and lower case aside, is that class: elsewhere the
    two would be one folder. A name that no folder can have is adapted.

    Attributes
    ----------
    adapted : dict of str to str
        The class by each name that is not quite its own.
    """

    def __init__(self, existing: Iterable[str]) -> None:
        self._known = {name.casefold(): name for name in (UNKNOWN, *existing)}
        self.adapted: dict[str, str] = {}

    def of(self, text: str) -> str:
        """The class of a name."""
        name = paths.adapted_name(text, "Somebody")
        name = self._known.setdefault(name.casefold(), name)
        if name != unicodedata.normalize("NFC", text):
            self.adapted[printable(PurePath(text))] = name
        return name


@dataclass(frozen=True)
class _Member:
    """A file of a folder or archive: its path in there, its size in bytes, and its reader."""

    path: PurePosixPath
    size: int
    read: Callable[[], bytes]

    @property
    def name(self) -> str:
        return printable(self.path)


@dataclass(frozen=True)
class Wish:
    """What the user says about the pictures of all sources.

    Parameters
    ----------
    names : ClassNames
    class_name : str, optional
        Whose pictures they are; by default, folders have the names of people.
    session : str, optional
        By default, the names of files and folders tell.
    level : int, optional
        The level of folders that have people's names, from 0; by default, the likeliest.
    """

    names: ClassNames
    class_name: str | None = None
    session: str | None = None
    level: int | None = None


def open_source(source: Path | BinaryIO, wish: Wish, opened: ExitStack) -> Source:
    """The pictures in a source; an archive stays open until ``opened`` is closed.

    Raises
    ------
    FacerecError
        If the source is not there, is of no kind that can be read, or is a loose picture or video
        of which the wish does not say who is in it.
    """
    name = printable(PurePath(Path(source.name).name))
    if isinstance(source, Path) and source.is_dir():
        return _from_members(printable(PurePath(source.resolve().name)), _files(source), wish)
    if isinstance(source, Path) and not source.is_file():
        raise FacerecError(f"There is no file or folder {printable(source)}.")
    kind = media.kind_of(source)
    if kind is None:
        raise FacerecError(f"{name} is no image, video, ZIP archive or folder.")
    if kind == Kind.ARCHIVE:
        return _from_members(name, _members(opened.enter_context(Archive(source))), wish)
    if wish.class_name is None:
        raise FacerecError(f"Say whose face is in {name}: it needs a class name.")
    if kind == Kind.VIDEO:
        return _from_video(source, name, wish.class_name, wish.session)
    session = wish.session or _session_name(FaceFile.from_path(Path(name)).session, Path(name).stem)
    return Source(1, [Picture(name, wish.class_name, session, lambda: content_of(source))])


def folder_levels(source: Path | BinaryIO) -> people_folders.Levels:
    """The levels of folders in a folder or archive, of which one has people's names.

    Raises
    ------
    FacerecError
        If the archive is damaged or refused.
    """
    with ExitStack() as opened:
        if isinstance(source, Path) and source.is_dir():
            members = _files(source)
        elif media.kind_of(source) == Kind.ARCHIVE:
            members = _members(opened.enter_context(Archive(source)))
        else:
            members = []
        return people_folders.levels(_folders(_sorted_out(members)[0]))


def _files(folder: Path) -> list[_Member]:
    """The files in a folder and its subfolders, linked ones among them, by path."""
    found: list[Path] = []
    seen: set[Path] = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        # A link may lead back to a folder above it.
        if (real := Path(place).resolve()) in seen:
            folders.clear()
            continue
        seen.add(real)
        found += [path for name in names if (path := Path(place, name)).is_file()]
    return [
        _Member(
            PurePosixPath(path.relative_to(folder).as_posix()), path.stat().st_size, path.read_bytes
        )
        for path in sorted(found)
    ]


def _members(archive: Archive) -> list[_Member]:
    return [
        _Member(path, archive.size(path), lambda path=path: archive.read(path))
        for path in archive.members
    ]


def _from_members(source_name: str, members: Sequence[_Member], wish: Wish) -> Source:
    """Pictures from the files of a folder or archive."""
    taken, left_out = _sorted_out(members)
    loose = [member for member in taken if len(member.path.parts) < 2]
    if wish.class_name is None and loose:
        if len(loose) == len(taken):
            raise FacerecError(
                f"{loose[0].name} lies in no class folder of {source_name}: name a class for it, "
                "or put each person's images into a folder of their name."
            )
        why = "name a class for it, or put it into a folder of the person's name"
        left_out += [LeftOut(member.name, NOBODY, why) for member in loose]
        taken = [member for member in taken if len(member.path.parts) > 1]
    level = people_folders.levels(_folders(taken)).proposed if wish.level is None else wish.level
    ours = _is_ours(members)
    pictures = [_picture(member, source_name, level, ours, wish) for member in taken]
    return Source(len(pictures), pictures, tuple(left_out))


def _picture(member: _Member, source_name: str, level: int, ours: bool, wish: Wish) -> Picture:
    path, folders = member.path, member.path.parts[:-1]
    people, inner = folders[level : level + 1] or folders[-1:], folders[level + 1 :]
    owner = wish.class_name or wish.names.of(people[0])
    face = FaceFile.from_path(Path(path))
    if owner == UNKNOWN and wish.class_name:
        # Cameras use the same file names for everybody, so folders tell assorted people apart.
        inner = tuple(name for name in folders[-1:] if name != UNKNOWN)
    candidates = "-".join(inner), face.session, Path(source_name).stem
    session = wish.session or _session_name(*candidates)
    # Only a data set of ours says by a file's name which images are copies of each other.
    return Picture(member.name, owner, session, member.read, face if ours else None)


def _sorted_out(members: Sequence[_Member]) -> tuple[list[_Member], list[LeftOut]]:
    """The files that may be pictures, and those that are left out."""
    taken, left_out = [], []
    ours = _is_ours(members)
    for member in members:
        parts, name = member.path.parts, member.path.name
        if (
            name.lower() in _LITTER
            or name.startswith(_APPLE_DOUBLE)
            or _LITTER_FOLDER in parts
            or (ours and paths.RAW_FOLDER in parts[:-1])
        ):
            continue
        if any(part[0] == "." for part in parts):
            left_out.append(LeftOut(member.name, HIDDEN, "its name, or a folder's, begins with ."))
        elif member.path.suffix.lower() == media.ARCHIVE_SUFFIX:
            why = "a ZIP archive within another, or in a folder: unpack it, or import it itself"
            left_out.append(LeftOut(member.name, NOT_AN_IMAGE, why))
        elif media.is_video(name):
            why = "a video: import it itself, with the name of who is in it"
            left_out.append(LeftOut(member.name, NOT_AN_IMAGE, why))
        elif member.size > MOST_BYTES:
            why = f"it is larger than {MOST_BYTES // 2**20} MB"
            left_out.append(LeftOut(member.name, UNREADABLE, why))
        else:
            taken.append(member)
    return taken, left_out


def _is_ours(members: Iterable[_Member]) -> bool:
    """Whether they are the files of a data set of this program."""
    return any(member.path.name == _INDEX for member in members)


def _folders(members: Iterable[_Member]) -> list[tuple[str, ...]]:
    return [member.path.parts[:-1] for member in members]


def _from_video(source: Path | BinaryIO, name: str, class_name: str, session: str | None) -> Source:
    """At most ``MOST_VIDEO_FRAMES`` frames of a video, evenly spaced."""
    frames = videos.frame_count(source)
    step = max(1, math.ceil(frames / MOST_VIDEO_FRAMES))
    count = math.ceil(frames / step)
    session = session or _session_name(Path(name).stem)

    def pictures() -> Iterator[Picture]:
        for number, frame in enumerate(videos.timed_frames(source)):
            # The decoder may give more frames than the file has packets.
            if number % step == 0 and number // step < count:
                title = f"{name}, frame {number}"
                size = 0 if frame.pixels is None else frame.pixels.nbytes
                yield Picture(
                    title, class_name, session, lambda frame=frame: _intact(frame), size=size
                )

    return Source(count, pictures())


def _intact(frame: videos.VideoFrame) -> np.ndarray:
    if frame.pixels is None:
        raise FacerecError(f"The video is damaged after second {frame.seconds:.1f}.")
    return frame.pixels


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
