"""Training images made worse on purpose, to see what the quality of a data set is worth."""

from collections.abc import Sequence

import cv2
import numpy as np

# A face of some 40 pixels, enlarged; a lamp turned off.
_BLUR_DEVIATION = 4.0
_BRIGHTNESS = 0.2


class Spoiling:
    """Makes a share of the training images blurred and a share dark; some may be both.

    Parameters
    ----------
    rows : sequence of int
        Rows of the training images.
    blurred, dark : float
        The shares, 0 to 1.
    seed : int
        It draws the images, which are the same in each epoch.
    """

    def __init__(self, rows: Sequence[int], blurred: float, dark: float, seed: int) -> None:
        generator = np.random.default_rng((seed, 2))
        self._blurred, self._dark = (
            set(generator.permutation(rows)[: round(share * len(rows))].tolist())
            for share in (blurred, dark)
        )

    def __call__(self, face: np.ndarray, row: int) -> np.ndarray:
        """The image with this row, RGB uint8 (224, 224, 3), as the network is to learn it."""
        if row in self._blurred:
            face = cv2.GaussianBlur(face, (0, 0), _BLUR_DEVIATION)
        if row in self._dark:
            face = cv2.convertScaleAbs(face, alpha=_BRIGHTNESS)
        return face


def with_wrong_labels(labels: Sequence[int], classes: int, share: float, seed: int) -> list[int]:
    """Labels of which a share is wrong: int, 0 to ``classes`` - 1; the seed draws them.

    Each wrong label is one of the other classes, all equally likely. Zhang et al., Understanding
    deep learning requires rethinking generalization, 2017.
    """
    generator = np.random.default_rng((seed, 3))
    found = np.array(labels)
    wrong = generator.permutation(len(found))[: round(share * len(found))]
    found[wrong] = (found[wrong] + generator.integers(1, classes, len(wrong))) % classes
    return found.tolist()
