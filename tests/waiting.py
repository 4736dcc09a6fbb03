"""Waiting for the state that a test asserts, with a deadline."""

import threading
from collections.abc import Callable, Iterable

# Imported by name, since tests replace `time.monotonic`.
from time import monotonic, sleep
from typing import TypeVar

import pytest

LONG = 60  # seconds that no test should need
_TICK = 0.01
Value = TypeVar("Value")


def until(
    condition: Callable[[], Value], seconds: float = LONG, seen: Callable[[], object] | None = None
) -> Value:
    """Wait until a condition is true, and fail after the deadline.

    Parameters
    ----------
    condition : callable
        Called again and again.
    seconds : float
        The deadline.
    seen : callable, optional
        Returns the present state for the failure's message.

    Returns
    -------
    object
        The true value that the condition returned.
    """
    end = monotonic() + seconds
    while not (value := condition()):
        if monotonic() > end:
            instead = f": {seen()}" if seen else ""
            pytest.fail(f"waited {seconds} seconds in vain{instead}")
        sleep(_TICK)
    return value


def joined(threads: Iterable[threading.Thread], seconds: float = LONG) -> None:
    """Wait until threads have ended, and fail after the deadline."""
    end = monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, end - monotonic()))
        assert not thread.is_alive(), f"{thread.name} has not ended"
