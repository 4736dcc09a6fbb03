"""Findings: faults of a data set, each with the affected images and the act that mends it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from facerec.datasets.folder import UNKNOWN, FaceFile
from facerec.faces import images
from facerec.faces.preprocessing import face_file
from facerec.recognition.recogniser import Recogniser
from facerec.system.progress import Progress

DARK_BELOW = 50.0
BRIGHT_ABOVE = 205.0
BLURRED_BELOW = 3.0
BLURRED_SHARE = 0.15
ALIKE_BITS = 4
# Neighbouring frames of a video differ by up to 4, two expressions of a drawn face by 9 and more.
ALIKE_GREY = 6.0
UNBALANCED_SHARE = 0.5
SURE = 0.9
_BATCH = 64


@dataclass(frozen=True)
class Suspect:
    """An image of a finding.

    Parameters
    ----------
    face : FaceFile
    note : str
        A few words about the image.
    concerned : bool
        Whether the finding's act applies to the image; other images are shown for comparison.
    move_to : str
        The class to which the image seems to belong; empty unless the act is "move".
    """

    face: FaceFile
    note: str
    concerned: bool = True
    move_to: str = ""


@dataclass(frozen=True)
class Finding:
    """A fault of a data set.

    Parameters
    ----------
    kind : str
        A word for the kind of finding.
    title : str
        Title with the number of affected images or classes.
    explanation : str
        Why the finding matters, for a student.
    act : str
        The act that mends it: "delete" or "move" the images, or "record" more of ``people``.
    suspects : tuple of Suspect
        The images; empty if the finding is about classes.
    people : tuple of str
        The classes; empty unless the act is "record".
    """

    kind: str
    title: str
    explanation: str
    act: Literal["delete", "move", "record"]
    suspects: tuple[Suspect, ...] = ()
    people: tuple[str, ...] = ()


def findings(table: pd.DataFrame) -> list[Finding]:
    """All findings from a data set's table; kinds without images or classes are left out."""
    if table.empty:
        return []
    found = [
        near_duplicates(table),
        blurred(table),
        too_dark(table),
        too_bright(table),
        without_face(table),
        unbalanced(table),
        single_session(table),
    ]
    return [finding for finding in found if finding is not None]


def near_duplicates(table: pd.DataFrame) -> Finding | None:
    """Images that look nearly the same as a sharper one.

    Two images are alike if their perceptual hashes differ in at most ``ALIKE_BITS`` of 64 bits, and
    their grey values, without the mean, in at most ``ALIKE_GREY`` on average: before the same
    background, two expressions of one face may have the same hash. Augmented copies do not count.
    """
    rows = table[table["hash"].notna() & ~_is_copy(table)]
    rows = rows.sort_values("sharpness", ascending=False, kind="stable")
    hashes = np.array([int(value, 16) for value in rows["hash"]], np.uint64)
    faces = list(rows["face"])
    kept: list[int] = []
    kept_hashes = np.empty_like(hashes)
    groups: dict[int, list[int]] = {}
    for row, value in enumerate(hashes):
        if kept:
            distances = np.bitwise_count(kept_hashes[: len(kept)] ^ value)
            nearest = int(distances.argmin())
            if distances[nearest] <= ALIKE_BITS and _alike(faces[kept[nearest]], faces[row]):
                groups.setdefault(kept[nearest], []).append(row)
                continue
        kept_hashes[len(kept)] = value
        kept.append(row)
    suspects: list[Suspect] = []
    for original, alike in sorted(groups.items(), key=lambda item: faces[item[0]].key):
        suspects.append(Suspect(faces[original], "the sharpest: stays", concerned=False))
        for row in alike:
            other = faces[row].class_name != faces[original].class_name
            note = f"also in {faces[original].class_name}" if other else "nearly the same"
            suspects.append(Suspect(faces[row], note))
    return _about(
        "near-duplicates",
        "nearly the same as another",
        "Images that are all alike teach nothing new. Worse: with one in training and its twin in "
        "validation, the network seems better than it is.",
        suspects,
    )


def _alike(one: FaceFile, other: FaceFile) -> bool:
    """Whether two images of one size have nearly the same grey values; their brightness may differ.

    An image that cannot be read is like none.
    """
    first, second = (images.glimpse(face.path) for face in (one, other))
    if first is None or second is None or first.shape != second.shape:
        return False
    difference = first.astype(float) - second
    return float(np.abs(difference - difference.mean()).mean()) <= ALIKE_GREY


def blurred(table: pd.DataFrame) -> Finding | None:
    """Images that are far less sharp than the median of their class, or have hardly any edges."""
    usual = table.groupby("class_name")["sharpness"].transform("median")
    limit = (usual * BLURRED_SHARE).clip(lower=BLURRED_BELOW)
    return _about(
        "blurred",
        "blurred",
        "The head moved, or the face was far away or out of focus. A few do no harm; many teach "
        "the network that faces have no features.",
        _suspects(table[(table["sharpness"] < limit) & ~_is_copy(table)], "sharpness"),
    )


