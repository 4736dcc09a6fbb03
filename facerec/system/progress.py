"""Type of the callbacks that report the progress of long work."""

from collections.abc import Callable

# Called with the amounts done and in all; may raise to stop.
Progress = Callable[[int, int], None]
