"""How often strangers are taken for one enrolled person, by threshold: the population table.

    python -m benchmarks.population PEOPLE STRANGERS [--weights sface dlib] [--write]

PEOPLE holds a folder for each enrolled person, with 20 pictures or more of most of them, and
Unknown, whose file names say who is on them (Who_00.jpg). STRANGERS holds a folder for each of many
other people, such as Labeled Faces in the Wild. Each of PEOPLE is enrolled with a number of random
pictures, several times, and every picture of STRANGERS is compared with the class mean. This says
how the similarities grow with the number of pictures.

PEOPLE are few, and rates below 1 in 1,000 want more pairs. All pairs of two strangers' single
pictures give the similarities of one picture, and for more pictures they are moved by that growth.
Where PEOPLE give a higher similarity, the table holds theirs.

The check enrols half of the strangers by a picture each, at the threshold of a table that was made
from the other half, and lets the rest of the first half come by.

--write replaces the numbers in facerec/decisions/population.json, from which thresholds are
suggested. They are rates and similarities, no face and no embedding of a person.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.embedded import Embedded, Embedder, crops, embedded, network_with_weights
from benchmarks.table import show
from facerec.decisions.population import FILE, USUAL_RATE, Population
from facerec.errors import FacerecError
from facerec.faces.detection import detector
from facerec.networks.metric import Metric, similarities
from facerec.system import files

PICTURES = 1, 2, 3, 5, 10, 20
RATES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 5e-4, 2e-4, 1e-4, 5e-5, 2e-5, 1e-5,
         5e-6, 2e-6)  # fmt: skip
MEASURED_DOWN_TO = 0.001
DRAWS = 10
LOOK_ALIKES = 0.1
LOOK_ALIKES_AT = 0.01
ENROLLED = 1, 6, 12, 30, 100, 300
CHECKS = 20


def enrolled(people: Embedded, metric: Metric, pictures: int, draw: int) -> np.ndarray:
    """Class means of random pictures of each person with more than so many."""
    generator = np.random.default_rng(draw)
    means = []
    for person in np.unique(people.people):
        own = people.of(person)
        if len(own) >= max(PICTURES):
            means.append(own[generator.permutation(len(own))[:pictures]].mean(axis=0))
    return metric.scaled(np.stack(means))


def pairs_of_strangers(strangers: Embedded) -> np.ndarray:
    """Similarities of all pairs of pictures of two different strangers."""
    first, second = np.triu_indices(len(strangers.people), 1)
    others = strangers.people[first] != strangers.people[second]
    found = similarities(strangers.embeddings, strangers.embeddings)
    return found[first[others], second[others]]


def look_alikes(people: Embedded, strangers: Embedded, metric: Metric) -> float:
    """How many times as often somebody who looks like an enrolled person is taken for them.

    Somebody looks like an enrolled person if their first picture is among the tenth of strangers'
    pictures that are most similar to that person. The other pictures of these people are counted
    at the threshold that 1 in 100 pictures of strangers exceeds.
    """
    means = enrolled(people, metric, max(PICTURES), 0)
    names = [name for name in np.unique(people.people) if len(people.of(name)) >= max(PICTURES)]
    everybody = similarities(strangers.embeddings, means)
    alike, threshold = (
        np.quantile(everybody, 1 - share) for share in (LOOK_ALIKES, LOOK_ALIKES_AT)
    )
    passing, passing_alike = [], []
    for source in (strangers, people):
        for person in np.unique(source.people):
            own = similarities(source.of(person), means)
            if len(own) < 2:
                continue
            shares = (own[1:] > threshold).mean(axis=0)
            others = np.array([name != person for name in names])
            passing += shares[others].tolist()
            passing_alike += shares[others & (own[0] > alike)].tolist()
    return float(np.mean(passing_alike) / np.mean(passing))


def measured(people: Embedded, strangers: Embedded, metric: Metric) -> dict[str, Any]:
    """One network's entry of the table."""
    pairs = pairs_of_strangers(strangers)
    steps = np.maximum(RATES, MEASURED_DOWN_TO)
    one_picture = np.quantile(pairs, 1 - np.array(RATES))
    table, first = {}, None
    for pictures in PICTURES:
        means = np.concatenate([enrolled(people, metric, pictures, draw) for draw in range(DRAWS)])
        found = similarities(strangers.embeddings, means)
        levels = np.quantile(found, 1 - steps)
        first = levels if first is None else first
        moved = one_picture + levels - first
        own = np.where(np.array(RATES) >= MEASURED_DOWN_TO, levels, -np.inf)
        table[str(pictures)] = np.round(np.maximum(moved, own), 4).tolist()
    factor = look_alikes(people, strangers, metric)
    return {
        "strangers": len(np.unique(strangers.people)),
        "look_alikes": round(factor, 1),
        "rates": list(RATES),
        "similarities": table,
    }


def check(people: Embedded, strangers: Embedded, metric: Metric) -> list[tuple[str, ...]]:
    """Rows of the check."""
    generator, rows = np.random.default_rng(0), []
    names = generator.permutation(np.unique(strangers.people))
    tabled, tested = (strangers.only(half) for half in np.array_split(names, 2))
    population = Population.from_dict(measured(people, tabled, metric))
    _, first = np.unique(tested.people, return_index=True)
    for number in ENROLLED:
        if 2 * number > len(first):
            break
        best = []
        for _ in range(CHECKS):
            order = tested.embeddings[first[generator.permutation(len(first))]]
            best.append(similarities(order[number:], order[:number]).max(axis=1))
        threshold = population.threshold(USUAL_RATE, [1] * number)
        rate = float(np.mean(np.concatenate(best) > threshold))
        rows.append((str(number), f"{threshold:.3f}", f"{USUAL_RATE:.2%}", f"{rate:.2%}"))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("people", type=Path, metavar="PEOPLE")
    parser.add_argument("strangers", type=Path, metavar="STRANGERS")
    parser.add_argument("--weights", nargs="+", default=["sface", "dlib"], metavar="NAME")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    try:
        pictures = [crops(folder, detector()) for folder in (options.people, options.strangers)]
        for name in options.weights:
            network = network_with_weights(name)
            people, strangers = (embedded(faces, Embedder(network)) for faces in pictures)
            entry = measured(people, strangers, network.metric)
            report(network.title, entry, check(people, strangers, network.metric))
            if options.write:
                kept = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
                files.write_json(FILE, kept | {network.name: entry})
    except FacerecError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def report(title: str, entry: dict[str, Any], checked: list[tuple[str, ...]]) -> None:
    show(
        f"{title}: similarity that a share of {entry['strangers']} strangers' pictures exceeds",
        ("", *(f"{pictures} pictures" for pictures in entry["similarities"])),
        [
            (f"{rate:.4%}", *(f"{levels[row]:.3f}" for levels in entry["similarities"].values()))
            for row, rate in enumerate(entry["rates"])
        ],
    )
    print(f"look-alikes are taken for an enrolled person {entry['look_alikes']} times as often")
    show(
        f"{title}: strangers kept apart are enrolled by one picture each, and others come by",
        ("enrolled", "threshold", "promised", "measured"),
        checked,
    )


if __name__ == "__main__":
    sys.exit(main())
