"""Downloads of published files, accepted only with the expected SHA-256."""

import hashlib
import urllib.request
from http.client import HTTPException
from pathlib import Path

from facerec.system import files


class DownloadFailed(Exception):
    """A failed download; the message is the reason, in words."""


def download(url: str, destination: Path, sha256: str, silence_seconds: float) -> None:
    """Download a file in one step, if its content has the expected hash.

    Parameters
    ----------
    url : str
    destination : pathlib.Path
    sha256 : str
        SHA-256 of the expected content, in hexadecimal.
    silence_seconds : float
        Timeout: the longest time without data.

    Raises
    ------
    DownloadFailed
        If the download fails, or the content has another hash.
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
