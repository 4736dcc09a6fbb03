"""Files that are downloaded once, and taken only if they are the expected ones."""

import hashlib
import urllib.request
from http.client import HTTPException
from pathlib import Path

from facerec.system import files


class DownloadFailed(Exception):
    """Why nothing came, in words."""


def download(url: str, destination: Path, sha256: str, silence_seconds: float) -> None:
    """Put what is at an address into a file, in one step, if its content is the expected one.

    Parameters
    ----------
    url : str
    destination : pathlib.Path
    sha256 : str
        Of the content.
    silence_seconds : float
        So long nothing may come.

    Raises
    ------
    DownloadFailed
        If it does not come, or is something else.
    FacerecError
        If the file cannot be written.
    """
    try:
        with urllib.request.urlopen(url, timeout=silence_seconds) as response:
            content = response.read()
    except (OSError, HTTPException) as error:
        raise DownloadFailed(str(getattr(error, "reason", error))) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise DownloadFailed("what came is not the expected file (its SHA-256 differs)")
    files.write_bytes(destination, content)
