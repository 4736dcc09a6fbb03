"""A data set of faces: a folder of class folders, and what is known of each image in it."""

import hashlib
import json
import os
import shutil
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from facerec.faces import images
from facerec.system import files, paths

UNKNOWN = "Unknown"
COPY_MARK = "-copy"


@dataclass(frozen=True)
class FaceFile:
    """One image of a data set.

    Parameters
    ----------
    path : pathlib.Path
    class_name : str
    session : str
        The capture it comes from: the file name up to its last underscore; empty if it has none.
    original : str
        The same for an image and its augmented copies, and for no others of the class.
    """

    path: Path
    class_name: str
    session: str
    original: str

    @classmethod
    def from_path(cls, path: Path) -> "FaceFile":
        original = path.stem.partition(COPY_MARK)[0]
        return cls(path, path.parent.name, original.rpartition("_")[0], original)

    @property
    def is_copy(self) -> bool:
        """Whether it is an augmented copy."""
        return COPY_MARK in self.path.stem

    @property
    def key(self) -> str:
        """How ``dataset.json`` calls it: class and file name."""
        return f"{self.class_name}/{self.path.name}"


class FaceFolder:
    """A folder of class folders with face images; folders that begin with ``_`` are no classes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, name: str) -> "FaceFolder":
        """The data set of that name under ``data``, made if it is new.

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
        """What finds it again: its name if it lies under ``data``, else its full path."""
        path = self.path.resolve()
        return self.name if path.parent == paths.data_folder().resolve() else str(path)

    def class_names(self) -> list[str]:
        """Names of the classes, sorted; the order of a network's outputs."""
        return [folder.name for folder in paths.subfolders(self.path)]

    def face_files(self, class_name: str | None = None) -> list[FaceFile]:
        """The images of a class, or of all, sorted by class and file name."""
        names = self.class_names() if class_name is None else [class_name]
        return [face for name in names for face in _listing(self.path / name)]

    def counts(self) -> dict[str, int]:
        """Number of images by class, empty classes included."""
        found = Counter(face.class_name for face in self.face_files())
        return {name: found[name] for name in self.class_names()}

    def sessions(self) -> dict[str, list[str]]:
        """Capture sessions by class, sorted."""
        found: dict[str, set[str]] = defaultdict(set)
        for face in self.face_files():
            found[face.class_name].add(face.session)
        return {name: sorted(found[name]) for name in self.class_names()}

    def details(self) -> dict[str, dict[str, Any]]:
        """What ``dataset.json`` knows of each image, by ``FaceFile.key``; not to be changed."""
        return _index(self.path / "dataset.json")["images"]

    def content_hash(self) -> str:
        """SHA-256 over all classes, file names and file contents: the same for the same images."""
        digest = hashlib.sha256()
        for face in self.face_files():
            digest.update(face.key.encode("utf-8"))
            digest.update(hashlib.sha256(face.path.read_bytes()).digest())
        return digest.hexdigest()

    def delete(self) -> None:
        """Delete the data set with everything in it."""
        self.forget_cache()
        files.delete_folder(self.path)

    def forget_cache(self) -> None:
        """Delete what was kept of its images for training, as when a person is to be gone."""
        # Windows refuses while a training reads it; the next training puts another in its place.
        shutil.rmtree(paths.cache_folder(self.path), ignore_errors=True)

    def read_index(self) -> dict[str, Any]:
        """All of ``dataset.json``: what is known of the images, and the session names by class."""
        return _read_index(self.path / "dataset.json")

    def write_index(self, index: dict[str, Any]) -> None:
        """Replace ``dataset.json``; to be called with the ``lock`` held."""
        # Without indents: with them, tens of thousands of entries take seconds. In ASCII: a file
        # that was put here by hand may have a name that is no UTF-8.
        files.write_bytes(self.path / "dataset.json", json.dumps(index).encode("ascii"))

    def lock(self) -> FileLock:
        """To be held while ``dataset.json`` is changed."""
        return FileLock(self.path / ".lock")


def list_datasets() -> list[FaceFolder]:
    """The data sets under ``data`` by name."""
    return [FaceFolder(folder) for folder in paths.subfolders(paths.data_folder())]


# A page that is drawn again asks anew for the images of a data set of tens of thousands.
_listings: dict[Path, tuple[int, list[FaceFile]]] = {}
_indexes: dict[Path, tuple[tuple[int, int, int], dict[str, Any]]] = {}
_SETTLED_NANOSECONDS = 3 * 10**9


def _listing(folder: Path) -> list[FaceFile]:
    """The images in a class folder; read again only if the folder has changed since.

    File systems tell the time of a change by the tick (FAT by two seconds), so that a listing of a
    folder that changed just now may miss what comes within the same tick: such a one is not kept.
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
        if images.is_image(name) and name[0] != "."
    ]
    if time.time_ns() - changed > _SETTLED_NANOSECONDS:
        _listings[folder] = changed, faces
    return faces


def _index(file: Path) -> dict[str, Any]:
    """Content of a ``dataset.json``; read again only if it was replaced since."""
    if not file.exists():
        return _read_index(file)
    state = file.stat()
    version = state.st_ino, state.st_mtime_ns, state.st_size
    known = _indexes.get(file)
    if known is None or known[0] != version:
        known = _indexes[file] = version, _read_index(file)
    return known[1]


def _read_index(file: Path) -> dict[str, Any]:
    return {"images": {}, "sessions": {}, **(files.read_json(file) if file.exists() else {})}
