"""Splits of a data set into training and validation images."""

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from itertools import chain, islice, zip_longest

import numpy as np

from facerec.datasets.folder import UNKNOWN, FaceFile
from facerec.errors import FacerecError

_SEED = 0


def evenly_drawn_places(classes: Sequence[str] | Sequence[int], most: int) -> list[int]:
    """Indices of a class-balanced random sample of at most ``most`` faces, ascending.

    The classes take turns. The fixed seed gives the same sample each time.

    Parameters
    ----------
    classes : sequence of str or of int
        Class of each face.
    most : int
        Largest size of the sample.
    """
    if len(classes) <= most:
        return list(range(len(classes)))
    generator = np.random.default_rng(_SEED)
    by_class: dict[str | int, list[int]] = defaultdict(list)
    shuffled: list[int] = generator.permutation(len(classes)).tolist()
    for place in shuffled:
        by_class[classes[place]].append(place)
    in_turn = chain.from_iterable(zip_longest(*(by_class[name] for name in sorted(by_class))))
    return sorted(islice((place for place in in_turn if place is not None), most))


def evenly_drawn(faces: Sequence[FaceFile], most: int) -> list[FaceFile]:
    """Class-balanced sample of at most ``most`` faces, in their order and always the same."""
    places = evenly_drawn_places([face.class_name for face in faces], most)
    return [faces[place] for place in places]


SPLITS = {
    "random": "by image: frames of one capture may land on both sides",
    "session": "by capture session: validation sees only sessions that training did not",
}


def split(
    faces: Sequence[FaceFile],
    how: str,
    validation: float,
    seed: int,
    share: float = 1.0,
    people: int = 0,
    imbalance: float = 1.0,
) -> tuple[list[FaceFile], list[FaceFile]]:
    """Split the images of each class into training and validation images.

    An image and its augmented copies stay on the same side. Copies are left out of validation.

    Parameters
    ----------
    faces : sequence of FaceFile
    how : str
        A name of ``SPLITS``.
    validation : float
        Share of each class's images (or sessions) for validation, between 0 and 1.
    seed : int
        Seed of the random split.
    share : float
        Share of each capture session's images that are used at all, above 0 to 1.
    people : int
        Number of people who are used, as ``people_taken`` draws them; 0 is all.
    imbalance : float
        Share of its training images that one class keeps, which is drawn by the seed.

    Returns
    -------
    training, validation : list of FaceFile

    Raises
    ------
    FacerecError
        If there are fewer than two classes, or a class has fewer than two images or sessions.
    """
    from sklearn.model_selection import GroupShuffleSplit

    by_class: dict[str, list[FaceFile]] = defaultdict(list)
    taken = people_taken({face.class_name for face in faces}, people, seed)
    faces = [face for face in faces if face.class_name in taken]
    for face in faces if share == 1 else _some_of(faces, share, seed):
        by_class[face.class_name].append(face)
    if len(by_class) < 2:
        raise FacerecError(
            "Training needs images of at least two classes: "
            f"there {'is one' if by_class else 'are none'}. Add another person, or {UNKNOWN}."
        )
    training: list[FaceFile] = []
    validating: list[FaceFile] = []
    for class_name, members in by_class.items():
        groups = [face.session if how == "session" else face.original for face in members]
        if len(set(groups)) < 2:
            raise FacerecError(
                f"{class_name} has one {'capture session' if how == 'session' else 'image'} only, "
                "so nothing of it can be kept for validation. "
                + ("Capture another, or split by image." if how == "session" else "Add more.")
            )
        splitter = GroupShuffleSplit(n_splits=1, test_size=validation, random_state=seed)
        kept, held_out = next(splitter.split(members, groups=groups))
        training += [members[index] for index in kept]
        validating += [members[index] for index in held_out if not members[index].is_copy]
    return _imbalanced(training, imbalance, seed), validating


def people_taken(classes: Collection[str], people: int, seed: int) -> set[str]:
    """The classes of so many people, drawn by the seed, and ``Unknown``; 0 takes all."""
    persons = sorted(set(classes) - {UNKNOWN})
    if not people or people >= len(persons):
        return set(classes)
    drawn = np.random.default_rng(seed).permutation(persons)[:people].tolist()
    return {*drawn, *(set(classes) & {UNKNOWN})}


def _imbalanced(training: list[FaceFile], kept: float, seed: int) -> list[FaceFile]:
    """The training images without a share of one class's, which the seed draws."""
    if kept == 1:
        return training
    generator = np.random.default_rng((seed, 1))
    rare = generator.choice(sorted({face.class_name for face in training}))
    originals = sorted({face.original for face in training if face.class_name == rare})
    left = set(generator.permutation(originals)[: math.ceil(kept * len(originals))])
    return [face for face in training if face.class_name != rare or face.original in left]


def _some_of(faces: Sequence[FaceFile], share: float, seed: int) -> list[FaceFile]:
    """A random share of the originals of each session, rounded up, with their copies."""
    originals: dict[tuple[str, str], set[str]] = defaultdict(set)
    for face in faces:
        originals[face.class_name, face.session].add(face.original)
    generator = np.random.default_rng(seed)
    taken = {
        key: set(generator.permutation(sorted(names))[: math.ceil(share * len(names))])
        for key, names in originals.items()
    }
    return [face for face in faces if face.original in taken[face.class_name, face.session]]
