"""Weight files of networks that learned faces elsewhere: found, or downloaded once and checked."""

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
        Where it was published; it ends with the file's name.
    sha256 : str
        Of its content; empty where none is known to us, so that it is not downloaded.
    """

    url: str
    sha256: str = ""

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]

    @property
    def path(self) -> Path:
        """Where it belongs."""
        return paths.pretrained_folder() / self.name


def pretrained_state(file: WeightFile) -> dict[str, torch.Tensor]:
    """The parameters by name that a weight file holds, downloaded at first need.

    A file that was put there by hand is taken whatever its hash: somebody may have converted it.

    Raises
    ------
    FacerecError
        If it is not there and cannot be downloaded, or holds no parameters.
    """
    if not file.path.is_file():
        _download(file)
    try:
        state = torch.load(file.path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever the disk or torch's unpickler met
        raise unusable(file, "is damaged or no weight file") from error
    if not isinstance(state, dict) or not all(isinstance(name, str) for name in state):
        raise unusable(file, "holds no parameters by name")
    # As a plain dict: what an old file lacks, the counts of batches, is then not missed.
    return dict(state)


def unusable(file: WeightFile, why: str) -> FacerecError:
    """What to raise about a file that is there and does not serve."""
    return FacerecError(
        f"{file.path} {why}: delete it, and put the file from {file.url} there instead."
    )


def _download(file: WeightFile) -> None:
    """Put the file into its place if its content is the expected one."""
    if not file.sha256:
        raise FacerecError(
            f"{file.name} is not here, and is not downloaded by itself since its right content is "
            f"not known: get it from {file.url} and put it into {file.path.parent}."
        )
    try:
        download(file.url, file.path, file.sha256, SILENCE_SECONDS)
    except DownloadFailed as error:
        raise FacerecError(
            f"The pretrained weights could not be downloaded from {file.url} ({error}). "
            f"Put {file.name} into {file.path.parent} and try again."
        ) from error
