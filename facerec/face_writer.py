"""Adding faces to a data set, each with what is known of it."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from facerec import files, images, paths, quality
from facerec.dataset import COPY_MARK, FaceFolder
from facerec.errors import FacerecError
from facerec.preprocessing import FaceImage


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
            with self.folder.lock():
                index = self.folder.read_index()
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
            **quality.measures(face.pixels),
        }
        return path

    def _register(self, class_name: str, wanted: str) -> str:
        """Reserve a session name that no image of the class and no other writer has."""
        paths.safe_name(class_name, "class name")
        wanted = paths.safe_name(wanted, "session name").replace(COPY_MARK, "-")
        (self.folder.path / class_name).mkdir(parents=True, exist_ok=True)
        with self.folder.lock():
            index = self.folder.read_index()
            registered = index["sessions"].setdefault(class_name, [])
            taken = {face.session for face in self.folder.face_files(class_name)} | set(registered)
            session, number = wanted, 2
            while session in taken:
                session, number = f"{wanted}-{number}", number + 1
            registered.append(session)
            files.write_json(self.folder.path / "dataset.json", index)
        return session
