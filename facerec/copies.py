"""Writing augmented copies of a data set's images, as the report does."""

from collections.abc import Callable

import torch

from facerec import images
from facerec.augmentation import Augmentation
from facerec.dataset import COPY_MARK, FaceFolder
from facerec.errors import FacerecError
from facerec.preprocessing import face_file

MOST_COPIES = 50


def write_augmented_copies(
    source: FaceFolder,
    destination: str,
    recipe: Augmentation,
    copies: int,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Write a new data set with a data set's images and so many augmented copies of each.

    A copy's name begins with its original's, so that no split separates them.

    Parameters
    ----------
    source : FaceFolder
    destination : str
        Name of the new data set.
    recipe : Augmentation
    copies : int
        Of each image, 1 to ``MOST_COPIES``.
    seed : int
        The same seed draws the same copies.
    progress : callable
        Called with the number of originals done and in all; may raise to stop.

    Returns
    -------
    int
        Number of images in the new data set.

    Raises
    ------
    FacerecError
        If the destination has images already, or the number of copies is out of range.
    """
    if not 1 <= copies <= MOST_COPIES:
        raise FacerecError(f"Copies: {copies} must lie between 1 and {MOST_COPIES}.")
    folder = FaceFolder.create(destination)
    if folder.face_files():
        raise FacerecError(f"{folder.name} has images already: choose a new name for the copies.")
    originals = [face for face in source.face_files() if not face.is_copy]
    generator = torch.Generator().manual_seed(seed)
    for done, face in enumerate(originals, start=1):
        pixels = face_file(face.path)
        target = folder.path / face.class_name
        images.write(target / f"{face.path.stem}.jpg", pixels)
        for number in range(1, copies + 1):
            draw = int(torch.randint(2**31, (), generator=generator))
            name = f"{face.path.stem}{COPY_MARK}{number:02d}.jpg"
            images.write(target / name, recipe.apply(pixels, draw))
        progress(done, len(originals))
    return len(originals) * (copies + 1)
