"""Reading, writing and deleting files; a crash, a full disk or a power cut leaves no half file."""

import errno
import hashlib
import itertools
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

from filelock import FileLock
from pydantic import TypeAdapter, ValidationError

from facerec.errors import FacerecError

ARRIVING, DELETED = ".arriving-", ".deleted-"
_ARRIVAL_SECONDS = 3600
_numbers = itertools.count()
Kept = TypeVar("Kept")
Others = Literal["ignore", "forbid"]


@contextmanager
def replacing(path: Path, new_folder: bool = True) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; if the block succeeds, the file replaces ``path``.

    The new file is on the disk when the block has ended, and survives a power cut.

    Parameters
    ----------
    path : pathlib.Path
    new_folder : bool
        Whether its folder is made if there is none. What works for long in a folder makes none: a
        folder that somebody deletes meanwhile must not come back.

    Raises
    ------
    FacerecError
        If the file cannot be written, such as on a full disk. ``path`` then stays as it was.
    """
    temporary = path.with_name(f".{os.getpid()}-{next(_numbers)}{path.suffix}")
    if new_folder:
        make_folder(path.parent)
    elif not path.parent.is_dir():
        raise FacerecError(f"{path} cannot be written: its folder was deleted.")
    try:
        yield temporary
        _sync(temporary)
        os.replace(temporary, path)
        _sync(path.parent)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritable(path, error) from error
        raise


@contextmanager
def growing(path: Path) -> Iterator[Path]:
    """Yield ``path`` itself, for a file whose part is of use if the block never ends.

    Raises
    ------
    FacerecError
        If the file cannot be written, such as on a full disk.
    """
    try:
        yield path
        _sync(path)
    except OSError as error:
        raise _unwritable(path, error) from error


def _sync(path: Path) -> None:
    """Have the system put a file's content, or a folder's entries, on the disk now.

    File systems may write a file's new name before its content: after a power cut, the name would
    stand for an empty file. Windows cannot open a folder, and keeps the order by itself.
    """
    if path.is_dir() and sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def move(source: Path, target: Path) -> None:
    """Rename a file or folder, and have the disk know it; errors as ``replacing``."""
    try:
        os.replace(source, target)
        for folder in {source.parent, target.parent}:
            _sync(folder)
    except OSError as error:
        raise _unwritable(target, error) from error


@contextmanager
def arriving(target: Path, what: str) -> Iterator[Path]:
    """Yield a new folder that becomes ``target`` if the block succeeds, and else is deleted.

    Nobody finds a folder that is half there, and of several that arrive at once under one name,
    the first stays.

    Parameters
    ----------
    target : pathlib.Path
    what : str
        Word for it in the error message, such as "run".

    Raises
    ------
    FacerecError
        If ``target`` exists, before the block or after it, or cannot be written.
    """

    def refuse() -> None:
        if target.exists():
            raise FacerecError(
                f"There is a {what} named {target.name} already: choose another name."
            )

    refuse()
    make_folder(target.parent)
    folder = target.with_name(f"{ARRIVING}{os.getpid()}-{next(_numbers)}")
    try:
        make_folder(folder)
        yield folder
        with FileLock(target.parent / ".lock"):
            refuse()
            move(folder, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(parent: Path) -> None:
    """Delete what a crash has left in ``parent`` of folders that arrived or were deleted.

    A folder that arrives may belong to another process: it is left for an hour.
    """
    for folder in [*parent.glob(f"{DELETED}*"), *parent.glob(f"{ARRIVING}*")]:
        with suppress(OSError):
            left = time.time() - folder.stat().st_mtime
            if left > _ARRIVAL_SECONDS or folder.name.startswith(DELETED):
                shutil.rmtree(folder, ignore_errors=True)


def make_folder(folder: Path) -> None:
    """Make a folder and its parents if they do not exist; errors as ``replacing``."""
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(path: Path, error: OSError) -> FacerecError:
    why = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
    return FacerecError(f"{path} cannot be written: {why}.")


def write_bytes(path: Path, content: bytes | memoryview, new_folder: bool = True) -> None:
    """Replace ``path`` with ``content`` in one step; ``new_folder`` as in ``replacing``."""
    with replacing(path, new_folder) as temporary:
        temporary.write_bytes(content)


def write_json(path: Path, content: Any) -> None:
    """Replace ``path`` with ``content`` as indented UTF-8 JSON in one step."""
    write_bytes(path, json.dumps(content, indent=2, ensure_ascii=False).encode("utf-8"))


def read_json(path: Path) -> Any:
    """Content of a JSON file.

    Raises
    ------
    FacerecError
        If the file cannot be read or is not JSON.
    """
    content = _content(path)
    try:
        return json.loads(content)
    # A file that is nested thousands deep ends the recursion.
    except (ValueError, RecursionError) as error:
        raise FacerecError(f"{path} is damaged: it is not JSON ({error}).") from error


def read_as(path: Path, kind: type[Kept], others: Others = "ignore") -> Kept:
    """Content of a JSON file as a value of a type, such as a dataclass.

    Every part is checked, since pages draw what was kept long ago, maybe by another version or
    another program.

    Parameters
    ----------
    path : pathlib.Path
    kind : type
    others : {"ignore", "forbid"}
        What becomes of entries that the type does not have.

    Raises
    ------
    FacerecError
        If the file cannot be read, is not JSON, or does not have the parts of the type.
    """
    return checked(_content(path), kind, str(path), others)


def checked(content: bytes, kind: type[Kept], name: str, others: Others = "ignore") -> Kept:
    """JSON as a value of a type, as ``read_as``; ``name`` stands for the file in the error."""
    try:
        return _adapter(kind).validate_json(content, strict=True, extra=others)
    except (ValidationError, FacerecError) as error:
        why = _first_problem(error) if isinstance(error, ValidationError) else str(error)
        raise FacerecError(f"{name} is damaged: {why.rstrip('.')}.") from error


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FacerecError(f"{path} cannot be read: {error.strerror or error}.") from error


@lru_cache
def _adapter(kind: type) -> TypeAdapter:
    return TypeAdapter(kind)


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}" if place else first["msg"]


def content_hash(path: Path) -> str:
    """SHA-256 of a file's content, as a hexadecimal string; cached until the file changes."""
    state = path.stat()
    return _content_hash(path, (state.st_ino, state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=256)
def _content_hash(path: Path, state: tuple[int, int, int]) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def delete_folder(folder: Path) -> None:
    """Delete a folder; listings no longer show it at once, even if deleting takes long."""
    hidden = folder.with_name(f"{DELETED}{os.getpid()}-{next(_numbers)}")
    move(folder, hidden)
    # Another process that deletes here sweeps this one away as well.
    with suppress(FileNotFoundError):
        shutil.rmtree(hidden)
    sweep(folder.parent)
