"""Corrections: a face that was named wrong is saved to its true class, with undo."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b

from facerec.cleaning import editing
from facerec.datasets.folder import FaceFile, FaceFolder
from facerec.datasets.writer import FaceWriter, Origin
from facerec.errors import FacerecError
from facerec.faces.detection import Face
from facerec.faces.preprocessing import FaceImage
from facerec.live.frames import LiveFace


@dataclass(frozen=True)
class Correction:
    """A saved face, and the BLAKE2b digest of its pixels, in hexadecimal."""

    file: FaceFile
    digest: str


class Corrections:
    """Saves faces from the stream to their true classes.

    All corrections of one object form one capture session in each class, ``corrections-`` and the
    date. A split by session therefore keeps them together, and the Data set page can show them.

    Parameters
    ----------
    folder : FaceFolder
        The data set, such as ``FaceFolder.open(run.config.dataset)``.
    """

    def __init__(self, folder: FaceFolder) -> None:
        self.folder = folder
        self._writer = FaceWriter(folder)
        self._saved: list[Correction] = []

    @property
    def saved(self) -> tuple[Correction, ...]:
        """The corrections that were not undone, the oldest first."""
        return tuple(self._saved)

    def add(self, class_name: str, face: LiveFace, detector: str) -> Correction:
        """Save a face to a class.

        Parameters
        ----------
        class_name : str
            A class of the data set.
        face : LiveFace
        detector : str
            Name of the detector that found it.

        Raises
        ------
        FacerecError
            If the data set has no such class, the very same picture is saved already, or the data
            set cannot be written. No image is added then.
        """
        if class_name not in self.folder.class_names():
            raise FacerecError(f"{class_name} is no class of {self.folder.name}.")
        digest = blake2b(face.pixels.tobytes(), digest_size=16).hexdigest()
        for earlier in self._saved:
            if earlier.digest == digest:
                raise FacerecError(
                    f"This picture is saved as {earlier.file.class_name} already: wait for the "
                    "next one, or undo it first."
                )
        with self._disk_errors_told():
            path = self._writer.add(
                class_name,
                f"corrections-{date.today().isoformat()}",
                FaceImage(Face(face.box), face.pixels),
                Origin("Live", detector),
            )
            try:
                self._writer.close()
            except BaseException:
                path.unlink(missing_ok=True)
                raise
        correction = Correction(FaceFile.from_path(path), digest)
        self._saved.append(correction)
        return correction

    def undo(self) -> Correction:
        """Undo the last correction: its image is deleted as on the Data set page.

        Raises
        ------
        FacerecError
            If there is no correction, or its image was deleted or moved meanwhile. In the second
            case it is dropped, and the next call undoes the one before it.
        """
        if not self._saved:
            raise FacerecError("There is no correction to undo.")
        last = self._saved[-1]
        if last.file.path.exists():
            with self._disk_errors_told():
                editing.delete_images(self.folder, [last.file])
            return self._saved.pop()
        self._saved.pop()
        raise FacerecError(
            f"That image of {last.file.class_name} is not there any more: somebody deleted or "
            "moved it."
        )

    @contextmanager
    def _disk_errors_told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise FacerecError(f"The data set cannot be changed: {error.strerror}.") from error
