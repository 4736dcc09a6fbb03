"""The tab that tells whether two faces are of one person."""

import shutil

import pytest

from facerec.collecting.sources import named
from facerec.datasets.folder import FaceFolder
from facerec.embeddings import pairs as verification
from facerec.embeddings.faces import embed_faces
from facerec.evaluation.judging import evaluate
from facerec.faces import images
from facerec.faces.detection import Box
from facerec.faces.preprocessing import face_file
from facerec.recognition.recogniser import Recogniser
from facerec.runs.run import Run
from pages.compare_tabs.titles import TWO_FACES
from tests.examples import FixedDetector, noisy_color
from tests.pages.conftest import button, texts, widget

SAME, TWO = "# :green[Same person]", "# :orange[Two people]"


@pytest.fixture
def open_tab(open_page):
    """Opens the Compare page at the tab."""

    def opened():
        app = open_page("compare")
        app.session_state["compare-tab"] = TWO_FACES
        app.run()
        assert not app.exception
        return app

    return opened


@pytest.fixture
def judged(trained_run: Run, small_dataset: FaceFolder) -> Run:
    """The run, judged on all images."""
    evaluate(trained_run, small_dataset)
    return trained_run


@pytest.fixture
def upload(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts a picture where the page asks for one."""
    content = images.encode(noisy_color((200, 60, 60), 1), ".png")
    monkeypatch.setattr("streamlit.file_uploader", lambda *_, **__: named("ada.png", content))


def sources(app) -> list:
    """Where the left and the right face come from."""
    return [element for element in app.radio if element.label == "Source"]


def people(app) -> list[str]:
    return [element.value for element in app.selectbox if element.label == "Person"]


def slider(app):
    return widget(app.slider, "Threshold of the similarity")


def test_before_judging_it_asks_for_it(open_tab, trained_run) -> None:
    assert "not been judged" in texts(open_tab())


def test_the_verdict_is_that_of_the_two_faces_and_the_threshold(
    open_tab, judged, small_dataset
) -> None:
    app = open_tab()
    classifier = Recogniser(judged)
    pairs = verification.all_pairs(embed_faces(classifier, small_dataset.face_files()))
    assert slider(app).value == pytest.approx(pairs.equal_error[1], abs=1e-4)
    assert widget(app.metric, "AUROC").value == f"{pairs.auroc:.3f}"
    assert pairs.in_words(slider(app).value) in texts(app)
    assert "people whom the network learned" in texts(app)

    one, other = people(app)
    assert one == other
    places = [app.session_state[f"two-faces-image-{side}"] for side in ("left", "right")]
    files = [small_dataset.face_files(one)[place] for place in places]
    found = verification.similarity(classifier, *(face_file(face.path) for face in files))
    assert widget(app.metric, "Cosine similarity").value == f"{found:.3f}"
    assert widget(app.metric, "Distance").value == f"{1 - found:.3f}"

    slider(app).set_value(slider(app).min).run()
    assert SAME in texts(app) and f"Right: both are {one}." in texts(app)
    assert widget(app.metric, "Taken for one (FAR)").value == "100.0%"
    button(app, "Another pair of two people").click().run()
    assert set(people(app)) == {"Ada", "Zoë"}
    assert SAME in texts(app) and "Wrong: they are" in texts(app)
    slider(app).set_value(slider(app).max).run()
    assert TWO in texts(app) and "Right: they are" in texts(app)
    assert widget(app.metric, "Taken for two (FRR)").value == "100.0%"
    button(app, "Another pair of one person").click().run()
    assert len(set(people(app))) == 1


def test_strangers_are_the_test_where_there_are_some(
    open_tab, trained_run, small_dataset, home
) -> None:
    strangers = home / "data" / "visitors"
    for name, person in (("Ada", "Eve"), ("Zoë", "Bob")):
        shutil.copytree(small_dataset.path / name, strangers / person)
    evaluate(trained_run, small_dataset, FaceFolder(strangers))
    app = open_tab()
    assert "16 pictures of 2 **strangers**" in texts(app)
    assert "Eve (stranger)" in widget(app.selectbox, "Person").options


def test_the_largest_face_of_a_picture_is_compared(
    open_tab, judged, upload, small_dataset, monkeypatch
) -> None:
    detector = FixedDetector([])
    monkeypatch.setattr("pages.shared.detectors.ready_detector", lambda _: detector)
    app = open_tab()
    sources(app)[0].set_value("Upload").run()
    assert not app.exception
    assert "No face was found in this picture" in texts(app)
    assert "Choose a face on each side" in texts(app)
    # What a threshold means is to be seen all the same.
    assert "Of 100 pairs of the same person" in texts(app)

    detector.boxes.append(Box(0, 0, 224, 224))
    sources(app)[1].set_value("Upload").run()
    assert not app.exception
    assert float(widget(app.metric, "Cosine similarity").value) == pytest.approx(1, abs=1e-3)
    assert SAME in texts(app)
    # Nobody knows who that is.
    assert "both are" not in texts(app)
