"""``.pt`` files of tensors and plain values; never code."""

from io import BytesIO
from pathlib import Path
from typing import Any

import torch

from facerec.errors import FacerecError
from facerec.system import files


def save_tensors(path: Path, content: dict[str, Any]) -> None:
    """Write tensors and plain values to a ``.pt`` file in one step."""
    # Through memory, since torch's message for a full disk is not understandable for users.
    buffer = BytesIO()
    torch.save(content, buffer)
    files.write_bytes(path, buffer.getbuffer(), new_folder=False)


def load_tensors(path: Path) -> dict[str, Any]:
    """Read a ``.pt`` file of tensors and plain values to the CPU; never runs code from it.

    Raises
    ------
    FacerecError
        If the file is damaged or holds anything else.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch passes on exceptions of its unpickler
        raise FacerecError(f"{path} is damaged or no file of weights.") from error
