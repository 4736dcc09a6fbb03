"""A data set of faces: a folder of class folders, and ``dataset.json`` with image details."""

import hashlib
import json
import os
import re
import shutil
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from facerec.errors import FacerecError
from facerec.faces import media
from facerec.system import files, paths

UNKNOWN = "Unknown"
COPY_MARK = "-copy"
# With at least two digits, as we write it: computers call a file that was copied "photo-copy".
_COPY = re.compile(rf"{COPY_MARK}\d\d+$")


@dataclass(frozen=True)
class FaceFile:
    """One image of a data set.

    Parameters
    ----------
    path : pathlib.Path
    class_name : str
    session : str
        Name of the capture session: the file name up to its last underscore, or empty without one.
    original : str
        Stem of the original's file name. An image and its augmented copies share it, and no other
        image of the class has it.
    """

    path: Path
    class_name: str
    session: str
    original: str

    @classmethod
    def from_path(cls, path: Path) -> "FaceFile":
        original = _COPY.sub("", path.stem)
        return cls(path, path.parent.name, original.rpartition("_")[0], original)

    @property
    def is_copy(self) -> bool:
        """Whether it is an augmented copy."""
        return _COPY.search(self.path.stem) is not None

    @property
    def copy_mark(self) -> str:
        """End of an augmented copy's file name, such as "-copy03"; empty for an original."""
        return self.path.stem[len(self.original) :]

    @property
    def key(self) -> str:
        """The image's key in ``dataset.json``: class and file name, with a slash between."""
        return f"{self.class_name}/{self.path.name}"


class FaceFolder:
    """A folder of class folders with face images; folders that begin with ``_`` are not classes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, name: str) -> "FaceFolder":
        """The data set of that name under ``data``; its folder is made if it is new.

        Raises
        ------
        FacerecError
            If the name cannot be a folder's.
        """
        folder = cls(paths.dataset_folder(name))
        folder.path.mkdir(parents=True, exist_ok=True)
        return folder

    @classmethod
    def open(cls, name_or_path: str) -> "FaceFolder":
        """An existing data set; errors as ``paths.find_dataset``."""
        return cls(paths.find_dataset(name_or_path))

    @property
    def name(self) -> str:
        return self.path.resolve().name

    @property
    def reference(self) -> str:
        """The argument for ``open`` that finds it again: its name under ``data``, or its path."""
        path = self.path.resolve()
        return self.name if path.parent == paths.data_folder().resolve() else str(path)

    def class_names(self) -> list[str]:
        """Names of the classes, sorted; the order of a network's outputs."""
        return [folder.name for folder in paths.subfolders(self.path)]

    def face_files(self, class_name: str | None = None) -> list[FaceFile]:
        """The images of one class, or of all classes, sorted by class and file name."""
        names = self.class_names() if class_name is None else [class_name]
        return [face for name in names for face in _listing(self.path / name)]

    def counts(self) -> dict[str, int]:
        """Number of images by class, empty classes included."""
        found = Counter(face.class_name for face in self.face_files())
        return {name: found[name] for name in self.class_names()}

    def sessions(self) -> dict[str, list[str]]:
        """Sorted names of the capture sessions, by class."""
        found: dict[str, set[str]] = defaultdict(set)
        for face in self.face_files():
            found[face.class_name].add(face.session)
        return {name: sorted(found[name]) for name in self.class_names()}

    def details(self) -> dict[str, dict[str, Any]]:
        """Details of each image from ``dataset.json``, by ``FaceFile.key``; not to be changed.

        The result is shared between calls.
        """
        return _index(self.path / "dataset.json")["images"]

    def content_hash(self) -> str:
        """SHA-256 over all classes, file names and file contents, in hexadecimal.

        The files are read again only if one of them has changed since.
        """
        faces = self.face_files()
        state, changed = _state(faces)
        known = _hashes.get(self.path)
        if known and known[0] == state:
            return known[1]
        found = _hash(faces)
        if _is_settled(changed):
            _hashes[self.path] = state, found
        return found

    def delete(self) -> None:
        """Delete the data set with its decoded cache."""
        self.forget_cache()
        files.delete_folder(self.path)

    def forget_cache(self) -> None:
        """Delete the decoded cache, for example after a person's images were deleted."""
        # Windows refuses while a training reads the file; the next training replaces it.
        shutil.rmtree(paths.cache_folder(self.path), ignore_errors=True)

    def read_index(self) -> dict[str, Any]:
        """Content of ``dataset.json``: ``images`` (details by key), ``sessions`` (names by class).

        Raises
        ------
        FacerecError
            If the file is not JSON.
        """
        return _read_index(self.path / "dataset.json")

    def write_index(self, index: dict[str, Any]) -> None:
        """Replace ``dataset.json``; the caller holds the ``lock``."""
        # Without indents, since tens of thousands of entries would take seconds. In ASCII, since a
        # file that was put here by hand may have a name that is not UTF-8.
        files.write_bytes(self.path / "dataset.json", json.dumps(index).encode("ascii"))

    def lock(self) -> FileLock:
        """A lock between processes, to hold while ``dataset.json`` is changed."""
        return FileLock(self.path / ".lock")


