"""Speed of the import, next to a plain loop over the same steps on one core.

    python -m benchmarks.importing [FOLDER]

FOLDER holds a folder of images for each class. All ways use YuNet and write to a folder that is
deleted afterwards. The figures are medians over seven rounds, after a first round that fills the
file cache. Ratios are computed within a round.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import cv2

from benchmarks.table import show
from facerec.collecting.importing import import_faces
from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.faces import media
from facerec.faces.detection import YuNetDetector, find_yunet

ROUNDS = 7
FACES = Path(__file__).resolve().parents[2] / "shared" / "data" / "faces"


def plain_loop(source: Path, destination: Path, model: Path) -> int:
    """Read, detect, crop, resize and write as a script does; the number of faces written."""
    detector = cv2.FaceDetectorYN.create(str(model), "", (0, 0), score_threshold=0.7)
    written = 0
    for path in sorted(source.glob("*/*")):
        image = cv2.imread(str(path))
        if image is None:
            continue
        detector.setInputSize(image.shape[1::-1])
        _, faces = detector.detect(image)
        if faces is None or len(faces) != 1:
            continue
        x, y, width, height = (max(0, int(value)) for value in faces[0][:4])
        face = cv2.resize(image[y : y + height, x : x + width], (224, 224))
        target = destination / path.parent.name
        target.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(target / f"{path.stem}.jpg"), face)
        written += 1
    return written


def import_in_app(source: Path, destination: Path, model: Path) -> int:
    """The import of the app; the number of faces written."""
    report = import_faces([source], FaceFolder(destination), YuNetDetector(model))
    return report.added.total()


def timed(work: Callable[[Path, Path, Path], int], source: Path, model: Path) -> tuple[float, int]:
    """Time of one round in seconds, and the number of faces written."""
    destination = Path(tempfile.mkdtemp())
    try:
        began = time.perf_counter()
        written = work(source, destination / "set", model)
        return time.perf_counter() - began, written
    finally:
        shutil.rmtree(destination)


def on_one_core(source: Path, destination: Path, model: Path) -> int:
    """The plain loop with OpenCV's own threads off."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        return plain_loop(source, destination, model)
    finally:
        cv2.setNumThreads(threads)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FACES)
    source = parser.parse_args().folder
    count = sum(media.is_image(path.name) for path in source.glob("*/*"))
    try:
        model = find_yunet()
        if not count:
            raise FacerecError(f"{source} holds no folders of images.")
    except FacerecError as error:
        print(error, file=sys.stderr)
        return 2
    ways = {
        "plain loop, one core": on_one_core,
        f"plain loop, OpenCV's {cv2.getNumThreads()} threads": plain_loop,
        f"facerec, {os.cpu_count()} cores": import_in_app,
    }
    # The ways take turns, so that a machine that is busy for a while slows all of them alike.
    rounds = [
        {name: timed(work, source, model) for name, work in ways.items()} for _ in range(ROUNDS + 1)
    ]
    first = next(iter(ways))
    rows = []
    for name in ways:
        seconds = median(result[name][0] for result in rounds[1:])
        ratio = median(result[first][0] / result[name][0] for result in rounds[1:])
        written = rounds[0][name][1]
        rows.append((name, written, f"{seconds:.2f}", f"{count / seconds:.0f}", f"{ratio:.2f}"))
    show(f"Import of {count} images", ("", "faces", "seconds", "images/s", "ratio"), rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
