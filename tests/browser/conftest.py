"""The running app in a real Chromium, with the sample videos as its camera."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.driver import CHROMIUM, App, running_app, write_camera
from tests.waiting import LONG

SCREENSHOTS = Path(__file__).resolve().parents[2] / "test-results"


expect.set_options(timeout=1_000 * LONG)


@pytest.fixture(autouse=True, scope="session")
def chromium() -> None:
    if not CHROMIUM.exists():
        reason = f"Chromium is not installed ({CHROMIUM})"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)


@pytest.fixture
def app(tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """The app with an empty home folder."""
    monkeypatch.setenv("FACEREC_MODELS", str(shared / "models"))
    with running_app(tmp_path / "home") as started:
        yield started


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
