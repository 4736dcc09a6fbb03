"""Ways to run a run's network on this computer, and which of them is the fastest.

Measured on two shared cores of an Intel Xeon with AMX, one thread, milliseconds for one face and
for four: ResNet50 took 77 and 280 in fp32 as trained, 33 and 74 in bf16 with batch norm folded, 47
and 175 in ONNX Runtime; the custom CNN 4.5 and 59, 2.5 and 13, 2.8 and 14. ``torch.compile`` is
left out: with bf16 it took 29 and 73, and 2.8 and 13, hence nearly nothing beside folding, for 40
seconds of compiling ResNet50 after each training, and a C++ compiler, which few laptops have.
"""

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from filelock import FileLock
from scipy.special import softmax

from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.faces.detection import WholeImage
from facerec.faces.preprocessing import extract_faces, face_file
from facerec.recognition.engines import (
    ENGINES,
    EXACT,
    TITLES,
    Engine,
    Source,
    exported_file,
    made_of,
)
from facerec.runs.run import Run
from facerec.sample_data.collection import photographs
from facerec.system import files
from facerec.system.accelerator import threads_of_live_recognition
from facerec.system.progress import Progress

LARGEST_DIFFERENCE = 1e-2
# Other faces differ more than the few tried: of 160, one by 2.2 times as much as the twelve did.
_DIFFERENCE_OF_TEST_FACES = LARGEST_DIFFERENCE / 3
BATCHES = (1, 4)
_ROUNDS = 5
_TEST_FACES = 16
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Measurement:
    """What was found of an engine.

    Parameters
    ----------
    name : str
    milliseconds : dict of int to float
        By number of faces: the median for all of them; empty where it could not be measured.
    difference : float or None
        The most by which a probability differs from that of torch fp32.
    problem : str
        Why it is not to be used, in a sentence; empty if nothing speaks against it.
    """

    name: str
    milliseconds: dict[int, float]
    difference: float | None
    problem: str = ""

    @property
    def title(self) -> str:
        """For people."""
        return TITLES[self.name]

    @property
    def milliseconds_per_face(self) -> float:
        """What engines are compared by: the mean over the batches measured."""
        return sum(value / size for size, value in self.milliseconds.items()) / len(BATCHES)


def fastest_engine(run: Run, progress: Progress = lambda done, total: None) -> Engine:
    """The fastest engine on this computer whose probabilities are those of torch fp32.

    That is, they differ by at most 0.01; on the few faces tried, by at most a third of that.
    Measured at the first call for these weights, this computer and these packages, with as many
    threads as live recognition takes, and kept in the run's ``engine.json``. The exported network
    is kept in ``network.onnx``. An engine that fails is left out, and the record says why.

    Parameters
    ----------
    run : Run
    progress : callable
        Called with the steps done and in all while it measures; may raise to stop.

    Raises
    ------
    FacerecError
        If the run has no usable weights.
    """
    source = Source(run)
    # One at a time on this computer: two measurements at once would tell nothing.
    with FileLock(run.folder.parent / ".engines.lock"):
        if record := _fresh_record(run):
            try:
                return ENGINES[record["chosen"]](source)
            except Exception as error:  # whatever an export may meet, such as a full disk
                _logger.warning("The engine of %s failed: %s", run.name, error, exc_info=True)
        return _measure(source, progress)


def take_over_measurements(earlier: Run, run: Run) -> None:
    """Give a run what was measured of another that has the same weights."""
    for file in (_record_file(earlier), exported_file(earlier)):
        if file.exists():
            shutil.copy(file, run.folder)


def last_measurements(run: Run) -> list[Measurement]:
    """What ``fastest_engine`` found of each engine; empty where it has to measure first."""
    record = _fresh_record(run) if run.trained else None
    return _measurements(record) if record else []