def too_dark(table: pd.DataFrame) -> Finding | None:
    """Images whose mean brightness, 0 to 255, is below ``DARK_BELOW``."""
    return _about(
        "dark",
        "too dark",
        "Little of the face is to be seen. Turn on a light, and record again.",
        _suspects(table[(table["brightness"] < DARK_BELOW) & ~_is_copy(table)], "brightness"),
    )


def too_bright(table: pd.DataFrame) -> Finding | None:
    """Images whose mean brightness, 0 to 255, is above ``BRIGHT_ABOVE``."""
    return _about(
        "bright",
        "too bright",
        "Light washes the features out. Turn away from the window, and record again.",
        _suspects(table[(table["brightness"] > BRIGHT_ABOVE) & ~_is_copy(table)], "brightness"),
    )


def without_face(table: pd.DataFrame) -> Finding | None:
    """Images in which ``look_for_faces`` found none."""
    rows = table[[found is False for found in table["face_found"]]]
    return _about(
        "no face",
        "without a face",
        "The face detector finds no face in these any more. Something else may have been cut out, "
        "or the face is hidden.",
        [Suspect(face, "no face found") for face in rows["face"]],
    )


def unbalanced(table: pd.DataFrame) -> Finding | None:
    """Classes with less than half as many images as the largest class."""
    counts = table["class_name"].value_counts().sort_index()
    few = counts[counts < UNBALANCED_SHARE * counts.max()]
    if few.empty:
        return None
    names = ", ".join(f"{name} ({count})" for name, count in few.items())
    return Finding(
        "unbalanced",
        f"{_number(len(few), 'class has', 'classes have')} few images",
        f"{names}, where the largest class has {counts.max()}. A network that is unsure guesses "
        "the class it saw most: the others are then missed more often.",
        "record",
        people=tuple(few.index),
    )


def single_session(table: pd.DataFrame) -> Finding | None:
    """Classes, except ``Unknown``, whose images are all of one capture session."""
    sessions = table.groupby("class_name")["session"].nunique()
    single = sessions[(sessions == 1) & (sessions.index != UNKNOWN)]
    if single.empty:
        return None
    return Finding(
        "single session",
        f"{_number(len(single), 'person was', 'people were')} recorded on one occasion only",
        f"{', '.join(single.index)}: all images are of one capture session. The network then "
        "learns the shirt, the lamp and the wall as well as the face, and validation on images of "
        "the same occasion cannot tell. Record again on another day, in another place or light.",
        "record",
        people=tuple(single.index),
    )


def doubted(
    classifier: Recogniser,
    faces: Sequence[FaceFile],
    progress: Progress = lambda done, total: None,
) -> list[Suspect]:
    """Images for which a trained network predicts another class with high confidence.

    Northcutt, Jiang and Chuang, Confident Learning: Estimating Uncertainty in Dataset Labels, 2021,
    with one threshold, ``SURE``, for all classes. Training images count as well: among many right
    labels, a wrong one is hard to learn.

    Parameters
    ----------
    classifier : Recogniser
    faces : sequence of FaceFile
        Images of classes that the network does not know are skipped.
    progress : callable
        Called with the number of images done and in all; may raise to stop.

    Returns
    -------
    list of Suspect
        In descending order of confidence.
    """
    known = [face for face in faces if face.class_name in classifier.classes]
    found: list[tuple[float, Suspect]] = []
    for first in range(0, len(known), _BATCH):
        batch = known[first : first + _BATCH]
        outputs = classifier.outputs(np.stack([face_file(face.path) for face in batch]))
        for face, row in zip(batch, outputs.probabilities(), strict=True):
            guess, sure = classifier.classes[row.argmax()], float(row.max())
            if guess != face.class_name and sure >= SURE:
                note = f"{face.class_name}? {sure:.0%} {guess}"
                found.append((sure, Suspect(face, note, move_to=guess)))
        progress(first + len(batch), len(known))
    return [suspect for _, suspect in sorted(found, key=lambda item: -item[0])]


def under_another_name(suspects: list[Suspect]) -> Finding | None:
    """The finding for the images from ``doubted``; None without any."""
    return _about(
        "another name",
        "apparently of somebody else",
        "The trained network is sure that these show another person than their class says. Look at "
        "each: the label may be wrong, or the network.",
        suspects,
        act="move",
    )


def _suspects(rows: pd.DataFrame, measure: str) -> list[Suspect]:
    rows = rows.sort_values(measure)
    return [
        Suspect(face, f"{face.class_name}, {measure} {value:.0f}")
        for face, value in zip(rows["face"], rows[measure], strict=True)
    ]


def _about(
    kind: str,
    what: str,
    explanation: str,
    suspects: list[Suspect],
    act: Literal["delete", "move"] = "delete",
) -> Finding | None:
    concerned = sum(suspect.concerned for suspect in suspects)
    if not concerned:
        return None
    title = f"{_number(concerned, 'image is', 'images are')} {what}"
    return Finding(kind, title, explanation, act, tuple(suspects))


def _is_copy(table: pd.DataFrame) -> pd.Series:
    return pd.Series([face.is_copy for face in table["face"]], index=table.index, dtype=bool)


def _number(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
