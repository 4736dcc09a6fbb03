from facerec.datasets.folder import UNKNOWN
from facerec.live.frames import LiveFace
from facerec.recognition import enrolment
from facerec.runs.run import Run
from tests.pages.conftest import button, face
from tests.pages.live_panels.conftest import BOX, live

CORRECTIONS = ":material/edit: This is wrong"


def test_a_wrong_name_is_learned_from_at_once(open_page, empty) -> None:
    enrolment.enrol(empty, "Ada", face("Ada")[None])
    app = live(open_page, empty, CORRECTIONS)
    app.session_state["live-taken"] = [LiveFace(1, BOX, None, face("Zoë"))]
    app.run()
    assert {"Ada", UNKNOWN} <= {element.label for element in app.button}
    button(app, UNKNOWN).click().run()
    assert Run.open("made").gallery.counts() == {"Ada": 1, UNKNOWN: 1}
    button(app, "Undo 1 face of Unknown").click().run()
    assert Run.open("made").gallery.counts() == {"Ada": 1}
    assert "Learn from them in a new run" not in [element.label for element in app.button]
