"""What a run's history says: its best epoch, and whether more epochs are worth the while."""

from collections.abc import Sequence
from typing import Any

Record = dict[str, Any]


def best_record(history: Sequence[Record]) -> Record:
    """The epoch with the best validation macro F1, the lowest loss among equals; not of nothing."""
    return max(history, key=_merit)


def kept_record(history: Sequence[Record], keep: str) -> Record:
    """The epoch whose weights are kept: a name of ``settings.KEPT``; of at least one epoch."""
    return best_record(history) if keep == "best" else history[-1]


def exhausted(history: Sequence[Record], patience: int) -> bool:
    """Whether the last ``patience`` epochs were no better than the best; never with 0."""
    return bool(patience and history) and (len(history) - best_record(history)["epoch"] >= patience)


def _merit(record: Record) -> tuple[float, float]:
    return record["validation_macro_f1"], -record["validation_loss"]
