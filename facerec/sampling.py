"""Samples of faces with about the same number from each class."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain, islice, zip_longest

import numpy as np

from facerec.dataset import FaceFile

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
    for place in generator.permutation(len(classes)).tolist():
        by_class[classes[place]].append(place)
    in_turn = chain.from_iterable(zip_longest(*(by_class[name] for name in sorted(by_class))))
    return sorted(islice((place for place in in_turn if place is not None), most))


def evenly_drawn(faces: Sequence[FaceFile], most: int) -> list[FaceFile]:
    """Class-balanced sample of at most ``most`` faces, in their order and always the same."""
    places = evenly_drawn_places([face.class_name for face in faces], most)
    return [faces[place] for place in places]
