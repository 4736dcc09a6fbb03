"""All runs under ``models``: listed, named, exported and imported."""

import logging
import shutil
import zipfile
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from facerec.decisions.matchers import matcher_of
from facerec.errors import FacerecError
from facerec.runs.run import Run
from facerec.system import files, paths
from facerec.system.archives import Archive

_logger = logging.getLogger(__name__)
_EXPORTED = (
    "config.json",
    "history.jsonl",
    "batch_losses.csv",
    "weights.pt",
    "training_metrics.png",
    "evaluation.json",
    "threshold.json",
    "face_space.npz",
    "gallery.npz",
    "robustness.json",
    "live_assessments.json",
    "remarks.json",
)


def export(run: Run) -> bytes:
    """A run as a ZIP for ``import_run``, without what only resuming needs."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in _EXPORTED:
            if (run.folder / name).exists():
                archive.write(run.folder / name, f"{run.name}/{name}")
    return buffer.getvalue()


def import_run(source: BinaryIO) -> Run:
    """Import a run from a ZIP archive made by ``export``.

    Raises
    ------
    FacerecError
        If the source is no such archive or is damaged, or a run with this name exists.
    """
    with Archive(source) as archive:
        tops = {path.parts[0] for path in archive.members}
        expected = {PurePosixPath(*tops, name) for name in _EXPORTED}
        if len(tops) != 1 or not set(archive.members) <= expected:
            raise FacerecError("This ZIP archive holds no run exported by facerec.")
        folder = paths.run_folder(*tops)
        if folder.exists():
            raise FacerecError(f"There is a run named {folder.name} already: delete it first.")
        arriving = folder.with_name(f".arriving-{folder.name}")
        try:
            for path in archive.members:
                files.write_bytes(arriving / path.name, archive.read(path))
            candidate = Run(arriving)
            candidate.load_network()
            _ = candidate.history(), candidate.operating_point, candidate.face_space()
            if candidate.is_enrolled and len(candidate.gallery):
                _ = matcher_of(candidate.gallery), candidate.kind_title
            arriving.rename(folder)
        except FacerecError:
            raise
        except Exception as error:  # a foreign file may cause any exception
            raise FacerecError("The run in this ZIP archive is damaged or not complete.") from error
        finally:
            shutil.rmtree(arriving, ignore_errors=True)
    return Run(folder)


def list_runs() -> list[Run]:
    """The runs under ``models``, the newest first."""
    found = [Run(folder) for folder in paths.subfolders(paths.models_folder())]
    return sorted(
        (run for run in found if run.config_file.is_file() and _readable(run)),
        key=lambda run: (run.info.created, run.name),
        reverse=True,
    )


def _readable(run: Run) -> bool:
    """Whether the run's files can be read: one damaged run must not hide the others."""
    try:
        return bool(run.info and run.config and run.title)
    except (FacerecError, KeyError, TypeError) as error:
        _logger.warning("The run %s is left out: %s", run.folder, error)
        return False


def free_name(dataset: str, kind: str) -> str:
    """A free name for a new run: its data set, its kind and a number."""
    taken = {run.name for run in list_runs()}
    number = 1
    while (name := f"{Path(dataset).name}-{kind}-{number}") in taken:
        number += 1
    return name
