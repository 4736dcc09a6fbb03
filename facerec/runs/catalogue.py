"""All runs under ``models``: listed, named, exported and imported."""

import zipfile
from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO
from itertools import chain, count
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, BinaryIO

from facerec.decisions.matchers import matcher_of
from facerec.errors import FacerecError
from facerec.runs.run import Run
from facerec.system import files, paths
from facerec.system.archives import Archive

_EXPORTED = (
    "config.json",
    "history.jsonl",
    "batch_losses.csv",
    "weights.pt",
    "training_metrics.png",
    "evaluation.json",
    "threshold.json",
    "face_space.npz",
    "second_opinion.npz",
    "gallery.npz",
    "robustness.json",
    "live_assessments.json",
    "remarks.json",
)


def export(run: Run) -> bytes:
    """A run as a ZIP for ``import_run``, without what only resuming needs."""
    buffer = BytesIO()
    # A computer without a set clock dates files 1970, and a ZIP archive has no dates before 1980.
    with zipfile.ZipFile(buffer, "w", strict_timestamps=False) as archive:
        for name in _EXPORTED:
            if (run.folder / name).exists():
                archive.write(run.folder / name, f"{run.name}/{name}")
    return buffer.getvalue()


def name_in(source: BinaryIO) -> str:
    """Name of the run in a ZIP archive made by ``export``.

    Raises
    ------
    FacerecError
        If the source is no such archive.
    """
    with Archive(source) as archive:
        return _name_in(archive)


def _name_in(archive: Archive) -> str:
    top = archive.top
    if any(path.name == "recognise.py" for path in archive.members):
        raise FacerecError(
            f"{archive.name} is a program that was taken home, not a run: export the run itself."
        )
    if top is None or not set(archive.members) <= {PurePosixPath(top, name) for name in _EXPORTED}:
        raise FacerecError("This ZIP archive holds no run exported by facerec.")
    return top


def import_run(source: BinaryIO, name: str | None = None) -> Run:
    """Import a run from a ZIP archive made by ``export``.

    Parameters
    ----------
    source : binary file
    name : str, optional
        Name of the new run; by default the name in the archive.

    Raises
    ------
    FacerecError
        If the source is no such archive or is damaged, or a run with this name exists.
    """
    with Archive(source) as archive:
        folder = paths.run_folder(name or _name_in(archive))
        with files.arriving(folder, "run") as arriving:
            try:
                for path in archive.members:
                    files.write_bytes(arriving / path.name, archive.read(path))
                candidate = _settled(Run(arriving))
                candidate.load_network()
                _ = candidate.history(), candidate.operating_point, candidate.face_space()
                _ = candidate.second_opinion()
                if candidate.is_enrolled and len(candidate.gallery):
                    _ = matcher_of(candidate.gallery), candidate.kind_title
            except FacerecError:
                raise
            except Exception as error:  # a foreign file may cause any exception
                raise FacerecError(
                    "The run in this ZIP archive is damaged or not complete."
                ) from error
    return Run(folder)


def _settled(run: Run) -> Run:
    """A run that has just arrived, which names data sets and runs of this computer only.

    Its files may name any path of the computer that it comes from, or of this one: pages open the
    data set that a run names, and delete images of it.

    Raises
    ------
    FacerecError
        If its settings or its evaluation are damaged.
    """
    try:
        config, info = run.config, run.info
        evaluated = (
            files.read_as(run.evaluation_file, dict[str, Any])
            if run.evaluation_file.exists()
            else {}
        )
    except FacerecError as error:
        raise FacerecError("The run in this ZIP archive is damaged or not complete.") from error
    named = replace(
        config,
        dataset=_name(config.dataset),
        strangers=_name(config.strangers),
        continue_from=_name(config.continue_from),
    )
    # The experiment that it was part of stays elsewhere: here it is a run like any other.
    run.save_config(named, replace(info, experiment=""))
    for part in evaluated.values():
        if isinstance(part, dict) and isinstance(part.get("dataset"), str):
            part["dataset"] = _name(part["dataset"])
    if evaluated:
        files.write_json(run.evaluation_file, evaluated)
    return Run(run.folder)


def _name(reference: str) -> str:
    """The name at the end of a path of any system."""
    name = PureWindowsPath(reference).name
    return paths.adapted_name(name, "elsewhere") if name else ""


def list_runs() -> list[Run]:
    """The runs under ``models`` that can be read, the newest first."""
    return read_runs()[0]


def own_runs() -> list[Run]:
    """The runs that are not part of an experiment, in the order of ``list_runs``."""
    return [run for run in list_runs() if not run.info.experiment]


def damaged_runs() -> dict[str, str]:
    """What is wrong with each run that ``list_runs`` leaves out, by its name."""
    return read_runs()[1]


def read_runs() -> tuple[list[Run], dict[str, str]]:
    """``list_runs`` and ``damaged_runs``, for which each run's files are read once."""
    found = [Run(folder) for folder in paths.subfolders(paths.models_folder())]
    problems = [(run, _damage(run)) for run in found if run.config_file.is_file()]
    readable = sorted(
        (run for run, why in problems if not why),
        key=lambda run: (run.info.created, run.name),
        reverse=True,
    )
    return readable, {run.name: why for run, why in problems if why}


def _damage(run: Run) -> str:
    """Why the run's files cannot be read: one damaged run must not hide the others."""
    try:
        _ = run.info, run.config, run.title, run.history(), run.saved_point()
        return ""
    except FacerecError as error:
        return str(error)


def free_name(name: str, ending: str = "") -> str:
    """A name that no run has: ``name``, cut if it must be, ``ending``, and a number if need be."""
    start = paths.adapted_name(name, "run")
    ends = chain([ending], (f"{ending}-{number}" for number in count(2)))
    return _first_free(start[: paths.LONGEST_NAME - len(end)].rstrip(". ") + end for end in ends)


def numbered_name(dataset: str, kind: str) -> str:
    """A name that no run has: data set, kind and number, which scripts around commands expect."""
    return _first_free(f"{Path(dataset).name}-{kind}-{number}" for number in count(1))


def _first_free(names: Iterable[str]) -> str:
    taken = {run.name for run in list_runs()}
    return next(name for name in names if name not in taken)
