"""A data set of faces: a folder of class folders, and what is known of each image in it."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from sklearn.model_selection import GroupShuffleSplit

from facerec import files, images, paths, quality
from facerec.errors import FacerecError
from facerec.preprocessing import FaceImage

UNKNOWN = "Unknown"
COPY_MARK = "-copy"
SPLITS = {
    "random": "by image: frames of one capture may land on both sides",
    "session": "by capture session: validation sees only sessions that training did not",
}


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
        return [
            FaceFile.from_path(path)
            for name in names
            for path in sorted((self.path / name).iterdir())
            if images.is_image(path.name) and path.name[0] != "."
        ]

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
        """What ``dataset.json`` knows of each image, by ``FaceFile.key``."""
        return self._read_index()["images"]

    def content_hash(self) -> str:
        """SHA-256 over all classes, file names and file contents: the same for the same images."""
        digest = hashlib.sha256()
        for face in self.face_files():
            digest.update(face.key.encode("utf-8"))
            digest.update(hashlib.sha256(face.path.read_bytes()).digest())
        return digest.hexdigest()

    def delete(self) -> None:
        """Delete the data set with everything in it."""
        files.delete_folder(self.path)

    def _read_index(self) -> dict[str, Any]:
        index_file = self.path / "dataset.json"
        return (
            files.read_json(index_file) if index_file.exists() else {"images": {}, "sessions": {}}
        )

    def _lock(self) -> FileLock:
        return FileLock(self.path / ".lock")


@dataclass(frozen=True)
class Origin:
    """How an image came into a data set.

    Parameters
    ----------
    source : str
        The file or camera it comes from.
    detector : str
        Name of the detector that found the face.
    """

    source: str
    detector: str


class FaceWriter:
    """Adds faces to a data set; used as a context manager.

    Each image is on disk when ``add`` returns. What is known of the images is written to
    ``dataset.json`` when the block ends, also when it fails. Several writers may add to one data
    set at once: a session name that is taken gets a number behind it.
    """

    def __init__(self, folder: FaceFolder) -> None:
        self.folder = folder
        self._sessions: dict[tuple[str, str], str] = {}
        self._counts: Counter[tuple[str, str]] = Counter()
        self._details: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> "FaceWriter":
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what is known of the images added since the last call to ``dataset.json``."""
        details, self._details = self._details, {}
        if details:
            with self.folder._lock():
                index = self.folder._read_index()
                index["images"].update(details)
                files.write_json(self.folder.path / "dataset.json", index)

    def add(
        self,
        class_name: str,
        session: str,
        face: FaceImage,
        origin: Origin,
        raw: np.ndarray | None = None,
    ) -> Path:
        """Save a face, and the whole frame it was cut from where ``raw`` is given (both RGB uint8).

        Returns
        -------
        pathlib.Path
            The face's file.

        Raises
        ------
        FacerecError
            If the class or session name cannot be one, or the disk is full.
        """
        session_key = class_name, session
        if session_key not in self._sessions:
            self._sessions[session_key] = self._register(class_name, session)
        self._counts[session_key] += 1
        name = f"{self._sessions[session_key]}_{self._counts[session_key]:04d}.jpg"
        path = self.folder.path / class_name / name
        try:
            images.write(path, face.pixels)
            if raw is not None:
                images.write(self.folder.path / paths.RAW_FOLDER / class_name / name, raw)
        except OSError as error:
            raise FacerecError(f"{path} cannot be written: {error.strerror}.") from error
        self._details[f"{class_name}/{name}"] = {
            **asdict(origin),
            "session": self._sessions[session_key],
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "face_size": max(face.face.box.width, face.face.box.height),
            "score": round(face.face.score, 3),
            "brightness": round(quality.brightness(face.pixels), 1),
            "sharpness": round(quality.sharpness(face.pixels), 1),
        }
        return path

    def _register(self, class_name: str, wanted: str) -> str:
        """Reserve a session name that no image of the class and no other writer has."""
        paths.safe_name(class_name, "class name")
        wanted = paths.safe_name(wanted, "session name").replace(COPY_MARK, "-")
        (self.folder.path / class_name).mkdir(parents=True, exist_ok=True)
        with self.folder._lock():
            index = self.folder._read_index()
            registered = index["sessions"].setdefault(class_name, [])
            taken = {face.session for face in self.folder.face_files(class_name)} | set(registered)
            session, number = wanted, 2
            while session in taken:
                session, number = f"{wanted}-{number}", number + 1
            registered.append(session)
            files.write_json(self.folder.path / "dataset.json", index)
        return session


def list_datasets() -> list[FaceFolder]:
    """The data sets under ``data`` by name."""
    return [FaceFolder(folder) for folder in paths.subfolders(paths.data_folder())]


def split(
    faces: Sequence[FaceFile], how: str, validation: float, seed: int
) -> tuple[list[FaceFile], list[FaceFile]]:
    """Part the images of each class into training and validation.

    An image and its augmented copies always stay together. A copy is never validated on.

    Parameters
    ----------
    faces : sequence of FaceFile
    how : str
        A name of ``SPLITS``.
    validation : float
        Share of each class's images (or sessions) that validate, between 0 and 1.
    seed : int

    Returns
    -------
    training, validation : list of FaceFile

    Raises
    ------
    FacerecError
        If there are fewer than two classes, or a class has too few images or sessions to part.
    """
    by_class: dict[str, list[FaceFile]] = defaultdict(list)
    for face in faces:
        by_class[face.class_name].append(face)
    if len(by_class) < 2:
        raise FacerecError(
            "Training needs images of at least two classes: "
            f"there {'is one' if by_class else 'are none'}. Add another person, or {UNKNOWN}."
        )
    training: list[FaceFile] = []
    validating: list[FaceFile] = []
    for class_name, members in by_class.items():
        groups = [face.session if how == "session" else face.original for face in members]
        if len(set(groups)) < 2:
            raise FacerecError(
                f"{class_name} has one {'capture session' if how == 'session' else 'image'} only, "
                "so nothing of it can be kept for validation. "
                + ("Capture another, or split by image." if how == "session" else "Add more.")
            )
        splitter = GroupShuffleSplit(n_splits=1, test_size=validation, random_state=seed)
        kept, held_out = next(splitter.split(members, groups=groups))
        training += [members[index] for index in kept]
        validating += [members[index] for index in held_out if not _is_copy(members[index])]
    return training, validating


def _is_copy(face: FaceFile) -> bool:
    return COPY_MARK in face.path.stem
