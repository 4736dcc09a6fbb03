"""Kill an act on the files before each of its file operations, and look at what is left.

Run as a process of its own, ``python -m tests.acceptance.kills ACT HOME``: the process forks for
each kill point and may therefore not have calculated anything. It prints the number of kill points
as JSON, and what was wrong at which.
"""

import json
import os
import shutil
import sys
import traceback
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np

from facerec.cleaning import editing, erasure
from facerec.collecting.importing import import_faces
from facerec.datasets.folder import FaceFolder
from facerec.faces import images
from facerec.faces.detection import WholeImage
from facerec.recognition import enrolment
from facerec.runs.catalogue import damaged_runs, list_runs
from facerec.runs.run import Run
from facerec.system import files
from tests.examples import COLORS, DATASET, noisy_color

KILLED = 9
PICTURES = 30
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"}
WRITES = os.O_WRONLY | os.O_RDWR


class Kill(NamedTuple):
    """An act, and what must hold if it is killed anywhere; ``again`` finishes it."""

    act: Callable[[], object]
    holds: Callable[[], None]
    again: Callable[[], None]


def _dataset() -> FaceFolder:
    return FaceFolder.open(DATASET)


def _keys() -> list[str]:
    return [face.key for face in _dataset().face_files()]


def _import() -> Kill:
    brought = Path(os.environ["FACEREC_HOME"]).parent / "brought"
    before = set(_keys())

    def act() -> None:
        import_faces([brought], _dataset(), WholeImage(), session="new")

    def holds() -> None:
        assert before <= set(_keys())

    def again() -> None:
        act_report = import_faces([brought], _dataset(), WholeImage(), session="new")
        assert not act_report.rejected or set(act_report.reasons()) == {"duplicate"}
        assert len(_keys()) == len(before) + PICTURES

    return Kill(act, holds, again)


def _rename() -> Kill:
    before = {key.partition("/")[2]: details for key, details in _dataset().details().items()
              if key.startswith("Ada/")}  # fmt: skip

    def holds() -> None:
        names = _dataset().class_names()
        assert ("Ada" in names) != ("Grace" in names)
        name = "Ada" if "Ada" in names else "Grace"
        found = _dataset().details()
        for key, details in before.items():
            assert found[f"{name}/{key}"] == details
            assert (_dataset().path / name / key).is_file()

    def again() -> None:
        if "Ada" in _dataset().class_names():
            editing.rename_class(_dataset(), "Ada", "Grace")
        assert (_dataset().path / "_raw" / "Grace").is_dir()
        assert not (_dataset().path / "_raw" / "Ada").exists()

    return Kill(lambda: editing.rename_class(_dataset(), "Ada", "Grace"), holds, again)


def _delete() -> Kill:
    doomed = _dataset().face_files("Ada")[:6]
    before = _keys()
    kept = [key for key in before if key not in {face.key for face in doomed}]

    def holds() -> None:
        assert set(kept) <= set(_keys())

    def again() -> None:
        # What was deleted is undone, or was not begun.
        if editing.last_act(_dataset()):
            editing.undo(_dataset())
        assert _keys() == before
        editing.delete_images(_dataset(), doomed)
        assert _keys() == kept

    return Kill(lambda: editing.delete_images(_dataset(), doomed), holds, again)


def _erase() -> Kill:
    others = [key for key in _keys() if not key.startswith("Ada/")]

    def holds() -> None:
        assert set(others) <= set(_keys())

    def again() -> None:
        if "Ada" in _dataset().class_names():
            erasure.erase_class(_dataset(), "Ada")
        else:
            # As the app does when it starts.
            for parent in (_dataset().path, _dataset().path / "_raw"):
                files.sweep(parent)
        assert _keys() == others
        assert "Ada" not in Run.open("made").gallery.people
        assert not any(key.startswith("Ada/") for key in _dataset().details())
        left = [path for path in _dataset().path.rglob("*") if "Ada" in path.name
                or path.name.startswith(files.DELETED)]  # fmt: skip
        assert not left, left

    return Kill(lambda: erasure.erase_class(_dataset(), "Ada"), holds, again)


def _enrol() -> Kill:
    faces = np.stack([noisy_color((90, 90, 90), seed) for seed in range(4)])
    before = Run.open("made").gallery.counts()

    def holds() -> None:
        assert Run.open("made").gallery.counts() in (before, {**before, "Grace": 4})

    def again() -> None:
        enrolment.enrol(Run.open("made"), "Grace", faces)
        assert Run.open("made").gallery.counts()["Grace"] in (4, 8)

    return Kill(lambda: enrolment.enrol(Run.open("made"), "Grace", faces), holds, again)


ACTS = {"import": _import, "rename": _rename, "delete": _delete, "erase": _erase, "enrol": _enrol}


def prepare(home: Path) -> None:
    """Make a home's data set ready for the acts: pictures to import, whole frames, details."""
    for number in range(PICTURES):
        path = home.parent / "brought" / ("Ada", "Grace")[number % 2] / f"{number}.png"
        images.write(path, noisy_color((40, 7 * number, 90), 500 + number))
    raw = FaceFolder.create("raw")
    folder = _dataset().path
    import_faces([folder], raw, WholeImage(), keep_raw=True)
    shutil.rmtree(folder)
    raw.path.rename(folder)
    assert set(COLORS) == set(_dataset().class_names())


def _whole() -> None:
    """Whatever was killed: every file that the app reads can be read."""
    home = Path(os.environ["FACEREC_HOME"])
    for face in _dataset().face_files():
        images.read(face.path)
    _dataset().details()
    for file in home.rglob("*.json"):
        if not file.name.startswith("."):
            files.read_json(file)
    list_runs()
    assert not damaged_runs()


def _end_at(number: int, home: Path) -> None:
    """Have the process end before its file operation of this number from now on."""
    left = number

    def watch(event: str, given: tuple) -> None:
        nonlocal left
        if event == "open":
            counts = (given[2] or 0) & WRITES and str(home) in str(given[0])
        else:
            # Deleting a folder names its files beside its descriptor.
            counts = event in CHANGES and (
                str(home) in str(given[0]) or given[-1] not in (-1, None)
            )
        if counts:
            if left == 0:
                os._exit(KILLED)
            left -= 1

    sys.addaudithook(watch)


def _in_child(work: Callable[[], None]) -> tuple[int, str]:
    """Exit code of work in a forked process, and the error that it told of."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            os.write(writer, traceback.format_exc().encode()[-3000:])
            os._exit(1)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        told = pipe.read().decode(errors="replace")
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), told


def kill_everywhere(name: str, template: Path) -> tuple[int, list[str]]:
    """Number of kill points of an act, and what was wrong at which."""
    wrong: list[str] = []
    home = template.parent / "home"
    os.environ["FACEREC_HOME"] = str(home)
    for number in count():
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(template, home)
        kill = ACTS[name]()

        def act(kill: Kill = kill, number: int = number) -> None:
            _end_at(number, home)
            kill.act()

        code, told = _in_child(act)
        if code not in (0, KILLED):
            wrong.append(f"{name} {number}: {told}")

        def look(kill: Kill = kill) -> None:
            _whole()
            kill.holds()
            kill.again()
            _whole()

        bad, told = _in_child(look)
        if bad:
            wrong.append(f"{name} killed at {number}: {told}")
        if code == 0:
            return number, wrong


if __name__ == "__main__":
    print(json.dumps(kill_everywhere(sys.argv[1], Path(sys.argv[2]))))
