"""ZIP archives: safe reading of untrusted ones, and export and import of data sets."""

import json
import os
import re
import shutil
import stat
import zipfile
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from facerec import files, images, paths
from facerec.dataset import FaceFolder
from facerec.errors import FacerecError
from facerec.progress import Progress

MOST_BYTES = 4 * 2**30
MOST_MEMBERS = 200_000
_ENCRYPTED = 0x1
_INDEX = "dataset.json"


class Archive:
    """A ZIP archive that is checked before its members can be read; a context manager.

    Parameters
    ----------
    source : pathlib.Path or binary file

    Attributes
    ----------
    name : str
        The archive's file name.
    members : list of pathlib.PurePosixPath
        Its files without the folders, in the archive's order.

    Raises
    ------
    FacerecError
        If it is not a ZIP archive, or a damaged one; if it holds links, encrypted files, files
        without a name, paths that lead out of it, more than ``MOST_MEMBERS`` files, or more than
        ``MOST_BYTES`` unpacked.
    """

    def __init__(self, source: Path | BinaryIO) -> None:
        # A file name that is not UTF-8 could not be printed.
        name = os.fsencode(Path(getattr(source, "name", "This file")).name)
        self.name = name.decode("utf-8", "replace")
        try:
            self._zip = zipfile.ZipFile(source)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise FacerecError(f"{self.name} is no ZIP archive, or is damaged.") from error
        # Not ``is_dir()``: it raises IndexError for an entry without a name.
        entries = [entry for entry in self._zip.infolist() if entry.filename[-1:] != "/"]
        if len(entries) > MOST_MEMBERS:
            raise FacerecError(f"{self.name} is refused: it holds more than {MOST_MEMBERS} files.")
        if sum(entry.file_size for entry in entries) > MOST_BYTES:
            raise FacerecError(
                f"{self.name} is refused: unpacked it would take more than "
                f"{MOST_BYTES // 2**30} GB. Import it in parts."
            )
        self._entries = {self._path(entry): entry for entry in entries}
        self.members = list(self._entries)

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *failure: object) -> None:
        self._zip.close()

    def read(self, member: PurePosixPath) -> bytes:
        """Content of a file, never longer than the size that was checked.

        Raises
        ------
        FacerecError
            If the file is damaged.
        """
        try:
            return self._zip.read(self._entries[member])
        # Each compression method raises its own errors.
        except Exception as error:
            raise FacerecError(f"{member} in {self.name} is damaged ({error}).") from error

    def _path(self, entry: zipfile.ZipInfo) -> PurePosixPath:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if not path.parts:
            raise FacerecError(f"{self.name} is refused: it holds a file without a name.")
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise FacerecError(f"{self.name} is refused: it has a path that leaves it, {path}.")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise FacerecError(f"{self.name} is refused: {path} in it is a link, not a file.")
        if entry.flag_bits & _ENCRYPTED:
            raise FacerecError(f"{self.name} is encrypted: unpack it first.")
        return path


def export_dataset(folder: FaceFolder, destination: BinaryIO, with_raw: bool = False) -> None:
    """Pack a data set into a ZIP for ``open_dataset``, with the raw frames if asked.

    Parameters
    ----------
    folder : FaceFolder
    destination : binary file
    with_raw : bool
        Whether the frames under ``_raw`` are packed as well.
    """
    top = folder.name
    # Stored, since JPEG files hardly shrink. Timestamps are not strict: a camera whose clock was
    # never set dates its files 1970, and a ZIP has no dates before 1980.
    with zipfile.ZipFile(destination, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
        archive.writestr(f"{top}/{_INDEX}", json.dumps(folder.read_index()))
        for face in folder.face_files():
            archive.write(face.path, f"{top}/{face.key}")
            raw = folder.path / paths.RAW_FOLDER / face.class_name / face.path.name
            if with_raw and raw.exists():
                archive.write(raw, f"{top}/{paths.RAW_FOLDER}/{face.key}")


def open_dataset(
    source: Path | BinaryIO,
    name: str | None = None,
    progress: Progress = lambda done, total: None,
) -> FaceFolder:
    """Unpack a data set that ``export_dataset`` packed into a new data set under ``data``.

    Parameters
    ----------
    source : pathlib.Path or binary file
    name : str, optional
        Name of the new data set; by default the name in the archive.
    progress : callable
        Called with the number of files done and in all; may raise to stop, and then nothing is
        left of the new data set.

    Raises
    ------
    FacerecError
        If it is not such an archive, an image in it is damaged, a name in it is unusable, or a data
        set of that name exists.
    """
    with Archive(source) as archive:
        tops = {path.parts[0] for path in archive.members}
        if len(tops) != 1 or PurePosixPath(*tops, _INDEX) not in archive.members:
            raise FacerecError(
                f"{archive.name} holds no data set exported by facerec. Is it a ZIP of pictures? "
                "Then use Import."
            )
        target = paths.dataset_folder(name or tops.pop())
        if target.exists():
            raise FacerecError(
                f"There is a data set {target.name} already: give this one another name."
            )
        arriving = target.with_name(f".arriving-{target.name}")
        shutil.rmtree(arriving, ignore_errors=True)
        try:
            for done, member in enumerate(archive.members, start=1):
                _unpack(archive, member, arriving)
                progress(done, len(archive.members))
            arriving.rename(target)
        finally:
            shutil.rmtree(arriving, ignore_errors=True)
    return FaceFolder(target)


def _unpack(archive: Archive, member: PurePosixPath, folder: Path) -> None:
    content = archive.read(member)
    match member.parts[1:]:
        case (name,) if name == _INDEX:
            FaceFolder(folder).write_index(_checked_index(content, archive.name))
        case (class_name, name):
            images.decode(content, str(member))
            target = folder / paths.safe_name(class_name, "class name")
            files.write_bytes(target / _file_name(name, archive), content)
        case (paths.RAW_FOLDER, class_name, name):
            images.decode(content, str(member))
            target = folder / paths.RAW_FOLDER / paths.safe_name(class_name, "class name")
            files.write_bytes(target / _file_name(name, archive), content)
        case _:
            raise FacerecError(f"{archive.name} is refused: {member} is no part of a data set.")


def _file_name(name: str, archive: Archive) -> str:
    if name[0] == "." or not images.is_image(name):
        raise FacerecError(f"{archive.name} is refused: {name} in it is no image of a data set.")
    return name


def _checked_index(content: bytes, name: str) -> dict[str, Any]:
    with suppress(ValueError, RecursionError):
        index = json.loads(content)
        if (
            isinstance(index, dict)
            and set(index) == {"images", "sessions"}
            and all(isinstance(part, dict) for part in index.values())
            and all(_is_details(details) for details in index["images"].values())
            and all(_is_names(sessions) for sessions in index["sessions"].values())
        ):
            return index
    raise FacerecError(f"{_INDEX} in {name} is damaged.")


def _is_details(value: Any) -> bool:
    """Whether a value is a valid entry for an image: every field used has the expected type."""
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(key, ""), str) for key in ("digest", "source", "session"))
        and all(
            isinstance(value.get(key, 0), int | float)
            for key in ("brightness", "sharpness", "face_size")
        )
        and re.fullmatch("[0-9a-f]{16}", str(value.get("hash", "0" * 16))) is not None
    )


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)
