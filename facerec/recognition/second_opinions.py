"""Asking SFace whether a face is a stranger, for runs whose own network tells that badly."""

import numpy as np

from facerec.datasets.folder import UNKNOWN, FaceFile
from facerec.datasets.reading import CountedFaces
from facerec.decisions.second_opinion import NETWORK, opinion_of
from facerec.errors import FacerecError
from facerec.recognition.engines import published_engine
from facerec.recognition.face_space_fitting import learned_images
from facerec.runs.run import Run
from facerec.system.progress import Progress


def images_to_ask_about(run: Run) -> list[FaceFile]:
    """Training images of each person, for a second opinion.

    Empty if the run has one, if people are enrolled in it, or if its training images cannot be
    found.
    """
    if run.is_enrolled or run.second_opinion() is not None:
        return []
    return [face for face in learned_images(run) if face.class_name != UNKNOWN]


def save_second_opinion(
    run: Run, faces: list[FaceFile], counted: CountedFaces, weights_hash: str
) -> None:
    """Save the second opinion on a run's people from images of ``images_to_ask_about``.

    Nothing is saved without images. ``weights_hash`` is ``Run.weights_hash`` from before.

    Raises
    ------
    FacerecError
        If SFace cannot be loaded, an image cannot be read, or the disk is full.
    """
    if not faces:
        return
    sface = published_engine(NETWORK)
    embeddings = np.concatenate([sface(batch)[1] for batch in counted.batches(faces)])
    labels = np.array([face.class_name for face in faces])
    opinion_of(embeddings, labels).save(run.second_opinion_file, weights_hash)


def make_second_opinion(run: Run, progress: Progress = lambda done, total: None) -> None:
    """Make and save the second opinion on a trained run's people if it has none.

    Nothing is done if people are enrolled in the run.

    Raises
    ------
    FacerecError
        As ``save_second_opinion``, or if the images that the run was trained on are gone.
    """
    if run.is_enrolled or run.second_opinion() is not None:
        return
    faces, weights = images_to_ask_about(run), run.weights_hash
    if not faces:
        raise FacerecError(
            f"SFace cannot be asked: the images that {run.name} was trained on are gone."
        )
    save_second_opinion(run, faces, CountedFaces(progress, len(faces)), weights)
