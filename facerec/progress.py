"""How far long work is."""

from collections.abc import Callable

# Called with what is done and how much there is in all; may raise to stop.
Progress = Callable[[int, int], None]
