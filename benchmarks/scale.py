"""Time and memory of the acts on a data set as large as the report's, and of a large school.

    python -m benchmarks.scale [IMAGES] [--people 100] [--faces 75]

IMAGES drawn pictures (21,000 by default) are imported, decoded for training and looked through; a
training on them is started; and PEOPLE are enrolled by SFace with four fifths of their FACES images
each (the others validate). Each act runs in a process of its own, after its baseline, which is a
plain loop of OpenCV over the first ``SAMPLE`` files of the same kind. Memory is the most that the
process had for itself: pages of mapped files, which the system takes back at will, do not count.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import psutil

from benchmarks.live import SHARED
from benchmarks.table import show
from benchmarks.tiles import REPORT_IMAGES
from facerec.cleaning.findings import findings
from facerec.cleaning.table import face_table
from facerec.collecting.importing import import_faces
from facerec.datasets.decoded import decoded_faces
from facerec.datasets.folder import FaceFolder
from facerec.faces.detection import YuNetDetector, find_yunet
from facerec.networks import sface_file
from facerec.recognition import new_gallery
from facerec.runs import creating
from facerec.runs.settings import USUAL, preset
from facerec.sample_data.collection import photographs
from facerec.training.events import BatchEnd, Event
from facerec.training.loop import train

SAMPLE = 500
PEOPLE_DRAWN = 12
MOST_MEMORY = 2000.0
MOST_SECONDS_TO_ENROL = 120.0


def build(folder: Path, count: int) -> None:
    """Make so many drawn pictures in a folder for each person; no two files are the same."""
    originals: dict[str, list[bytes]] = {}
    for photograph in photographs(PEOPLE_DRAWN):
        picture = cv2.imencode(".jpg", cv2.cvtColor(photograph.frame, cv2.COLOR_RGB2BGR))[1]
        originals.setdefault(photograph.class_name, []).append(picture.tobytes())
    chance, names = random.Random(0), sorted(originals)
    for name in names:
        (folder / name).mkdir(parents=True)
    for number in range(count):
        name = names[number % len(names)]
        # What follows a JPEG's end marker makes another file of the same picture.
        content = chance.choice(originals[name]) + str(number).encode()
        (folder / name / f"day {number // 500}_{number:05d}.jpg").write_bytes(content)


def school(source: Path, people: int, faces: int) -> None:
    """Make a data set with so many people, from the faces of another one."""
    folder = FaceFolder.create("school")
    found = FaceFolder.open("report").face_files()
    for person in range(people):
        for number in range(faces):
            face = found[(person * faces + number) % len(found)]
            target = folder.path / f"Person {person:03d}" / f"day_{number:04d}.jpg"
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(face.path, target)


def plain_import(source: Path) -> int:
    """Read, detect, cut, shrink and write pictures as a script does."""
    detector = cv2.FaceDetectorYN.create(str(find_yunet()), "", (0, 0), score_threshold=0.7)
    some = sorted(source.glob("*/*.jpg"))[:SAMPLE]
    with tempfile.TemporaryDirectory() as place:
        for path in some:
            picture = cv2.imread(str(path))
            detector.setInputSize(picture.shape[1::-1])
            found = detector.detect(picture)[1]
            x, y, width, height = (max(0, int(value)) for value in found[0][:4])
            face = cv2.resize(picture[y : y + height, x : x + width], (224, 224))
            cv2.imwrite(str(Path(place) / path.name), face)
    return len(some)


def plain_reading(source: Path) -> int:
    """Read faces one after the other."""
    some = FaceFolder.open("report").face_files()[:SAMPLE]
    for face in some:
        cv2.imread(str(face.path))
    return len(some)


def plain_embedding(source: Path) -> int:
    """Give faces to OpenCV's own SFace, one after the other."""
    network = cv2.FaceRecognizerSF.create(str(sface_file.PACKAGED.path()), "")
    some = FaceFolder.open("school").face_files()[:SAMPLE]
    for face in some:
        network.feature(cv2.resize(cv2.imread(str(face.path)), (112, 112)))
    return len(some)


