"""Enrolling people in an embedding recogniser, and removing them, in seconds."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from filelock import FileLock

from facerec.datasets.folder import FaceFile, FaceFolder
from facerec.datasets.reading import CountedFaces
from facerec.decisions.gallery import Gallery
from facerec.decisions.matchers import MATCHERS, matcher_of
from facerec.errors import FacerecError
from facerec.faces import images
from facerec.faces.preprocessing import FACE_SIZE
from facerec.recognition.face_space_fitting import need_numbers
from facerec.recognition.recogniser import Recogniser
from facerec.runs.held_out import split_of
from facerec.runs.run import Run
from facerec.system.progress import Progress

PICTURE_SIDE = 64
USUAL_FACES = 20


@dataclass(frozen=True)
class Changed:
    """A change of a gallery: the gallery before it, and ``Run.knowledge_hash`` after it."""

    before: Gallery
    after: str


def enrol(run: Run, person: str, faces: np.ndarray) -> Changed:
    """Enrol faces of a person, who may be new; what ``undo`` needs comes back.

    Parameters
    ----------
    run : Run
        A run with a gallery.
    person : str
        Name of the person. A person of that name, in any capitals, gets the faces in addition.
    faces : numpy.ndarray
        RGB uint8, shape (faces, 224, 224, 3).

    Raises
    ------
    FacerecError
        If the run has no gallery, the name is not allowed, there is no face, or the disk is full.
    """
    recogniser = _embedder(run)
    embeddings = recogniser.embeddings(faces) if len(faces) else np.empty((0, 0), np.float32)
    pictures = [_picture(pixels) for pixels in faces]
    return _change(run, lambda gallery: gallery.with_faces(person, embeddings, pictures))


def enrol_class(
    run: Run,
    dataset: FaceFolder,
    class_name: str,
    progress: Progress = lambda done, total: None,
) -> Changed:
    """Enrol the images of a class that ``enrollable`` finds, under the class name.

    What ``undo`` needs comes back.

    Raises
    ------
    FacerecError
        As ``enrol``, or if an image cannot be read.
    """
    recogniser = _embedder(run)
    faces = [face for face in enrollable(run, dataset) if face.class_name == class_name]
    if not faces:
        raise FacerecError(f"There are no images of {class_name} in {dataset.name}.")
    counted = CountedFaces(progress, len(faces))
    nobody = Gallery.empty("means", recogniser.dimensions, recogniser.metric)
    found = with_files(nobody, run, recogniser, faces, counted)
    return _change(
        run, lambda gallery: gallery.with_faces(class_name, found.embeddings, found.pictures)
    )


def remove(run: Run, person: str) -> Changed:
    """Remove a person from a run's gallery; what ``undo`` needs comes back.

    Raises
    ------
    FacerecError
        If the run has no gallery, or nobody of that name is enrolled.
    """
    return _change(run, lambda gallery: gallery.without(person))


def undo(run: Run, changed: Changed) -> None:
    """Undo a change of a run's gallery.

    Raises
    ------
    FacerecError
        If the gallery has been changed since.
    """
    with _locked(run):
        if run.knowledge_hash != changed.after:
            raise FacerecError(
                f"This cannot be undone any more: whom {run.name} knows has been changed since."
            )
        run.save_gallery(changed.before)


def change_matcher(run: Run, matcher: str) -> Changed:
    """Change the matcher of a run's gallery; what ``undo`` needs comes back.

    Raises
    ------
    FacerecError
        If the run has no gallery, or there is no such matcher.
    """
    need_matcher(matcher)
    return _change(run, lambda gallery: replace(gallery, matcher=matcher))


def enrollable(run: Run, dataset: FaceFolder) -> list[FaceFile]:
    """The original images of a data set that may be enrolled in a run.

    The run's own data set is split as for training, and its held-out images are left out. If it
    cannot be split, all originals may be enrolled.
    """
    faces = dataset.face_files()
    if dataset.reference == run.config.dataset:
        try:
            faces = split_of(run)[0]
        except FacerecError:
            pass  # An evaluation of the run says why.
    return [face for face in faces if not face.is_copy]


def seconds_to_enrol(run: Run, faces: int = USUAL_FACES) -> float:
    """Measured time to enrol so many faces of a new person in a run on this computer."""
    pixels = np.random.default_rng(0).integers(0, 256, (faces, FACE_SIZE, FACE_SIZE, 3), np.uint8)
    began = time.perf_counter()
    recogniser, gallery = _embedder(run), run.gallery
    pictures = [_picture(face) for face in pixels]
    known = gallery.with_faces("somebody new", recogniser.embeddings(pixels), pictures)
    matcher = matcher_of(known)
    matcher.outputs(known.embeddings[:1])
    matcher.operating_point()
    return time.perf_counter() - began


def with_files(
    gallery: Gallery,
    run: Run,
    recogniser: Recogniser,
    faces: Iterable[FaceFile],
    counted: CountedFaces,
) -> Gallery:
    """A gallery with additional faces from files, each enrolled under its class name."""
    by_class: dict[str, list[FaceFile]] = defaultdict(list)
    for face in faces:
        by_class[face.class_name].append(face)
    for name, own in by_class.items():
        embeddings, pictures = [], []
        for batch in counted.batches(own):
            embeddings.append(recogniser.embeddings(batch))
            need_numbers(run, embeddings[-1])
            pictures += [_picture(pixels) for pixels in batch]
        gallery = gallery.with_faces(name, np.concatenate(embeddings), pictures)
    return gallery


def need_matcher(name: str) -> None:
    if name not in MATCHERS:
        raise FacerecError(f"There is no matcher {name!r}: choose one of {', '.join(MATCHERS)}.")


def _picture(pixels: np.ndarray) -> bytes:
    """A small JPEG of a face: RGB uint8, shape (224, 224, 3)."""
    side = (PICTURE_SIDE, PICTURE_SIDE)
    return images.encode(cv2.resize(pixels, side, interpolation=cv2.INTER_AREA))


def _embedder(run: Run) -> Recogniser:
    # A trained run has no gallery: it is refused before anything is computed.
    _ = run.gallery
    return Recogniser(run)


def _change(run: Run, change: Callable[[Gallery], Gallery]) -> Changed:
    """Replace a run's gallery by a changed one; nobody else changes it meanwhile."""
    with _locked(run):
        before = run.gallery
        run.save_gallery(change(before))
        return Changed(before, run.knowledge_hash)


def _locked(run: Run) -> FileLock:
    return FileLock(run.folder / ".gallery.lock")
