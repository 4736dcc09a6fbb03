"""Table of a data set's images with their measures, and measuring of images without them."""

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
    """Table with a row for each image, in the order of ``FaceFolder.face_files``.

    Returns
    -------
    pandas.DataFrame
        Columns ``face`` (FaceFile), ``class_name``, ``session``, ``brightness`` (0 to 255),
        ``sharpness``, ``hash`` (see ``facerec.faces.quality``), ``face_size`` (longer side of the
        face in the original picture, in pixels) and ``face_found`` (whether ``look_for_faces``
        found one). Unknown values are missing.
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
    """The rows of a class and a session whose measures are within ranges, ends included."""
    wanted = pd.Series(True, index=table.index)
    if class_name is not None:
        wanted &= table["class_name"] == class_name
    if session is not None:
        wanted &= table["session"] == session
    for name, (low, high) in (ranges or {}).items():
        wanted &= table[name].between(low, high)
    return table[wanted]


def unmeasured(table: pd.DataFrame) -> list[FaceFile]:
    """Images without brightness, sharpness or hash, such as files that were copied in by hand."""
    return list(table["face"][table[list(MEASURES)].isna().any(axis=1)])


def measure(
    folder: FaceFolder, faces: list[FaceFile], progress: Progress = lambda done, total: None
) -> None:
    """Measure images and write the result to ``dataset.json``.

    ``progress`` may raise to stop; the measures until then are kept. An image that cannot be read
    counts as black, so that the findings show it.
    """
    _note(folder, faces, _measures, progress)


def look_for_faces(
    folder: FaceFolder,
    faces: list[FaceFile],
    detector: FaceDetector,
    progress: Progress = lambda done, total: None,
) -> None:
    """Run a detector on each image and write whether it finds a face; otherwise as ``measure``."""

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
    """Call ``look`` for each image, on all cores, and add the result to the image's details."""
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
