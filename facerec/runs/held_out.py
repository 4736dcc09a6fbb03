"""Which images of its data set a run was trained on, and which it is judged by."""

from collections.abc import Sequence

from facerec.datasets.folder import FaceFile, FaceFolder
from facerec.datasets.splits import split
from facerec.errors import FacerecError
from facerec.runs.run import Run
from facerec.runs.settings import TrainingConfig


def leaking_sessions(training: Sequence[FaceFile], validation: Sequence[FaceFile]) -> float:
    """Share of validation images whose capture session is also in training, 0 to 1."""
    seen = {(face.class_name, face.session) for face in training}
    shared = sum((face.class_name, face.session) in seen for face in validation)
    return shared / max(len(validation), 1)


def split_by(config: TrainingConfig, folder: FaceFolder) -> tuple[list[FaceFile], list[FaceFile]]:
    """Training images and validation images by the settings; errors as ``split``."""
    return split(
        folder.face_files(),
        config.split,
        config.validation,
        config.seed,
        config.share,
        config.people,
        config.imbalance,
    )


def split_of(run: Run) -> tuple[list[FaceFile], list[FaceFile]]:
    """Training images and validation images of a run.

    Raises
    ------
    FacerecError
        If the data set is gone, has changed since the run began, or cannot be split.
    """
    config = run.config
    folder = FaceFolder.open(config.dataset)
    if folder.content_hash() != run.info.dataset_hash:
        raise FacerecError(
            f"The data set {folder.name} has changed since the run {run.name} began, so its split "
            "would not be the same: start a new run."
        )
    return split_by(config, folder)


def held_out_of(run: Run) -> list[FaceFile]:
    """Held-out images of a run: validation images of the people whom it names.

    Raises
    ------
    FacerecError
        As ``split_of``, or if there are none: the data set may lack the people of the gallery.
    """
    known = run.gallery.people if run.is_enrolled else run.classes
    found = [face for face in split_of(run)[1] if face.class_name in known]
    if not found:
        raise FacerecError(
            f"There are no images to judge {run.name} by: of the people it knows, none is in the "
            f"data set {run.dataset_name}."
        )
    return found