def list_datasets() -> list[FaceFolder]:
    """The data sets under ``data``, sorted by name."""
    return [FaceFolder(folder) for folder in paths.subfolders(paths.data_folder())]


# Cached, since a page asks for all images, maybe tens of thousands, each time it is drawn.
_listings: dict[Path, tuple[int, list[FaceFile]]] = {}
_indexes: dict[Path, tuple[tuple[int, int, int], dict[str, Any]]] = {}
_hashes: dict[Path, tuple[str, str]] = {}
_SETTLED_NANOSECONDS = 3 * 10**9


def _listing(folder: Path) -> list[FaceFile]:
    """The images in a class folder, cached until the folder changes.

    The cache key is the folder's modification time, whose resolution is coarse (two seconds on
    FAT). A folder that changed just now may change again without a new time, so its listing is not
    cached.
    """
    changed = folder.stat().st_mtime_ns
    known = _listings.get(folder)
    if known and known[0] == changed:
        return known[1]
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries)
    faces = [
        FaceFile.from_path(folder / name)
        for name in names
        if media.is_image(name) and name[0] != "."
    ]
    if _is_settled(changed):
        _listings[folder] = changed, faces
    return faces


def _is_settled(changed: int) -> bool:
    """Whether a change at that time, in nanoseconds, is too old to hide a later one."""
    return time.time_ns() - changed > _SETTLED_NANOSECONDS


def _hash(faces: list[FaceFile]) -> str:
    """SHA-256 over the classes, file names and contents of images, in hexadecimal."""
    digest = hashlib.sha256()
    for face in faces:
        digest.update(face.key.encode("utf-8"))
        with face.path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _state(faces: list[FaceFile]) -> tuple[str, int]:
    """SHA-256 over the names, sizes and times of images, and the time of the last change, in ns."""
    digest, changed = hashlib.sha256(), 0
    for face in faces:
        found = face.path.stat()
        # On Linux and macOS, nobody can set st_ctime back; on Windows it is the time of creation.
        times = found.st_mtime_ns, found.st_ctime_ns
        digest.update(repr((face.key, found.st_ino, found.st_size, *times)).encode("utf-8"))
        changed = max(changed, *times)
    return digest.hexdigest(), changed


def _index(file: Path) -> dict[str, Any]:
    """Content of a ``dataset.json``, cached until the file is replaced."""
    if not file.exists():
        return _read_index(file)
    state = file.stat()
    version = state.st_ino, state.st_mtime_ns, state.st_size
    known = _indexes.get(file)
    if known is None or known[0] != version:
        known = _indexes[file] = version, _read_index(file)
    return known[1]


def _read_index(file: Path) -> dict[str, Any]:
    return checked_index(files.read_json(file), str(file)) if file.exists() else checked_index({})


def checked_index(content: Any, name: str = "dataset.json") -> dict[str, Any]:
    """Content of a ``dataset.json``, with both of its parts.

    Raises
    ------
    FacerecError
        If a part has another type; ``name`` stands for the file.
    """
    if isinstance(content, dict):
        images, sessions = content.get("images", {}), content.get("sessions", {})
        if (
            isinstance(images, dict)
            and all(isinstance(details, dict) for details in images.values())
            and isinstance(sessions, dict)
            and all(
                isinstance(names, list) and all(isinstance(name, str) for name in names)
                for names in sessions.values()
            )
        ):
            return {"images": images, "sessions": sessions}
    raise FacerecError(f"{name} is damaged: it holds no images and sessions.")
