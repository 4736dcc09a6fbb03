from io import BytesIO
from pathlib import Path

import pytest

from facerec.datasets.exchange import export_dataset
from facerec.datasets.folder import FaceFolder, list_datasets
from pages.shared.titles import FACES, RECORD
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


def test_deleting_a_data_set(open_page, small_dataset) -> None:
    app = open_page("dataset")
    button(app, "Delete it").click().run()
    assert not app.exception
    assert not list_datasets()
    assert "is deleted. Removed:" in texts(app)


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


def test_a_data_set_that_arrives_under_a_taken_name_gets_another(open_page, small_dataset) -> None:
    packed = BytesIO()
    export_dataset(small_dataset, packed)
    app = open_page("dataset")
    upload = widget(app.get("file_uploader"), "Or open an exported one")
    upload.set_value([("colours.zip", packed.getvalue(), "application/zip")]).run()
    widget(app.text_input, "Name here").set_value("copy").run()
    button(app, "Open").click().run()
    assert not app.exception
    assert FaceFolder.open("copy").content_hash() == small_dataset.content_hash()


def test_a_new_data_set_opens_where_faces_are_recorded(open_page, small_dataset) -> None:
    app = open_page("dataset")
    assert app.session_state["dataset-tab"] == FACES
    app = create(app, "new")
    assert app.session_state["dataset-tab"] == RECORD
    assert button(app, "Get ready").disabled
