"""The Map tab; what is drawn of it is tried in the browser tests."""

from types import SimpleNamespace

import numpy as np

from facerec.embeddings.map import STRANGER_COLOR, PCAMap, class_colors
from facerec.evaluation.judging import evaluate
from facerec.faces.preprocessing import face_file
from facerec.recognition.recogniser import Recogniser
from facerec.runs.run import Run
from pages.compare_tabs.titles import MAP
from pages.components import embedding_map as component
from tests.examples import CLASSES
from tests.pages.conftest import choose_pca, texts


def open_tab(open_page, run: Run):
    app = open_page("compare")
    app.session_state["run"] = run.name
    app.session_state["compare-runs"] = [run.name]
    app.session_state["compare-tab"] = MAP
    app.run()
    assert not app.exception
    return app


def places(drawn: SimpleNamespace) -> np.ndarray:
    return np.array([[point["x"], point["y"]] for point in drawn.map["points"]])


def test_before_judging_it_asks_for_it(open_page, trained_run, drawn) -> None:
    assert "not been judged" in texts(open_tab(open_page, trained_run))
    assert drawn.map is None


def test_held_out_faces_and_strangers_are_on_it(
    open_page, trained_run, small_dataset, drawn
) -> None:
    evaluate(trained_run, small_dataset, small_dataset)
    app = open_tab(open_page, trained_run)
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