def bring_in(source: Path) -> int:
    report = import_faces([source], FaceFolder.create("report"), YuNetDetector(find_yunet()))
    assert report.added.total() == len(list(source.glob("*/*.jpg"))), report.reasons_in_words()
    return report.added.total()


def decode(source: Path) -> int:
    folder = FaceFolder.open("report")
    return len(decoded_faces(folder, folder.content_hash()))


def look_through(source: Path) -> int:
    table = face_table(FaceFolder.open("report"))
    assert findings(table)
    return len(table)


def start_training(source: Path) -> int:
    """Train until the first batch is learned; the decoded images are there."""
    batches: list[Event] = []

    def note(event: Event) -> None:
        if isinstance(event, BatchEnd):
            batches.append(event)

    run = creating.create("report", preset(USUAL, "report", "custom_cnn"))
    train(run, note, lambda: bool(batches))
    assert batches
    return len(FaceFolder.open("report").face_files())


def enrol(source: Path) -> int:
    run = new_gallery.create("school", "sface", FaceFolder.open("school"))
    return len(run.gallery)


Act = Callable[[Path], int]
ACTS: dict[str, tuple[Act, Act]] = {
    "import": (plain_import, bring_in),
    "decode for training": (plain_reading, decode),
    "start a training": (plain_reading, start_training),
    "table and findings": (plain_reading, look_through),
    "enrol": (plain_embedding, enrol),
}


def measured(act: Act, source: Path) -> tuple[int, float]:
    """Number of images, and seconds."""
    began = time.perf_counter()
    return act(source), time.perf_counter() - began


def own_memory() -> float:
    """Memory of this process in MB, without pages of mapped files."""
    memory = psutil.Process().memory_info()
    return (memory.rss - getattr(memory, "shared", 0)) / 1e6


def in_this_process(name: str, source: Path) -> None:
    """Carry out an act after its baseline, and print the figures."""
    plain, act = ACTS[name]
    plain_count, plain_seconds = measured(plain, source)
    most, over = [own_memory()], threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            most[0] = max(most[0], own_memory())

    watching = threading.Thread(target=watch)
    watching.start()
    count, seconds = measured(act, source)
    over.set()
    watching.join()
    print(count, seconds, plain_seconds / plain_count, most[0], sep="\t")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", nargs="?", type=int, default=REPORT_IMAGES)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--faces", type=int, default=75)
    parser.add_argument("--act", choices=ACTS, help=argparse.SUPPRESS)
    parser.add_argument("--source", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.act:
        in_this_process(options.act, options.source)
        return 0
    os.environ.setdefault("FACEREC_MODELS", str(SHARED / "models"))
    with tempfile.TemporaryDirectory() as home:
        os.environ["FACEREC_HOME"] = home
        source = Path(home) / "pictures"
        build(source, options.images)
        rows = []
        for name in ACTS:
            if name == "enrol":
                school(source, options.people, options.faces)
            command = [sys.executable, "-m", "benchmarks.scale", "--act", name]
            result = subprocess.run(
                [*command, "--source", str(source)], check=True, stdout=subprocess.PIPE, text=True
            )
            count, seconds, plain, memory = map(float, result.stdout.split("\t"))
            ratio = plain * count / seconds
            rows.append(
                (name, f"{count:.0f}", f"{seconds:.1f}", f"{plain * count:.1f}", f"{ratio:.2f}",
                 f"{memory:.0f}")
            )  # fmt: skip
            print(*rows[-1], flush=True, file=sys.stderr)
    show(
        f"{options.images:,} images; at most {MOST_MEMORY:.0f} MB, and "
        f"{MOST_SECONDS_TO_ENROL:.0f} s to enrol, are wanted",
        ("", "images", "seconds", "plain loop", "times as fast", "MB"),
        rows,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
