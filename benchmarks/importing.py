"""How fast images come in, next to a plain loop over the same steps on one core.

    python -m benchmarks.importing [FOLDER]

FOLDER holds a folder of images for each class. Both ways use YuNet and write to a folder that is
removed again. The best of three rounds counts, after one that fills the file cache.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2

from benchmarks.table import show
from facerec import images
from facerec.dataset import FaceFolder
from facerec.detection import YuNetDetector, find_yunet
from facerec.errors import FacerecError
from facerec.importing import import_faces

ROUNDS = 3
FACES = Path(__file__).resolve().parents[2] / "shared" / "data" / "faces"


def plain_loop(source: Path, destination: Path, model: Path) -> int:
    """Read, detect, crop, resize and write, as a script does; the number of faces written."""
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


def ours(source: Path, destination: Path, model: Path) -> int:
    """The import of the app; the number of faces written."""
    report = import_faces([source], FaceFolder(destination), YuNetDetector(model))
    return report.added.total()


def best(work: Callable[[Path, Path, Path], int], source: Path, model: Path) -> tuple[int, float]:
    """Faces written, and seconds of the fastest round."""
    times = []
    for _ in range(ROUNDS + 1):
        destination = Path(tempfile.mkdtemp())
        try:
            began = time.perf_counter()
            written = work(source, destination / "set", model)
            times.append(time.perf_counter() - began)
        finally:
            shutil.rmtree(destination)
    return written, min(times[1:])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FACES)
    source = parser.parse_args().folder
    count = sum(images.is_image(path.name) for path in source.glob("*/*"))
    try:
        model = find_yunet()
        if not count:
            raise FacerecError(f"{source} holds no folders of images.")
    except FacerecError as error:
        print(error, file=sys.stderr)
        return 2
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    plain = best(plain_loop, source, model)
    cv2.setNumThreads(threads)
    results = {
        "plain loop, one core": plain,
        f"plain loop, OpenCV's {threads} threads": best(plain_loop, source, model),
        f"facerec, {os.cpu_count()} cores": best(ours, source, model),
    }
    show(
        f"Import of {count} images",
        ("", "faces", "seconds", "images/s", "ratio"),
        [
            (name, written, f"{seconds:.2f}", f"{count / seconds:.0f}", f"{plain[1] / seconds:.2f}")
            for name, (written, seconds) in results.items()
        ],
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
