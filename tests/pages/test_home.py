import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from facerec.collecting import samples
from facerec.datasets.folder import FaceFolder, list_datasets
from facerec.faces.detection import Box
from facerec.live.frames import FacesFound, SeenFace
from facerec.system import paths
from pages.home_parts import your_face
from tests.examples import COLORS, noisy_color, write_classes
from tests.pages.conftest import PROJECT, button, texts, widget


@pytest.fixture
def visitors_folder(home) -> FaceFolder:
    write_classes(home / "data" / "visitors", images_per_session=1)
    return FaceFolder.open("visitors")


def test_loading_the_sample_data_makes_both_data_sets_and_the_video(
    open_page, yunet, monkeypatch
) -> None:
    monkeypatch.setattr(samples, "IMAGES_PER_CLASS", 6)
    monkeypatch.setattr(samples, "VIDEO_FRAMES", 3)
    app = open_page("home")
    button(app, "Load the sample data").click().run()
    assert not app.exception
    counts = {folder.name: folder.counts() for folder in list_datasets()}
    assert set(counts) == {"sample", "sample-strangers"}
    assert counts["sample"] == {"Ada": 6, "Bruno": 6, "Chen": 6, "Dalia": 6, "Unknown": 6}
    assert samples.loaded()
    assert "Next: train a network" in texts(app)
    assert app.session_state["dataset"] == "sample"
    assert "Load the sample data" not in [element.label for element in app.button]


def test_tables_list_data_sets_and_runs(open_page, trained_run) -> None:
    app = open_page("home")
    datasets, runs = (element.value for element in app.dataframe)
    assert datasets["Data set"].tolist() == ["colours"]
    assert datasets["People"].tolist() == [2]
    assert datasets["Images"].tolist() == [24]
    assert runs["Run"].tolist() == [trained_run.name]
    assert runs["Epochs"].tolist() == ["2 of 2"]
    last = trained_run.history()[-1]
    assert runs["Validation accuracy"].tolist() == [f"{last['validation_accuracy']:.1%}"]
    assert datasets["Faces"].tolist()[0].startswith("data:image/jpeg;base64,")


FIRST_VISIT = """
import sys, threading
from streamlit.testing.v1 import AppTest
start = threading.Thread.start
threading.Thread.start = lambda self: self.name == "import_ahead" or start(self)
app = AppTest.from_file("app.py", default_timeout=60).run()
assert [element.value for element in app.title] == ["Who is in front of the camera?"]
assert len(app.dataframe) == 2, "a data set and a run"
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_home_waits_for_no_import_that_it_needs_not(trained_run) -> None:
    command = [sys.executable, "-c", FIRST_VISIT]
    found = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert found.returncode == 0, found.stderr
    loaded = set(found.stdout.split())
    assert "streamlit" in loaded
    assert loaded.isdisjoint({"torchvision", "sklearn", "matplotlib", "optuna", "onnxruntime"})


def chosen(app, key: str, row: int):
    """The app after a click on a row of a table; the test runner cannot click."""
    app.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return app.run()


def test_a_click_on_a_run_takes_it_into_use(open_page, trained_run, strict_run) -> None:
    app = open_page("home")
    names = app.dataframe[1].value["Run"].tolist()
    other = next(name for name in names if name != app.session_state["run"])
    app = chosen(app, "home-runs", names.index(other))
    assert not app.exception
    assert app.session_state["run"] == other


def test_a_click_on_a_data_set_opens_it(open_page, small_dataset, visitors_folder) -> None:
    app = open_page("home")
    names = app.dataframe[0].value["Data set"].tolist()
    app = chosen(app, "home-datasets", names.index("visitors"))
    assert not app.exception
    assert app.title[0].value == "visitors"


def test_a_person_is_deleted_everywhere_from_home(open_page, trained_run, small_dataset) -> None:
    app = open_page("home")
    button(app, "What is kept, and how it goes").click().run()
    widget(app.selectbox, "Delete one person everywhere").set_value("Ada").run()
    button(app, "Delete Ada").click().run()
    assert not app.exception
    assert "Ada" not in small_dataset.class_names()
    assert "**Ada** is deleted. Removed:" in texts(app)
    assert f"{trained_run.name}: its weights have learned from Ada" in texts(app)


def test_everything_is_deleted_once_it_is_typed(open_page, trained_run, small_dataset) -> None:
    app = open_page("home")
    button(app, "What is kept, and how it goes").click().run()
    assert button(app, "Delete everything").disabled
    field = widget(app.text_input, "Delete everything: type “delete everything”")
    field.set_value("delete everything").run()
    button(app, "Delete everything").click().run()
    assert not app.exception
    assert not list_datasets() and not trained_run.folder.exists()
    assert "The run" in texts(app) and "exported or downloaded" in texts(app)


def test_a_face_is_known_after_one_press(open_page, yunet, monkeypatch) -> None:
    playing = SimpleNamespace(state=SimpleNamespace(playing=True))
    app = open_page("home")
    monkeypatch.setattr("pages.components.camera.webrtc_streamer", lambda **_: playing)
    button(app, "Try it").click().run()
    assert not app.exception
    trial = app.session_state["your-face-trial"]
    trial.taking._interval = 0.0
    found = SeenFace(1, Box(10, 10, 150, 150), noisy_color(COLORS["Ada"], 1))
    widget(app.text_input, "Your name").set_value("Unknown")
    button(app, "This is me").click().run()
    assert "type another name" in texts(app)
    widget(app.text_input, "Your name").set_value("Ada")
    button(app, "This is me").click().run()
    picture = np.full((360, 640, 3), 128, np.uint8)
    for second in range(your_face.PICTURES):
        trial.taking.watch(FacesFound(float(second), picture, (found,)))
    app.run()
    assert not app.exception
    assert trial.known.classes == ("Ada",) and "And now a stranger" in texts(app)
    widget(app.toggle, "Why does it know me?").set_value(True).run()
    assert "128 numbers" in texts(app) and "these pictures of Ada" in texts(app)
    assert not (paths.home() / "data").exists() or not list_datasets(), "nothing is saved"
    button(app, "Forget and close").click().run()
    assert "your-face-trial" not in app.session_state and trial.pipeline.closed
