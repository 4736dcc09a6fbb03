"""Bringing faces in from images, folders, ZIP archives and videos."""

import math
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import numpy as np

from facerec import images, paths
from facerec.dataset import FaceFile, FaceFolder
from facerec.detection import FaceDetector
from facerec.errors import FacerecError
from facerec.face_writer import FaceWriter, Origin
from facerec.preprocessing import extract_faces

MOST_VIDEO_FRAMES = 300
LARGEST_ARCHIVE_BYTES = 4 * 2**30
# What reading one picture raises, also from a damaged or encrypted archive.
_UNREADABLE = (FacerecError, OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class Rejection:
    """An image that did not come in, and why."""

    name: str
    reason: str


@dataclass
class ImportReport:
    """What came in (images by class) and what did not."""

    added: Counter[str] = field(default_factory=Counter)
    rejected: list[Rejection] = field(default_factory=list)

    def reasons(self) -> dict[str, int]:
        """Number of rejected images by reason, the most frequent first."""
        return dict(Counter(rejection.reason for rejection in self.rejected).most_common())


@dataclass(frozen=True)
class _Picture:
    name: str
    class_name: str
    session: str
    read: Callable[[], np.ndarray]


Progress = Callable[[int, int], None]


def import_faces(
    sources: Sequence[Path | BinaryIO],
    folder: FaceFolder,
    detector: FaceDetector,
    class_name: str | None = None,
    session: str | None = None,
    keep_raw: bool = False,
    progress: Progress = lambda done, total: None,
) -> ImportReport:
    """Bring every image with exactly one face into a data set.

    Parameters
    ----------
    sources : sequence of pathlib.Path or binary file with a ``name``
        Images, videos, ZIP archives, or folders. In folders and archives the folder that an image
        lies in names its class, unless ``class_name`` is given.
    folder : FaceFolder
        Where the faces go.
    detector : FaceDetector
        Finds the face; ``WholeImage`` takes images as they are.
    class_name : str, optional
        The person; needed for loose images and videos.
    session : str, optional
        Name of the capture session. By default the one in the file's name (``<session>_<number>``),
        else the source's name, where these can be names.
    keep_raw : bool
        Also keep the whole image under ``_raw``.
    progress : callable
        Called with the number of images done and in all; may raise to stop, what came in stays.

    Raises
    ------
    FacerecError
        If a source cannot be read, holds no images, or no class is named for it.
    """
    if class_name is not None:
        class_name = paths.safe_name(class_name, "class name")
    if session is not None:
        session = paths.safe_name(session, "session name")
    opened = [_pictures(source, class_name, session) for source in sources]
    total = sum(count for count, _ in opened)
    if not total:
        raise FacerecError("There are no images or videos to import here.")
    report = ImportReport()
    with FaceWriter(folder) as writer:
        for done, picture in enumerate((p for _, pictures in opened for p in pictures), start=1):
            reason = _bring_in(picture, detector, writer, keep_raw)
            if reason is None:
                report.added[picture.class_name] += 1
            else:
                report.rejected.append(Rejection(picture.name, reason))
            progress(done, total)
    return report


def _bring_in(
    picture: _Picture, detector: FaceDetector, writer: FaceWriter, keep_raw: bool
) -> str | None:
    """Add a picture's face; the reason where there is none to add."""
    try:
        pixels = picture.read()
    except _UNREADABLE:
        return "cannot be read as an image"
    faces = extract_faces(pixels, detector)
    if len(faces) != 1:
        return "several faces" if faces else "no face found"
    origin = Origin(picture.name, detector.name)
    writer.add(
        picture.class_name, picture.session, faces[0], origin, raw=pixels if keep_raw else None
    )
    return None


def _pictures(
    source: Path | BinaryIO, class_name: str | None, session: str | None
) -> tuple[int, Iterator[_Picture]]:
    """How many pictures a source holds, and the pictures themselves."""
    name = Path(source.name).name
    if isinstance(source, Path) and source.is_dir():
        name = source.resolve().name
        members = [
            (PurePosixPath(path.relative_to(source).as_posix()), path.read_bytes)
            for path in sorted(source.rglob("*"))
            if images.is_image(path.name) and path.is_file()
        ]
        return _from_members(name, members, class_name, session)
    if isinstance(source, Path) and not source.is_file():
        raise FacerecError(f"There is no file or folder {source}.")
    if name.lower().endswith(".zip"):
        return _from_members(name, _archive_members(source, name), class_name, session)
    if class_name is None:
        raise FacerecError(f"Say whose face is in {name}: it needs a class name.")
    if images.is_video(name):
        return _from_video(source, name, class_name, session)
    if images.is_image(name):
        read = source.read_bytes if isinstance(source, Path) else source.getvalue
        return _from_members(Path(name).stem, [(PurePosixPath(name), read)], class_name, session)
    raise FacerecError(f"{name} is no image, video, ZIP archive or folder.")


def _from_members(
    source_name: str,
    members: list[tuple[PurePosixPath, Callable[[], bytes]]],
    class_name: str | None,
    session: str | None,
) -> tuple[int, Iterator[_Picture]]:
    """Pictures from the files of a folder or archive, given by relative path."""
    pictures = []
    for path, read in members:
        hidden = any(part[0] in "._" for part in path.parts)
        if hidden:
            continue
        if class_name is None and len(path.parts) < 2:
            raise FacerecError(
                f"{path.name} lies in no class folder of {source_name}: name a class for it, or "
                "put each person's images into a folder of their name."
            )
        owner = class_name or paths.safe_name(path.parts[-2], "class name")
        own_session = FaceFile.from_path(Path(path.name)).session
        pictures.append(
            _Picture(
                str(path),
                owner,
                session or _session_name(own_session, Path(source_name).stem),
                lambda read=read, path=path: images.decode(read(), path.name),
            )
        )
    return len(pictures), iter(pictures)


def _archive_members(
    source: Path | BinaryIO, name: str
) -> list[tuple[PurePosixPath, Callable[[], bytes]]]:
    try:
        archive = zipfile.ZipFile(source)
    except zipfile.BadZipFile as error:
        raise FacerecError(f"{name} is no ZIP archive, or is damaged.") from error
    entries = [info for info in archive.infolist() if images.is_image(info.filename)]
    if sum(info.file_size for info in entries) > LARGEST_ARCHIVE_BYTES:
        raise FacerecError(f"{name} holds more than 4 GB of images: import it in parts.")
    for info in entries:
        path = PurePosixPath(info.filename)
        if path.is_absolute() or ".." in path.parts:
            raise FacerecError(f"{name} is refused: it has a path that leaves it, {path}.")
    return [
        (PurePosixPath(info.filename), lambda info=info: archive.read(info)) for info in entries
    ]


def _from_video(
    source: Path | BinaryIO, name: str, class_name: str, session: str | None
) -> tuple[int, Iterator[_Picture]]:
    """At most ``MOST_VIDEO_FRAMES`` frames of a video, evenly spaced."""
    frames = images.frame_count(source)
    step = max(1, math.ceil(frames / MOST_VIDEO_FRAMES))

    def pictures() -> Iterator[_Picture]:
        for number, frame in enumerate(images.video_frames(source)):
            if number % step == 0:
                yield _Picture(
                    f"{name}, frame {number}",
                    class_name,
                    session or _session_name(Path(name).stem),
                    lambda frame=frame: frame,
                )

    return math.ceil(frames / step), pictures()


def _session_name(*candidates: str) -> str:
    """The first that can name a session; ``import`` where none can."""
    for candidate in candidates:
        with suppress(FacerecError):
            return paths.safe_name(candidate, "session name")
    return "import"


def named(name: str, content: bytes) -> BinaryIO:
    """A file in memory that ``import_faces`` takes."""
    file = BytesIO(content)
    file.name = name
    return file
