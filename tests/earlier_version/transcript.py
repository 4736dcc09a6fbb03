"""What the command line prints, kept as text: after each command its output, errors and exit code.

::

    $ forget club --person Ada --json
    {"run": "club", "people": {"Bruno": 7}}
    $ forget club --person Nobody
    ! facerec: Nobody named Nobody is enrolled.
    = 2

It uses the command line and the drawn people alone.
"""

import shlex
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from pathlib import Path
from unittest.mock import patch

from facerec.__main__ import main
from facerec.collecting import samples
from facerec.sample_data import collection

HERE = Path(__file__).resolve().parent
HOME, SOURCES, PRINTED = HERE / "home", HERE / "sources", HERE / "printed"
DATASET, RUN, GALLERY, STUDY = "class-7b", "class-7b-custom_cnn-1", "class-7b-embedding-1", "first"
DRAWN = 2


@dataclass(frozen=True)
class Printed:
    """A command's arguments as one would type them, and the lines that came of it.

    Parameters
    ----------
    command : str
    lines : tuple of str
        Output as it is, errors behind ``! ``, and an exit code other than 0 behind ``= ``.
    """

    command: str
    lines: tuple[str, ...]


def play(command: str, home: Path) -> Printed:
    """Run a command in this process; in what it prints, ``HOME`` stands for that folder."""
    output, errors = StringIO(), StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        try:
            code = main(shlex.split(command))
        except SystemExit as end:
            code = end.code
    lines = [
        *output.getvalue().splitlines(),
        *(f"! {line}" for line in errors.getvalue().splitlines()),
        *([f"= {code}"] if code else []),
    ]
    return Printed(command, tuple(line.replace(str(home), "HOME") for line in lines))


def read(name: str) -> list[Printed]:
    """The commands and their lines in a kept transcript."""
    found: list[tuple[str, list[str]]] = []
    for line in (PRINTED / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return [Printed(command, tuple(lines)) for command, lines in found]


def write(name: str, played: Iterable[Printed]) -> None:
    """Keep a transcript."""
    lines = [line for printed in played for line in (f"$ {printed.command}", *printed.lines)]
    (PRINTED / name).parent.mkdir(parents=True, exist_ok=True)
    (PRINTED / name).write_bytes("".join(f"{line}\n" for line in lines).encode("utf-8"))


@contextmanager
def few_drawings() -> Iterator[None]:
    """Let ``sample-data`` draw ``DRAWN`` pictures of each kind: all of them take a minute."""

    def few(draw: Callable[..., Iterator]) -> Callable[..., Iterator]:
        return lambda *arguments, **options: islice(draw(*arguments, **options), DRAWN)

    with (
        patch.multiple(
            collection,
            photographs=few(collection.photographs),
            strangers=few(collection.strangers),
        ),
        patch.object(samples, "video_frames", few(samples.video_frames)),
    ):
        yield
