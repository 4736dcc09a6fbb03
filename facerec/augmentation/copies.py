"""Augmented copies of a data set's images in a new data set, as in the report."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np

from facerec.augmentation.recipe import Augmentation
from facerec.datasets.folder import COPY_MARK, FaceFile, FaceFolder
from facerec.errors import FacerecError
from facerec.faces import images, quality
from facerec.faces.preprocessing import FACE_SIZE, face_file
from facerec.system import files, paths

MOST_COPIES = 50
_JPEG_START = b"\xff\xd8"


def write_augmented_copies(
    source: FaceFolder,
    destination: str,
    recipe: Augmentation,
    copies: int,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Write a new data set with the originals of a data set and augmented copies of each.

    A copy's name begins with that of its original, so that no split separates them. Copies of
    copies are not made. The originals' entries in ``dataset.json`` are copied; the frames under
    ``_raw`` are not. If writing stops or fails, nothing of the new data set is left.

    Parameters
    ----------
    source : FaceFolder
    destination : str
        Name of the new data set.
    recipe : Augmentation
    copies : int
        Number of copies of each image, 1 to ``MOST_COPIES``.
    seed : int
        The same seed gives the same copies.
    progress : callable
        Called with the number of originals done and in all; may raise to stop.

    Returns
    -------
    int
        Number of images in the new data set.

    Raises
    ------
    FacerecError
        If there is nothing to copy, the destination exists, the number of copies is out of range,
        two images of a class differ only in their suffix, an image cannot be read, or the disk is
        full.
    """
    if not 1 <= copies <= MOST_COPIES:
        raise FacerecError(f"Copies: {copies} must lie between 1 and {MOST_COPIES}.")
    target = paths.dataset_folder(destination)
    if target.exists():
        raise FacerecError(
            f"There is a data set {target.name} already: choose a new name for the copies."
        )
    originals = _originals(source)
    known, details = source.details(), {}
    generator = np.random.default_rng(seed)
    try:
        with files.arriving(target, "data set") as place:
            folder = FaceFolder(place)
            for done, face in enumerate(originals, start=1):
                draws = generator.integers(2**31, size=copies).tolist()
                details.update(_write(face, known.get(face.key, {}), folder, recipe, draws))
                progress(done, len(originals))
            folder.write_index({**source.read_index(), "images": details})
    except OSError as error:
        raise FacerecError(f"{target} cannot be written: {error.strerror}.") from error
    return len(originals) * (copies + 1)


def _originals(source: FaceFolder) -> list[FaceFile]:
    originals = [face for face in source.face_files() if not face.is_copy]
    if not originals:
        raise FacerecError(f"{source.name} has no images to make copies of.")
    names = Counter((face.class_name, face.original) for face in originals)
    (class_name, name), count = names.most_common(1)[0]
    if count > 1:
        raise FacerecError(
            f"{class_name} has {count} images called {name}, whose copies would be called alike: "
            "rename one."
        )
    return originals


def _write(
    face: FaceFile,
    known: dict[str, Any],
    folder: FaceFolder,
    recipe: Augmentation,
    draws: list[int],
) -> dict[str, dict[str, Any]]:
    """Write an image and a copy for each draw; their entries for ``dataset.json``, by key."""
    pixels, content = face_file(face.path), face.path.read_bytes()
    name = face.path.name
    if not _is_face_jpeg(content):
        name, content = f"{face.path.stem}.jpg", images.encode(pixels)
    # The original bytes are written, since another JPEG compression loses quality.
    files.write_bytes(folder.path / face.class_name / name, content)
    key = f"{face.class_name}/{name}"
    details = {key: {**quality.measures(pixels), **known}}
    for number, draw in enumerate(draws, start=1):
        copy = recipe.apply(pixels, draw)
        name = f"{face.path.stem}{COPY_MARK}{number:02d}.jpg"
        images.write(folder.path / face.class_name / name, copy)
        details[f"{face.class_name}/{name}"] = {
            "source": key,
            "session": face.session,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            **quality.measures(copy),
        }
    return details


def _is_face_jpeg(content: bytes) -> bool:
    return content.startswith(_JPEG_START) and images.decode(content).shape[:2] == (
        FACE_SIZE,
        FACE_SIZE,
    )
