import shutil
from io import BytesIO
from pathlib import Path

import pytest

from facerec.datasets.exchange import export_dataset
from facerec.datasets.folder import UNKNOWN, FaceFolder, list_datasets
from facerec.faces import images
from pages.dataset_tabs.titles import IMPORT
from tests.examples import CLASSES, noisy_color, write_classes
from tests.pages.conftest import button, texts, widget


def create(app, name: str):
    widget(app.text_input, "Name").set_value(name)
    return button(app, "Create").click().run()


def test_a_new_data_set_is_made_and_used(open_page) -> None:
    app = create(open_page("dataset"), "τάξη 7β")
    assert [folder.name for folder in list_datasets()] == ["τάξη 7β"]
    assert app.title[0].value == "τάξη 7β"


@pytest.mark.parametrize("name", ["../x", "", "CON"])
def test_a_bad_name_is_refused(open_page, name: str, home: Path) -> None:
    app = create(open_page("dataset"), name)
    assert len(app.error) == 1
    assert not list_datasets()
    assert not (home / "x").exists()


def test_counts_and_sessions_are_shown(open_page, small_dataset) -> None:
    app = open_page("dataset")
    assert {metric.label: metric.value for metric in app.metric} == {
        "People": "2",
        "Images": "24",
        "Sessions": "6",
    }
    assert widget(app.selectbox, "Capture session").options == ["All", "session0", "session1"]


def test_import_of_a_folder_says_what_came_in_and_what_did_not(
    open_page, home: Path, tmp_path_factory
) -> None:
    source = tmp_path_factory.mktemp("source")
    write_classes(source, images_per_session=2, sessions=1)
    (source / "Ada" / "broken.jpg").write_bytes(b"no image")
    FaceFolder.create("new")
    app = open_page("dataset")
    app.session_state["tab_to_open"] = ":material/download: Import"
    app.run()
    widget(app.text_input, "Or a folder on this computer").set_value(str(source))
    widget(app.selectbox, "Face detector").set_value("none")
    app.run()
    button(app, "Import").click().run()
    assert not app.exception
    assert FaceFolder.open("new").counts() == dict.fromkeys(CLASSES, 2)
    assert "Came in: 2 of Ada, 2 of Unknown, 2 of Zoë." in texts(app)
    assert "Left out: 1 unreadable." in texts(app)


def test_deleting_a_data_set(open_page, small_dataset) -> None:
    app = open_page("dataset")
    button(app, "Delete it").click().run()
    assert not app.exception
    assert not list_datasets()


def to_import(app):
    app.session_state["tab_to_open"] = IMPORT
    return app.run()


def test_unknown_is_built_from_assorted_people(
    open_page, home: Path, tmp_path_factory, drawn_classes: Path
) -> None:
    source = tmp_path_factory.mktemp("assorted")
    for number, person in enumerate(("Ann", "Ben", "Cid")):
        for index in range(4):
            pixels = noisy_color((90, 90, 90), 10 * number + index)
            images.write(source / person / f"{index}.png", pixels)
    shutil.copytree(drawn_classes / "Ada", home / "data" / "new" / "Ada")
    app = to_import(open_page("dataset"))
    widget(app.button_group, "Whom do the pictures show?").set_value(
        "Assorted people for Unknown"
    ).run()
    assert widget(app.number_input, "Faces to take").value == 8
    widget(app.number_input, "Faces to take").set_value(6)
    widget(app.text_input, "Or a folder on this computer").set_value(str(source))
    widget(app.selectbox, "Face detector").set_value("none")
    app.run()
    button(app, "Take them").click().run()
    assert not app.exception
    folder = FaceFolder.open("new")
    assert folder.counts() == {"Ada": 8, UNKNOWN: 6}
    assert folder.sessions()[UNKNOWN] == ["Ann", "Ben", "Cid"]
    assert "Came in: 6 of Unknown." in texts(app)


def test_rejected_pictures_are_shown_with_the_reason(open_page, tmp_path_factory) -> None:
    source = tmp_path_factory.mktemp("source")
    for name in ("a.png", "same.png"):
        images.write(source / "Ada" / name, noisy_color((90, 90, 90), 1))
    (source / "Ada" / "notes.txt").write_text("Dear Ada")
    FaceFolder.create("new")
    app = to_import(open_page("dataset"))
    widget(app.text_input, "Or a folder on this computer").set_value(str(source))
    widget(app.selectbox, "Face detector").set_value("none")
    app.run()
    button(app, "Import").click().run()
    assert "**Duplicate** (1)" in texts(app) and "**Not an image** (1)" in texts(app)
    (picture,) = app.get("image")
    assert picture.proto.imgs[0].caption == "same.png"
    reasons = [row for frame in app.dataframe for row in frame.value["Why"]]
    assert "already here as Ada/" in " ".join(reasons)


def test_an_exported_data_set_is_opened(open_page, small_dataset) -> None:
    packed = BytesIO()
    export_dataset(small_dataset, packed)
    before = small_dataset.content_hash()
    small_dataset.delete()
    app = open_page("dataset")
    upload = widget(app.get("file_uploader"), "Or open an exported one")
    upload.set_value([("colours.zip", packed.getvalue(), "application/zip")]).run()
    button(app, "Open").click().run()
    assert not app.exception
    assert FaceFolder.open("colours").content_hash() == before
    assert app.title[0].value == "colours"
