"""How many strangers get a name, and how many known people none, at the suggested thresholds.

    python -m benchmarks.strangers PEOPLE STRANGERS [--ways NAME ...] [--pictures 60] [--seed 0]

PEOPLE holds a folder of pictures for each person, and Unknown, whose file names say who is on them
(Who_00.jpg). STRANGERS holds a folder for each of many other people, such as Labeled Faces in the
Wild. All pictures go facerec's own way: detection, crop, alignment.

People are kept apart. ``--pictures`` random pictures of each person are enrolled or trained on, and
the others are judged. Two groups of strangers come by: the people of Unknown, who are pictured like
those enrolled, and one half of STRANGERS. The other half makes the population table from which
thresholds are suggested (benchmarks/population.py). A trained network learns Unknown from half of
its people, and from outside if the way says so; the rest are its strangers.

Rates are over pictures, and their bounds over people. ``three looks`` names the mean of three
random pictures of one person, as Live does.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.embedded import Crops, Embedded, Embedder, crops, embedded, network_with_weights
from benchmarks.population import measured
from benchmarks.table import show
from facerec.collecting.importing import import_faces
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.decisions.gallery import Gallery
from facerec.decisions.matchers import MATCHERS, ClassMeans, matcher_of
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.population import Population
from facerec.decisions.scores import Outputs
from facerec.errors import FacerecError
from facerec.faces.detection import detector
from facerec.metrics import PeopleRate, people_rate
from facerec.networks.catalogue import NETWORKS
from facerec.recognition.recogniser import Recogniser
from facerec.recognition.second_opinions import make_second_opinion
from facerec.runs import creating
from facerec.runs.settings import preset
from facerec.system.processor import keep_freed_memory
from facerec.training.loop import train

REPORT_THRESHOLD = 0.5
LOOKS, GROUPS = 3, 3
ENROLLED = ("sface", "dlib")
TRAINED = ("custom_cnn", "dlib_resnet", "sface")


@dataclass(frozen=True)
class Group:
    """Pictures of people who come by, and whether they are known."""

    title: str
    rows: np.ndarray
    of: Crops
    known: bool = False

    @property
    def pixels(self) -> np.ndarray:
        return self.of.pixels[self.rows]

    @property
    def people(self) -> np.ndarray:
        return self.of.people[self.rows]


@dataclass(frozen=True)
class Parts:
    """The people kept apart: pictures to learn from, and groups who come by."""

    learned: Group
    known: Group
    alike: Group
    others: Group
    tabled: np.ndarray

    @property
    def judged(self) -> tuple[Group, ...]:
        return self.known, self.alike, self.others


@dataclass(frozen=True)
class Row:
    """A way at a threshold, with the rates of the three groups."""

    title: str
    threshold: float
    rates: tuple[PeopleRate | None, ...]

    def cells(self) -> tuple[str, ...]:
        rates = [str(rate) if rate else "–" for rate in self.rates]
        return self.title, f"{self.threshold:.3f}", *rates, *["–"] * (GROUPS - len(rates))


def parts(people: Crops, strangers: Crops, pictures: int, seed: int) -> Parts:
    """Divide pictures and people by a seed."""
    generator = np.random.default_rng(seed)
    unknown = np.array([file.parent.name == UNKNOWN for file in people.files])
    learned, later = [], []
    for person in np.unique(people.people[~unknown]):
        own = generator.permutation(np.flatnonzero(people.people == person))
        if len(own) <= pictures:
            raise FacerecError(
                f"{person} has {len(own)} pictures, and more than {pictures} are needed."
            )
        learned += own[:pictures].tolist()
        later += own[pictures:].tolist()
    tabled, come = np.array_split(generator.permutation(np.unique(strangers.people)), 2)
    return Parts(
        Group("learned", np.array(learned), people, True),
        Group("own people refused", np.array(later), people, True),
        Group("Unknown's people named", np.flatnonzero(unknown), people),
        Group("other strangers named", np.flatnonzero(np.isin(strangers.people, come)), strangers),
        tabled,
    )


def row(
    title: str,
    point: OperatingPoint,
    classes: tuple[str, ...],
    groups: tuple[Group, ...],
    outputs: Callable[[Group], tuple[Outputs, np.ndarray]],
) -> Row:
    """Rates of the groups at an operating point; ``outputs`` gives a group's and their people."""
    rates = []
    for group in groups:
        found, people = outputs(group)
        named = point.is_named(classes, found)
        rates.append(people_rate(~named if group.known else named, people))
    return Row(title, point.threshold, tuple(rates))


def looks(
    single: Callable[[Group], tuple[Outputs, np.ndarray]], group: Group
) -> tuple[Outputs, np.ndarray]:
    """Means of three random pictures of one person; people with fewer are left out."""
    outputs, people = single(group)
    generator, found, names = np.random.default_rng(0), [], []
    for person in np.unique(people):
        own = generator.permutation(np.flatnonzero(people == person))
        for start in range(0, len(own) - LOOKS + 1, LOOKS):
            chosen = outputs[own[start : start + LOOKS]]
            assert chosen.similarities is not None
            both = chosen.logits, chosen.similarities
            found.append(Outputs(*(values.mean(axis=0, keepdims=True) for values in both)))
            names.append(person)
    return Outputs.joined(found), np.array(names)


