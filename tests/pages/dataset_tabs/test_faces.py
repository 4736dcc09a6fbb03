"""The tiles and findings of the Data set page; clicks into them are tried in the browser tests."""

from facerec.cleaning import editing
from facerec.cleaning.table import face_table, unmeasured
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.runs.run import Run
from tests.pages.conftest import button, texts, widget
from tests.pages.dataset_tabs.conftest import ids


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
    told = texts(app)
    assert "**Eve** is deleted. Removed:" in told and "colours: 8 images" in told
    assert "its weights have learned from Eve" in told and "Files that were exported" in told
    button(app, "Close").click().run()
    assert "is deleted. Removed:" not in texts(app)
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
