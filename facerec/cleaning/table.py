"""What is known of every image of a data set, as one table; and finding out what is not."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pandas as pd

from facerec.datasets.folder import FaceFile, FaceFolder
from facerec.errors import FacerecError
from facerec.faces import images, quality
from facerec.faces.detection import FaceDetector
from facerec.system.progress import Progress

MEASURES = ("brightness", "sharpness", "hash")


def face_table(folder: FaceFolder) -> pd.DataFrame:
    """A row for each image, sorted as ``FaceFolder.face_files``.

    Returns
    -------
    pandas.DataFrame
        ``face`` (FaceFile), ``class_name``, ``session``, ``brightness`` (0 to 255), ``sharpness``,
        ``hash`` (see ``facerec.quality``), ``face_size`` (pixels of the longer side of the face in
        the picture it was cut from) and ``face_found`` (whether ``look_for_faces`` found one);
        missing where it is not known.
    """
    faces = folder.face_files()
    details = folder.details()
    known = [details.get(face.key, {}) for face in faces]
    columns: dict[str, Any] = {
        "face": pd.Series(faces, dtype=object),
        "class_name": [face.class_name for face in faces],
        "session": [face.session for face in faces],
    }
    for name in ("brightness", "sharpness", "face_size"):
        columns[name] = pd.Series([item.get(name) for item in known], dtype=float)
    for name in ("hash", "face_found"):
        columns[name] = pd.Series([item.get(name) for item in known], dtype=object)
    return pd.DataFrame(columns)


def filtered(
    table: pd.DataFrame,
    class_name: str | None = None,
    session: str | None = None,
    ranges: dict[str, tuple[float, float]] | None = None,
) -> pd.DataFrame:
    """The rows of a class, of a session, and with measures within ranges (both ends included)."""
    wanted = pd.Series(True, index=table.index)
    if class_name is not None:
        wanted &= table["class_name"] == class_name
    if session is not None:
        wanted &= table["session"] == session
    for name, (low, high) in (ranges or {}).items():
        wanted &= table[name].between(low, high)
    return table[wanted]


def unmeasured(table: pd.DataFrame) -> list[FaceFile]:
    """Images of which brightness, sharpness or hash are not known, as when put there by hand."""
    return list(table["face"][table[list(MEASURES)].isna().any(axis=1)])


def measure(
    folder: FaceFolder, faces: list[FaceFile], progress: Progress = lambda done, total: None
) -> None:
    """Measure images and keep the result in ``dataset.json``.

    ``progress`` may raise to stop; what was measured until then is kept. An image that cannot be
    read counts as black, so that it shows up among the findings.
    """
    _note(folder, faces, _measures, progress)


def look_for_faces(
    folder: FaceFolder,
    faces: list[FaceFile],
    detector: FaceDetector,
    progress: Progress = lambda done, total: None,
) -> None:
    """Look whether a detector finds a face in each image, and keep the answer as ``measure``."""

    def found(face: FaceFile) -> dict[str, Any]:
        try:
            return {"face_found": bool(detector.detect(images.read(face.path)))}
        except FacerecError:
            return {"face_found": False}

    _note(folder, faces, found, progress)


def _measures(face: FaceFile) -> dict[str, Any]:
    try:
        return quality.measures(images.read(face.path))
    except FacerecError:
        return {"brightness": 0.0, "sharpness": 0.0, "hash": "0" * 16}


def _note(
    folder: FaceFolder,
    faces: list[FaceFile],
    look: Callable[[FaceFile], dict[str, Any]],
    progress: Progress,
) -> None:
    """Add what ``look`` says of each image to its details, on all cores."""
    seen: dict[str, dict[str, Any]] = {}
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        for done, (face, details) in enumerate(
            zip(faces, pool.map(look, faces), strict=True), start=1
        ):
            seen[face.key] = details
            progress(done, len(faces))
    finally:
        pool.shutdown(cancel_futures=True)
        with folder.lock():
            index = folder.read_index()
            for face in faces:
                if face.key in seen and face.path.exists():
                    index["images"].setdefault(face.key, {}).update(seen[face.key])
            folder.write_index(index)
