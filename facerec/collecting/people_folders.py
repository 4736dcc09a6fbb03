"""Which level of a tree of folders has the names of people."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Names that data sets give to their parts.
_PARTS = frozenset(
    ("train", "training", "val", "valid", "validation", "test", "testing", "data", "dataset",
     "images", "faces", "photos", "pictures", "people", "persons", "classes", "raw")
)  # fmt: skip
_DATE = re.compile(r"[\d\W_]+")


@dataclass(frozen=True)
class Levels:
    """The folder names of each level, and the level that likely has the people.

    Parameters
    ----------
    names : tuple of tuple of str
        Sorted names by level, from the outermost.
    proposed : int
        Index of the likeliest level; 0 if there are no folders.
    """

    names: tuple[tuple[str, ...], ...]
    proposed: int


def levels(folders: Sequence[tuple[str, ...]]) -> Levels:
    """Levels of the folders in which files lie.

    Proposed is the outermost level that has several names, unless these are parts of a data set
    ("train", "test") or dates. If no such level has several names, the innermost is proposed.

    Parameters
    ----------
    folders : sequence of tuple of str
        For each file, the folders around it, from the outermost.
    """
    depth = max(map(len, folders), default=0)
    names = [
        tuple(sorted({parts[level] for parts in folders if len(parts) > level}))
        for level in range(depth)
    ]
    likely = [level for level in range(depth) if _may_be_people(names[level])]
    several = [level for level in likely if len(names[level]) > 1]
    proposed = [*several[:1], *likely[-1:], depth - 1]
    return Levels(tuple(names), max(0, proposed[0]))


def _may_be_people(names: Sequence[str]) -> bool:
    parts = all(name.casefold() in _PARTS for name in names)
    return not parts and not all(_DATE.fullmatch(name) for name in names)
