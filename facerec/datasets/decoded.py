"""Cache of a data set's decoded images, in one memory-mapped file."""

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
from filelock import FileLock

from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.faces.preprocessing import FACE_SIZE, face_file
from facerec.system import files, paths

_CHUNK = 64
_SPARE_BYTES = 500_000_000


def decoded_faces(
    folder: FaceFolder,
    content_hash: str,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> np.ndarray:
    """Decoded images of a data set, from the cache; the first call for this content fills it.

    Parameters
    ----------
    folder : FaceFolder
    content_hash : str
        ``FaceFolder.content_hash``, the cache key.
    progress : callable
        Called with the number of images decoded and in all; may raise to stop.

    Returns
    -------
    numpy.ndarray
        RGB uint8, shape (images, 224, 224, 3), in the order of ``FaceFolder.face_files``; a
        read-only map of the file.

    Raises
    ------
    FacerecError
        If an image cannot be read, or the disk is full.
    """
    cache = paths.cache_folder(folder.path)
    file = cache / f"{content_hash[:32]}.npy"
    files.make_folder(cache)
    # Several processes may train on the same data set: one decodes, the others wait.
    with FileLock(cache / ".lock"):
        if (faces := _mapped(file, len(folder.face_files()))) is None:
            _decode(folder, file, progress)
            for older in cache.glob("*.npy"):
                # Windows does not delete a file that another training reads.
                with suppress(OSError):
                    if older != file:
                        older.unlink()
            faces = np.load(file, mmap_mode="r")
    return faces


def _mapped(file: Path, images: int) -> np.ndarray | None:
    try:
        faces = np.load(file, mmap_mode="r")
    except (OSError, ValueError):
        return None
    return faces if faces.shape == (images, FACE_SIZE, FACE_SIZE, 3) else None


def _decode(folder: FaceFolder, file: Path, progress: Callable[[int, int], None]) -> None:
    found = folder.face_files()
    shape = (len(found), FACE_SIZE, FACE_SIZE, 3)
    needed = int(np.prod(shape)) + _SPARE_BYTES
    if (free := shutil.disk_usage(file.parent).free) < needed:
        raise FacerecError(
            f"The disk is nearly full: the decoded images of {folder.name} take "
            f"{needed / 1e9:.1f} GB in {file.parent}, and {free / 1e9:.1f} GB are free."
        )
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    # Written without a map: when the disk is full, writing to a map kills the process.
    with files.replacing(file) as temporary, temporary.open("wb") as output:
        np.lib.format.write_array_header_1_0(output, header)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for start in range(0, len(found), _CHUNK):
                chunk = found[start : start + _CHUNK]
                for pixels in pool.map(face_file, [face.path for face in chunk]):
                    output.write(pixels.tobytes())
                progress(start + len(chunk), len(found))
