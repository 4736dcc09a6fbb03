"""The Webcam tab: naming people, recording them, what came of it."""

from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from facerec.datasets.folder import FaceFolder
from facerec.faces.detection import Box
from pages.shared.titles import RECORD
from tests.examples import FixedDetector
from tests.pages.conftest import button, texts, widget

FRAME = np.full((360, 640, 3), 128, np.uint8)


@pytest.fixture
def folder(home) -> FaceFolder:
    return FaceFolder.create("7b")


@pytest.fixture
def tab(open_page, folder: FaceFolder, monkeypatch) -> AppTest:
    """The tab with a camera that plays, and a detector that always finds a face."""
    playing = SimpleNamespace(state=SimpleNamespace(playing=True))
    app = open_page("dataset")
    monkeypatch.setattr("pages.components.camera.webrtc_streamer", lambda **_: playing)
    monkeypatch.setattr(
        "pages.shared.detectors.loaded_detector",
        lambda kind: FixedDetector([Box(260, 120, 120, 120)]),
    )
    app.session_state["tab_to_open"] = RECORD
    yield app.run()
    if "collector" in app.session_state:
        app.session_state["collector"].close()


def name_people(app: AppTest, *names: str, images: int = 2) -> AppTest:
    app.session_state["people_to_record"] = list(names)
    widget(app.number_input, "Images of each person").set_value(images)
    return app.run()


def get_ready(app: AppTest, *names: str, images: int = 2) -> AppTest:
    return button(name_people(app, *names, images=images), "Get ready").click().run()


def film(app: AppTest, frames: int = 5) -> None:
    """Show the collector frames that are far enough apart for an image each."""
    collector = app.session_state["collector"]
    for _ in range(frames):
        collector._last_saved = float("-inf")
        collector.collect(FRAME)
    app.run()


def labels(app: AppTest) -> list[str]:
    return [element.label for element in app.button]


def test_the_first_step_is_to_name_somebody(tab: AppTest) -> None:
    assert not tab.exception
    assert button(tab, "Get ready").disabled
    assert "60 images take 12 s." in texts(tab)


def test_two_people_are_recorded_one_after_the_other(tab: AppTest, folder: FaceFolder) -> None:
    app = get_ready(tab, "Ada", "Zoë")
    assert app.subheader[0].value.startswith("Ada ·")
    button(app, "Record").click().run()
    assert "Pause" in labels(app) and "Record" not in labels(app)
    film(app)
    assert not app.exception
    assert app.subheader[0].value == "Zoë · 0 of 2"
    assert "Ada 2/2" in labels(app) and "Zoë 0/2" in labels(app)
    # The counts above the tabs are those of now.
    assert widget(app.metric, "Images").value == "2"
    button(app, "Record").click().run()
    film(app)
    assert "Images saved: 2 of Ada, 2 of Zoë." in texts(app)
    # Their pictures are there to be looked at, and the next step.
    assert len(app.get("image")) == 2
    assert "Train a network" in [link.proto.label for link in app.get("page_link")]
    assert folder.counts() == {"Ada": 2, "Zoë": 2}
    button(app, "Show them").click().run()
    assert not app.exception
    assert app.session_state["dataset-tab"] != RECORD


def test_pause_choose_skip_and_finish(tab: AppTest, folder: FaceFolder) -> None:
    app = get_ready(tab, "Ada", "Ben", "Zoë")
    button(app, "Skip").click().run()
    assert app.subheader[0].value == "Ben · 0 of 2"
    button(app, "Record").click().run()
    film(app, frames=1)
    button(app, "Pause").click().run()
    film(app)
    assert "Ben 1/2" in labels(app)
    button(app, "Ada 0/2").click().run()
    assert app.subheader[0].value.startswith("Ada ·")
    button(app, "Finish").click().run()
    assert "Images saved: 1 of Ben." in texts(app)
    assert "Not complete: Ada, Ben, Zoë" in texts(app)
    button(app, "Record more people").click().run()
    assert app.multiselect[0].value == ["Ada", "Zoë"]
    assert widget(app.button_group, "Who is in the data set already").value == ["Ben"]
    assert folder.counts() == {"Ben": 1}


def test_each_person_can_have_a_number_of_images_of_their_own(tab: AppTest) -> None:
    app = name_people(tab, "Ada", "Zoë", images=5)
    widget(app.number_input, "Images of Zoë").set_value(7)
    button(app, "Get ready").click().run()
    people = app.session_state["collector"].state.people
    assert [(person.name, person.wanted) for person in people] == [("Ada", 5), ("Zoë", 7)]


@pytest.mark.parametrize(
    ("names", "message"),
    [(["Ada", "ada"], "ada is in the list twice"), (["../x"], "character that folders may not")],
)
def test_bad_names_are_refused_in_words(tab: AppTest, names: list[str], message: str) -> None:
    app = get_ready(tab, *names)
    assert not app.exception
    assert message in app.error[0].value
    assert "collector" not in app.session_state


def test_an_error_while_recording_is_shown(tab: AppTest, monkeypatch) -> None:
    app = get_ready(tab, "Ada")
    button(app, "Record").click().run()

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("facerec.system.files.os.replace", full)
        film(app)
    assert "the disk is full" in app.error[0].value
    assert "Record" in labels(app)


def test_another_data_set_gets_none_of_the_faces(tab: AppTest, folder: FaceFolder) -> None:
    app = get_ready(tab, "Ada")
    collector = app.session_state["collector"]
    FaceFolder.create("8a")
    app.session_state["dataset_to_use"] = "8a"
    app.session_state["tab_to_open"] = RECORD
    app.run()
    assert not app.exception
    assert collector.closed and "collector" not in app.session_state
    assert "Get ready" in labels(app)
