"""An operating point and a face space for the tests of this package."""

from dataclasses import asdict

import numpy as np

from facerec.decisions.face_space import FaceSpace
from facerec.decisions.operating_point import OperatingPoint

POINT = OperatingPoint(7.3, "energy", 1.5, 2.0, 12.0)
SPACE = FaceSpace(
    *(
        np.random.default_rng(0).random(shape, np.float32)
        for shape in ((64 * 7 * 7, 2), (2,), (3, 2))
    )
)


def same_space(one: FaceSpace, other: FaceSpace) -> bool:
    """Whether two face spaces are the same, to the last bit."""
    return all(
        np.array_equal(part, asdict(other)[name]) and part.dtype == np.float32
        for name, part in asdict(one).items()
    )
