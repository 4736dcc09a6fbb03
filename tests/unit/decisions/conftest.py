"""Outputs made of probabilities for the tests of this package."""

import numpy as np

from facerec.decisions.scores import Outputs


def probable(*rows: tuple[float, ...]) -> Outputs:
    """Outputs whose softmax is these probabilities."""
    with np.errstate(divide="ignore"):
        return Outputs(np.log(np.array(rows, np.float32).reshape(-1, 3)))
