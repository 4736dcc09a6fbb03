"""What holds for the app as a whole."""

import ast
import gc
import sys
from pathlib import Path
from types import ModuleType

import pytest

from facerec.errors import FacerecError
from facerec.recognition import enrolment
from tests.pages.conftest import PROJECT, face, texts

PAGES = sorted(path.stem for path in (PROJECT / "pages").glob("*.py") if path.stem != "parts")
EMPTY = {
    "home": "A class in ten minutes",
    "dataset": "A data set holds the faces",
    "augment": "There are no faces to change yet",
    "train": "There is no data set to train on yet",
    "experiments": "needs a data set for it",
    "compare": "Train two or three networks",
    "live": "a network must have learned them first",
}


def imported_modules(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def test_the_package_never_imports_streamlit() -> None:
    files = list((PROJECT / "facerec").rglob("*.py"))
    assert files
    for file in files:
        assert not imported_modules(file) & {"streamlit", "streamlit_webrtc", "pages"}, file


def test_pages_leave_pixels_and_networks_to_the_package() -> None:
    for file in (PROJECT / "pages").rglob("*.py"):
        assert not imported_modules(file) & {"cv2", "torch", "torchvision", "numpy", "PIL"}, file


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_app_says_what_to_do_next(open_page, page: str) -> None:
    app = open_page(page)
    assert not app.exception
    assert EMPTY[page] in texts(app)


def test_collecting_garbage_spares_the_modules_that_a_page_has_loaded(
    open_page, monkeypatch
) -> None:
    app = open_page("live")
    gc.unfreeze()
    monkeypatch.setitem(sys.modules, "loaded later", ModuleType("loaded later"))
    app.run()
    assert gc.get_freeze_count() > 10 * len(gc.get_objects())
    gc.unfreeze()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_draws_a_data_set_and_a_run(open_page, trained_run, page: str) -> None:
    app = open_page(page)
    assert not app.exception
    assert not app.error


def test_an_error_meant_for_people_is_shown_without_traceback(open_page, monkeypatch) -> None:
    def fail() -> None:
        raise FacerecError("The disk is on holiday.")

    monkeypatch.setattr("facerec.runs.catalogue.list_runs", fail)
    app = open_page("compare")
    assert not app.exception
    assert {error.value for error in app.error} == {"The disk is on holiday."}


@pytest.mark.parametrize("people", [(), ("Ada",)])
def test_every_page_draws_one_in_use(open_page, empty, people) -> None:
    for name in people:
        enrolment.enrol(empty, name, face(name)[None])
    app = open_page("home")
    app.session_state["run"] = "made"
    for page in PAGES:
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception and not app.error, page
