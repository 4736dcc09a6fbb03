"""The running app in a real Chromium, with the sample videos as its camera."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.driver import CHROMIUM, App, end_jobs, running_app, write_camera
from tests.waiting import LONG

SCREENSHOTS = Path(__file__).resolve().parents[2] / "test-results"


expect.set_options(timeout=1_000 * LONG)


@pytest.fixture(autouse=True, scope="session")
def chromium() -> None:
    if not CHROMIUM.exists():
        reason = f"Chromium is not installed ({CHROMIUM})"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[App]:
    """The app of all tests that do not stop it: each start costs ten seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACEREC_MODELS", str(shared / "models"))
        with running_app(tmp_path_factory.mktemp("server")) as started:
            yield started


@pytest.fixture
def app(server: App, shared: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """The app with an empty home folder, which is this process's home folder, too."""
    monkeypatch.setenv("FACEREC_HOME", str(server.home))
    monkeypatch.setenv("FACEREC_MODELS", str(shared / "models"))
    for folder in server.home.iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)
    server.forget_log()
    yield server
    end_jobs(server)


@pytest.fixture
def camera(tmp_path: Path, shared: Path):
    """Function that makes a camera from a shared video, by its name."""

    def make(name: str) -> Path:
        video = shared / "data" / "video" / f"head-pose-face-detection-{name}.gif"
        return write_camera(video, tmp_path / f"{name}.y4m")

    return make


@pytest.fixture
def screenshots() -> Path:
    """Folder of the tests' screenshots."""
    SCREENSHOTS.mkdir(exist_ok=True)
    return SCREENSHOTS
