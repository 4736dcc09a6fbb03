"""Reading ZIP archives that may be malicious."""

import os
import stat
import zipfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from facerec.errors import FacerecError

MOST_BYTES = 4 * 2**30
MOST_MEMBERS = 200_000
_ENCRYPTED = 0x1


class Archive:
    """A ZIP archive whose entries are checked before any is read; a context manager.

    Parameters
    ----------
    source : pathlib.Path or binary file

    Attributes
    ----------
    name : str
        The archive's file name.
    members : list of pathlib.PurePosixPath
        The archive's files in their order, without folders.

    Raises
    ------
    FacerecError
        If the file is not a ZIP archive or is damaged. If the archive holds links, encrypted files,
        files without a name, paths that lead out of it, more than ``MOST_MEMBERS`` files, or files
        with more than ``MOST_BYTES`` in all when unpacked.
    """

    def __init__(self, source: Path | BinaryIO) -> None:
        # A file name that is not UTF-8 cannot be printed.
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
        """Content of a file, which is never longer than the checked size.

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
