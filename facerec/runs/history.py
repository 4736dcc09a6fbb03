"""History of a training: a record for each epoch, and the loss of each batch."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from facerec.system import files

COLUMNS = ("epoch", "batch", "loss", "learning_rate")
_FLUSH_SECONDS = 0.5


class BatchLosses:
    """Appends batch losses to a file, at most twice a second, since batches may be short.

    Parameters
    ----------
    file : pathlib.Path
        CSV with the header ``COLUMNS``.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._waiting: list[str] = []
        self._flushed = time.monotonic()

    def cut(self, epoch: int, batch: int) -> None:
        """Create the file, or drop its lines from the batch on at which training resumes."""
        kept = read_batch_losses(self._file)
        before = (kept["epoch"] < epoch) | ((kept["epoch"] == epoch) & (kept["batch"] < batch))
        files.write_bytes(self._file, kept[before].to_csv(index=False).encode("ascii"))

    def add(self, epoch: int, batch: int, loss: float, learning_rate: float) -> None:
        self._waiting.append(f"{epoch},{batch},{loss:.6g},{learning_rate:.6g}\n")
        if time.monotonic() - self._flushed > _FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write the lines that are still in memory."""
        if self._waiting:
            with self._file.open("a", encoding="ascii") as output:
                output.writelines(self._waiting)
        self._waiting = []
        self._flushed = time.monotonic()


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
    """The records in a file, a line each; none where there is no file."""
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def write_history(file: Path, records: Sequence[Record]) -> None:
    """Replace the records in a file."""
    lines = "".join(json.dumps(record) + "\n" for record in records)
    files.write_bytes(file, lines.encode("utf-8"))


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
