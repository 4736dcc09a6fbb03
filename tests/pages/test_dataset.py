from pathlib import Path

import pytest

from facerec.dataset import FaceFolder, list_datasets
from tests.examples import CLASSES, write_classes
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
        "Capture sessions": "6",
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
