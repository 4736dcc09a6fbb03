"""Erasing a person: every place on this computer that keeps something of their faces."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facerec.cleaning import editing
from facerec.datasets.folder import UNKNOWN, FaceFolder, list_datasets
from facerec.errors import FacerecError
from facerec.recognition import enrolment
from facerec.runs.catalogue import list_runs
from facerec.runs.run import Run
from facerec.system import files, jobs, paths

_EXPORTED = "Files that were exported or downloaded: only whoever has them can delete them."


@dataclass(frozen=True)
class Erased:
    """What was erased of a person, and what is left, in sentences.

    Parameters
    ----------
    removed : tuple of str
    remains : tuple of str
        Places that were not touched or cannot be reached, each with what helps.
    """

    removed: tuple[str, ...]
    remains: tuple[str, ...]


def erase_class(folder: FaceFolder, class_name: str) -> Erased:
    """Erase a class of a data set, and all that runs on this data set keep of its people.

    That is: images, whole frames, augmented copies, decoded images, what undo kept, the embeddings
    and pictures in galleries, and the results of judging, which name each image. Runs get a remark.

    Raises
    ------
    FacerecError
        If a file cannot be deleted or written.
    """
    images = len(folder.face_files(class_name))
    removed = [
        f"{folder.name}: {images} images, with whole frames, decoded images and what undo kept."
    ]
    remains = []
    for run in list_runs():
        own = run.config.dataset == folder.reference
        if run.is_enrolled and class_name in run.gallery.people:
            if own:
                enrolment.remove(run, class_name)
                removed.append(f"{run.name}: embeddings and pictures of {class_name}.")
            else:
                remains.append(
                    f"{run.name} knows a {class_name}, from another data set: remove them under "
                    "People on Live if it is the same person."
                )
        if _forget_judgements(run, folder.reference, class_name, own):
            removed.append(f"{run.name}: results of judging, which name images of {class_name}.")
        if own and run.second_opinion_file.exists():
            run.second_opinion_file.unlink()
            removed.append(f"{run.name}: SFace's second opinion, made of embeddings.")
        if own and run.trained and _learned(run, class_name):
            remains.append(_weights_remain(run, class_name))
    # The images last: whatever a crash leaves, the class is still there to be erased again.
    editing.delete_class(folder, class_name)
    remains += [
        f"{other.name} has a class {class_name}, too: delete it there if it is the same person."
        for other in list_datasets()
        if other.reference != folder.reference and class_name in other.class_names()
    ]
    remains.append(_EXPORTED)
    return Erased(tuple(removed), tuple(remains))


def erase_person(name: str, and_runs: bool = False) -> Erased:
    """Erase a person everywhere on this computer: classes and enrolled people of this name.

    Upper and lower case are the same. Trained weights cannot forget somebody.

    Parameters
    ----------
    name : str
    and_runs : bool
        Whether to delete the runs that were trained on the person.

    Raises
    ------
    FacerecError
        If nobody has this name, or a file cannot be deleted or written.
    """

    def same(other: str) -> bool:
        return other.casefold() == name.casefold()

    removed: dict[str, None] = {}
    learned = [
        run
        for run in list_runs()
        if not run.is_enrolled and any(_learned(run, known) for known in filter(same, run.classes))
    ]
    for folder in list_datasets():
        for class_name in filter(same, folder.class_names()):
            removed |= dict.fromkeys(erase_class(folder, class_name).removed)
    for run in list_runs():
        if run.is_enrolled:
            for person in filter(same, run.gallery.people):
                enrolment.remove(run, person)
                removed[f"{run.name}: embeddings and pictures of {person}."] = None
    if and_runs:
        for run in learned:
            run.delete()
            removed[f"{run.name}: the whole run, whose weights have learned from {name}."] = None
    if not removed:
        raise FacerecError(f"Nobody is named {name} in any data set or recogniser.")
    remains = () if and_runs else tuple(_weights_remain(run, name) for run in learned)
    return Erased(tuple(removed), (*remains, _EXPORTED))


def erase_everything() -> Erased:
    """Erase all data sets, runs, recordings, searches and caches; weights that were installed stay.

    Raises
    ------
    FacerecError
        If something is at work, or a file cannot be deleted.
    """
    jobs.refuse_if_busy()
    datasets, runs = list_datasets(), list_runs()
    removed = [
        f"The data set {folder.name}, {sum(folder.counts().values())} images."
        for folder in datasets
    ]
    removed += [f"The run {run.name}." for run in runs]
    for folder in paths.own_folders():
        files.delete_folder(folder)
        if folder.name[0] == "_":
            removed.append(f"The folder {folder.name}.")
    paths.studies_file().unlink(missing_ok=True)
    return Erased(tuple(removed), (_EXPORTED,))


def people() -> list[str]:
    """Names of all people in data sets and recognisers, ``Unknown`` aside, each once."""
    names = {name for folder in list_datasets() for name in folder.class_names()}
    names |= {name for run in list_runs() if run.is_enrolled for name in run.gallery.people}
    spelt = {name.casefold(): name for name in sorted(names - {UNKNOWN})}
    return sorted(spelt.values())


def erase_dataset(folder: FaceFolder) -> Erased:
    """Erase a data set with each of its classes, as ``erase_class``; errors as there."""
    parts = [erase_class(folder, class_name) for class_name in folder.class_names()]
    folder.delete()
    # A sentence that is true of each class is said once.
    removed = dict.fromkeys(text for part in parts for text in part.removed)
    remains = dict.fromkeys(text for part in parts for text in part.remains)
    return Erased(tuple(removed), tuple(remains))


def _weights_remain(run: Run, name: str) -> str:
    return (
        f"{run.name}: its weights have learned from {name}, and its history has the name. Train a "
        "new run without them, and delete this one."
    )


def _learned(run: Run, class_name: str) -> bool:
    """Whether a run was trained on a class, which may have been renamed since."""
    renamed = any(f" was renamed to {class_name} in " in remark for remark in run.remarks())
    return renamed or class_name in run.info.classes


def _forget_judgements(run: Run, reference: str, class_name: str, own: bool) -> bool:
    """Delete the results of judging a run that name images of a class, or count its people."""
    gone = False
    if run.evaluation_file.exists() and _names(run.evaluation_file, reference, class_name):
        run.evaluation_file.unlink()
        gone = True
    if own and class_name in {*run.classes, *run.info.classes} and run.assessments_file.exists():
        run.assessments_file.unlink()
        gone = True
    return gone


def _names(evaluation: Path, reference: str, class_name: str) -> bool:
    """Whether an evaluation was made on images of a class of a data set, or is damaged."""
    try:
        parts = files.read_as(evaluation, dict[str, Any]).values()
        return any(
            part["dataset"] == reference
            and any(row["class"] == class_name for row in part["images"])
            for part in parts
            if isinstance(part, dict)
        )
    except (FacerecError, KeyError, TypeError):
        return True
