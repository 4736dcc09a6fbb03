"""What ``config.json`` says of a run beside its settings."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version

from facerec.datasets.folder import UNKNOWN, FaceFolder

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
    experiment : str
        Name of the experiment that the run belongs to; empty for none.
    detectors : dict of str to int
        Number of the data set's images by the detector that found the face, "none" for pictures
        taken whole. It says which crop the run learned from; runs of earlier versions lack it.
    """

    classes: tuple[str, ...]
    dataset_hash: str
    created: str
    parameters: int
    trained_parameters: int
    versions: dict[str, str]
    embedder: str = ""
    experiment: str = ""
    detectors: dict[str, int] = field(default_factory=dict)

    @property
    def unknown(self) -> int | None:
        """Index of the class ``Unknown``, or None without it."""
        return self.classes.index(UNKNOWN) if UNKNOWN in self.classes else None

    @classmethod
    def now(
        cls,
        classes: Sequence[str],
        dataset: FaceFolder,
        parameters: tuple[int, int],
        embedder: str = "",
        experiment: str = "",
    ) -> "RunInfo":
        """Entries for a run that begins now.

        ``parameters`` are the two numbers from ``networks.parameter_count``.
        """
        return cls(
            tuple(classes),
            dataset.content_hash(),
            datetime.now(UTC).isoformat(timespec="milliseconds"),
            *parameters,
            {package: version(package) for package in _VERSIONS},
            embedder,
            experiment,
            detectors_of(dataset),
        )


def detectors_of(dataset: FaceFolder) -> dict[str, int]:
    """Number of a data set's images by the name of the detector that found their faces.

    Images that were put into the folder by hand are not counted, since nothing is known of them.
    """
    details = dataset.details()
    found = (details.get(face.key, {}).get("detector") for face in dataset.face_files())
    return dict(sorted(Counter(name for name in found if name).items()))
