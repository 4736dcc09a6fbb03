"""Adding faces to a data set, each with its origin and measures."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from facerec.datasets.folder import COPY_MARK, FaceFile, FaceFolder
from facerec.errors import FacerecError
from facerec.faces.preprocessing import FaceImage
from facerec.system import files, paths


@dataclass(frozen=True)
class Origin:
    """Origin of an image in a data set.

    Parameters
    ----------
    source : str
        The file or camera that the image comes from.
    detector : str
        Name of the detector that found the face.
    digest : str
        Hash of the picture, by which duplicates are skipped; empty if there is none.
    """

    source: str
    detector: str
    digest: str = ""


class FaceWriter:
    """Adds faces to a data set; used as a context manager.

    Each image is on disk when ``add`` returns. The images' details are written to ``dataset.json``
    when the block ends, also when it fails. Several writers may add to one data set at once: if a
    session name is taken, a number is appended.
    """

    def __init__(self, folder: FaceFolder) -> None:
        self.folder = folder
        self._sessions: dict[tuple[str, str], str] = {}
        self._counts: Counter[tuple[str, str]] = Counter()
        self._numbers: dict[tuple[str, str, str] | None, int] = {}
        self._given: set[tuple[tuple[str, str], int, str]] = set()
        self._details: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> "FaceWriter":
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Write the details of the images added since the last call to ``dataset.json``."""
        details, self._details = self._details, {}
        if details:
            with self.folder.lock():
                index = self.folder.read_index()
                index["images"].update(details)
                self.folder.write_index(index)

    def add(
        self,
        class_name: str,
        session: str,
        face: FaceImage,
        origin: Origin,
        raw: bytes | None = None,
        like: FaceFile | None = None,
    ) -> Path:
        """Save a face.

        Parameters
        ----------
        class_name, session : str
        face : FaceImage
        origin : Origin
        raw : bytes, optional
            The whole frame that the face was cut from, as a JPEG file; it is saved as well.
        like : FaceFile, optional
            The file of the face in the data set that it is copied from. An image and its augmented
            copies get the same number, so that they stay one family.

        Returns
        -------
        pathlib.Path
            The face's file.

        Raises
        ------
        FacerecError
            If the class or session name is not allowed, or the disk is full.
        """
        session_key = class_name, session
        if session_key not in self._sessions:
            self._sessions[session_key] = self._register(class_name, session)
        name = self._name(session_key, like)
        path = self.folder.path / class_name / name
        if raw is not None:
            files.write_bytes(self.folder.path / paths.RAW_FOLDER / class_name / name, raw)
        # A class that was renamed or deleted meanwhile must not come back in part.
        files.write_bytes(path, face.jpeg, new_folder=False)
        self._details[f"{class_name}/{name}"] = {
            **asdict(origin),
            "session": self._sessions[session_key],
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "face_size": max(face.face.box.width, face.face.box.height),
            "score": round(face.face.score, 3),
            **face.measures,
        }
        return path

    def _name(self, session_key: tuple[str, str], like: FaceFile | None) -> str:
        """A new file name with the next number, or with the number of the image's family."""
        mark, family = "", None
        if like is not None:
            mark = like.copy_mark
            family = *session_key, f"{like.path.parent.as_posix()}/{like.original}"
        number = self._numbers.get(family)
        if number is None or (session_key, number, mark) in self._given:
            self._counts[session_key] += 1
            number = self._counts[session_key]
            if family is not None:
                self._numbers[family] = number
        self._given.add((session_key, number, mark))
        return f"{self._sessions[session_key]}_{number:04d}{mark}.jpg"

    def _register(self, class_name: str, wanted: str) -> str:
        """Reserve a session name that no image of the class and no other writer uses."""
        paths.safe_name(class_name, "class name")
        wanted = paths.safe_name(wanted, "session name").replace(COPY_MARK, "-")
        known = any(class_name == other for other, _ in self._sessions)
        if known and not (self.folder.path / class_name).is_dir():
            raise FacerecError(f"The class {class_name} was renamed or deleted meanwhile.")
        files.make_folder(self.folder.path / class_name)
        with self.folder.lock():
            index = self.folder.read_index()
            registered = index["sessions"].setdefault(class_name, [])
            taken = {face.session for face in self.folder.face_files(class_name)} | set(registered)
            session, number = wanted, 2
            while session in taken:
                session, number = f"{wanted}-{number}", number + 1
            registered.append(session)
            self.folder.write_index(index)
        return session
