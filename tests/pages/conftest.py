"""The app in Streamlit's test runner, with a home folder for each test."""

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from facerec.runs.run import Run

_components = cache(manifest_scanner.scan_component_manifests)
PROJECT = Path(__file__).resolve().parents[2]


_STILL = SimpleNamespace(state=SimpleNamespace(playing=False))


class _NoPagesFolder(type(PROJECT)):
    """A path that denies the folder ``pages``, whose files AppTest would run by themselves."""

    def exists(self, **options: bool) -> bool:
        return False


@pytest.fixture
def open_page(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], AppTest]:
    """Function that opens a page of the app by its file name; YuNet is never downloaded."""
    monkeypatch.setattr("facerec.faces.detection._failed_download", "no network in tests")
    monkeypatch.setattr("streamlit.runtime.pages_manager.Path", _NoPagesFolder)
    # Otherwise each app searches all installed packages for components.
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", _components)
    # A stream needs a running server.
    monkeypatch.setattr("pages.components.camera.webrtc_streamer", lambda **_: _STILL)

    def open_named(name: str) -> AppTest:
        app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=60)
        return app.switch_page(f"pages/{name}.py").run()

    return open_named


@pytest.fixture
def trained_run(trained_run: Run, measured_folder: Path) -> Run:
    """A trained run with measured engines, since pages would measure them otherwise."""
    shutil.copytree(measured_folder, trained_run.folder, dirs_exist_ok=True)
    return trained_run


def texts(app: AppTest) -> str:
    """All texts of an app, to search in."""
    kinds = (app.title, app.header, app.subheader, app.markdown, app.caption, app.info,
             app.warning, app.error, app.success)  # fmt: skip
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def button(app: AppTest, label: str):
    """The button with this label."""
    return next(element for element in app.button if element.label == label)


def widget(widgets, label: str):
    """The widget with this label."""
    return next(element for element in widgets if element.label == label)
