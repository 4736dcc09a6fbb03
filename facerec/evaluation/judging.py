"""Evaluating a run on held-out images and on strangers."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from facerec.datasets.folder import FaceFile, FaceFolder
from facerec.datasets.reading import CountedFaces
from facerec.decisions.scores import Outputs
from facerec.errors import FacerecError
from facerec.evaluation.evaluation import Evaluation
from facerec.evaluation.kept import SIMILARITY, evaluation_of, kept_parts, rows_of
from facerec.recognition.face_space_fitting import fit_space, images_to_fit, need_numbers
from facerec.recognition.recogniser import Recogniser
from facerec.recognition.second_opinions import images_to_ask_about, save_second_opinion
from facerec.runs.held_out import held_out_of
from facerec.runs.run import Run
from facerec.system import files
from facerec.system.progress import Progress


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
    parts = _parts(run, dataset, strangers)
    # Computed before anything is read, since training may replace the weights meanwhile.
    weights, knowledge = run.weights_hash, run.knowledge_hash
    kept = kept_parts(run)
    fitted = images_to_fit(run)
    asked = images_to_ask_about(run)
    # A face space that could not be fitted is not fitted again.
    space_tried = bool(fitted) or run.face_space() is not None
    has_opinion = bool(asked) or run.second_opinion() is not None
    parts = {
        name: part
        for name, part in parts.items()
        if name not in kept or kept[name].get("key") != part.key(space_tried, has_opinion)
    }
    if not parts:
        return evaluation_of(run, kept)
    judged_images = sum(len(part.faces) for part in parts.values())
    counted = CountedFaces(progress, 2 * len(fitted) + len(asked) + judged_images)
    save_second_opinion(run, asked, counted, weights)
    recogniser = Recogniser(run, asks_sface=True)
    fit_space(run, recogniser, fitted, counted, weights)
    for name, part in parts.items():
        batches = counted.batches(part.faces)
        outputs = Outputs.joined([recogniser.outputs(batch) for batch in batches])
        need_numbers(run, outputs.logits)
        kept[name] = {
            "dataset": part.folder.reference,
            "key": part.key(space_tried, has_opinion),
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


@dataclass(frozen=True)
class _Part:
    """Images of a data set to evaluate on."""

    folder: FaceFolder
    faces: list[FaceFile]

    def key(self, space_tried: bool, has_opinion: bool) -> list[Any]:
        """Cache key: the data set and its content when ``_content_hash`` was first called."""
        # The number of images tells a whole data set from its validation images.
        own = [self.folder.reference, self._content_hash, len(self.faces), space_tried]
        return [*own, "asked SFace"] if has_opinion else own

    @cached_property
    def _content_hash(self) -> str:
        # Cached before the evaluation, since the images may change meanwhile.
        return self.folder.content_hash()


def _parts(run: Run, dataset: FaceFolder | None, strangers: FaceFolder | None) -> dict[str, _Part]:
    if dataset is None:
        held_out = _Part(FaceFolder.open(run.config.dataset), held_out_of(run))
    else:
        held_out = _Part(dataset, dataset.face_files())
    if foreign := {face.class_name for face in held_out.faces} - set(run.classes):
        raise FacerecError(
            f"{', '.join(sorted(foreign))}: no class of the run {run.name}. Give people it does "
            "not know as strangers instead."
        )
    parts = {"held_out": held_out}
    if strangers is not None:
        parts["strangers"] = _Part(strangers, strangers.face_files())
    for part in parts.values():
        if not part.faces:
            raise FacerecError(f"There are no images to evaluate on in {part.folder.name}.")
    return parts
