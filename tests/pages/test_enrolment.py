"""Embedding recognisers on the pages: made, and people added and removed."""

from types import SimpleNamespace

import numpy as np
import pytest

from facerec.datasets.folder import UNKNOWN
from facerec.faces.detection import Box
from facerec.live.frames import FacesFound, LiveFace, SeenFace
from facerec.recognition import enrolment, new_gallery
from facerec.runs.run import Run
from pages.train_tabs.titles import EMBEDDING
from tests.examples import CLASSES, COLORS, RUN, noisy_color
from tests.pages.conftest import button, texts, widget
from tests.pages.test_app import PAGES

PEOPLE, CORRECTIONS = ":material/group: People", ":material/edit: This is wrong"
BOX = Box(40, 60, 100, 100)
FRAME = np.full((240, 320, 3), 128, np.uint8)


def face(name: str, seed: int = 900) -> np.ndarray:
    return noisy_color(COLORS[name], seed)


@pytest.fixture
def empty(trained_run, small_dataset) -> Run:
    """An embedding recogniser that knows nobody yet."""
    return new_gallery.create("made", trained_run, small_dataset, enrol_all=False)


@pytest.fixture
def playing(monkeypatch) -> None:
    """The camera plays, as far as the page knows."""
    stream = SimpleNamespace(state=SimpleNamespace(playing=True))
    monkeypatch.setattr("pages.components.camera.webrtc_streamer", lambda **_: stream)


def live(open_page, run: Run, tab: str):
    app = open_page("live")
    app.session_state["run"] = run.name
    app.session_state["live-tab"] = tab
    app.run()
    assert not app.exception
    return app


def train(open_page, run: Run):
    app = open_page("train")
    app.session_state["run"] = run.name
    app.session_state["train-tab"] = EMBEDDING
    return app.run()


def test_one_is_made_from_the_run_in_use(open_page, trained_run) -> None:
    app = train(open_page, trained_run)
    embedders = widget(app.selectbox, "Embeddings from")
    best, *others = (f"{title} (pretrained)" for title, _ in new_gallery.PRETRAINED.values())
    assert embedders.options == [best, trained_run.title, *others] and embedders.value == best
    embedders.set_value(trained_run.title)
    widget(app.radio, "How faces are compared").set_value("svm")
    widget(app.text_input, "Name of the recogniser").set_value("ours")
    button(app, "Make it").click().run()
    assert not app.exception
    made = Run.open("ours")
    assert set(made.classes) == set(CLASSES) and made.gallery.matcher == "svm"
    assert made.info.embedder == RUN and app.session_state["run"] == "ours"
    assert "ours is made. It knows 2 people." in texts(app)
    # It is no embedder itself, and nothing to continue a training from.
    assert made.title not in widget(app.selectbox, "Embeddings from").options
    assert "ours" not in widget(app.selectbox, "Continue from").options


def test_nobody_at_first_and_weights_that_cannot_be_had(open_page, trained_run) -> None:
    app = train(open_page, trained_run)
    widget(app.radio, "Who is known").set_value("Nobody at first")
    widget(app.selectbox, "Embeddings from").set_value(trained_run.title).run()
    button(app, "Make it").click().run()
    assert Run.open("colours-embedding-1").gallery.people == ()
    assert "add people before the camera" in texts(app)
    pretrained = widget(app.selectbox, "Embeddings from")
    pretrained.set_value("InceptionResnetV1, VGGFace2 (pretrained)").run()
    button(app, "Make it").click().run()
    (error,) = app.error
    assert "vggface2.pt" in error.value and "try again" in error.value


