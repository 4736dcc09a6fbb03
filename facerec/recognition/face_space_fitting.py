"""The face space of a run, from images that its network learned from."""

import numpy as np

from facerec.datasets.folder import FaceFile
from facerec.datasets.reading import CountedFaces
from facerec.decisions.face_space import fit_face_space
from facerec.errors import FacerecError
from facerec.recognition.recogniser import Recogniser
from facerec.runs.held_out import split_of
from facerec.runs.run import Run

# With 40, strangers are told apart less well.
_FITTED_PER_CLASS = 100


def images_to_fit(run: Run) -> list[FaceFile]:
    """Images of each class that a run learned from, to fit its face space to.

    None where it has one, or a gallery, whose embedder came as it is, or where they are not there.
    """
    if run.face_space() is not None or run.is_enrolled:
        return []
    try:
        learned = split_of(run)[0]
    except FacerecError:
        return []
    chosen: list[FaceFile] = []
    for name in run.info.classes:
        own = [face for face in learned if face.class_name == name]
        own = [face for face in own if not face.is_copy] or own
        # From all over them, since the first ones are of one capture session.
        places = np.linspace(0, len(own) - 1, min(len(own), _FITTED_PER_CLASS)).astype(int)
        chosen += [own[place] for place in places]
    return chosen


def fit_space(
    run: Run,
    classifier: Recogniser,
    faces: list[FaceFile],
    counted: CountedFaces,
    weights_hash: str,
) -> None:
    """Give a run, and its classifier, the space that suits these images and their mirror images.

    Without images, or where the network sees no difference in them, it stays without.

    Parameters
    ----------
    run : Run
    classifier : Recogniser
        Of this run.
    faces : list of FaceFile
        As ``images_to_fit`` gives them.
    counted : CountedFaces
        Reads them; each counts twice.
    weights_hash : str
        ``Run.weights_hash`` before the classifier was loaded.

    Raises
    ------
    FacerecError
        If the network gives no numbers, an image cannot be read, or the disk is full.
    """
    if not faces:
        return
    embeddings = np.concatenate(
        [classifier.embeddings(batch) for batch in counted.batches(faces, mirrored=True)]
    )
    need_numbers(run, embeddings)
    labels = np.array([run.info.classes.index(face.class_name) for face in faces])
    space = fit_face_space(embeddings, labels.repeat(2))
    if space is not None:
        run.save_face_space(space, weights_hash)
        classifier.face_space = space


def need_numbers(run: Run, values: np.ndarray) -> None:
    """Refuse a run whose weights give something else.

    Raises
    ------
    FacerecError
        If a value is infinite or none.
    """
    if not np.isfinite(values).all():
        raise FacerecError(
            f"The run {run.name} cannot be judged: its weights give no numbers. Train a new one, "
            "with a lower learning rate."
        )
