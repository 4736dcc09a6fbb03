"""Reading, writing and deleting files; a crash or a full disk never leaves half a file."""

import errno
import hashlib
import itertools
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from facerec.errors import FacerecError

_numbers = itertools.count()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; if the block succeeds, the file replaces ``path``.

    Raises
    ------
    FacerecError
        If the file cannot be written, such as on a full disk. ``path`` then stays as it was.
    """
    temporary = path.with_name(f".{os.getpid()}-{next(_numbers)}{path.suffix}")
    make_folder(path.parent)
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritable(path, error) from error
        raise


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


def write_bytes(path: Path, content: bytes | memoryview) -> None:
    """Replace ``path`` with ``content`` in one step."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_json(path: Path, content: Any) -> None:
    """Replace ``path`` with ``content`` as indented UTF-8 JSON in one step."""
    write_bytes(path, json.dumps(content, indent=2, ensure_ascii=False).encode("utf-8"))


def read_json(path: Path) -> Any:
    """Content of a JSON file.

    Raises
    ------
    FacerecError
        If the file is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FacerecError(f"{path} is damaged: it is not JSON ({error}).") from error


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
    hidden = folder.with_name(f".deleted-{folder.name}")
    if hidden.exists():
        shutil.rmtree(hidden)
    os.replace(folder, hidden)
    shutil.rmtree(hidden)
