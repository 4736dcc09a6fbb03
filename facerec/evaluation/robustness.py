"""Robustness: accuracy on darker, brighter, blurred, rotated, occluded or smaller faces."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from facerec.datasets.splits import evenly_drawn
from facerec.errors import FacerecError
from facerec.faces.preprocessing import FACE_SIZE, face_file
from facerec.recognition.recogniser import Recogniser
from facerec.runs.held_out import held_out_of
from facerec.runs.run import Run
from facerec.system import files
from facerec.system.progress import Progress

MOST_IMAGES = 200
_BATCH = 32
_SEED = 0
_GREY = 127
_CENTRE = ((FACE_SIZE - 1) / 2,) * 2
_UNTROUBLED = 0.05
_LEARNED = 0.6


@dataclass(frozen=True)
class Disturbance:
    """A way in which a face before a camera differs from the training images.

    Parameters
    ----------
    name : str
        Identifier in files.
    title : str
        Name on pages.
    meaning : str
        Its cause in front of a camera, in a few words.
    unit : str
        Unit of its strengths.
    strengths : tuple of float
        From the strength that changes nothing to the strongest.
    words : str
        Format string for a strength in words.
    change : callable
        Takes a face (RGB uint8, shape (224, 224, 3)), a strength and the image's number; gives the
        changed face of the same shape.
    """

    name: str
    title: str
    meaning: str
    unit: str
    strengths: tuple[float, ...]
    words: str
    change: Callable[[np.ndarray, float, int], np.ndarray]

    def at(self, strength: float) -> str:
        """A strength in words."""
        return self.words.format(strength)


def _darken(pixels: np.ndarray, percent: float, number: int) -> np.ndarray:
    return cv2.convertScaleAbs(pixels, alpha=1 - percent / 100)


def _brighten(pixels: np.ndarray, percent: float, number: int) -> np.ndarray:
    return cv2.convertScaleAbs(pixels, alpha=1 + percent / 100)


def _blur(pixels: np.ndarray, deviation: float, number: int) -> np.ndarray:
    return cv2.GaussianBlur(pixels, (0, 0), deviation)


def _rotate(pixels: np.ndarray, degrees: float, number: int) -> np.ndarray:
    turn = cv2.getRotationMatrix2D(_CENTRE, -degrees if number % 2 else degrees, 1)
    # Mirrored at the border, as in augmentation: black corners would be one more disturbance.
    return cv2.warpAffine(pixels, turn, (FACE_SIZE, FACE_SIZE), borderMode=cv2.BORDER_REFLECT_101)


def _occlude(pixels: np.ndarray, percent: float, number: int) -> np.ndarray:
    side = round(FACE_SIZE * percent / 100)
    left, top = np.random.default_rng([_SEED, number]).integers(0, FACE_SIZE - side + 1, 2)
    hidden = pixels.copy()
    hidden[top : top + side, left : left + side] = _GREY
    return hidden


def _shrink(pixels: np.ndarray, side: float, number: int) -> np.ndarray:
    small = cv2.resize(pixels, (int(side), int(side)), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (FACE_SIZE, FACE_SIZE), interpolation=cv2.INTER_LINEAR)


DISTURBANCES = {
    disturbance.name: disturbance
    for disturbance in (
        Disturbance(
            "darker",
            "Less light",
            "the lamp is off",
            "% less light",
            (0, 25, 50, 75),
            "{:g} % less",
            _darken,
        ),
        Disturbance(
            "brighter",
            "More light",
            "the sun shines in",
            "% more light",
            (0, 25, 50, 100),
            "{:g} % more",
            _brighten,
        ),
        Disturbance(
            "blur",
            "Blur",
            "out of focus, or moving",
            "pixels of 224",
            (0, 2, 4, 8),
            "{:g} pixels",
            _blur,
        ),
        Disturbance(
            "rotation",
            "Rotation",
            "the head is tilted",
            "degrees",
            (0, 15, 30, 45),
            "{:g} degrees",
            _rotate,
        ),
        Disturbance(
            "occlusion",
            "Occlusion",
            "a hand or a mug before the face",
            "% of the width hidden",
            (0, 20, 40, 60),
            "a square of {:g} % of the width",
            _occlude,
        ),
        Disturbance(
            "resolution",
            "Lower resolution",
            "far from the camera",
            "pixels across the face",
            (FACE_SIZE, 64, 32, 16),
            "{:g} pixels across the face",
            _shrink,
        ),
    )
}


Level = tuple[str, float]
UNCHANGED: Level = ("unchanged", 0)
LEVELS: tuple[Level, ...] = (
    UNCHANGED,
    *(
        (disturbance.name, strength)
        for disturbance in DISTURBANCES.values()
        for strength in disturbance.strengths[1:]
    ),
)


@dataclass(frozen=True)
class Robustness:
    """Numbers of faces that a run named right, unchanged and under each disturbance.

    Parameters
    ----------
    images : int
        Number of faces tried at each level: a sample of the held-out images, or all of them.
    held_out : int
        Number of all held-out images.
    right : dict
        Number of faces named right by level. A level is a disturbance's name and a strength; levels
        not tried yet are missing.
    """

    images: int
    held_out: int
    right: dict[Level, int]

    @property
    def complete(self) -> bool:
        """Whether all levels were tried."""
        return all(level in self.right for level in LEVELS)

    def accuracy(self, level: Level) -> float:
        """Share of the faces named right at a level that was tried, 0 to 1."""
        return self.right[level] / self.images

    def curve(self, name: str) -> dict[float, float]:
        """Accuracy by strength of a disturbance, from unchanged faces to the strongest.

        Strengths not tried yet are left out.
        """
        weakest, *others = DISTURBANCES[name].strengths
        levels = {weakest: UNCHANGED, **{strength: (name, strength) for strength in others}}
        return {
            strength: self.accuracy(level)
            for strength, level in levels.items()
            if level in self.right
        }

    def lost(self, name: str) -> float:
        """Mean loss of accuracy over the strengths of a disturbance; all must have been tried."""
        unchanged, *disturbed = self.curve(name).values()
        return unchanged - sum(disturbed) / len(disturbed)


def measure_robustness(
    run: Run, progress: Progress = lambda done, total: None, keep: bool = True
) -> Robustness:
    """Try a run on its held-out images under each disturbance, and save the result.

    At most ``MOST_IMAGES`` held-out images are used, drawn evenly from the classes and always the
    same. Levels that are already known, such as after a stop, are not tried again.

    Parameters
    ----------
    run : Run
    progress : callable
        Called with the number of faces done and in all; may raise to stop.
    keep : bool
        Whether to save the result.

    Raises
    ------
    FacerecError
        If the run has no weights, or as ``held_out_of``.
    """
    held_out = held_out_of(run)
    sample = evenly_drawn(held_out, MOST_IMAGES)
    known = last_robustness(run)
    right = dict(known.right) if known and known.images == len(sample) else {}
    missing = [level for level in LEVELS if level not in right]
    if not missing:
        return Robustness(len(sample), len(held_out), right)
    recogniser = Recogniser(run)
    faces = [face_file(face.path) for face in sample]
    labels = np.array([recogniser.classes.index(face.class_name) for face in sample])
    for place, level in enumerate(missing):
        count = 0
        for start in range(0, len(faces), _BATCH):
            batch = np.stack(
                [
                    disturbed(pixels, level, number)
                    for number, pixels in enumerate(faces[start : start + _BATCH], start)
                ]
            )
            found = recogniser.outputs(batch).predictions
            count += int((found == labels[start : start + _BATCH]).sum())
            progress(place * len(faces) + start + len(batch), len(missing) * len(faces))
        right[level] = count
        if keep:
            _keep(run, Robustness(len(sample), len(held_out), right))
    return Robustness(len(sample), len(held_out), right)


def disturbed(pixels: np.ndarray, level: Level, number: int = 0) -> np.ndarray:
    """A face at a level: RGB uint8, shape (224, 224, 3), as ``pixels`` are.

    The result is the same for the same ``number``. Another number may rotate the face to the other
    side, and occlude another place.
    """
    if level == UNCHANGED:
        return pixels
    name, strength = level
    return DISTURBANCES[name].change(pixels, strength, number)


def last_robustness(run: Run) -> Robustness | None:
    """Saved result for the run's present weights, maybe not complete; None if there is none.

    Raises
    ------
    FacerecError
        If the file is damaged.
    """
    file = _file(run)
    if not file.exists() or not run.trained:
        return None
    content = files.read_as(file, dict[str, Any])
    try:
        if _made_of(run) != {name: content[name] for name in _made_of(run)}:
            return None
        right = {(row["disturbance"], row["strength"]): row["right"] for row in content["levels"]}
        return Robustness(content["images"], content["held_out"], right)
    except (KeyError, TypeError) as error:
        raise FacerecError(f"{file} is damaged: delete it.") from error


def in_words(name: str, found: Robustness) -> str:
    """Result of a complete test in sentences, which name the run's weakest spot."""
    weakest, *_, firmest = sorted(DISTURBANCES, key=found.lost, reverse=True)
    unchanged = f"**{name}** is right in {found.accuracy(UNCHANGED):.0%} of the faces as they are"
    if found.accuracy(UNCHANGED) < _LEARNED:
        return f"{unchanged}: too few for what disturbs it to say much. Have it learn better first."
    if found.lost(weakest) < _UNTROUBLED:
        return f"{unchanged}, and nothing here troubles it much."
    return (
        f"{unchanged}. Its weakest spot is **{DISTURBANCES[weakest].title.lower()}** "
        f"({_at_worst(weakest, found)}); least of all it minds "
        f"{DISTURBANCES[firmest].title.lower()} ({_at_worst(firmest, found)})."
    )


def _at_worst(name: str, found: Robustness) -> str:
    strength = DISTURBANCES[name].strengths[-1]
    return f"{found.accuracy((name, strength)):.0%} at {DISTURBANCES[name].at(strength)}"


def _keep(run: Run, found: Robustness) -> None:
    levels = [
        {"disturbance": name, "strength": strength, "right": right}
        for (name, strength), right in found.right.items()
    ]
    content = {"images": found.images, "held_out": found.held_out, "levels": levels}
    files.write_json(_file(run), {**_made_of(run), **content})


def _made_of(run: Run) -> dict[str, str]:
    """Cache key of the result: the run's knowledge and the images."""
    return {"weights": run.knowledge_hash, "dataset_hash": run.info.dataset_hash}


def _file(run: Run) -> Path:
    return run.folder / "robustness.json"
