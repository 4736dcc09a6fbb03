"""The Map panel; what is drawn of it is tried in the browser tests."""

from types import SimpleNamespace

import numpy as np

from facerec.datasets.folder import UNKNOWN
from facerec.embeddings import map as embedding_map
from facerec.embeddings.map import PCAMap, class_colors
from facerec.faces.detection import Box
from facerec.faces.preprocessing import face_file
from facerec.live.frames import LiveFace
from facerec.live.pipeline import LivePipeline
from facerec.recognition import new_gallery
from facerec.recognition.named_faces import RecognizedFace
from facerec.recognition.recogniser import Recogniser
from tests.pages.conftest import choose_pca, texts
from tests.pages.live_panels.conftest import live

MAP = ":material/scatter_plot: Map"


def test_live_shows_what_a_trained_run_learned(open_page, trained_run, drawn) -> None:
    app = live(open_page, trained_run, MAP)
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
    app = live(open_page, gallery_run, MAP)
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
    # The page calculates with the fastest engine, which may be bf16.
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_live_without_enough_faces_says_what_to_do(
    open_page, trained_run, small_dataset, drawn
) -> None:
    run = new_gallery.create("empty", trained_run, small_dataset, enrol_all=False)
    app = live(open_page, run, MAP)
    assert "add people in the tab **People**" in texts(app)
    assert drawn.map is None and embedding_map.FEWEST_FACES == 3
