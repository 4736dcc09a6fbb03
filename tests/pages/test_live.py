import pytest

from facerec import images
from facerec.dataset import UNKNOWN
from facerec.importing import named
from tests.examples import CLASSES, noisy_color
from tests.pages.conftest import button, texts, widget


@pytest.fixture
def upload(monkeypatch):
    """Puts a picture of one colour-coded face where the page asks for a file."""
    content = images.encode(noisy_color((200, 60, 60), 1), ".png")
    monkeypatch.setattr("streamlit.file_uploader", lambda *_, **__: named("ada.png", content))


def choose_file(app):
    app.session_state["live-source"] = "File"
    widget(app.selectbox, "Face detector").set_value("none")
    return app.run()


def test_the_threshold_starts_from_the_runs_and_is_kept_with_it(open_page, trained_run) -> None:
    trained_run.save_threshold(0.7)
    app = open_page("live")
    slider = widget(app.slider, "Threshold")
    assert slider.value == 0.7
    slider.set_value(0.85).run()
    button(app, "Keep it with the run").click().run()
    assert trained_run.threshold == 0.85


def test_an_image_is_labelled(open_page, trained_run, upload) -> None:
    app = choose_file(open_page("live"))
    assert not app.exception
    widget(app.slider, "Threshold").set_value(0.0).run()
    headline = next(e.value for e in app.markdown if e.value.startswith("## "))
    assert any(f"[{name}]" in headline for name in CLASSES)


def test_at_threshold_one_everybody_is_unknown(open_page, trained_run, upload) -> None:
    app = choose_file(open_page("live"))
    widget(app.slider, "Threshold").set_value(1.0).run()
    headline = next(e.value for e in app.markdown if e.value.startswith("## "))
    assert headline.startswith(f"## :red[{UNKNOWN}]")


def test_the_missing_sample_video_leads_home(open_page, trained_run) -> None:
    app = open_page("live")
    app.session_state["live-source"] = "Sample"
    app.run()
    assert "The sample video is drawn with the sample data." in texts(app)