@pytest.fixture(autouse=True)
def no_downloads(monkeypatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network in tests")

    monkeypatch.setattr("torch.hub.urlopen", refuse)


@pytest.mark.parametrize("people", [(), ("Ada",)])
def test_every_page_draws_one_in_use(open_page, empty, people) -> None:
    for name in people:
        enrolment.enrol(empty, name, face(name)[None])
    app = open_page("home")
    app.session_state["run"] = "made"
    for page in PAGES:
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception and not app.error, page


def test_home_and_train_say_whom_it_knows(open_page, empty) -> None:
    enrolment.enrol(empty, "Ada", np.stack([face("Ada", seed) for seed in range(5)]))
    runs = open_page("home").dataframe[1].value.set_index("Run").loc["made"]
    assert runs["Recognises by"] == "Class means on Custom CNN"
    assert (runs["State"], runs["Epochs"]) == ("knows 1 person", "–")
    app = open_page("train")
    app.session_state["run"] = "made"
    said = texts(app.run())
    assert "**Ada** · 5 faces" in said and f"network of {RUN}" in said
    assert {element.label: element.value for element in app.metric} == {
        "People known": "1", "Faces": "5"
    }  # fmt: skip
    assert "Resume" not in [element.label for element in app.button]


def test_somebody_before_the_camera_is_known_at_once(open_page, empty, playing) -> None:
    app = live(open_page, empty, PEOPLE)
    assert "knows nobody yet, so everybody is Unknown" in texts(app)
    widget(app.text_input, "Who is before the camera?").set_value("Grace")
    button(app, "Take pictures").click().run()
    assert "Grace · 0 of 20" in texts(app)
    _, taking = app.session_state["live-taking"]
    recogniser = app.session_state["pipeline"].recognisers["made"]
    for number in range(20):
        taking.watch(FacesFound(number, FRAME, (SeenFace(1, BOX, face("Ada", number)),)))
    app.run()
    assert not app.exception
    assert Run.open("made").gallery.counts() == {"Grace": 20}
    pipeline = app.session_state["pipeline"]
    assert pipeline.recognisers["made"] is not recogniser
    assert pipeline.recognisers["made"].engine is recogniser.engine
    assert pipeline.recognisers["made"].classes == ("Grace",)
    assert pipeline.points["made"].score == "similarity"
    assert "It knows 1 person" in texts(app)

    button(app, "Remove").click().run()
    assert Run.open("made").gallery.people == ()
    button(app, "Undo removing Grace").click().run()
    assert Run.open("made").gallery.counts() == {"Grace": 20}
    button(app, "Undo 20 faces of Grace").click().run()
    assert Run.open("made").gallery.people == ()
    assert widget(app.text_input, "Who is before the camera?").value == ""


def test_a_name_that_cannot_be_is_told_at_once(open_page, empty, playing) -> None:
    app = live(open_page, empty, PEOPLE)
    widget(app.text_input, "Who is before the camera?").set_value("A/B")
    button(app, "Take pictures").click().run()
    assert "that folders may not" in app.error[0].value
    assert app.session_state["live-taking"][1].person is None


def test_classes_of_the_data_set_are_added_and_the_matcher_changed(open_page, empty) -> None:
    app = live(open_page, empty, PEOPLE)
    assert button(app, "Take pictures").disabled
    button(app, "Ada").click().run()
    assert Run.open("made").gallery.counts() == {"Ada": 6}
    assert "Ada" not in [element.label for element in app.button]
    widget(app.radio, "How faces are compared").set_value("neighbours").run()
    assert Run.open("made").gallery.matcher == "neighbours"
    assert "Faces are compared by nearest neighbours" in [item.label for item in app.expander]


def test_a_classifier_becomes_an_embedding_recogniser(open_page, trained_run) -> None:
    app = live(open_page, trained_run, PEOPLE)
    assert "is a classifier" in texts(app)
    button(app, "Make an embedding recogniser of it").click().run()
    assert not app.exception
    assert app.session_state["run"] == "colours-embedding-1"
    assert set(Run.open("colours-embedding-1").classes) == set(CLASSES)
    assert "It knows 2 people" in texts(app)


def test_beside_a_classifier_one_of_a_face_network_is_made(open_page, trained_run) -> None:
    app = live(open_page, trained_run, PEOPLE)
    button(app, "Make one of SFace").click().run()
    assert not app.exception
    made = Run.open(app.session_state["run"])
    assert made.config.network == "sface" and set(made.classes) == set(CLASSES)
    assert "It knows 2 people" in texts(app)


def test_without_its_weights_no_face_network_is_made(open_page, trained_run, uninstalled) -> None:
    app = live(open_page, trained_run, PEOPLE)
    button(app, "Make one of SFace").click().run()
    (error,) = app.error
    assert "The pretrained weights could not be downloaded" in error.value
    assert app.session_state["run"] == trained_run.name


def test_a_wrong_name_is_learned_from_at_once(open_page, empty) -> None:
    enrolment.enrol(empty, "Ada", face("Ada")[None])
    app = live(open_page, empty, CORRECTIONS)
    app.session_state["live-taken"] = [LiveFace(1, BOX, None, face("Zoë"))]
    app.run()
    assert {"Ada", UNKNOWN} <= {element.label for element in app.button}
    button(app, UNKNOWN).click().run()
    assert Run.open("made").gallery.counts() == {"Ada": 1, UNKNOWN: 1}
    button(app, "Undo 1 face of Unknown").click().run()
    assert Run.open("made").gallery.counts() == {"Ada": 1}
    assert "Learn from them in a new run" not in [element.label for element in app.button]
