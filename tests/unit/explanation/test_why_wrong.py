from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.errors import FacerecError
from facerec.explanation.why_wrong import (
    TRAITS,
    LearnedFaces,
    Step,
    learned_faces,
    traits_of,
    why_wrong,
)
from facerec.faces.detection import WholeImage
from facerec.recognition.recogniser import Recogniser
from facerec.runs.run import Run
from tests.examples import COLORS, noisy_color

USUAL = {"brightness": 100.0, "sharpness": 100.0, "size": 100.0, "turn": 0.0}


def learned(**changes: np.ndarray) -> LearnedFaces:
    """Twenty faces of Ada to the east and twenty of Zoë to the north; traits of about 100."""
    names = np.array(["Ada"] * 20 + ["Zoë"] * 20)
    embeddings = np.where((names == "Ada")[:, None], [1.0, 0.0], [0.0, 1.0]).astype(np.float32)
    spread = np.linspace(-10, 10, 40)
    traits = {name: USUAL[name] + spread for name in TRAITS} | changes
    return LearnedFaces(tuple(Path(f"{n}.jpg") for n in range(40)), names, embeddings, traits)


def because(**changes: float):
    face = np.array([0.8, 0.6], np.float32)
    return why_wrong(learned(), face, USUAL | changes, "Ada", "Zoë")


def test_the_most_similar_faces_of_both_names_stand_beside_it() -> None:
    found = because()
    assert [path.name for path, _ in found.like_got] == ["0.jpg", "1.jpg", "2.jpg"]
    assert [similarity for _, similarity in found.like_got] == pytest.approx([0.8] * 3)
    assert [path.name for path, _ in found.like_right] == ["20.jpg", "21.jpg", "22.jpg"]
    assert [similarity for _, similarity in found.like_right] == pytest.approx([0.6] * 3)
    assert [item.name for item in found.differences] == list(TRAITS)


@pytest.mark.parametrize(
    ("changes", "word", "step"),
    [
        ({"brightness": 20.0}, "darker", Step.AUGMENT),
        ({"sharpness": 20.0, "brightness": 80.0}, "more blurred", Step.AUGMENT),
        ({"turn": 90.0}, "turned further left", Step.RECORD),
        ({"size": 20.0}, "smaller", Step.RECORD),
    ],
)
def test_the_trait_that_is_furthest_out_is_the_advice(
    changes: dict[str, float], word: str, step: Step
) -> None:
    found = because(**changes)
    assert f"is {word} than the training faces of Zoë" in found.advice and found.step is step


def test_a_face_like_all_others_asks_for_another_occasion() -> None:
    found = because(brightness=105.0)
    assert "on another occasion" in found.advice and found.step is Step.RECORD


def test_few_faces_ask_for_more() -> None:
    few = learned()
    kept = np.r_[0:20, 20:23]
    few = LearnedFaces(
        tuple(few.paths[row] for row in kept), few.names[kept], few.embeddings[kept],
        {name: values[kept] for name, values in few.traits.items()},
    )  # fmt: skip
    many = replace(few, names=np.where(few.names == "Zoë", "Zoë", few.names))
    usual = {name: float(np.median(values[20:])) for name, values in many.traits.items()}
    found = why_wrong(many, np.array([1.0, 0.0], np.float32), usual, "Ada", "Zoë")
    assert found.advice.startswith("It has learned from 3 faces of Zoë only")


@pytest.mark.parametrize("right", [None, UNKNOWN])
def test_a_stranger_is_a_matter_of_refusing(right: str | None) -> None:
    found = why_wrong(learned(), np.array([1.0, 0.0], np.float32), USUAL, "Ada", right)
    assert found.step is Step.REFUSE and not found.like_right and "second opinion" in found.advice


def test_what_is_not_known_is_left_out() -> None:
    found = because(size=float("nan"))
    assert [item.name for item in found.differences] == ["brightness", "sharpness", "turn"]


def test_what_a_run_learned_is_embedded_and_measured(
    trained_run: Run, small_dataset: FaceFolder
) -> None:
    recogniser = Recogniser(trained_run)
    found = learned_faces(trained_run, recogniser, WholeImage())
    assert len(found.paths) == len(found.names) == len(found.embeddings) == 18
    face = noisy_color(COLORS["Ada"], 900)
    why = why_wrong(
        found, recogniser.embeddings(face[None])[0], traits_of(face, None, WholeImage()),
        "Zoë", "Ada",
    )  # fmt: skip
    assert {path.parent.name for path, _ in why.like_right} == {"Ada"}
    assert min(s for _, s in why.like_right) > max(s for _, s in why.like_got)
    small_dataset.delete()
    with pytest.raises(FacerecError, match="are gone"):
        learned_faces(trained_run, recogniser, WholeImage())