def _measure(source: Source, progress: Progress) -> Engine:
    """Try all engines, keep what was found, and return the best."""
    total = len(ENGINES) + _ROUNDS
    faces, compared_on = _test_faces(source.run)
    engines: dict[str, Engine] = {EXACT: ENGINES[EXACT](source)}
    differences, problems = {EXACT: 0.0}, {}
    with threads_of_live_recognition():
        expected = _probabilities(engines[EXACT], faces)
        for done, name in enumerate(list(ENGINES)[1:], 1):
            progress(done, total)
            try:
                engine = ENGINES[name](source)
                differences[name] = _difference(_probabilities(engine, faces), expected)
                engines[name] = engine
            except Exception as error:  # told in the record; the other engines still work
                _logger.warning("%s is left out", TITLES[name], exc_info=True)
                problems[name] = (str(error).strip() or type(error).__name__).splitlines()[0]
            else:
                if not differences[name] <= _DIFFERENCE_OF_TEST_FACES:
                    problems[name] = "Its probabilities differ too much from those of torch fp32."
        times = _milliseconds(engines, faces, lambda done: progress(len(ENGINES) + done, total))
    measurements = [
        Measurement(name, times.get(name, {}), differences.get(name), problems.get(name, ""))
        for name in ENGINES
    ]
    best = min(
        (found for found in measurements if not found.problem),
        key=lambda found: found.milliseconds_per_face,
    )
    content = {
        "made_of": source.made_of,
        "chosen": best.name,
        "compared_on": compared_on,
        "engines": [asdict(found) for found in measurements],
    }
    files.write_json(_record_file(source.run), content)
    return engines[best.name]


def _difference(probabilities: np.ndarray, expected: np.ndarray) -> float:
    return float(np.abs(probabilities - expected).max())


def _probabilities(engine: Engine, faces: np.ndarray) -> np.ndarray:
    most = max(BATCHES)
    batches = [faces[start : start + most] for start in range(0, len(faces), most)]
    return softmax(np.concatenate([engine(batch)[0] for batch in batches]), axis=1)


def _milliseconds(
    engines: dict[str, Engine], faces: np.ndarray, progress: Callable[[int], None]
) -> dict[str, dict[int, float]]:
    """The median by engine and number of faces; in turn, so that all meet the same other work."""
    times: dict[str, dict[int, list[float]]] = {
        name: {size: [] for size in BATCHES} for name in engines
    }
    for number in range(_ROUNDS):
        progress(number)
        for size in BATCHES:
            # The first of a shape makes ready what the later ones use.
            batch = np.resize(faces, (size, *faces.shape[1:]))
            for name, engine in engines.items():
                if number == 0:
                    engine(batch)
                started = time.perf_counter()
                engine(batch)
                times[name][size].append(1000 * (time.perf_counter() - started))
    progress(_ROUNDS)
    return {
        name: {size: round(median(values), 2) for size, values in by_size.items()}
        for name, by_size in times.items()
    }


def _test_faces(run: Run) -> tuple[np.ndarray, str]:
    """Faces to compare engines on, RGB uint8 (faces, 224, 224, 3), and what they are."""
    try:
        found = FaceFolder.open(run.config.dataset).face_files()
        places = np.linspace(0, len(found) - 1, min(len(found), _TEST_FACES)).astype(int)
        if len(places):
            return np.stack([face_file(found[place].path) for place in places]), "its data set"
    except FacerecError as error:
        _logger.info("Engines of %s are compared on drawn faces: %s", run.name, error)
    faces = []
    for photograph in islice(photographs(_TEST_FACES // 4, 1), _TEST_FACES):
        x, y, width, height = photograph.box
        face = photograph.frame[y : y + height, x : x + width]
        faces.append(extract_faces(face, WholeImage())[0].pixels)
    return np.stack(faces), "drawn faces"


def _fresh_record(run: Run) -> dict[str, Any] | None:
    """The record, or None if there is none of this state; a damaged one is made anew."""
    try:
        record = files.read_json(_record_file(run))
        usable = record["made_of"] == made_of(run) and record["chosen"] in ENGINES
        return record if usable and _measurements(record) else None
    except (OSError, FacerecError, KeyError, TypeError, ValueError, AttributeError):
        return None


def _measurements(record: dict[str, Any]) -> list[Measurement]:
    return [
        Measurement(
            row["name"],
            {int(size): float(value) for size, value in row["milliseconds"].items()},
            row["difference"],
            row["problem"],
        )
        for row in record["engines"]
    ]


def _record_file(run: Run) -> Path:
    return run.folder / "engine.json"
