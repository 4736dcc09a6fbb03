"""Choice of the fastest engine for a run's network on this computer.

Milliseconds for one face and for four, on one thread of a shared two-core Intel Xeon with AMX:

================================  ===========  ==========
Engine                            ResNet50     custom CNN
================================  ===========  ==========
fp32 as trained                   77 and 280   4.5 and 59
bf16 with batch norm folded       33 and 74    2.5 and 13
ONNX Runtime                      47 and 175   2.8 and 14
bf16 with ``torch.compile``       29 and 73    2.8 and 13
================================  ===========  ==========

``torch.compile`` is left out, since it gains hardly anything over folding. It takes 40 seconds to
compile ResNet50 after each training, and it needs a C++ compiler, which few laptops have.
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
# The limit is stricter for the few test faces, since other faces may differ more: among 160 faces,
# the largest difference was 2.2 times that of twelve test faces.
_DIFFERENCE_OF_TEST_FACES = LARGEST_DIFFERENCE / 3
BATCHES = (1, 4)
_ROUNDS = 5
_TEST_FACES = 16
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Measurement:
    """Speed and exactness of an engine.

    Parameters
    ----------
    name : str
    milliseconds : dict of int to float
        Median time for a batch, by number of faces; empty if it could not be measured.
    difference : float or None
        Largest difference of a probability from that of torch fp32.
    problem : str
        Why the engine must not be used, in a sentence; empty if it may be used.
    """

    name: str
    milliseconds: dict[int, float]
    difference: float | None
    problem: str = ""

    @property
    def title(self) -> str:
        """Name of the engine for people."""
        return TITLES[self.name]

    @property
    def milliseconds_per_face(self) -> float:
        """Mean time for a face over the batch sizes, by which engines are compared."""
        return sum(value / size for size, value in self.milliseconds.items()) / len(BATCHES)


def fastest_engine(run: Run, progress: Progress = lambda done, total: None) -> Engine:
    """The fastest engine on this computer whose probabilities are those of torch fp32.

    Probabilities may differ by at most 0.01; on the few test faces, by at most a third of that.
    The first call for these weights, this computer and these packages measures the engines, with
    as many threads as live recognition uses. The result is kept in the run's ``engine.json``, and
    the exported network in ``network.onnx``. An engine that fails is left out, and the record says
    why.

    Parameters
    ----------
    run : Run
    progress : callable
        Called with the number of measuring steps done and in all; may raise to stop.

    Raises
    ------
    FacerecError
        If the run has no usable weights.
    """
    source = Source(run)
    # One measurement at a time on this computer: two at once would slow each other down.
    with FileLock(run.folder.parent / ".engines.lock"):
        if record := _fresh_record(run):
            try:
                return ENGINES[record["chosen"]](source)
            except Exception as error:  # an export may fail in any way, such as on a full disk
                _logger.warning("The engine of %s failed: %s", run.name, error, exc_info=True)
        return _measure(source, progress)


def take_over_measurements(earlier: Run, run: Run) -> None:
    """Copy the measurements of another run with the same weights to a run."""
    for file in (_record_file(earlier), exported_file(earlier)):
        if file.exists():
            shutil.copy(file, run.folder)


def last_measurements(run: Run) -> list[Measurement]:
    """The measurements of ``fastest_engine``; empty if it has not measured this run yet."""
    record = _fresh_record(run) if run.trained else None
    return _measurements(record) if record else []


def _measure(source: Source, progress: Progress) -> Engine:
    """Measure all engines, write the record, and return the fastest usable one."""
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
            except Exception as error:  # the record says why; the other engines still work
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
    """Median time for a batch, by engine and number of faces.

    The engines take turns, so that other work on the computer slows all of them alike.
    """
    times: dict[str, dict[int, list[float]]] = {
        name: {size: [] for size in BATCHES} for name in engines
    }
    for number in range(_ROUNDS):
        progress(number)
        for size in BATCHES:
            # The first call of a shape is slower, since it prepares the engine; it does not count.
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
    """Faces to compare engines on, RGB uint8 (faces, 224, 224, 3), and their source in words."""
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
    """The record, or None if it is missing, damaged, or not of these weights and packages."""
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
