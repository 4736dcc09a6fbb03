import cv2
import streamlit as st

from facerec.cleaning import editing
from facerec.cleaning.table import face_table, measure, unmeasured
from facerec.datasets.folder import FaceFolder
from facerec.faces import images
from facerec.runs.run import Run
from pages.shared.titles import FINDINGS
from tests.examples import COLORS, noisy_color
from tests.pages.conftest import button, texts, widget
from tests.pages.dataset_tabs.conftest import ids


def to_findings(app):
    app.session_state["tab_to_open"] = FINDINGS
    return app.run()


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
