"""The app in Streamlit's test runner, with a home folder for each test."""

import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from facerec.decisions.operating_point import OperatingPoint
from facerec.faces.detection import WholeImage
from facerec.recognition import new_gallery
from facerec.runs.run import Run
from facerec.training import job as training_jobs
from pages.components import embedding_map as component
from tests.examples import COLORS, noisy_color

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


def figures_of(app: AppTest):
    """The table of figures and costs on Compare, with a column for each run."""
    return next(item.value for item in app.dataframe if "Parameters" in item.value.index)


def button(app: AppTest, label: str):
    """The button with this label."""
    return next(element for element in app.button if element.label == label)


def widget(widgets, label: str):
    """The widget with this label."""
    return next(element for element in widgets if element.label == label)


@pytest.fixture
def started(monkeypatch) -> list[str]:
    """Names of the runs whose processes would have been started."""
    names: list[str] = []
    monkeypatch.setattr(training_jobs, "start", lambda run: names.append(run.name))
    return names


def job(run: Run, state: str, **values: object) -> None:
    """Write how far a run's training is, as if this process trained it."""
    own = psutil.Process()
    content = {"state": state, "process": own.pid, "process_started": own.create_time()}
    content["activity"] = f"{run.name} is being trained"
    run.job.file.write_text(json.dumps({**content, **values}))


def face(name: str, seed: int = 900) -> np.ndarray:
    """A face of a class of the small data set that is not in it: RGB uint8, 224 x 224."""
    return noisy_color(COLORS[name], seed)


@pytest.fixture
def empty(trained_run, small_dataset) -> Run:
    """An embedding recogniser that knows nobody yet."""
    return new_gallery.create("made", trained_run, small_dataset, enrol_all=False)


@pytest.fixture(autouse=True)
def no_downloads(monkeypatch) -> None:
    """Pretrained weights are never downloaded."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network in tests")

    monkeypatch.setattr("torch.hub.urlopen", refuse)


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """What pages keep between their reruns is kept for all tests of a process."""
    st.cache_data.clear()


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """In place of the browser's parts: what they got to draw last."""
    seen = SimpleNamespace(map=None, live=None)
    monkeypatch.setattr(component, "_map", lambda key, data: setattr(seen, "map", data))
    monkeypatch.setattr(component, "_live", lambda key, data: setattr(seen, "live", data))
    return seen


def choose_pca(app):
    """Arrange a map by PCA."""
    methods = next(item for item in app.get("button_group") if item.label == "Arranged by")
    return methods.set_value("pca").run()


@pytest.fixture
def second_run(trained_run: Run) -> Run:
    """Another run, one epoch shorter."""
    shutil.copytree(trained_run.folder, trained_run.folder.with_name("other"))
    other = Run.open("other")
    other.write_history(trained_run.history()[:1])
    return other


@pytest.fixture
def strict_run(trained_run: Run) -> Run:
    """The same network under another name, which names nobody."""
    shutil.copytree(trained_run.folder, trained_run.folder.with_name("strict"))
    run = Run.open("strict")
    run.save_operating_point(OperatingPoint(1.0))
    return run


def compare_tab(open_page, tab: str):
    """The Compare page at one of its tabs."""
    app = open_page("compare")
    app.session_state["compare-tab"] = tab
    app.run()
    assert not app.exception
    return app


def look_at_one_face(app) -> None:
    """Let the pipeline of the Live page look at a frame with one face."""
    pipeline = app.session_state["pipeline"]
    pipeline.detector = WholeImage()
    pipeline.look(noisy_color((200, 60, 60), 1))
