"""A run: the folder with its settings, history, weights and what was made from them."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

import numpy as np
from torch import nn

from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.decisions.face_space import FaceSpace
from facerec.decisions.gallery import Gallery
from facerec.decisions.matchers import MATCHERS, matcher_of
from facerec.decisions.operating_point import OperatingPoint
from facerec.errors import FacerecError
from facerec.networks.catalogue import network_named
from facerec.networks.face_module import FaceModule
from facerec.runs.settings import TrainingConfig
from facerec.system import files, paths
from facerec.system.jobs import JobFolder
from facerec.system.tensors import load_tensors, save_tensors

_VERSIONS = ("torch", "torchvision", "accelerate", "opencv-python-headless", "numpy")


@dataclass(frozen=True)
class RunInfo:
    """Entries of ``config.json`` beside the settings.

    Parameters
    ----------
    classes : tuple of str
        Classes in the order of the network's outputs. The people whom a run names are
        ``Run.classes``.
    dataset_hash : str
        ``FaceFolder.content_hash`` at the beginning of the run.
    created : str
        ISO 8601, UTC.
    parameters, trained_parameters : int
        Number of the network's parameters: all, and those that training changes.
    versions : dict of str to str
        Versions of the packages that the result depends on.
    embedder : str
        Source of the network of a run with a gallery: a run's name, or the pretraining data set.
        Empty for a trained run.
    """

    classes: tuple[str, ...]
    dataset_hash: str
    created: str
    parameters: int
    trained_parameters: int
    versions: dict[str, str]
    embedder: str = ""

    @classmethod
    def now(
        cls,
        classes: Sequence[str],
        dataset: FaceFolder,
        parameters: tuple[int, int],
        embedder: str = "",
    ) -> "RunInfo":
        """Entries for a run that begins now.

        ``parameters`` are the two numbers from ``networks.parameter_count``.
        """
        return cls(
            tuple(classes),
            dataset.content_hash(),
            datetime.now(UTC).isoformat(timespec="seconds"),
            *parameters,
            {package: version(package) for package in _VERSIONS},
            embedder,
        )


class Run:
    """A run's folder under ``models``.

    A trained run names faces with its network. An embedding recogniser has a gallery of enrolled
    faces: its network is the embedder, and a matcher compares faces with the gallery.
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
        values = files.read_json(self.config_file)
        return TrainingConfig.from_dict(
            {name: value for name, value in values.items() if name not in RunInfo.__annotations__}
        )

    @cached_property
    def info(self) -> RunInfo:
        values = files.read_json(self.config_file)
        info = RunInfo(**{name: values[name] for name in RunInfo.__annotations__ if name in values})
        return replace(info, classes=tuple(info.classes))

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes that the run names, in the order of its outputs.

        They are the people of the gallery if it has one. For an empty gallery they are ``Unknown``
        alone.
        """
        gallery = self.gallery
        return self.info.classes if gallery is None else gallery.people or (UNKNOWN,)

    @property
    def kind(self) -> str:
        """Kind of the run: the name of its network, or "gallery"."""
        return self.config.network if self.gallery is None else "gallery"

    @property
    def kind_title(self) -> str:
        """Kind of the run on pages, such as the title of its network."""
        title = network_named(self.config.network).title
        gallery = self.gallery
        return title if gallery is None else f"{MATCHERS[gallery.matcher].title} on {title}"

    @property
    def title(self) -> str:
        """The run's name with its kind, for lists."""
        return f"{self.name} ({self.kind_title})"

    @property
    def dataset_name(self) -> str:
        """The name of its data set, without the path to it."""
        return Path(self.config.dataset).name

    def history(self) -> list[dict[str, float]]:
        """A record for each epoch in order; empty before the first epoch is done."""
        file = self.folder / "history.jsonl"
        if not file.exists():
            return []
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]

    def write_history(self, records: list[dict[str, float]]) -> None:
        """Replace the history."""
        lines = "".join(json.dumps(record) + "\n" for record in records)
        files.write_bytes(self.folder / "history.jsonl", lines.encode("utf-8"))

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
        config, info = self.config, self.info
        module = network_named(config.network).skeleton(len(info.classes), config.network_options)
        try:
            module.load_state_dict(load_tensors(self.weights_file)["state"])
        except (RuntimeError, KeyError, TypeError) as error:
            raise FacerecError(
                f"{self.weights_file} does not fit the run's network, {config.network}."
            ) from error
        return module.eval()

    @property
    def gallery(self) -> Gallery | None:
        """The gallery of enrolled faces; None for a trained run.

        Raises
        ------
        FacerecError
            If the file is damaged.
        """
        if not self.gallery_file.exists():
            return None
        return _gallery(self.gallery_file, files.content_hash(self.gallery_file))

    def save_gallery(self, gallery: Gallery) -> None:
        """Replace the gallery of enrolled faces."""
        gallery.save(self.gallery_file)

    @property
    def gallery_file(self) -> Path:
        return self.folder / "gallery.npz"

    @property
    def operating_point(self) -> OperatingPoint:
        """The operating point that is saved with the run.

        If none is saved, it is the one that the gallery suggests. For a trained run or an empty
        gallery, it is the report's threshold of 0.5.

        Raises
        ------
        FacerecError
            If the file is damaged.
        """
        file = self.folder / "threshold.json"
        if not file.exists():
            gallery = self.gallery
            if gallery is None or not len(gallery):
                return OperatingPoint()
            return _suggested_point(self.gallery_file, files.content_hash(self.gallery_file))
        content = files.read_json(file)
        try:
            return OperatingPoint(**content)
        except (TypeError, FacerecError) as error:
            raise FacerecError(f"{file} is damaged: {str(error).rstrip('.')}.") from error

    def save_operating_point(self, point: OperatingPoint) -> None:
        """Save an operating point with the run."""
        files.write_json(self.folder / "threshold.json", asdict(point))

    def face_space(self) -> FaceSpace | None:
        """The face space saved for the present weights, or None.

        Raises
        ------
        FacerecError
            If the file is damaged.
        """
        file = self.face_space_file
        if not file.exists() or not self.trained:
            return None
        space, weights = _face_space(file, files.content_hash(file))
        return space if weights == self.weights_hash else None

    def save_face_space(self, space: FaceSpace, weights_hash: str) -> None:
        """Save the space in which faces are compared with the classes.

        ``weights_hash`` is the hash of the weights it was fitted with: training may have changed
        the weights since.
        """
        buffer = BytesIO()
        np.savez(buffer, **asdict(space), weights=np.array(weights_hash))
        files.write_bytes(self.face_space_file, buffer.getbuffer())

    @property
    def face_space_file(self) -> Path:
        return self.folder / "face_space.npz"

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
        if not self.gallery_file.exists():
            return self.weights_hash
        return f"{files.content_hash(self.gallery_file)}-{self.weights_hash}"

    @property
    def cache_key(self) -> tuple[str, str, bool]:
        """Cache key for a ``Recogniser`` of the run in its present state.

        It has the run's name, its knowledge hash, and whether the run has a face space, which an
        evaluation adds.
        """
        return self.name, self.knowledge_hash, self.face_space() is not None

    def _need_weights(self) -> None:
        if not self.trained:
            raise FacerecError(f"The run {self.name} has no weights yet: train it first.")

    @property
    def evaluation_file(self) -> Path:
        """File in which ``facerec.evaluation`` saves its result."""
        return self.folder / "evaluation.json"

    def remarks(self) -> list[str]:
        """Sentences on changes of its data set since the run was trained."""
        file = self.folder / "remarks.json"
        return files.read_json(file) if file.exists() else []

    def add_remark(self, text: str) -> None:
        """Save a sentence with the run, to be shown with it."""
        files.write_json(self.folder / "remarks.json", [*self.remarks(), text])

    def delete(self) -> None:
        """Delete the run with everything in it."""
        files.delete_folder(self.folder)


@lru_cache(maxsize=8)
def _gallery(file: Path, content_hash: str) -> Gallery:
    return Gallery.load(file)


@lru_cache(maxsize=8)
def _suggested_point(file: Path, content_hash: str) -> OperatingPoint:
    return matcher_of(_gallery(file, content_hash)).operating_point()


@lru_cache(maxsize=8)
def _face_space(file: Path, content_hash: str) -> tuple[FaceSpace, str]:
    """The face space in a file, and the hash of the weights that it was fitted with."""
    try:
        with np.load(file) as content:
            parts = {name: content[name] for name in FaceSpace.__annotations__}
            return FaceSpace(**parts), str(content["weights"])
    except Exception as error:  # NumPy passes on exceptions of its ZIP reader
        raise FacerecError(f"{file} is damaged: delete it and judge the run again.") from error
