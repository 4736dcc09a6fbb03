"""A run: the folder with its settings, history, weights and what was made from them."""

from collections.abc import Callable
from dataclasses import asdict, fields
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock
from torch import nn

from facerec.datasets.folder import UNKNOWN
from facerec.decisions import second_opinion
from facerec.decisions.face_space import FaceSpace, load_face_space
from facerec.decisions.gallery import Gallery
from facerec.decisions.matchers import MATCHERS, suggested_point
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.population import USUAL_RATE, Population, population_of
from facerec.errors import FacerecError
from facerec.networks.face_module import FaceModule
from facerec.runs.history import Record, read_history, write_history
from facerec.runs.info import RunInfo
from facerec.runs.settings import TrainingConfig
from facerec.system import files, paths
from facerec.system.jobs import JobFolder
from facerec.system.tensors import load_tensors, save_tensors

Loaded = TypeVar("Loaded")
CacheKey = tuple[str, str, bool, bool]
RUN_INFO = {item.name for item in fields(RunInfo)}


class Run:
    """A run's folder under ``models``.

    A trained run names faces with its network. An embedding recogniser (``is_enrolled``) has a
    gallery of enrolled faces: its network is the embedder, and a matcher compares faces with the
    gallery.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def open(cls, name: str) -> "Run":
        """The run with this name.

        Raises
        ------
        FacerecError
            If there is no such run, or the name is unusable.
        """
        run = cls(paths.run_folder(name))
        if not run.config_file.is_file():
            raise FacerecError(f"There is no run {name!r} under {paths.models_folder()}.")
        return run

    def save_config(self, config: TrainingConfig, info: RunInfo) -> None:
        """Write ``config.json``; from then on the run is listed."""
        files.write_json(self.config_file, {**config.as_dict(), **asdict(info)})

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def config_file(self) -> Path:
        return self.folder / "config.json"

    @property
    def checkpoint_file(self) -> Path:
        return self.folder / "checkpoint.pt"

    @property
    def weights_file(self) -> Path:
        return self.folder / "weights.pt"

    @property
    def curves_file(self) -> Path:
        return self.folder / "training_metrics.png"

    @property
    def batch_losses_file(self) -> Path:
        return self.folder / "batch_losses.csv"

    @property
    def job(self) -> JobFolder:
        """The job folder of the process that trains the run."""
        return JobFolder(self.folder)

    @cached_property
    def config(self) -> TrainingConfig:
        values = files.read_as(self.config_file, dict[str, Any])
        try:
            return TrainingConfig.from_dict(
                {name: value for name, value in values.items() if name not in RUN_INFO}
            )
        except (FacerecError, TypeError) as error:
            raise FacerecError(f"{self.config_file} is damaged: {error}") from error

    @cached_property
    def info(self) -> RunInfo:
        return files.read_as(self.config_file, RunInfo)

    @property
    def is_enrolled(self) -> bool:
        """Whether it is an embedding recogniser: people are enrolled, nothing is trained."""
        return self.gallery_file.exists()

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes that the run names, in the order of its outputs.

        They are the people of the gallery if it has one. For an empty gallery they are ``Unknown``
        alone.
        """
        return self.gallery.people or (UNKNOWN,) if self.is_enrolled else self.info.classes

    @property
    def kind(self) -> str:
        """Kind of the run: the name of its network, or "gallery"."""
        return "gallery" if self.is_enrolled else self.config.network

    @property
    def kind_title(self) -> str:
        """Kind of the run on pages, such as the title of its network."""
        title = self.config.entry.title
        return f"{MATCHERS[self.gallery.matcher].title} on {title}" if self.is_enrolled else title

    @property
    def title(self) -> str:
        """The run's name with its kind, for lists."""
        return f"{self.name} ({self.kind_title})"

    @property
    def dataset_name(self) -> str:
        """The name of its data set, without the path to it."""
        return Path(self.config.dataset).name

    def history(self) -> list[Record]:
        """A record for each epoch in order; empty before the first epoch is done."""
        return read_history(self._history_file)

    def write_history(self, records: list[Record]) -> None:
        """Replace the history."""
        write_history(self._history_file, records)

    @property
    def _history_file(self) -> Path:
        return self.folder / "history.jsonl"

    @property
    def trained(self) -> bool:
        """Whether the run has weights and can recognise, such as after its first epoch."""
        return self.weights_file.exists()

    def save_weights(self, module: nn.Module) -> None:
        """Save the parameters and class names to the small file that recognition needs."""
        content = {
            "network": self.config.network,
            "classes": list(self.info.classes),
            "state": module.state_dict(),
        }
        save_tensors(self.weights_file, content)

    def load_network(self) -> FaceModule:
        """The trained network, in evaluation mode, on the CPU.

        Raises
        ------
        FacerecError
            If the run has no weights, or they are of another network.
        """
        self._need_weights()
        return self._network_from(self.weights_file)

    def save_snapshot(self, epoch: int, module: nn.Module) -> None:
        """Keep the network as it is after an epoch, in half precision."""
        state = {
            name: value.half() if value.is_floating_point() else value
            for name, value in module.state_dict().items()
        }
        save_tensors(self._snapshot_file(epoch), {"state": state})

    def snapshots(self) -> list[int]:
        """The epochs of which a snapshot was kept, ascending."""
        return sorted(int(file.stem[-4:]) for file in self.folder.glob("snapshot-????.pt"))

    def load_snapshot(self, epoch: int) -> FaceModule:
        """The network as it was after an epoch; errors as ``load_network``."""
        if epoch not in self.snapshots():
            raise FacerecError(f"{self.name} kept no snapshot of epoch {epoch}.")
        return self._network_from(self._snapshot_file(epoch))

    def _snapshot_file(self, epoch: int) -> Path:
        return self.folder / f"snapshot-{epoch:04d}.pt"

    def _network_from(self, file: Path) -> FaceModule:
        config, info = self.config, self.info
        module = config.entry.skeleton(len(info.classes), config.network_options)
        try:
            module.load_state_dict(load_tensors(file)["state"])
        except (RuntimeError, KeyError, TypeError) as error:
            raise FacerecError(
                f"{file} does not fit the run's network, {config.network}."
            ) from error
        return module.eval()

    @property
    def gallery(self) -> Gallery:
        """The gallery of enrolled faces.

        Raises
        ------
        FacerecError
            If the run is no embedding recogniser, or the file is damaged.
        """
        if not self.is_enrolled:
            raise FacerecError(
                f"{self.name} is a classifier: to know somebody new, it has to be trained again. "
                "Make an embedding recogniser of it, and people can be added at once."
            )
        return Gallery.load(self.gallery_file)

    def save_gallery(self, gallery: Gallery) -> None:
        """Replace the gallery of enrolled faces."""
        gallery.save(self.gallery_file)

    @property
    def gallery_file(self) -> Path:
        return self.folder / "gallery.npz"

    @property
    def operating_point(self) -> OperatingPoint:
        """The operating point that is saved with the run.

        If none is saved, it is the suggested one. For a trained run or an empty gallery, it is the
        report's threshold of 0.5.

        Raises
        ------
        FacerecError
            If the file is damaged.
        """
        if saved := self.saved_point():
            return saved
        return self.suggested_point() if self.is_enrolled else OperatingPoint()

    def saved_point(self) -> OperatingPoint | None:
        """The saved operating point, or None without one; errors as ``operating_point``."""
        return OperatingPoint.load(self._point_file) if self._point_file.exists() else None

    def suggested_point(self, rate: float = USUAL_RATE) -> OperatingPoint:
        """The operating point that names a share ``rate`` of strangers, 0 to 1.

        For a trained run, that is the threshold of its second opinion, or the report's 0.5 if it
        has none. For a gallery with whose network nothing was measured on other people
        (``population``), the gallery alone suggests it.

        Raises
        ------
        FacerecError
            If the gallery or the second opinion is damaged.
        """
        if self.is_enrolled:
            return suggested_point(self.gallery_file, self.population, rate)
        opinion = self.second_opinion()
        return OperatingPoint() if opinion is None else opinion.suggested_point(rate)

    def strangers_at(self, score: str) -> tuple[Population, tuple[int, ...]] | None:
        """What was measured on strangers with a score of this run.

        With it comes the number of pictures of each person whom they are compared with. None where
        nothing was measured, or nobody is known.
        """
        if self.is_enrolled:
            faces = self.gallery.faces_of_persons() if score == "similarity" else ()
            return (self.population, tuple(faces)) if self.population and faces else None
        opinion = self.second_opinion() if score == second_opinion.SCORE else None
        return None if opinion is None else (opinion.population, opinion.pictures)

    @property
    def population(self) -> Population | None:
        """What was measured on strangers with the network of an embedding recogniser, or None.

        Nothing was for networks that were trained here, and with their face spaces.
        """
        if not self.is_enrolled or self.face_space_file.exists():
            return None
        return population_of(self.config.network)

    def save_operating_point(self, point: OperatingPoint) -> None:
        """Save an operating point with the run."""
        point.save(self._point_file)

    @property
    def _point_file(self) -> Path:
        return self.folder / "threshold.json"

    def face_space(self) -> FaceSpace | None:
        """The face space saved for the present weights, or None.

        Raises
        ------
        FacerecError
            If the file is damaged.
        """
        return self._of_present_weights(self.face_space_file, load_face_space)

    def save_face_space(self, space: FaceSpace, weights_hash: str) -> None:
        """Save the space in which faces are compared with the classes.

        ``weights_hash`` is the hash of the weights it was fitted with: training may have changed
        the weights since.
        """
        space.save(self.face_space_file, weights_hash)

    @property
    def face_space_file(self) -> Path:
        return self.folder / "face_space.npz"

    def second_opinion(self) -> second_opinion.SecondOpinion | None:
        """SFace's second opinion on the people of the present weights, or None.

        Raises
        ------
        FacerecError
            If the file is damaged.
        """
        return self._of_present_weights(
            self.second_opinion_file, second_opinion.load_second_opinion
        )

    @property
    def second_opinion_file(self) -> Path:
        return self.folder / "second_opinion.npz"

    def _of_present_weights(
        self, file: Path, load: Callable[[Path], tuple[Loaded, str]]
    ) -> Loaded | None:
        """What a file holds for the present weights; None without it, or if it is of others."""
        if not file.exists() or not self.trained:
            return None
        found, weights = load(file)
        return found if weights == self.weights_hash else None

    @property
    def weights_hash(self) -> str:
        """SHA-256 of ``weights.pt``; it changes whenever training replaces the weights.

        Raises
        ------
        FacerecError
            If there are no weights.
        """
        self._need_weights()
        return files.content_hash(self.weights_file)

    @property
    def knowledge_hash(self) -> str:
        """Hash of the weights and the gallery: it changes if either changes.

        Raises
        ------
        FacerecError
            If there are no weights.
        """
        if not self.is_enrolled:
            return self.weights_hash
        return f"{files.content_hash(self.gallery_file)}-{self.weights_hash}"

    @property
    def cache_key(self) -> CacheKey:
        """Cache key for a ``Recogniser`` of the run in its present state.

        It has the run's name, its knowledge hash, and whether the run has a face space and a second
        opinion, which an evaluation adds.
        """
        added = self.face_space() is not None, self.second_opinion() is not None
        return self.name, self.knowledge_hash, *added

    def _need_weights(self) -> None:
        if not self.trained:
            raise FacerecError(f"The run {self.name} has no weights yet: train it first.")

    @property
    def evaluation_file(self) -> Path:
        """File in which ``facerec.evaluation.kept`` saves its result."""
        return self.folder / "evaluation.json"

    @property
    def assessments_file(self) -> Path:
        """File in which ``facerec.live.kept_assessments`` saves its results."""
        return self.folder / "live_assessments.json"

    def remarks(self) -> list[str]:
        """Sentences on changes of its data set since the run was trained."""
        file = self.folder / "remarks.json"
        return files.read_as(file, list[str]) if file.exists() else []

    def add_remark(self, text: str) -> None:
        """Save a sentence with the run, to be shown with it."""
        with self.lock():
            files.write_json(self.folder / "remarks.json", [*self.remarks(), text])

    def lock(self) -> FileLock:
        """A lock between processes, to hold while a file is read, changed and written."""
        return FileLock(self.folder / ".lock")

    def delete(self) -> None:
        """Delete the run with everything in it."""
        files.delete_folder(self.folder)
