"""Command about a run as a program of its own: take-home."""

import argparse
from pathlib import Path

from facerec.cli.command import Command
from facerec.cli.output import bar, tell
from facerec.runs.run import Run
from facerec.takeaway.folder import take_home


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument(
        "target", metavar="DEST", type=Path, help="a new folder, or a new file that ends in .zip"
    )
    parser.add_argument(
        "--with-faces",
        action="store_true",
        help="carry faces of the run's people for its check, instead of drawn ones",
    )
    parser.add_argument(
        "--web", action="store_true", help="write a page for browsers, instead of a program"
    )


def _take_home(options: argparse.Namespace) -> None:
    run = Run.open(options.run)
    with bar(options, "Exporting", " files") as progress:
        take_home(run, options.target, options.with_faces, options.web, progress)
    tell(
        options,
        f"{run.name} is in {options.target}: its README.md says how to start it",
        {"run": run.name, "target": str(options.target)},
    )


COMMANDS = (
    Command(
        "take-home",
        "Write a run as a program of its own, which needs OpenCV, NumPy and ONNX Runtime only.",
        "take-home class-7b-custom_cnn-1 ada-at-home.zip",
        _take_home,
        _arguments,
    ),
)
