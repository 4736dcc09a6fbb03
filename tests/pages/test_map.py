"""The maps on Compare and Live; what is drawn of them is tried in the browser tests."""

from types import SimpleNamespace

import numpy as np
import pytest

from facerec.datasets.folder import UNKNOWN
from facerec.embeddings import map as embedding_map
from facerec.embeddings.map import STRANGER_COLOR, PCAMap, class_colors
from facerec.evaluation.judging import evaluate
from facerec.faces.detection import Box
from facerec.faces.preprocessing import face_file
from facerec.live.frames import LiveFace
from facerec.live.pipeline import LivePipeline
from facerec.recognition import new_gallery
from facerec.recognition.named_faces import RecognizedFace
from facerec.recognition.recogniser import Recogniser
from facerec.runs.run import Run
from pages.compare_tabs.titles import MAP
from pages.components import embedding_map as component
from tests.examples import CLASSES
from tests.pages.conftest import texts

LIVE_MAP = ":material/scatter_plot: Map"


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """In place of the browser's parts: what they got to draw last."""
    seen = SimpleNamespace(map=None, live=None)
    monkeypatch.setattr(component, "_map", lambda key, data: setattr(seen, "map", data))
    monkeypatch.setattr(component, "_live", lambda key, data: setattr(seen, "live", data))
    return seen


def open_tab(open_page, page: str, run: Run):
    app = open_page(page)
    app.session_state["run"] = run.name
    app.session_state["compare-runs"] = [run.name]
    app.session_state[f"{page}-tab"] = {"compare": MAP, "live": LIVE_MAP}[page]
    app.run()
    assert not app.exception
    return app


def places(drawn: SimpleNamespace) -> np.ndarray:
    return np.array([[point["x"], point["y"]] for point in drawn.map["points"]])


def choose_pca(app):
    methods = next(item for item in app.get("button_group") if item.label == "Arranged by")
    return methods.set_value("pca").run()


def test_before_judging_it_asks_for_it(open_page, trained_run, drawn) -> None:
    assert "not been judged" in texts(open_tab(open_page, "compare", trained_run))
    assert drawn.map is None


def test_held_out_faces_and_strangers_are_on_it(
    open_page, trained_run, small_dataset, drawn
) -> None:
    evaluate(trained_run, small_dataset, small_dataset)
    app = open_tab(open_page, "compare", trained_run)
    points, groups = drawn.map["points"], drawn.map["groups"]
    assert len(points) == 48
    assert [group["name"] for group in groups] == [*CLASSES, "Strangers"]
    colors = class_colors(CLASSES)
    assert [group["color"] for group in groups] == [*colors.values(), STRANGER_COLOR]
    assert [group["cross"] for group in groups] == [False] * 3 + [True]
    named = [groups[point["group"]]["name"] for point in points[:24]]
    assert named == [face.class_name for face in small_dataset.face_files()]
    assert all(groups[point["group"]]["name"] == "Strangers" for point in points[24:])
    assert "Strangers inside a cluster" in texts(app)
    assert drawn.map["sheet"]["columns"] == 7
    assert drawn.map["stretch"]

    choose_pca(app)
    assert not app.exception
    assert not drawn.map["stretch"]
    pixels = np.stack([face_file(face.path) for face in small_dataset.face_files()])
    made = PCAMap(Recogniser(trained_run).embeddings(pixels)[[*range(24), *range(24)]])
    np.testing.assert_allclose(places(drawn), made.places, atol=2e-3)
    assert f"This plane shows {made.shown:.0%}" in texts(app)


def test_stop_ends_it_until_asked_for(
    open_page, trained_run, small_dataset, drawn, monkeypatch
) -> None:
    evaluate(trained_run, small_dataset)
    app = open_page("compare")
    app.session_state["stopped-Looking at the faces with colours-run"] = True
    app.session_state["compare-tab"] = MAP
    # Nothing kept of other tests.
    monkeypatch.setattr(component.kept, "_kept", lambda *_: component.kept.KeptFaces())
    app.run()
    assert drawn.map is None and "It was stopped." in texts(app)
    next(item for item in app.button if item.label == "Look at the faces").click().run()
    assert not app.exception and len(drawn.map["points"]) == 24


def test_live_shows_what_a_trained_run_learned(open_page, trained_run, drawn) -> None:
    app = open_tab(open_page, "live", trained_run)
    assert len(drawn.map["points"]) == 24
    assert drawn.live == {"map": f"live-map-{trained_run.name}", "faces": []}
    assert "Press START" in texts(app)


def test_live_faces_drop_on_the_enrolled_ones(
    open_page, trained_run, small_dataset, drawn, monkeypatch
) -> None:
    gallery_run = new_gallery.create("enrolled", trained_run, small_dataset)
    faces = [face_file(small_dataset.face_files(name)[0].path) for name in ("Ada", "Zoë")]
    box, playing = Box(0, 0, 9, 9), SimpleNamespace(state=SimpleNamespace(playing=True))
    chances = {"Ada": 0.9, "Zoë": 0.1}
    present = [
        LiveFace(track, box, RecognizedFace(box, name, 0.9, 0.9, chances), pixels)
        for track, name, pixels in zip((3, 7), ("Ada", UNKNOWN), faces, strict=True)
    ]
    monkeypatch.setattr("pages.components.camera.webrtc_streamer", lambda **_: playing)
    monkeypatch.setattr(LivePipeline, "faces", lambda self, name=None: present)
    app = open_tab(open_page, "live", gallery_run)
    choose_pca(app)
    assert not app.exception
    assert len(drawn.map["points"]) == len(gallery_run.gallery)
    ada, zoe = drawn.live["faces"]
    colors = class_colors(gallery_run.classes)
    assert (ada["track"], ada["name"], ada["color"]) == (3, "Ada", colors["Ada"])
    assert (zoe["track"], zoe["name"]) == (7, UNKNOWN) and zoe["color"] not in colors.values()
    expected = PCAMap(gallery_run.gallery.embeddings).place(
        Recogniser(gallery_run).embeddings(np.stack(faces))
    )
    found = [[face["x"], face["y"]] for face in (ada, zoe)]
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_live_without_enough_faces_says_what_to_do(
    open_page, trained_run, small_dataset, drawn
) -> None:
    run = new_gallery.create("empty", trained_run, small_dataset, enrol_all=False)
    app = open_tab(open_page, "live", run)
    assert "add people in the tab **People**" in texts(app)
    assert drawn.map is None and embedding_map.FEWEST_FACES == 3
