"""Evaluating a run on held-out images and on strangers."""

import json
import time
from collections.abc import Callable

import numpy as np

from facerec.datasets.folder import FaceFolder
from facerec.datasets.reading import CountedFaces
from facerec.decisions.scores import Outputs
from facerec.decisions.second_opinion import NETWORK
from facerec.evaluation.evaluation import Evaluation
from facerec.evaluation.judging_work import work_of
from facerec.evaluation.kept import SIMILARITY, evaluation_of, rows_of
from facerec.faces.preprocessing import face_file
from facerec.recognition.engines import published_engine
from facerec.recognition.face_space_fitting import fit_space, need_numbers
from facerec.recognition.recogniser import Recogniser
from facerec.recognition.second_opinions import save_second_opinion
from facerec.runs.run import Run
from facerec.system import files
from facerec.system.progress import Progress

_TRIED = 32


def evaluate(
    run: Run,
    dataset: FaceFolder | None = None,
    strangers: FaceFolder | None = None,
    progress: Progress = lambda done, total: None,
) -> Evaluation:
    """Evaluate a run and write its ``evaluation.json``; outputs on unchanged images are kept.

    Parameters
    ----------
    run : Run
    dataset : FaceFolder, optional
        Images of the run's classes that it was not trained on; by default its validation images.
    strangers : FaceFolder, optional
        Images of people in none of the run's classes; the names of the class folders do not
        matter. By default the strangers of the last evaluation stay.
    progress : callable
        Called with the number of images done and in all; may raise to stop. Training images, to
        which a face space is fitted, count twice: once more for their mirror images. Those that
        SFace is asked about count once more.

    Raises
    ------
    FacerecError
        If the run has no weights or useless ones, a data set has no images, ``dataset`` has classes
        that the run does not have, the run's own data set has changed, or ``evaluation.json`` is
        damaged.
    """
    # Computed before anything is read, since training may replace the weights meanwhile.
    weights, knowledge = run.weights_hash, run.knowledge_hash
    work = work_of(run, dataset, strangers)
    kept = work.kept
    if not work.parts:
        return evaluation_of(run, kept)
    counted = CountedFaces(progress, 2 * len(work.fitted) + len(work.asked) + len(work.judged))
    save_second_opinion(run, work.asked, counted, weights)
    recogniser = Recogniser(run, asks_sface=True)
    fit_space(run, recogniser, work.fitted, counted, weights)
    for name, part in work.parts.items():
        batches = counted.batches(part.faces)
        outputs = Outputs.joined([recogniser.outputs(batch) for batch in batches])
        need_numbers(run, outputs.logits)
        kept[name] = {
            "dataset": part.folder.reference,
            "key": part.key(work.has_space, work.has_opinion),
            "images": rows_of(recogniser.classes, part.faces, outputs),
        }
    content = {
        "weights": knowledge,
        "similarity": SIMILARITY,
        "classes": list(recogniser.classes),
        **kept,
    }
    files.write_bytes(run.evaluation_file, json.dumps(content, ensure_ascii=False).encode("utf-8"))
    return evaluation_of(run, kept)


def judging_seconds(
    run: Run, dataset: FaceFolder | None = None, strangers: FaceFolder | None = None
) -> float:
    """Seconds that ``evaluate`` will take here with the same arguments, from a try of each step.

    Raises
    ------
    FacerecError
        As ``evaluate``.
    """
    began = time.monotonic()
    work = work_of(run, dataset, strangers)
    some = work.judged[:_TRIED]
    if not some:
        return time.monotonic() - began
    faces = np.stack([face_file(face.path) for face in some])
    own = Recogniser(run)
    # The first batch also prepares the network.
    own.outputs(faces)
    seconds = time.monotonic() - began

    def each(act: Callable[[], object]) -> float:
        tried = time.monotonic()
        act()
        return (time.monotonic() - tried) / len(some)

    judged, fitted, asked = map(len, (work.judged, work.fitted, work.asked))
    seconds += each(lambda: [face_file(face.path) for face in some]) * (judged + fitted + asked)
    seconds += each(lambda: own.outputs(faces)) * (judged + 2 * fitted)
    if work.has_opinion:
        # It stays loaded for the judging.
        sface = published_engine(NETWORK)
        sface(faces)
        seconds += each(lambda: sface(faces)) * (judged + asked)
    return seconds
