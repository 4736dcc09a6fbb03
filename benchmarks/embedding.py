"""Speed of enrolling and recognising people by embeddings, next to training a classifier again.

    python -m benchmarks.embedding [FOLDER] [--epochs N]

FOLDER holds a folder of face images for each person, and Unknown, whose file names name the person
(Who_00.jpg).

Two of the people join later. The embedder is a custom CNN, trained with the preset "In class" on
the others and Unknown; the two people are enrolled with 20 images each. The baseline trains again
with the same preset on everybody, with the same images. Both are evaluated on the other images of
the two people, and on the validation images of the people who were there before.

Then ten people with 20 images each are enrolled in an empty gallery, next to training a custom CNN
on them. ResNet50 and InceptionResnetV1 have random weights, since speed does not depend on weights.
SFace and dlib's network have their published weights.

The search is timed on made-up embeddings, one face at a time. Its baseline is a loop over the
enrolled faces that computes one cosine at a time, as scripts do. The benchmark takes about ten
minutes on 2 cores.
"""

import argparse
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.embedded import who
from benchmarks.home import in_new_home
from benchmarks.table import show
from benchmarks.training import FACES
from facerec.datasets.folder import UNKNOWN, FaceFile, FaceFolder
from facerec.datasets.reading import CountedFaces
from facerec.decisions.gallery import Gallery
from facerec.decisions.matchers import MATCHERS, matcher_of
from facerec.errors import FacerecError
from facerec.faces.preprocessing import FACE_SIZE
from facerec.networks.catalogue import network_named
from facerec.networks.metric import of_length_one
from facerec.networks.network import parameter_count
from facerec.networks.options import NetworkOptions
from facerec.recognition import enrolment, new_gallery
from facerec.recognition.recogniser import Recogniser
from facerec.runs import creating
from facerec.runs.held_out import split_of
from facerec.runs.info import RunInfo
from facerec.runs.run import Run
from facerec.runs.settings import TrainingConfig, preset
from facerec.system import paths
from facerec.system.processor import keep_freed_memory
from facerec.training.loop import train

SIZES = 10, 1_000, 100_000
PEOPLE, EACH = 10, 20
DIMENSIONS = 512
LARGER = "resnet50_scratch", "inception_resnet_v1"
# A linear support vector machine for thousands of people would take hours to fit.
MOST_FOR_A_MACHINE = 1_000
SHOWN_AT_ONCE_MILLISECONDS = 1000 / 15


def people_of(folder: Path) -> list[str]:
    """The people with a name, two at least."""
    people = [name for name in FaceFolder(folder).class_names() if name != UNKNOWN]
    if len(people) < 2:
        raise FacerecError(f"{folder} has too few people.")
    return people


