"""Fitting a run's face space to its training images."""

import numpy as np

from facerec.datasets.folder import FaceFile
from facerec.datasets.reading import CountedFaces
from facerec.decisions.face_space import fit_face_space
from facerec.errors import FacerecError
from facerec.networks.metric import of_length_one
from facerec.recognition.recogniser import Recogniser
from facerec.runs.held_out import split_of
from facerec.runs.run import Run

# With 40, strangers are rejected less well.
_FITTED_PER_CLASS = 100


def images_to_fit(run: Run) -> list[FaceFile]:
    """Training images of each class, to which a run's face space is to be fitted.

    Empty if the run has a face space already, if it has a gallery and was therefore not trained, or
    if its training images cannot be found.
    """
    return [] if run.face_space() is not None or run.is_enrolled else learned_images(run)


def learned_images(run: Run) -> list[FaceFile]:
    """Up to 100 training images of each class of a trained run; empty if they cannot be found."""
    try:
        learned = split_of(run)[0]
    except FacerecError:
        return []
    chosen: list[FaceFile] = []
    for name in run.info.classes:
        own = [face for face in learned if face.class_name == name]
        own = [face for face in own if not face.is_copy] or own
        # Evenly spaced, since the first images are all of one capture session.
        places = np.linspace(0, len(own) - 1, min(len(own), _FITTED_PER_CLASS)).astype(int)
        chosen += [own[place] for place in places]
    return chosen


def fit_space(
    run: Run,
    recogniser: Recogniser,
    faces: list[FaceFile],
    counted: CountedFaces,
    weights_hash: str,
) -> None:
    """Fit a face space to images and their mirror images; save it and give it to the recogniser.

    Nothing is saved without images, or if the network gives all faces of each class the same
    embedding.

    Parameters
    ----------
    run : Run
    recogniser : Recogniser
        The recogniser of this run.
    faces : list of FaceFile
        Images from ``images_to_fit``.
    counted : CountedFaces
        Reads the images, and counts each twice.
    weights_hash : str
        ``Run.weights_hash`` before the recogniser was loaded.

    Raises
    ------
    FacerecError
        If an embedding is not finite, an image cannot be read, or the disk is full.
    """
    if not faces:
        return
    embeddings = np.concatenate(
        [recogniser.embeddings(batch) for batch in counted.batches(faces, mirrored=True)]
    )
    need_numbers(run, embeddings)
    labels = np.array([run.info.classes.index(face.class_name) for face in faces])
    space = fit_face_space(of_length_one(embeddings), labels.repeat(2))
    if space is not None:
        run.save_face_space(space, weights_hash)
        recogniser.face_space = space


def need_numbers(run: Run, values: np.ndarray) -> None:
    """Check that a run's outputs are finite.

    Raises
    ------
    FacerecError
        If a value is infinite or not a number.
    """
    if not np.isfinite(values).all():
        raise FacerecError(
            f"The run {run.name} cannot be judged: its weights give no numbers. Train a new one, "
            "with a lower learning rate."
        )
