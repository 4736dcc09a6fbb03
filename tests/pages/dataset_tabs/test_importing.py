import shutil
from pathlib import Path

from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.faces import images
from pages.shared.titles import IMPORT
from tests.examples import CLASSES, noisy_color, write_classes
from tests.pages.conftest import button, texts, widget


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


def test_the_folders_with_the_people_are_chosen_and_adapted_names_are_told(
    open_page, tmp_path_factory
) -> None:
    source = tmp_path_factory.mktemp("source")
    for seed, place in enumerate(("train/Ada/2024", "test/Ada/2025", "train/Dr. X./2024")):
        images.write(source / place / "a.png", noisy_color((90, 90, 90), seed))
    FaceFolder.create("new")
    app = to_import(open_page("dataset"))
    widget(app.text_input, "Or a folder on this computer").set_value(str(source))
    widget(app.selectbox, "Face detector").set_value("none")
    app.run()
    level = widget(app.selectbox, "Which folders have the people's names?")
    assert level.options == ["test, train", "Ada, Dr. X.", "2024, 2025"] and level.value == 1
    button(app, "Import").click().run()
    assert FaceFolder.open("new").counts() == {"Ada": 2, "Dr. X": 1}
    assert "Some names were adapted: Dr. X. as Dr. X." in texts(app)


def test_pictures_without_a_face_come_with_the_way_to_bring_them_in(
    open_page, tmp_path_factory
) -> None:
    source = tmp_path_factory.mktemp("source")
    images.write(source / "Ada" / "wall.png", noisy_color((90, 90, 90), 1))
    FaceFolder.create("new")
    app = to_import(open_page("dataset"))
    widget(app.text_input, "Or a folder on this computer").set_value(str(source))
    widget(app.selectbox, "Face detector").set_value("haar")
    app.run()
    button(app, "Import").click().run()
    assert "Left out: 1 no face found." in texts(app)
    assert "choose the face detector *None: take every picture whole*" in texts(app)
