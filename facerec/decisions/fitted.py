"""Files of arrays that were made for certain weights of a run."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from facerec.errors import FacerecError
from facerec.system import files

Built = TypeVar("Built")


def save_fitted(path: Path, arrays: Mapping[str, Any], weights_hash: str) -> None:
    """Write NumPy arrays by name to a file in one step.

    ``weights_hash`` is the hash of the weights that they were made with.
    """
    buffer = BytesIO()
    np.savez(buffer, **arrays, weights=np.array(weights_hash))
    files.write_bytes(path, buffer.getbuffer())


def load_fitted(
    path: Path, build: Callable[[Mapping[str, np.ndarray]], Built]
) -> tuple[Built, str]:
    """What a function builds from the arrays in a file, and the hash of their weights.

    The file is read again only if it has changed since.

    Raises
    ------
    FacerecError
        If the file is damaged, or ``build`` refuses its arrays.
    """
    return _loaded(path, files.content_hash(path), build)


@lru_cache(maxsize=16)
def _loaded(
    path: Path, content_hash: str, build: Callable[[Mapping[str, np.ndarray]], Built]
) -> tuple[Built, str]:
    try:
        with np.load(path) as content:
            return build(content), str(content["weights"])
    except Exception as error:  # NumPy passes on exceptions of its ZIP reader
        raise FacerecError(f"{path} is damaged: delete it and judge the run again.") from error
