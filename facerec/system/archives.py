"""Reading ZIP archives that may be malicious."""

import os
import re
import stat
import zipfile
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from facerec.errors import FacerecError

MOST_BYTES = 4 * 2**30
MOST_MEMBERS = 200_000
_FOLDER = ("/", "\\")
_ENCRYPTED, _UTF8 = 0x1, 0x800
# Two letters in a row: read as cp932, a European letter swallows the one after it.
_JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]{2}")


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
        # Not ``is_dir()``: it raises IndexError for an entry without a name, and does not know a
        # folder by a backslash at its end.
        entries = [entry for entry in self._zip.infolist() if entry.filename[-1:] not in _FOLDER]
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

    @property
    def top(self) -> str | None:
        """Name of the one folder that holds all files; None if there are several or none.

        A file that lies in no folder counts as one.
        """
        tops = {path.parts[0] for path in self.members}
        return tops.pop() if len(tops) == 1 else None

    def size(self, member: PurePosixPath) -> int:
        """Number of bytes of a file when unpacked, as the archive says; ``read`` gives no more."""
        return self._entries[member].file_size

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
        path = PurePosixPath(_file_name(entry).replace("\\", "/"))
        if not path.parts:
            raise FacerecError(f"{self.name} is refused: it holds a file without a name.")
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise FacerecError(f"{self.name} is refused: it has a path that leaves it, {path}.")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise FacerecError(f"{self.name} is refused: {path} in it is a link, not a file.")
        if entry.flag_bits & _ENCRYPTED:
            raise FacerecError(f"{self.name} is encrypted: unpack it first.")
        return path


def _file_name(entry: zipfile.ZipInfo) -> str:
    """Name of an entry; a name without the mark of UTF-8 is in the code page of whoever packed it.

    macOS and Linux write UTF-8 without the mark. Of Windows, the Japanese code page is recognised;
    else the one of western Europe is taken, which shares most letters with that of the USA.
    """
    if entry.flag_bits & _UTF8 or entry.filename.isascii():
        return entry.filename
    content = entry.filename.encode("cp437")
    with suppress(UnicodeDecodeError):
        return content.decode("utf-8")
    with suppress(UnicodeDecodeError):
        if _JAPANESE.search(name := content.decode("cp932")):
            return name
    return content.decode("cp850")