def enrolled_ways(weights: str, divided: Parts) -> Iterator[Row]:
    """Rows of the matchers over a network with published weights."""
    network = network_with_weights(weights)
    embedder = Embedder(network)
    known = {id(part): embedded(part, embedder) for part in (divided.known.of, divided.others.of)}

    def of(group: Group) -> Embedded:
        every = known[id(group.of)]
        return Embedded(every.embeddings[group.rows], every.people[group.rows])

    table = measured(
        known[id(divided.known.of)],
        known[id(divided.others.of)].only(divided.tabled),
        network.metric,
    )
    population, own = Population.from_dict(table), of(divided.learned)
    for name, kind in MATCHERS.items():
        gallery = Gallery.empty(name, own.embeddings.shape[1], network.metric)
        for person in np.unique(own.people):
            faces = own.of(person)
            gallery = gallery.with_faces(person, faces, [b""] * len(faces))
        matcher = matcher_of(gallery)
        point = matcher.operating_point(population)

        title = f"{network.title} enrolled, {kind.title.lower()}"
        single = partial(matched, matcher, of)
        yield row(title, point, gallery.people, divided.judged, single)
        if name == "means":
            several = partial(looks, single)
            yield row(f"{title}, three looks", point, gallery.people, divided.judged[:2], several)


def matched(
    matcher: ClassMeans, of: Callable[[Group], Embedded], group: Group
) -> tuple[Outputs, np.ndarray]:
    """A matcher's outputs for a group, and their people."""
    found = of(group)
    return matcher.outputs(found.embeddings), found.people


def exposed_ways(network: str, divided: Parts) -> Iterator[Row]:
    """Rows of a network that also learns to refuse the half of STRANGERS that do not come by."""
    yield from trained_ways(network, divided, exposed=True)


def trained_ways(network: str, divided: Parts, exposed: bool = False) -> Iterator[Row]:
    """Rows of a network that is trained as in class, with half of Unknown's people."""
    unknown = np.unique(divided.alike.people)
    learned_unknown, strangers = np.array_split(unknown, 2)
    dataset = FaceFolder.create(f"people for {network}{' and strangers' * exposed}")
    with tempfile.TemporaryDirectory() as folder:
        for group, people in ((divided.learned, None), (divided.alike, learned_unknown)):
            for place in group.rows:
                file = group.of.files[place]
                if people is None or group.of.people[place] in people:
                    target = Path(folder) / (file.parent.name if people is None else UNKNOWN)
                    target.mkdir(exist_ok=True)
                    shutil.copy(file, target)
        import_faces([Path(folder)], dataset, detector())
    config = preset("In class", dataset.name, network)
    if exposed:
        config = replace(config, strangers=strangers_to_refuse(divided).name)
    run = creating.create(dataset.name, config)
    train(run)
    make_second_opinion(run)
    recogniser = Recogniser(run, asks_sface=True)
    alike = replace(
        divided.alike, rows=divided.alike.rows[np.isin(divided.alike.people, strangers)]
    )

    def outputs(group: Group) -> tuple[Outputs, np.ndarray]:
        starts = range(0, len(group.rows), 64)
        found = [recogniser.outputs(group.pixels[start : start + 64]) for start in starts]
        return Outputs.joined(found), group.people

    groups = (divided.known, alike, divided.others)
    title = f"{NETWORKS[network].title} trained{' with strangers to refuse' * exposed}"
    points = {
        "confidence": OperatingPoint(REPORT_THRESHOLD),
        "second opinion": run.suggested_point(),
    }
    for score, point in points.items():
        yield row(f"{title}, {score}", point, recogniser.classes, groups, outputs)


def strangers_to_refuse(divided: Parts) -> FaceFolder:
    """A data set of the people who make the population table."""
    dataset = FaceFolder.create("strangers to refuse")
    if not dataset.class_names():
        folders = {
            file.parent
            for file, person in zip(divided.others.of.files, divided.others.of.people, strict=True)
            if person in divided.tabled
        }
        for folder in sorted(folders):
            import_faces([folder], dataset, detector(), UNKNOWN, folder.name)
    return dataset


def main() -> int:
    ways = {f"{name} enrolled": (enrolled_ways, name) for name in ENROLLED}
    ways |= {f"{name} trained": (trained_ways, name) for name in TRAINED}
    ways["custom_cnn with strangers"] = (exposed_ways, "custom_cnn")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("people", type=Path, metavar="PEOPLE")
    parser.add_argument("strangers", type=Path, metavar="STRANGERS")
    parser.add_argument("--ways", nargs="+", choices=ways, default=list(ways), metavar="NAME")
    parser.add_argument("--pictures", type=int, default=60, help="of each person to learn from")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    keep_freed_memory()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as home:
        os.environ["FACEREC_HOME"] = os.environ.get("FACEREC_HOME", home)
        try:
            people, strangers = (
                crops(folder, detector()) for folder in (options.people, options.strangers)
            )
            divided = parts(people, strangers, options.pictures, options.seed)
            for name in options.ways:
                make, network = ways[name]
                for found in make(network, divided):
                    rows.append(found)
                    print(" | ".join(found.cells()), file=sys.stderr, flush=True)
        except FacerecError as error:
            print(error, file=sys.stderr)
            return 2
    titles = [group.title for group in divided.judged]
    show(
        "At the suggested threshold", ("", "threshold", *titles), [found.cells() for found in rows]
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
