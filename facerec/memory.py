"""How this process gets its memory from the system."""

import ctypes
import sys
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # of glibc's malloc.h
_LARGEST_INT = 2**31 - 1


def keep_freed_memory() -> None:
    """Let this process keep the memory it frees, for as long as it lives.

    Each batch frees some hundreds of megabytes and needs them again at once. With Linux's C
    library, each such piece is given back to the system and comes anew, page by page, which takes
    up to 40 % of the time of training on a processor. Elsewhere, this does nothing.
    """
    if sys.platform == "linux":
        # Another C library, such as musl, has no mallopt.
        with suppress(OSError, AttributeError):
            library = ctypes.CDLL(None)
            library.mallopt(_MMAP_MAX, 0)
            library.mallopt(_TRIM_THRESHOLD, _LARGEST_INT)
