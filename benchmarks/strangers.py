"""How well networks reject strangers, by cross-validation over people.

    python -m benchmarks.strangers [FOLDER] [--ways NAME ...] [--leave-out 2] [--seed 0]
                                   [--epochs N]

FOLDER holds a folder of face images for each person, and Unknown, whose file names name the person
(Who_00.jpg). Each fold leaves out some people as strangers, and trains on the others and Unknown.
No image of a stranger takes part in the training. Next to each network are embedding recognisers
with the same network, in which its training images are enrolled.

Known people are evaluated on the validation images, which also choose the epoch. The figures are
means over the folds. The threshold for 1 % of strangers is chosen on the same strangers on which it
is evaluated, as on the Compare page. With other strangers, the figures will be a little worse. All
ways take about an hour on 2 cores.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.table import show
from facerec.collecting import samples
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.decisions.matchers import MATCHERS
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import SCORES
from facerec.errors import FacerecError
from facerec.evaluation.evaluation import Evaluation
from facerec.evaluation.judging import evaluate
from facerec.evaluation.thresholds import ScoreQuality, score_qualities
from facerec.faces.detection import detector
from facerec.recognition import new_gallery
from facerec.runs import creating
from facerec.runs.run import Run
from facerec.runs.settings import preset
from facerec.system import paths
from facerec.system.processor import keep_freed_memory
from facerec.training.loop import train

FACES = Path(__file__).resolve().parents[2] / "shared" / "data" / "faces"
THRESHOLDS = 0.5, 0.9


@dataclass(frozen=True)
class Way:
    """A way to get a network: a training, or published weights without training.

    Parameters
    ----------
    network, preset : str
    changes : dict
        Changes of the preset's settings.
    unknown_people : int, optional
        Number of people of Unknown that the network is trained on; by default all of them.
    drawn : bool
        Whether Unknown also has the drawn strangers of the sample data.
    pretrained : str
        A name of ``new_gallery.PRETRAINED``, with which nothing is trained.
    """

    network: str = "custom_cnn"
    preset: str = "In class"
    changes: dict[str, Any] = field(default_factory=dict)
    unknown_people: int | None = None
    drawn: bool = False
    pretrained: str = ""


WAYS = {
    "In class": Way(),
    "without Unknown": Way(unknown_people=0),
    "half of Unknown's people": Way(unknown_people=3),
    "drawn people in Unknown": Way(drawn=True),
    "label smoothing 0.2": Way(changes={"label_smoothing": 0.2}),
    "Careful": Way(preset="Careful"),
    "ResNet50 from scratch": Way(network="resnet50_scratch", changes={"epochs": 12}),
    "dlib": Way(network="dlib_resnet"),
    "dlib, as it is": Way(pretrained="dlib"),
    "dlib, as it is, without Unknown": Way(pretrained="dlib", unknown_people=0),
}


@dataclass(frozen=True)
class Result:
    """Result of a fold: FAR and FRR at its own threshold and at others, and figures by score."""

    accuracy: float
    temperature: float
    own_rates: tuple[float, float]
    rates: dict[str, tuple[float, float]]
    qualities: dict[str, ScoreQuality]


def people_of(folder: Path) -> list[str]:
    return [name for name in FaceFolder(folder).class_names() if name != UNKNOWN]


def folds(people: list[str], leave_out: int) -> Iterator[list[str]]:
    """The strangers of each fold; everybody is a stranger in one fold."""
    for start in range(0, len(people), leave_out):
        yield people[start : start + leave_out]


def fill(target: FaceFolder, folder: Path, people: list[str], way: Way) -> None:
    """Copy the images that a way trains on."""
    for person in people:
        shutil.copytree(folder / person, target.path / person)
    images = [face for face in FaceFolder(folder).face_files() if face.class_name == UNKNOWN]
    names = sorted({who(face.path) for face in images})[: way.unknown_people]
    chosen = [face.path for face in images if who(face.path) in names]
    if way.drawn:
        for name, drawn in ((samples.PEOPLE, UNKNOWN), (samples.STRANGERS, None)):
            faces = FaceFolder(paths.dataset_folder(name)).face_files(drawn)
            chosen += [face.path for face in faces]
    if chosen:
        (target.path / UNKNOWN).mkdir()
    for number, path in enumerate(chosen):
        # Drawn people of different data sets may have the same names.
        shutil.copy(path, target.path / UNKNOWN / f"{number:04}_{path.name}")


def who(path: Path) -> str:
    """Name of the person on an image of Unknown."""
    return path.stem.rpartition("_")[0]


def strangers_of(folder: Path, people: list[str]) -> FaceFolder:
    """A data set of the people who are left out."""
    target = FaceFolder(paths.dataset_folder(f"strangers {people[0]}"))
    if not target.path.exists():
        for person in people:
            shutil.copytree(folder / person, target.path / person)
    return target


def images_without(name: str, folder: Path, left_out: list[str]) -> FaceFolder:
    """A data set of all other people and Unknown."""
    dataset = FaceFolder(paths.dataset_folder(f"{name} without {left_out[0]}"))
    people = [person for person in people_of(folder) if person not in left_out]
    fill(dataset, folder, people, WAYS[name])
    return dataset


def trained(way: Way, dataset: FaceFolder, options: argparse.Namespace) -> Run:
    config = replace(preset(way.preset, dataset.name, way.network), **way.changes)
    config = replace(config, seed=options.seed, epochs=options.epochs or config.epochs)
    run = creating.create(dataset.name, config)
    train(run)
    return run


def result(evaluation: Evaluation, point: OperatingPoint) -> Result:
    calibrated = evaluation.best_temperature()
    rates, qualities = {}, {}
    for words, temperature in (("", 1.0), (", calibrated", calibrated)):
        for threshold in THRESHOLDS:
            summary = evaluation.summary(OperatingPoint(threshold, temperature=temperature))
            rates[f"{threshold}{words}"] = (
                summary.false_acceptance_rate,
                summary.false_rejection_rate,
            )
        for quality in score_qualities(evaluation, temperature):
            # The other scores do not depend on the temperature.
            if not words or quality.score in ("confidence", "margin"):
                qualities[SCORES[quality.score].title + words] = quality
    own = evaluation.summary(point)
    own_rates = own.false_acceptance_rate, own.false_rejection_rate
    return Result(own.accuracy, calibrated, own_rates, rates, qualities)


def measure(name: str, folder: Path, options: argparse.Namespace) -> dict[str, list[Result]]:
    """One result for each fold, of a way and of embedding recognisers with its network."""
    results: dict[str, list[Result]] = {}
    for left_out in folds(people_of(folder), options.leave_out):
        way, dataset = WAYS[name], images_without(name, folder, left_out)
        embedder = way.pretrained or trained(way, dataset, options)
        found = {} if way.pretrained else {name: embedder}
        for matcher, kind in MATCHERS.items():
            found[f"{name}: {kind.title.lower()}"] = new_gallery.create(
                f"{dataset.name}, {matcher}", embedder, dataset, matcher
            )
        for title, item in found.items():
            evaluation = evaluate(item, strangers=strangers_of(folder, left_out))
            results.setdefault(title, []).append(result(evaluation, item.operating_point))
            far, frr = results[title][-1].own_rates
            print(
                f"{title}, without {', '.join(left_out)}: accuracy "
                f"{results[title][-1].accuracy:.3f}, FAR {far:.3f} and FRR {frr:.3f}",
                file=sys.stderr,
                flush=True,
            )
    return results


def rate_row(name: str, results: list[Result], words: str) -> tuple[str, ...]:
    temperature = mean(result.temperature for result in results) if words else 1.0
    rates = [
        mean(result.rates[f"{threshold}{words}"][side] for result in results)
        for threshold in THRESHOLDS
        for side in (0, 1)
    ]
    accuracy = mean(result.accuracy for result in results)
    return name + words, f"{accuracy:.3f}", f"{temperature:.2f}", *(f"{rate:.3f}" for rate in rates)


def quality_row(name: str, score: str, results: list[Result]) -> tuple[str, ...]:
    means = [
        mean(getattr(result.qualities[score], column) for result in results)
        for column in ("auroc", "equal_error_rate", "frr_at_one_percent")
    ]
    return f"{name}: {score}", *(f"{value:.3f}" for value in means)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FACES)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS), metavar="NAME")
    parser.add_argument("--leave-out", type=int, default=2, help="people of each fold")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="instead of the presets'")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["FACEREC_HOME"] = home
        try:
            if not 1 <= options.leave_out <= len(people_of(options.folder)) - 2:
                raise FacerecError(f"{options.folder} has too few people to leave out so many.")
            if any(WAYS[name].drawn for name in options.ways):
                samples.load(detector())
            keep_freed_memory()
            ways: dict[str, list[Result]] = {}
            for name in options.ways:
                ways |= measure(name, options.folder, options)
        except FacerecError as error:
            print(error, file=sys.stderr)
            return 2
    show(
        "At its own threshold: 0.5 of the confidence, or what the gallery suggests",
        ("", "accuracy", "FAR", "FRR"),
        [
            (
                name,
                f"{mean(item.accuracy for item in results):.3f}",
                *(f"{mean(item.own_rates[side] for item in results):.3f}" for side in (0, 1)),
            )
            for name, results in ways.items()
        ],
    )
    show(
        "At a threshold of the confidence",
        ("", "accuracy", "T", *(f"{x} {t}" for t in THRESHOLDS for x in ("FAR at", "FRR at"))),
        [
            rate_row(name, results, words)
            for name, results in ways.items()
            for words in ("", ", calibrated")
        ],
    )
    show(
        "By score",
        ("", "AUROC", "equal error rate", "FRR at 1 % FAR"),
        [
            quality_row(name, score, results)
            for name, results in ways.items()
            for score in results[0].qualities
        ],
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
