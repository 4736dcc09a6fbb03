"""Command: a word of the command line, its arguments, and the function that runs it."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass


def no_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of a command that takes none but ``--json``."""


@dataclass(frozen=True)
class Command:
    """A command of ``python -m facerec``.

    Parameters
    ----------
    name : str
        The word that calls it.
    summary : str
        One line of help.
    example : str
        A call, after ``python -m facerec``.
    run : callable
        Runs it with the parsed arguments.
    arguments : callable
        Adds the command's own arguments to its parser; ``--json`` is there already.
    """

    name: str
    summary: str
    example: str
    run: Callable[[argparse.Namespace], None]
    arguments: Callable[[argparse.ArgumentParser], None] = no_arguments
