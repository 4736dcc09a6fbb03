"""A limit on what several threads use together."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Budget:
    """An amount that threads share; whoever needs more than is left waits.

    Parameters
    ----------
    total : int
        What all may use together. A single user may exceed it, alone.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._used = 0
        self._changed = threading.Condition()

    @contextmanager
    def of(self, amount: int) -> Iterator[None]:
        """Context manager that holds an amount, once it is left."""
        with self._changed:
            self._changed.wait_for(lambda: not self._used or self._used + amount <= self._total)
            self._used += amount
        try:
            yield
        finally:
            with self._changed:
                self._used -= amount
                self._changed.notify_all()
