"""What judging a run takes: the images to look at, and what is known of them already."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from facerec.datasets.folder import FaceFile, FaceFolder
from facerec.errors import FacerecError
from facerec.evaluation.kept import kept_parts
from facerec.recognition.face_space_fitting import images_to_fit
from facerec.recognition.second_opinions import images_to_ask_about
from facerec.runs.held_out import held_out_of
from facerec.runs.run import Run


@dataclass(frozen=True)
class Part:
    """Images of a data set to evaluate on."""

    folder: FaceFolder
    faces: list[FaceFile]

    def key(self, has_space: bool, has_opinion: bool) -> list[Any]:
        """Cache key: the data set and its content when ``_content_hash`` was first called."""
        # The number of images tells a whole data set from its validation images.
        own = [self.folder.reference, self._content_hash, len(self.faces), has_space]
        return [*own, "asked SFace"] if has_opinion else own

    @cached_property
    def _content_hash(self) -> str:
        # Cached before the evaluation, since the images may change meanwhile.
        return self.folder.content_hash()


@dataclass(frozen=True)
class Work:
    """What is to be done to judge a run.

    Parameters
    ----------
    parts : dict of str to Part
        Parts of the evaluation that are not known yet.
    kept : dict
        Parts that are known, as ``evaluation.json`` has them.
    fitted, asked : list of FaceFile
        Training images to fit the face space to, and to ask SFace about.
    has_space, has_opinion : bool
        Whether the run has a face space and a second opinion, once that is done. A face space that
        could not be fitted counts, since it is not fitted again.
    """

    parts: dict[str, Part]
    kept: dict[str, Any]
    fitted: list[FaceFile]
    asked: list[FaceFile]
    has_space: bool
    has_opinion: bool

    @property
    def judged(self) -> list[FaceFile]:
        """The images of all parts."""
        return [face for part in self.parts.values() for face in part.faces]


def work_of(run: Run, dataset: FaceFolder | None, strangers: FaceFolder | None) -> Work:
    """The work of ``judging.evaluate`` with the same arguments, and the same errors."""
    parts = _parts(run, dataset, strangers)
    kept, fitted, asked = kept_parts(run), images_to_fit(run), images_to_ask_about(run)
    has_space = bool(fitted) or run.face_space() is not None
    has_opinion = bool(asked) or run.second_opinion() is not None
    unknown = {
        name: part
        for name, part in parts.items()
        if name not in kept or kept[name].get("key") != part.key(has_space, has_opinion)
    }
    return Work(unknown, kept, fitted, asked, has_space, has_opinion)


def _parts(run: Run, dataset: FaceFolder | None, strangers: FaceFolder | None) -> dict[str, Part]:
    if dataset is None:
        held_out = Part(FaceFolder.open(run.config.dataset), held_out_of(run))
    else:
        held_out = Part(dataset, dataset.face_files())
    if foreign := {face.class_name for face in held_out.faces} - set(run.classes):
        raise FacerecError(
            f"{', '.join(sorted(foreign))}: no class of the run {run.name}. Give people it does "
            "not know as strangers instead."
        )
    parts = {"held_out": held_out}
    if strangers is not None:
        parts["strangers"] = Part(strangers, strangers.face_files())
    for part in parts.values():
        if not part.faces:
            raise FacerecError(f"There are no images to evaluate on in {part.folder.name}.")
    return parts
