"""The Live page at one of its panels, with and without a camera that plays."""

from types import SimpleNamespace

import pytest

from facerec.faces.detection import Box
from facerec.runs.run import Run

BOX = Box(40, 60, 100, 100)


@pytest.fixture
def playing(monkeypatch) -> None:
    """The camera plays, as far as the page knows."""
    stream = SimpleNamespace(state=SimpleNamespace(playing=True))
    monkeypatch.setattr("pages.components.camera.webrtc_streamer", lambda **_: stream)


def live(open_page, run: Run, tab: str):
    """The Live page with this run in use and this panel open."""
    app = open_page("live")
    app.session_state["run"] = run.name
    app.session_state["live-tab"] = tab
    app.run()
    assert not app.exception
    return app
