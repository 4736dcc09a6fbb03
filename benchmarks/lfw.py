"""Verification on Labeled Faces in the Wild: is a pair of photographs of one person or of two?

    python -m benchmarks.lfw FOLDER PAIRS [--weights sface dlib]

FOLDER holds the photographs, ``Name/Name_0001.jpg``; PAIRS is the list ``pairs.txt``, with 6,000
pairs in ten folds. Neither comes with facerec. Faces go facerec's own way: detection, crop,
alignment and embedding. A photograph in which no face is found is taken whole.

The protocol is "unrestricted, labelled outside data": the threshold of each fold is the best one of
the other nine. Huang et al., Labeled Faces in the Wild, 2007.

The last column is the share of pairs of one person that are refused at the threshold at which 1 in
1,000 pairs of two people is accepted.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import mean, stdev
from typing import NamedTuple

import numpy as np

from benchmarks.embedded import Embedder, central, network_with_weights
from benchmarks.table import show
from facerec import metrics
from facerec.errors import FacerecError
from facerec.faces import images
from facerec.faces.detection import FaceDetector, WholeImage, detector
from facerec.faces.preprocessing import extract_faces
from facerec.networks.metric import similarities

FALSE_ACCEPTANCE_RATE = 0.001
# Zhong et al., SFace, 2021 (OpenCV Zoo); King, dlib's face recognition example, 2017.
PUBLISHED = {"sface": "99.40 %", "dlib": "99.38 %"}


class Pair(NamedTuple):
    """Two photographs, and whether they show one person."""

    first: Path
    second: Path
    same: bool


def read_pairs(folder: Path, file: Path) -> list[list[Pair]]:
    """The folds of a list of pairs in the form of ``pairs.txt``.

    Raises
    ------
    FacerecError
        If the file is no such list.
    """
    try:
        head, *lines = file.read_text(encoding="utf-8").splitlines()
        folds, each = map(int, head.split())
        pairs = [_pair(folder, line.split()) for line in lines if line.strip()]
        if folds < 2 or len(pairs) != folds * 2 * each:
            raise ValueError(f"{len(pairs)} pairs instead of {folds} x 2 x {each}")
    except (OSError, ValueError) as error:
        raise FacerecError(f"{file} is no list of pairs as pairs.txt: {error}.") from error
    return [pairs[fold * 2 * each : (fold + 1) * 2 * each] for fold in range(folds)]


def _pair(folder: Path, words: list[str]) -> Pair:
    match words:
        case [name, first, second]:
            return Pair(_photograph(folder, name, first), _photograph(folder, name, second), True)
        case [name, first, other, second]:
            return Pair(_photograph(folder, name, first), _photograph(folder, other, second), False)
    raise ValueError(f"the line {' '.join(words)!r}")


def _photograph(folder: Path, name: str, number: str) -> Path:
    return folder / name / f"{name}_{int(number):04d}.jpg"


def similarity_of(embedder: Embedder, finder: FaceDetector) -> Callable[[Pair], float]:
    """A function that gives the similarity of a pair; each photograph is looked at once."""
    known: dict[Path, np.ndarray] = {}

    def embedding(file: Path) -> np.ndarray:
        if file not in known:
            picture = images.read(file)
            faces = extract_faces(picture, finder) or extract_faces(picture, WholeImage())
            known[file] = embedder(central(faces, picture).pixels[None])
        return known[file]

    return lambda pair: float(similarities(embedding(pair.first), embedding(pair.second))[0, 0])


def accuracies(folds: list[np.ndarray], labels: list[np.ndarray]) -> list[float]:
    """Accuracy of each fold, 0 to 1, at the best threshold of the other folds.

    ``folds`` has similarities, float (pairs,), and ``labels`` whether each is one person's, bool.
    """
    found = []
    for fold, (own, truth) in enumerate(zip(folds, labels, strict=True)):
        others = np.concatenate([*folds[:fold], *folds[fold + 1 :]])
        their_truth = np.concatenate([*labels[:fold], *labels[fold + 1 :]])
        order = np.argsort(others)
        # Right at the threshold below the n-th similarity: two people below it, one above.
        below = np.concatenate([[0], np.cumsum(~their_truth[order])])
        above = np.concatenate([[0], np.cumsum(their_truth[order][::-1])])[::-1]
        best = int((below + above).argmax())
        limits = np.concatenate([[-np.inf], others[order], [np.inf]])
        threshold = (limits[best] + limits[best + 1]) / 2
        found.append(float(np.mean((own > threshold) == truth)))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("pairs", type=Path, metavar="PAIRS")
    parser.add_argument("--weights", nargs="+", default=["sface", "dlib"], metavar="NAME")
    options = parser.parse_args()
    rows = []
    try:
        folds = read_pairs(options.folder, options.pairs)
        for name in options.weights:
            network = network_with_weights(name)
            similarity = similarity_of(Embedder(network), detector())
            found = [np.array([similarity(pair) for pair in fold]) for fold in folds]
            labels = [np.array([pair.same for pair in fold]) for fold in folds]
            shares = accuracies(found, labels)
            every, truth = np.concatenate(found), np.concatenate(labels)
            rates = metrics.error_rates(every[truth], every[~truth])
            threshold = metrics.threshold_for(rates, FALSE_ACCEPTANCE_RATE)
            refused = metrics.false_rejection_rate(every[truth], threshold)
            spread = stdev(shares) / len(shares) ** 0.5
            rows.append(
                (
                    network.title,
                    f"{mean(shares):.2%}",
                    f"{spread:.2%}",
                    PUBLISHED.get(name, "–"),
                    f"{refused:.1%}",
                )
            )
    except FacerecError as error:
        print(error, file=sys.stderr)
        return 2
    show(
        f"{sum(map(len, folds)):,} pairs in {len(folds)} folds",
        ("", "accuracy", "standard error", "published", "own refused at 0.1 % FAR"),
        rows,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
