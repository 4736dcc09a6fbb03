"""Why a face got the wrong name: the training faces it is like, and how it differs from them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import numpy as np

from facerec.collecting.guidance import Pose
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.datasets.reading import CountedFaces
from facerec.errors import FacerecError
from facerec.faces import quality
from facerec.faces.detection import FaceDetector
from facerec.networks.metric import similarities
from facerec.recognition.face_space_fitting import learned_images
from facerec.recognition.recogniser import Recogniser
from facerec.runs.run import Run
from facerec.system.progress import Progress

_MISSING = float("nan")
# A face beyond the training faces of the person by this share of their spread is unlike them.
_BEYOND = 0.1
_FEW = 0.5


class Step(Enum):
    """What to do next about a mistake."""

    AUGMENT = "augment"
    RECORD = "record"
    REFUSE = "refuse"


@dataclass(frozen=True)
class Trait:
    """Something measured of a face: its title on pages, and words for less and for more of it."""

    title: str
    less: str
    more: str
    step: Step


TRAITS = {
    "brightness": Trait("Light", "darker", "brighter", Step.AUGMENT),
    "sharpness": Trait("Sharpness", "more blurred", "sharper", Step.AUGMENT),
    "size": Trait("Size in the picture (pixels)", "smaller", "larger", Step.RECORD),
    "turn": Trait("Turn of the head (degrees)", "turned further right", "turned further left",
                  Step.RECORD),
}  # fmt: skip


def traits_of(pixels: np.ndarray, size: float | None, detector: FaceDetector) -> dict[str, float]:
    """The traits of a face, RGB uint8 (224, 224, 3), by the names of ``TRAITS``.

    ``size`` is its longer side in the whole picture, in pixels. What is not known is not a number.
    """
    found = detector.detect(pixels)
    pose = Pose.of(found[0]) if found else None
    return {
        "brightness": quality.brightness(pixels),
        "sharpness": quality.sharpness(pixels),
        "size": _MISSING if size is None else size,
        "turn": _MISSING if pose is None else pose.yaw,
    }


@dataclass(frozen=True)
class LearnedFaces:
    """Training faces of a run, a row for each.

    Parameters
    ----------
    paths : tuple of pathlib.Path
    names : numpy.ndarray
        Their classes: str, shape (faces,).
    embeddings : numpy.ndarray
        Float32, shape (faces, dimensions), as the recogniser compares them.
    traits : dict of str to numpy.ndarray
        Float, shape (faces,), by the names of ``TRAITS``.
    """

    paths: tuple[Path, ...]
    names: np.ndarray
    embeddings: np.ndarray
    traits: dict[str, np.ndarray]


def learned_faces(
    run: Run,
    recogniser: Recogniser,
    detector: FaceDetector,
    progress: Progress = lambda done, total: None,
) -> LearnedFaces:
    """Up to 100 training faces of each class of a run, embedded and measured.

    Raises
    ------
    FacerecError
        If the images that it was trained on are gone or cannot be read.
    """
    faces = learned_images(run)
    if not faces:
        raise FacerecError(f"The images that {run.name} learned from are gone.")
    details = FaceFolder.open(run.config.dataset).details()
    sizes = [details.get(face.key, {}).get("face_size") for face in faces]
    counted = CountedFaces(progress, len(faces))
    embeddings, traits = [], []
    for batch in counted.batches(faces):
        embeddings.append(recogniser.embeddings(batch))
        for pixels in batch:
            traits.append(traits_of(pixels, sizes[len(traits)], detector))
    return LearnedFaces(
        tuple(face.path for face in faces),
        np.array([face.class_name for face in faces]),
        np.concatenate(embeddings),
        {name: np.array([item[name] for item in traits]) for name in TRAITS},
    )


@dataclass(frozen=True)
class Difference:
    """A trait of a face among those of a person's training faces.

    Parameters
    ----------
    name : str
        A name of ``TRAITS``.
    value : float
        Of this face.
    others : numpy.ndarray
        Of the training faces: float, shape (faces,).
    beyond : float
        How far it lies outside the middle 90 % of them, as a share of that range: negative below,
        positive above, 0 inside.
    """

    name: str
    value: float
    others: np.ndarray = field(repr=False)
    beyond: float


@dataclass(frozen=True)
class Why:
    """What speaks for a mistake.

    Parameters
    ----------
    like_got, like_right : list of (pathlib.Path, float)
        The most similar training faces of the name it got and of the right one, with their
        similarities; empty where there are none.
    differences : list of Difference
        The face among the training faces of the right person, or of the name it got for a stranger.
    advice : str
        One thing to try, in a sentence.
    step : Step
    """

    like_got: list[tuple[Path, float]]
    like_right: list[tuple[Path, float]]
    differences: list[Difference]
    advice: str
    step: Step


def why_wrong(
    learned: LearnedFaces,
    embedding: np.ndarray,
    traits: dict[str, float],
    got: str,
    right: str | None,
    most: int = 3,
) -> Why:
    """Why a face got a name.

    Parameters
    ----------
    learned : LearnedFaces
    embedding : numpy.ndarray
        Of the face: float32, shape (dimensions,).
    traits : dict of str to float
        From ``traits_of``.
    got, right : str or None
        The name it got, and its own; None for a stranger.
    most : int
        Number of similar faces of each.
    """
    found = similarities(embedding[None], learned.embeddings)[0]

    def nearest(name: str | None) -> list[tuple[Path, float]]:
        rows = np.flatnonzero(learned.names == name)
        best = rows[np.argsort(-found[rows])][:most]
        return [(learned.paths[row], float(found[row])) for row in best]

    of = got if right is None else right
    own = learned.names == of
    differences = [
        _difference(name, traits[name], learned.traits[name][own])
        for name in TRAITS
        if np.isfinite(traits[name]) and np.isfinite(learned.traits[name][own]).sum() > 1
    ]
    advice, step = _advice(learned, differences, got, right)
    return Why(nearest(got), nearest(right), differences, advice, step)


def _difference(name: str, value: float, others: np.ndarray) -> Difference:
    others = others[np.isfinite(others)]
    low, high = np.quantile(others, [0.05, 0.95])
    spread = max(high - low, 1e-6)
    beyond = min(0.0, value - low) / spread + max(0.0, value - high) / spread
    return Difference(name, value, others, float(beyond))


def _advice(
    learned: LearnedFaces, differences: Sequence[Difference], got: str, right: str | None
) -> tuple[str, Step]:
    if right is None or right == UNKNOWN:
        return (
            f"{got} is the nearest name it knows. Have SFace give a second opinion on Live, or "
            "train with strangers to refuse.",
            Step.REFUSE,
        )
    far = max(differences, key=lambda item: abs(item.beyond), default=None)
    if far is not None and abs(far.beyond) > _BEYOND:
        trait = TRAITS[far.name]
        word = trait.less if far.beyond < 0 else trait.more
        rest = (
            "train with the augmentation Webcam, which varies it"
            if trait.step is Step.AUGMENT
            else f"record {right} like this, too"
        )
        return f"The face is {word} than the training faces of {right}: {rest}.", trait.step
    names, counts = np.unique(learned.names, return_counts=True)
    own = int(counts[names == right].sum())
    if own < _FEW * np.median(counts):
        return f"It has learned from {own} faces of {right} only: record more.", Step.RECORD
    return (
        f"Nothing stands out: this face of {right} is unlike those it has learned from. Record "
        f"{right} on another occasion.",
        Step.RECORD,
    )
