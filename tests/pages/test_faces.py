"""The tiles and findings of the Data set page; clicks into them are tried in the browser tests."""

from types import SimpleNamespace

import cv2
import pytest
import streamlit as st

from facerec.cleaning import editing
from facerec.cleaning.table import face_table, measure, unmeasured
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.faces import images
from facerec.runs.run import Run
from pages.components import tile_grid as grid
from pages.dataset_tabs.titles import FINDINGS
from tests.examples import COLORS, noisy_color
from tests.pages.conftest import button, texts, widget


@pytest.fixture
def tiles(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """In place of the browser's part: what was drawn, and ids that count as clicked."""
    seen = SimpleNamespace(drawn={}, clicked=None)

    def component(key: str, data: dict, default: dict, **_: object) -> SimpleNamespace:
        seen.drawn[key] = data
        return SimpleNamespace(
            selected=default["selected"] if seen.clicked is None else seen.clicked
        )

    monkeypatch.setattr(grid, "_component", component)
    return seen


@pytest.fixture
def folder(small_dataset: FaceFolder) -> FaceFolder:
    measure(small_dataset, small_dataset.face_files())
    return small_dataset


def ids(tiles: SimpleNamespace, key: str) -> list[str]:
    return [tile["id"] for tile in tiles.drawn[key]["tiles"]]


def to_findings(app):
    app.session_state["tab_to_open"] = FINDINGS
    return app.run()


def test_tiles_of_all_classes_or_of_one(open_page, folder: FaceFolder, tiles) -> None:
    app = open_page("dataset")
    assert ids(tiles, "faces") == [face.key for face in folder.face_files()]
    widget(app.selectbox, "Class").set_value("Ada").run()
    assert ids(tiles, "faces") == [face.key for face in folder.face_files("Ada")]
    widget(app.selectbox, "Capture session").set_value("session1").run()
    assert ids(tiles, "faces") == [face.key for face in folder.face_files("Ada")[4:]]
    assert "**4** of 24 images" in texts(app)
    assert not app.exception


def test_a_range_of_brightness_filters_and_is_taken_off(open_page, folder, tiles) -> None:
    app = open_page("dataset")
    table = face_table(folder)
    low = float(table["brightness"].median())
    app.session_state["tiles-ranges"] = {"brightness": (low, 255.0)}
    app.run()
    bright = [face.key for face, value in zip(table["face"], table["brightness"], strict=True)
              if value >= low]  # fmt: skip
    assert 0 < len(bright) < 24
    assert ids(tiles, "faces") == bright
    button(app, f"Brightness {low:.0f} to 255").click().run()
    assert len(ids(tiles, "faces")) == 24


def test_selected_images_are_deleted_and_come_back(open_page, folder, tiles) -> None:
    app = open_page("dataset")
    assert button(app, "Delete").disabled
    tiles.clicked = ["Ada/session0_0001.jpg", "no such image"]
    app.run()
    button(app, "Delete").click().run()
    assert folder.counts()["Ada"] == 7
    tiles.clicked = []
    app.run()
    assert "Deleted 1 image of Ada" in texts(app)
    button(app, "Undo").click().run()
    assert folder.counts()["Ada"] == 8
    assert not app.exception


def test_selected_images_are_moved(open_page, folder, tiles) -> None:
    tiles.clicked = ["Ada/session0_0001.jpg"]
    app = open_page("dataset")
    widget(app.selectbox, "Which class do they belong to?").set_value("Zoë").run()
    button(app, "Move them").click().run()
    assert folder.counts() == {"Ada": 7, UNKNOWN: 8, "Zoë": 9}


def test_a_class_is_renamed_and_deleted(open_page, trained_run: Run, tiles) -> None:
    folder = FaceFolder.open(trained_run.config.dataset)
    app = open_page("dataset")
    widget(app.selectbox, "Class").set_value("Ada").run()
    widget(app.text_input, "New name").set_value("Zoë").run()
    button(app, "Rename").click().run()
    assert "There is a class Zoë already" in texts(app)
    widget(app.text_input, "New name").set_value("Eve").run()
    button(app, "Rename").click().run()
    assert folder.class_names() == ["Eve", UNKNOWN, "Zoë"]
    widget(app.selectbox, "Class").set_value("Eve").run()
    button(app, "Delete this class").click().run()
    assert folder.class_names() == [UNKNOWN, "Zoë"]
    assert not app.exception
    app = open_page("compare")
    assert "renamed to Eve" in texts(app)


def test_images_put_there_by_hand_are_measured(open_page, small_dataset, tiles) -> None:
    app = open_page("dataset")
    assert "24 images were put here by hand" in texts(app)
    button(app, "Measure them").click().run()
    assert not unmeasured(face_table(small_dataset))
    assert "by hand" not in texts(app)


def test_without_unknown_the_way_to_it_is_shown(open_page, folder, tiles) -> None:
    editing.delete_class(folder, UNKNOWN)
    app = open_page("dataset")
    button(app, "Build Unknown").click().run()
    assert widget(app.number_input, "Faces to take").value == 8
    assert not app.exception


def test_findings_of_a_good_data_set(open_page, folder, tiles) -> None:
    app = to_findings(open_page("dataset"))
    assert "Nothing to mend was found." in texts(app)


def test_a_finding_is_shown_and_mended(open_page, folder: FaceFolder, tiles) -> None:
    blurred = cv2.GaussianBlur(noisy_color(COLORS["Ada"], 77), (0, 0), 9)
    images.write(folder.path / "Ada" / "planted_0001.jpg", blurred)
    measure(folder, unmeasured(face_table(folder)))
    app = to_findings(open_page("dataset"))
    assert widget(app.radio, "Findings").options == ["1 image is blurred"]
    assert tiles.drawn["finding-blurred"]["chosen"] == ["Ada/planted_0001.jpg"]
    button(app, "Delete the 1 selected").click().run()
    assert folder.counts()["Ada"] == 8
    assert "Nothing to mend was found." in texts(app)


def test_a_person_with_one_session_leads_to_the_webcam(open_page, folder, tiles) -> None:
    editing.delete_images(folder, [f for f in folder.face_files("Ada") if f.session == "session1"])
    app = to_findings(open_page("dataset"))
    widget(app.radio, "Findings").set_value("single session").run()
    assert "Ada: all images are of one capture session" in texts(app)
    button(app, "Record more of them").click().run()
    assert widget(app.button_group, "Who is in the data set already").value == ["Ada"]


def test_what_a_run_takes_for_somebody_else_is_moved(
    open_page, trained_run: Run, tiles, monkeypatch
) -> None:
    monkeypatch.setattr("facerec.cleaning.findings.SURE", 0.5)
    folder = FaceFolder.open(trained_run.config.dataset)
    images.write(folder.path / "Ada" / "wrong_0001.jpg", noisy_color(COLORS["Zoë"], 77))
    measure(folder, folder.face_files())
    app = to_findings(open_page("dataset"))
    button(app, "Is each in the right class?").click().run()
    assert not app.exception
    assert ids(tiles, "finding-another name") == ["Ada/wrong_0001.jpg"]
    button(app, "Move the 1 selected").click().run()
    assert folder.counts()["Zoë"] == 9
    assert "Nothing to mend was found." in texts(app)


def test_faces_are_looked_for_again(open_page, folder, tiles, monkeypatch) -> None:
    monkeypatch.setattr(st, "toast", lambda *_, **__: None)
    app = to_findings(open_page("dataset"))
    # There is no face in coloured squares.
    button(app, "Is there a face in each?").click().run()
    assert widget(app.radio, "Findings").options == ["24 images are without a face"]
