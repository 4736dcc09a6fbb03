"""Face images of a data set, read in batches with progress."""

from collections.abc import Iterator, Sequence

import numpy as np

from facerec.datasets.folder import FaceFile
from facerec.faces.preprocessing import face_file
from facerec.system.progress import Progress

_BATCH = 32


class CountedFaces:
    """Reads images in batches and reports progress.

    Parameters
    ----------
    progress : callable
        Called with the number of images done and in all; may raise to stop.
    total : int
        Number of images to read; an image that is read with its mirror image counts twice.
    """

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def batches(self, faces: Sequence[FaceFile], mirrored: bool = False) -> Iterator[np.ndarray]:
        """Batches of images: RGB uint8, shape (images, 224, 224, 3).

        If ``mirrored``, each image is followed by its mirror image.

        Raises
        ------
        FacerecError
            If an image cannot be read.
        """
        for start in range(0, len(faces), _BATCH):
            batch = np.stack([face_file(face.path) for face in faces[start : start + _BATCH]])
            if mirrored:
                batch = np.stack([batch, batch[:, :, ::-1]], axis=1).reshape(-1, *batch.shape[1:])
            yield batch
            self._done += len(batch)
            self._progress(self._done, self._total)
