"""Folder of the app's data for a benchmark."""

import os
import sys
import tempfile
from collections.abc import Callable

from facerec.errors import FacerecError


def in_new_home(work: Callable[[], None]) -> int:
    """Do work in a home that is deleted afterwards; 2 and one line if it raises a FacerecError."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["FACEREC_HOME"] = home
        try:
            work()
        except FacerecError as error:
            print(error, file=sys.stderr)
            return 2
    return 0
