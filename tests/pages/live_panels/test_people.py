import numpy as np

from facerec.live.frames import FacesFound, SeenFace
from facerec.runs.run import Run
from tests.examples import CLASSES
from tests.pages.conftest import button, face, texts, widget
from tests.pages.live_panels.conftest import BOX, live

PEOPLE = ":material/group: People"
FRAME = np.full((240, 320, 3), 128, np.uint8)


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
    assert app.session_state["run"] == "colours-embedding"
    assert set(Run.open("colours-embedding").classes) == set(CLASSES)
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
