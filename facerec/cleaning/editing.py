"""Editing a data set: images are deleted and moved with undo, classes renamed and deleted.

Deleted images are kept until the next act, so that the last act can be undone. Deleting a class is
final: whoever deletes a person's faces wants them gone.
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from facerec.datasets.folder import FaceFile, FaceFolder
from facerec.errors import FacerecError
from facerec.runs.catalogue import list_runs
from facerec.system import files, paths

_UNDO_FOLDER = "_undo"
_NO_SESSION = "moved"


@dataclass(frozen=True)
class Act:
    """The last act, with what its undo needs.

    Parameters
    ----------
    words : str
        The act in words, such as "Deleted 3 images of Ada".
    moved : list of (str, str)
        Old and new place of each file, relative to the data set.
    details : dict
        The images' details from ``dataset.json``, by old key.
    keys : dict
        New key of each image, by old key; deleted images are not in it.
    """

    words: str
    moved: list[tuple[str, str]]
    details: dict[str, dict[str, Any]]
    keys: dict[str, str]


def delete_images(folder: FaceFolder, faces: Sequence[FaceFile]) -> None:
    """Delete images with their raw frames and augmented copies, with undo.

    Images that no longer exist are skipped.
    """
    with folder.lock():
        chosen = _with_copies(folder, faces)
        words = f"Deleted {_count(chosen)}"
        targets = {face: Path(_UNDO_FOLDER) / face.class_name / face.path.name for face in chosen}
        _do(folder, words, targets, {})
    folder.forget_cache()


def move_images(folder: FaceFolder, targets: Mapping[FaceFile, str]) -> None:
    """Move images to other classes, with undo.

    ``targets`` maps each image to the name of its new class. Raw frames go along. So do the
    original and all augmented copies of an image, since a split keeps them together only within
    one class. If the class already has a session of that name, a number is appended.

    Raises
    ------
    FacerecError
        If a name is not allowed for a class.
    """
    wanted = {face: paths.safe_name(name, "class name") for face, name in targets.items()}
    with folder.lock():
        chosen = _with_families(folder, wanted)
        taken: dict[str, set[str]] = {}
        for name in set(chosen.values()):
            (folder.path / name).mkdir(exist_ok=True)
            taken[name] = {face.session for face in folder.face_files(name)}
        sessions: dict[tuple[str, str, str], str] = {}
        places: dict[FaceFile, Path] = {}
        for face, name in chosen.items():
            journey = face.class_name, face.session, name
            if journey not in sessions:
                sessions[journey] = _free(face.session or _NO_SESSION, taken[name])
                taken[name].add(sessions[journey])
            number = face.path.name.rpartition("_")[2]
            places[face] = Path(name) / f"{sessions[journey]}_{number}"
        keys = {face.key: place.as_posix() for face, place in places.items()}
        words = f"Moved {_count(list(chosen))} to {', '.join(sorted(set(chosen.values())))}"
        _do(folder, words, places, keys)


def last_act(folder: FaceFolder) -> Act | None:
    """The act that ``undo`` would undo; None if there is none.

    Raises
    ------
    FacerecError
        If the file that keeps it is damaged.
    """
    file = folder.path / _UNDO_FOLDER / "act.json"
    return files.read_as(file, Act) if file.exists() else None


def undo(folder: FaceFolder) -> None:
    """Undo the last act.

    Raises
    ------
    FacerecError
        If there is nothing to undo.
    """
    with folder.lock():
        act = last_act(folder)
        if act is None:
            raise FacerecError("There is nothing to undo.")
        for before, now in act.moved:
            _relocate(folder.path / now, folder.path / before)
        index = folder.read_index()
        for now in act.keys.values():
            index["images"].pop(now, None)
        index["images"].update(act.details)
        folder.write_index(index)
        _forget_last(folder)


def rename_class(folder: FaceFolder, old: str, new: str) -> None:
    """Rename a class with its raw frames; runs trained on it get a remark.

    Raises
    ------
    FacerecError
        If the new name is not allowed for a class, or another class has it.
    """
    new = paths.safe_name(new, "class name")
    with folder.lock():
        if new in folder.class_names() and not (folder.path / new).samefile(folder.path / old):
            raise FacerecError(f"There is a class {new} already: move the images there instead.")
        _forget_last(folder)
        index = folder.read_index()
        # Under both names while the folders move: whatever a crash leaves, no detail is lost.
        index["images"] |= _renamed(index["images"], old, new)
        if old in index["sessions"]:
            index["sessions"][new] = index["sessions"][old]
        folder.write_index(index)
        for part in (folder.path / paths.RAW_FOLDER, folder.path):
            if (part / old).is_dir():
                files.move(part / old, part / new)
        if old not in folder.class_names():
            _forget_details(index, old)
            folder.write_index(index)
    _mark_runs(folder, old, f"was renamed to {new}")


def delete_class(folder: FaceFolder, class_name: str) -> None:
    """Delete a class for good: images, raw frames, their details, and the files kept for undo.

    Runs trained on it get a remark.
    """
    with folder.lock():
        _forget_last(folder)
        raw = folder.path / paths.RAW_FOLDER
        if (raw / class_name).is_dir():
            files.delete_folder(raw / class_name)
        files.sweep(raw)
        index = folder.read_index()
        _forget_details(index, class_name)
        folder.write_index(index)
        folder.forget_cache()
    _mark_runs(folder, class_name, "was deleted")
    # The images last: whatever a crash leaves, the class is still there to be deleted again.
    with folder.lock():
        if (folder.path / class_name).is_dir():
            files.delete_folder(folder.path / class_name)


def _renamed(images: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """The details of a class's images, under the keys of another class."""
    return {
        f"{new}/{key.partition('/')[2]}": details
        for key, details in images.items()
        if key.startswith(f"{old}/")
    }


