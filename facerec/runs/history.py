"""History of a training: a record for each epoch, and the loss of each batch."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from facerec.errors import FacerecError
from facerec.system import files

COLUMNS = ("epoch", "batch", "loss", "learning_rate")
_FIGURES = ("loss", "accuracy", "macro_f1")
_NEEDED = ("epoch", *(f"{part}_{name}" for part in ("train", "validation") for name in _FIGURES))


class BatchLosses:
    """Appends batch losses to a file, each at once: a checkpoint never knows more than the file.

    Parameters
    ----------
    file : pathlib.Path
        CSV with the header ``COLUMNS``.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def cut(self, epoch: int, batch: int) -> None:
        """Create the file, or drop its lines from the batch on at which training resumes."""
        kept = read_batch_losses(self._file)
        before = (kept["epoch"] < epoch) | ((kept["epoch"] == epoch) & (kept["batch"] < batch))
        content = kept[before].to_csv(index=False).encode("ascii")
        files.write_bytes(self._file, content, new_folder=False)

    def add(self, epoch: int, batch: int, loss: float, learning_rate: float) -> None:
        with self._file.open("a", encoding="ascii") as output:
            output.write(f"{epoch},{batch},{loss:.6g},{learning_rate:.6g}\n")


def read_batch_losses(file: Path) -> pd.DataFrame:
    """Loss and learning rate of all batches so far, in order.

    The columns are ``COLUMNS``. The table is empty if there is no file or it has other columns.
    """
    empty = pd.DataFrame({name: pd.Series(dtype=float) for name in COLUMNS})
    if not file.exists():
        return empty
    # An incomplete line, from a crash or a write in progress, is left out.
    found = pd.read_csv(file, on_bad_lines="skip").dropna()
    return found.astype({"epoch": int, "batch": int}) if list(found) == list(COLUMNS) else empty


Record = dict[str, Any]


def read_history(file: Path) -> list[Record]:
    """The records in a file, a line each; none where there is no file.

    Raises
    ------
    FacerecError
        If a line is no record of an epoch.
    """
    if not file.exists():
        return []
    lines = file.read_bytes().splitlines()
    return [_record(file, number, line) for number, line in enumerate(lines, 1)]


def _record(file: Path, number: int, line: bytes) -> Record:
    name = f"Line {number} of {file}"
    record = files.checked(line, dict[str, Any], name)
    if not all(isinstance(record.get(column), float | int) for column in _NEEDED):
        raise FacerecError(f"{name} is damaged: it is no record of an epoch.")
    return record


def write_history(file: Path, records: Sequence[Record]) -> None:
    """Replace the records in a file."""
    lines = "".join(json.dumps(record) + "\n" for record in records)
    files.write_bytes(file, lines.encode("utf-8"), new_folder=False)


def best_record(history: Sequence[Record]) -> Record:
    """The epoch with the best validation macro F1, and among equals the lowest validation loss.

    ``history`` has at least one epoch.
    """
    return max(history, key=_merit)


def kept_record(history: Sequence[Record], keep: str) -> Record:
    """The epoch whose weights are kept.

    ``keep`` is a name of ``settings.KEPT``, and ``history`` has at least one epoch.
    """
    return best_record(history) if keep == "best" else history[-1]


def exhausted(history: Sequence[Record], patience: int) -> bool:
    """Whether none of the last ``patience`` epochs was the best one; never if ``patience`` is 0."""
    return bool(patience and history) and (len(history) - best_record(history)["epoch"] >= patience)


def _merit(record: Record) -> tuple[float, float]:
    return record["validation_macro_f1"], -record["validation_loss"]
