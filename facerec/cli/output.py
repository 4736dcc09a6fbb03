"""What commands print: results, progress bars and notices."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from facerec.collecting.importing import Rejection
from facerec.faces.detection import FaceDetector
from facerec.system.accelerator import this_process


def tell(options: argparse.Namespace, text: str, record: dict[str, Any]) -> None:
    """Print a result as a JSON line or as text, above a progress bar if there is one."""
    if this_process().is_main_process:
        tqdm.write(json.dumps(record, ensure_ascii=False) if options.json else text)
        sys.stdout.flush()


def tell_rejected(options: argparse.Namespace, rejected: Sequence[Rejection]) -> None:
    """Print each picture that was not taken, and why; as JSON, the result itself names them."""
    if not options.json:
        for item in rejected:
            why = f"{item.reason}: {item.detail}" if item.detail else item.reason
            print(f"  {item.name}: {why}")


def tell_notice(chosen: FaceDetector) -> None:
    """Print the notice of a detector that stands in for another, if there is one."""
    if chosen.notice:
        print(f"facerec: {chosen.notice}", file=sys.stderr)


def quiet(options: argparse.Namespace) -> bool:
    """Whether progress bars are hidden: they are for people at a terminal, in one process."""
    return options.json or not sys.stderr.isatty() or not this_process().is_main_process


@contextmanager
def bar(
    options: argparse.Namespace, title: str, unit: str = " images"
) -> Iterator[Callable[[int, int], None]]:
    """A progress bar as the callback that facerec's long functions take."""
    with tqdm(desc=title, unit=unit, disable=quiet(options)) as shown:

        def progress(done: int, total: int) -> None:
            shown.total = total
            shown.update(done - shown.n)

        yield progress
