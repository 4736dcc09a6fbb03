"""Faces with their embeddings, names and small pictures."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from facerec.datasets.folder import FaceFile
from facerec.datasets.reading import CountedFaces
from facerec.datasets.splits import evenly_drawn_places
from facerec.decisions.gallery import Gallery
from facerec.errors import FacerecError
from facerec.faces import images, thumbnails
from facerec.recognition.recogniser import Recogniser
from facerec.system.progress import Progress

PICTURE_SIDE = 80


@dataclass(frozen=True)
class EmbeddedFaces:
    """Faces with their embeddings.

    Parameters
    ----------
    names : tuple of str
        Name of the person of each face.
    are_strangers : numpy.ndarray
        Whether each face is of a person whom the run does not know: bool, shape (faces,).
    embeddings : numpy.ndarray
        Float32, shape (faces, dimensions), as the network's metric compares them.
    pictures : numpy.ndarray
        RGB uint8, shape (faces, 80, 80, 3).
    """

    names: tuple[str, ...]
    are_strangers: np.ndarray
    embeddings: np.ndarray
    pictures: np.ndarray

    def __len__(self) -> int:
        return len(self.names)

    def members(self, names: Iterable[str]) -> dict[str, list[int]]:
        """Rows of each of these people, without strangers; people without rows are left out."""
        known = [
            name if not stranger else None
            for name, stranger in zip(self.names, self.are_strangers, strict=True)
        ]
        rows = {name: [row for row, own in enumerate(known) if own == name] for name in names}
        return {name: own for name, own in rows.items() if own}


@dataclass(frozen=True)
class SpriteSheet:
    """Many pictures in one, row by row: its ``data:`` address, and its number of columns."""

    url: str
    columns: int


def embed_faces(
    recogniser: Recogniser,
    known: Sequence[FaceFile],
    strangers: Sequence[FaceFile] = (),
    progress: Progress = lambda done, total: None,
) -> EmbeddedFaces:
    """Embed images; images that were moved or deleted are left out.

    Parameters
    ----------
    recogniser : Recogniser
    known, strangers : sequence of FaceFile
        Images of people whom the run knows, and of others.
    progress : callable
        Called with the number of images done and in all; may raise to stop.

    Raises
    ------
    FacerecError
        If none of the images exists any more, or one cannot be read.
    """
    known, strangers = (
        [face for face in part if face.path.exists()] for part in (known, strangers)
    )
    every = [*known, *strangers]
    if not every:
        raise FacerecError("None of the images is there any more: judge the run again.")
    embeddings, pictures = [], []
    for batch in CountedFaces(progress, len(every)).batches(every):
        embeddings.append(recogniser.embeddings(batch))
        pictures += [_picture(pixels) for pixels in batch]
    return EmbeddedFaces(
        tuple(face.class_name for face in every),
        np.repeat([False, True], [len(known), len(strangers)]),
        np.concatenate(embeddings),
        np.stack(pictures),
    )


def enrolled_faces(gallery: Gallery, most: int) -> EmbeddedFaces:
    """The faces of a gallery, at most ``most``, evenly drawn from all people."""
    chosen = evenly_drawn_places(gallery.labels.tolist(), most)
    pictures = [_picture(images.decode(gallery.pictures[face])) for face in chosen]
    return EmbeddedFaces(
        tuple(gallery.people[label] for label in gallery.labels[chosen]),
        np.zeros(len(chosen), bool),
        gallery.embeddings[chosen],
        np.array(pictures, np.uint8).reshape(-1, PICTURE_SIDE, PICTURE_SIDE, 3),
    )


def sprite_sheet(pictures: np.ndarray) -> SpriteSheet:
    """One JPEG with all pictures: RGB uint8, shape (faces, side, side, 3), at least one."""
    columns = math.ceil(math.sqrt(len(pictures)))
    rows = math.ceil(len(pictures) / columns)
    side = pictures.shape[1]
    sheet = np.zeros((rows * columns, side, side, 3), np.uint8)
    sheet[: len(pictures)] = pictures
    sheet = sheet.reshape(rows, columns, side, side, 3).swapaxes(1, 2)
    return SpriteSheet(thumbnails.jpeg_url(sheet.reshape(rows * side, columns * side, 3)), columns)


def _picture(pixels: np.ndarray) -> np.ndarray:
    """A face, RGB uint8 of any size, scaled to the size of a picture."""
    return cv2.resize(pixels, (PICTURE_SIDE, PICTURE_SIDE), interpolation=cv2.INTER_AREA)
