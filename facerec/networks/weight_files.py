"""Published weight files, which are downloaded once and checked."""

from dataclasses import dataclass
from pathlib import Path

import torch

from facerec.errors import FacerecError
from facerec.system import paths
from facerec.system.downloads import DownloadFailed, download

SILENCE_SECONDS = 20


@dataclass(frozen=True)
class WeightFile:
    """A published file of a network's weights.

    Parameters
    ----------
    url : str
        Address at which it was published; it ends with the file's name.
    sha256 : str
        SHA-256 of its content; empty if unknown, in which case the file is not downloaded.
    """

    url: str
    sha256: str = ""

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]

    @property
    def path(self) -> Path:
        """Path of the file under ``models/pretrained``."""
        return paths.pretrained_folder() / self.name


def pretrained_state(file: WeightFile) -> dict[str, torch.Tensor]:
    """The parameters by name in a weight file, which the first call downloads.

    The hash of a file that was put there by hand is not checked, since it may be a conversion.

    Raises
    ------
    FacerecError
        If the file is missing and cannot be downloaded, or holds no parameters.
    """
    if not file.path.is_file():
        fetch(file)
    try:
        state = torch.load(file.path, map_location="cpu", weights_only=True)
    except Exception as error:  # disk and torch's unpickler raise many kinds of errors
        raise unusable(file, "is damaged or no weight file") from error
    if not isinstance(state, dict) or not all(isinstance(name, str) for name in state):
        raise unusable(file, "holds no parameters by name")
    # An old file lacks the counts of batches, which PyTorch does not miss in a plain dict.
    return dict(state)


def unusable(file: WeightFile, why: str) -> FacerecError:
    """The error for a file with unusable content."""
    return FacerecError(
        f"{file.path} {why}: delete it, and put the file from {file.url} there instead."
    )


def fetch(file: WeightFile, what: str = "The pretrained weights") -> None:
    """Download the file; it is kept only if its content is the expected one.

    ``what`` begins the message if that fails.

    Raises
    ------
    FacerecError
        If that fails.
    """
    if not file.sha256:
        raise FacerecError(
            f"{file.name} is not here, and is not downloaded by itself since its right content is "
            f"not known: get it from {file.url} and put it into {file.path.parent}."
        )
    try:
        download(file.url, file.path, file.sha256, SILENCE_SECONDS)
    except DownloadFailed as error:
        raise FacerecError(
            f"{what} could not be downloaded from {file.url} ({error}). "
            f"Put {file.name} into {file.path.parent} and try again."
        ) from error