def _forget_details(index: dict[str, Any], class_name: str) -> None:
    """Remove a class's images and sessions from the index of a data set."""
    index["images"] = {
        key: details
        for key, details in index["images"].items()
        if not key.startswith(f"{class_name}/")
    }
    index["sessions"].pop(class_name, None)


def _do(
    folder: FaceFolder, words: str, targets: dict[FaceFile, Path], keys: dict[str, str]
) -> None:
    """Move each image to its target, relative to the data set, and record the act for undo."""
    if not targets:
        return
    _forget_last(folder)
    moved: list[tuple[str, str]] = []
    for face, target in targets.items():
        moved.append((face.key, target.as_posix()))
        raw = Path(paths.RAW_FOLDER) / face.class_name / face.path.name
        if (folder.path / raw).exists():
            raw_target = (
                Path(_UNDO_FOLDER) / raw
                if target.parts[0] == _UNDO_FOLDER
                else Path(paths.RAW_FOLDER) / target
            )
            moved.append((raw.as_posix(), raw_target.as_posix()))
    index = folder.read_index()
    details = {face.key: index["images"].get(face.key, {}) for face in targets}
    act = Act(words, moved, {key: value for key, value in details.items() if value}, keys)
    files.write_json(folder.path / _UNDO_FOLDER / "act.json", asdict(act))
    for before, now in moved:
        _relocate(folder.path / before, folder.path / now)
    for key in details:
        known = index["images"].pop(key, None)
        if known is not None and key in keys:
            index["images"][keys[key]] = known
    folder.write_index(index)


def _relocate(source: Path, target: Path) -> None:
    if source.exists() and not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        files.move(source, target)


def _with_copies(folder: FaceFolder, faces: Iterable[FaceFile]) -> list[FaceFile]:
    """The images, with all augmented copies of the originals among them."""
    wanted = set(faces)
    originals = {_family(face) for face in wanted if not face.is_copy}
    return [
        face for face in _present(folder, wanted) if face in wanted or _family(face) in originals
    ]


def _with_families(folder: FaceFolder, wanted: Mapping[FaceFile, str]) -> dict[FaceFile, str]:
    """The target class of each image and of its family: the original and all augmented copies."""
    targets = {_family(face): name for face, name in wanted.items()}
    return {
        face: targets[_family(face)]
        for face in _present(folder, wanted)
        if _family(face) in targets and face.class_name != targets[_family(face)]
    }


def _family(face: FaceFile) -> tuple[str, str]:
    return face.class_name, face.original


def _present(folder: FaceFolder, faces: Iterable[FaceFile]) -> list[FaceFile]:
    """All present images of the classes of ``faces``."""
    classes = {face.class_name for face in faces} & set(folder.class_names())
    return [face for name in sorted(classes) for face in folder.face_files(name)]


def _free(session: str, taken: set[str]) -> str:
    free, number = session, 2
    while free in taken:
        free, number = f"{session}-{number}", number + 1
    return free


def _count(faces: Sequence[FaceFile]) -> str:
    classes = sorted({face.class_name for face in faces})
    images = "1 image" if len(faces) == 1 else f"{len(faces)} images"
    return f"{images} of {', '.join(classes)}" if classes else images


def _forget_last(folder: FaceFolder) -> None:
    shutil.rmtree(folder.path / _UNDO_FOLDER, ignore_errors=True)


def _mark_runs(folder: FaceFolder, class_name: str, what: str) -> None:
    for run in list_runs():
        if run.config.dataset == folder.reference and class_name in run.classes:
            run.add_remark(
                f"Trained on the class {class_name}, which {what} in {folder.name} on "
                f"{date.today().isoformat()}."
            )