def seconds_of(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def milliseconds_of(work: Callable[[], object], times: int = 9) -> float:
    """Median time of some calls, after a first call that does not count."""
    work()
    return 1000 * statistics.median(seconds_of(work) for _ in range(times))


def ten_people(folder: Path) -> dict[str, list[FaceFile]]:
    """Some images of ten people: first the people of Unknown, then the others."""
    found: dict[str, list[FaceFile]] = {}
    for face in FaceFolder(folder).face_files(UNKNOWN):
        found.setdefault(who(face.path), []).append(face)
    for name in people_of(folder):
        found.setdefault(name, FaceFolder(folder).face_files(name))
    ten = {name: faces[:EACH] for name, faces in list(found.items())[:PEOPLE]}
    if len(ten) < PEOPLE or min(map(len, ten.values())) < EACH:
        raise FacerecError(f"{folder} has too few people, or too few images of them.")
    return ten


def copied(name: str, people: dict[str, Sequence[FaceFile]]) -> FaceFolder:
    """A data set of these images."""
    folder = FaceFolder(paths.dataset_folder(name))
    for person, faces in people.items():
        (folder.path / person).mkdir(parents=True)
        for face in faces:
            shutil.copy(face.path, folder.path / person)
    return folder


def trained(name: str, dataset: FaceFolder, epochs: int | None) -> tuple[Run, float]:
    """A custom CNN trained with the preset "In class", and the training time in seconds."""
    config = preset("In class", dataset.name, "custom_cnn")
    run = creating.create(name, replace(config, epochs=epochs or config.epochs))
    return run, seconds_of(lambda: train(run))


def of_random_numbers(network: str, dataset: FaceFolder) -> Run:
    """A run with a network that was not trained."""
    config = TrainingConfig(dataset=dataset.name, network=network, pretrained="none")
    classes = dataset.class_names()
    module = network_named(network).skeleton(len(classes), NetworkOptions(pretrained="none"))
    run = Run(paths.run_folder(network))
    run.save_config(config, RunInfo.now(classes, dataset, parameter_count(module)))
    run.save_weights(module)
    return run


def pixels_of(faces: Sequence[FaceFile]) -> np.ndarray:
    """Pixels of faces: RGB uint8, shape (faces, 224, 224, 3)."""
    counted = CountedFaces(lambda done, total: None, len(faces))
    return np.concatenate(list(counted.batches(faces)))


def enrol_all(run: Run, people: dict[str, np.ndarray]) -> float:
    """Enrol people in a recogniser one after the other; the time in seconds."""
    return seconds_of(lambda: [enrolment.enrol(run, *person) for person in people.items()])


def accuracy(run: Run, faces: Sequence[FaceFile]) -> float:
    """Share of images whose likeliest class is their true one."""
    classifier = Recogniser(run)
    counted = CountedFaces(lambda done, total: None, len(faces))
    places = np.concatenate(
        [classifier.outputs(batch).predictions for batch in counted.batches(faces)]
    )
    names = [face.class_name for face in faces]
    return float(
        np.mean(
            [classifier.classes[place] == name for place, name in zip(places, names, strict=True)]
        )
    )


def held_out_of(run: Run, people: Iterable[str]) -> list[FaceFile]:
    """The validation images of these people; the split is the same each time."""
    return [face for face in split_of(run)[1] if face.class_name in people]


def joining_table(folder: Path, epochs: int | None) -> Run:
    """Show the table for two people who join; the embedder that was trained on the others."""
    *before, one, other = people_of(folder)
    faces = {name: FaceFolder(folder).face_files(name) for name in (*before, one, other, UNKNOWN)}
    first = {name: own for name, own in faces.items() if name not in (one, other)}
    joining = {name: faces[name][:EACH] for name in (one, other)}
    unseen = [face for name in (one, other) for face in faces[name][EACH:]]
    dataset = copied("before", first)
    embedder, _ = trained("embedder", dataset, epochs)
    again, training_seconds = trained("again", copied("after", first | joining), epochs)
    rows = [
        (
            "train the custom CNN again",
            f"{training_seconds:.1f} s",
            "1",
            f"{accuracy(again, unseen):.3f}",
            f"{accuracy(again, held_out_of(again, first)):.3f}",
        )
    ]
    pixels = {name: pixels_of(own) for name, own in joining.items()}
    eyes = {"custom CNN": embedder, "SFace": "sface", "dlib": "dlib"}
    for (title, eye), name in product(eyes.items(), MATCHERS):
        run = new_gallery.create(f"{title} by {name}", eye, dataset, name)
        seconds = enrol_all(run, pixels)
        rows.append(
            (
                f"enrol, {title}: {MATCHERS[name].title}",
                f"{seconds:.1f} s",
                f"{training_seconds / seconds:.0f}",
                f"{accuracy(run, unseen):.3f}",
                f"{accuracy(run, held_out_of(embedder, first)):.3f}",
            )
        )
    show(
        f"Two people join {len(first)} classes, with {EACH} images each",
        ("", "takes", "times as fast", "right of the new", "right of the others"),
        rows,
    )
    return embedder


def ten_table(folder: Path, embedder: Run, epochs: int | None) -> None:
    """Show the table for ten people who are enrolled by each network."""
    people = ten_people(folder)
    dataset = copied("ten", people)
    _, training_seconds = trained("ten again", dataset, epochs)
    pixels = {name: pixels_of(own) for name, own in people.items()}
    rows = [("train the custom CNN on them", f"{training_seconds:.1f} s", "", "1")]
    sources = {"custom_cnn": embedder, "sface": "sface", "dlib_resnet": "dlib"}
    sources |= {name: of_random_numbers(name, dataset) for name in LARGER}
    for name, source in sources.items():
        run = new_gallery.create(f"ten by {name}", source, dataset, enrol_all=False)
        seconds = enrol_all(run, pixels)
        rows.append(
            (
                f"enrol by {network_named(name).title}",
                f"{seconds:.1f} s",
                f"{1000 * seconds / PEOPLE / EACH:.0f} ms",
                f"{training_seconds / seconds:.0f}",
            )
        )
    show(f"{PEOPLE} people, {EACH} images each", ("", "all", "an image", "times as fast"), rows)


def gallery(size: int, matcher: str) -> Gallery:
    """A gallery of made-up embeddings, 20 of each person, or one of each if there are few."""
    people = max(size // EACH, min(size, 10))
    generator = np.random.default_rng(0)
    embeddings = of_length_one(generator.normal(size=(size, DIMENSIONS)).astype(np.float32))
    labels = np.sort(np.arange(size) % people)
    return Gallery(
        matcher, tuple(f"{number}" for number in range(people)), labels, embeddings, (b"",) * size
    )


def plain_search(enrolled_faces: np.ndarray, face: np.ndarray) -> int:
    """Index of the nearest enrolled face, computed one cosine at a time."""
    cosines = [
        np.dot(face, other) / (np.linalg.norm(face) * np.linalg.norm(other))
        for other in enrolled_faces
    ]
    return int(np.argmax(cosines))


def search_table() -> None:
    face = of_length_one(np.random.default_rng(1).normal(size=(1, DIMENSIONS)).astype(np.float32))
    pixels = np.random.default_rng(0).integers(0, 256, (1, FACE_SIZE, FACE_SIZE, 3), np.uint8)
    network = Recogniser(Run.open("inception_resnet_v1"))
    per_face = milliseconds_of(lambda: network.embeddings(pixels))
    rows, slowest = [], 0.0
    for size in SIZES:
        faces = gallery(size, "means").embeddings
        plain = milliseconds_of(lambda faces=faces: plain_search(faces, face[0]), 3)
        rows.append((f"{size:,}: a loop of cosines", f"{plain:.3f} ms", "1.0"))
        for name, kind in MATCHERS.items():
            if name == "svm" and size > MOST_FOR_A_MACHINE:
                continue
            matcher = matcher_of(gallery(size, name))
            found = milliseconds_of(lambda matcher=matcher: matcher.outputs(face))
            slowest = max(slowest, found) if size == SIZES[-1] else slowest
            rows.append((f"{size:,}: {kind.title}", f"{found:.3f} ms", f"{plain / found:.1f}"))
    show("To search a gallery for one face", ("enrolled faces", "search", "times as fast"), rows)
    room = SHOWN_AT_ONCE_MILLISECONDS - per_face
    most = SIZES[-1] * room / slowest
    print(
        f"The network itself, InceptionResnetV1 in fp32, takes {per_face:.0f} ms for the face. The "
        f"search alone takes as long from {SIZES[-1] * per_face / slowest:,.0f} enrolled faces on"
        + (
            f"; both fit into a frame of 15 a second up to {most:,.0f}."
            if room > 0
            else "; the network alone takes longer than a frame of 15 a second."
        )
        + " Beyond, an approximate index would be needed."
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FACES)
    parser.add_argument("--epochs", type=int, help="instead of the preset's")
    options = parser.parse_args()
    return in_new_home(partial(measure, options))


def measure(options: argparse.Namespace) -> None:
    keep_freed_memory()
    embedder = joining_table(options.folder, options.epochs)
    ten_table(options.folder, embedder, options.epochs)
    search_table()


if __name__ == "__main__":
    sys.exit(main())
