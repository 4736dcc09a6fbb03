"""The parser of the command line, made from the commands of each topic."""

import argparse
import sys
from typing import NoReturn

from facerec.cli import data, experiments, recognition, takeaway, training
from facerec.errors import FacerecError

# The order of the help.
TOPICS = (data, training, experiments, recognition, takeaway)


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return the exit code.

    The code is 0; 2 after bad input, with one line on standard error that says what is wrong; 130
    after Ctrl+C.
    """
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except (FacerecError, OSError) as error:
        print(f"facerec: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("facerec: stopped", file=sys.stderr)
        return 130
    return 0


class _Parser(argparse.ArgumentParser):
    """An argument parser that reports wrong arguments in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"facerec: {message} (see {self.prog} --help)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m facerec", description="Collect faces, train, compare, recognise."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (command for topic in TOPICS for command in topic.COMMANDS):
        added = commands.add_parser(
            command.name,
            help=command.summary,
            description=command.summary,
            epilog=f"Example: python -m facerec {command.example}",
        )
        added.set_defaults(command=command.run)
        added.add_argument("--json", action="store_true", help="print one JSON object a line")
        command.arguments(added)
    return parser
