import numpy as np

from facerec.recognition import enrolment
from tests.examples import RUN
from tests.pages.conftest import face, texts


def test_home_and_train_say_whom_it_knows(open_page, empty) -> None:
    enrolment.enrol(empty, "Ada", np.stack([face("Ada", seed) for seed in range(5)]))
    runs = open_page("home").dataframe[1].value.set_index("Run").loc["made"]
    assert runs["Recognises by"] == "Class means on Custom CNN"
    assert (runs["State"], runs["Epochs"]) == ("knows 1 person", "–")
    app = open_page("train")
    app.session_state["run"] = "made"
    said = texts(app.run())
    assert "**Ada** · 5 faces" in said and f"network of {RUN}" in said
    assert {element.label: element.value for element in app.metric} == {
        "People known": "1", "Faces": "5"
    }  # fmt: skip
    assert "Resume" not in [element.label for element in app.button]
