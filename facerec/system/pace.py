"""How long an act takes on this computer, from its first moments."""

import time
from collections.abc import Callable

# The first step also prepares the act, so that there must be two more to tell the pace.
_STEPS = 3
_SECONDS = 2.0


class Pace:
    """Tells how long an act goes on, from what it reported so far.

    The first step counts for itself, since it also loads networks and opens files.
    """

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._first: tuple[float, int] | None = None
        self._last = (self._began, 0)
        self.steps = 0

    def step(self, done: int) -> None:
        """Note that so much is done."""
        self._last = (time.monotonic(), done)
        self._first = self._first or self._last
        self.steps += 1

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    def seconds_left(self, total: int) -> float:
        """Seconds from the last step until so much is done."""
        now, done = self._last
        began, before = self._first or self._last
        if done == before:
            began, before = self._began, 0
        return (now - began) / max(done - before, 1) * (total - done)


class _Known(Exception):
    """Ends an act that was begun to learn its pace."""


def predicted_seconds(act: Callable[..., object]) -> float:
    """Seconds that an act will take here, from its first two seconds or three steps.

    Parameters
    ----------
    act : callable
        Takes ``progress``, a callback that ends it by raising: it must leave nothing behind then.

    Raises
    ------
    FacerecError
        If the act does.
    """
    pace = Pace()
    predicted = 0.0

    def progress(done: int, total: int) -> None:
        nonlocal predicted
        pace.step(done)
        predicted = pace.seconds + pace.seconds_left(total)
        known = pace.steps >= _STEPS and pace.seconds > _SECONDS
        # Ended before its last step, too, which would leave what the act makes.
        if known or done >= total:
            raise _Known

    try:
        act(progress=progress)
    except _Known:
        return predicted
    return pace.seconds
