"""Some of many faces, the same number of each class."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain, islice, zip_longest

import numpy as np

from facerec.dataset import FaceFile

_SEED = 0


def evenly_drawn_places(classes: Sequence[str] | Sequence[int], most: int) -> list[int]:
    """At most so many places of ``classes``: one of each class in turn, always the same, ascending.

    Parameters
    ----------
    classes : sequence of str or of int
        The class of each face.
    most : int
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
    """At most so many of the faces: one of each class in turn, always the same, in their order."""
    places = evenly_drawn_places([face.class_name for face in faces], most)
    return [faces[place] for place in places]
