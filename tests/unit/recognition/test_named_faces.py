import numpy as np
import pytest

from facerec.datasets.folder import UNKNOWN
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import Outputs
from facerec.faces import drawing
from facerec.faces.detection import Box
from facerec.recognition.named_faces import RecognizedFace, ScoredFace, draw_recognized, name_face
from tests.examples import CLASSES, scene

LEFT = Box(20, 40, 120, 120)


def scored(*probabilities: float, similarities: tuple[float, ...] | None = None) -> ScoredFace:
    """A face whose softmax is these probabilities."""
    with np.errstate(divide="ignore"):
        logits = np.log(np.array([probabilities], np.float32))
    known = None if similarities is None else np.array([similarities], np.float32)
    return ScoredFace(LEFT, Outputs(logits, known))


@pytest.mark.parametrize(
    ("probabilities", "threshold", "label", "confidence"),
    [
        ((0.7, 0.2, 0.1), 0.5, "Ada", 0.7),
        ((0.7, 0.2, 0.1), 0.75, UNKNOWN, 0.7),
        ((0.5, 0.0, 0.5), 0.5, UNKNOWN, 0.5),
        ((0.1, 0.8, 0.1), 0.5, UNKNOWN, 0.8),
        ((0.0, 0.0, 1.0), 1.0, UNKNOWN, 1.0),
    ],
)
def test_unknown_is_a_class_and_what_is_under_the_threshold(
    probabilities: tuple[float, ...], threshold: float, label: str, confidence: float
) -> None:
    face = name_face(scored(*probabilities), CLASSES, OperatingPoint(threshold))
    assert (face.label, face.known) == (label, label != UNKNOWN)
    assert face.confidence == face.score == pytest.approx(confidence)
    assert list(face.probabilities) == list(CLASSES)


def test_the_point_s_score_decides_and_its_temperature_shows() -> None:
    face = scored(0.64, 0.32, 0.04, similarities=(0.3, 0.9, 0.8))
    by_margin = name_face(face, CLASSES, OperatingPoint(0.35, "margin"))
    assert (by_margin.label, by_margin.confidence) == (UNKNOWN, pytest.approx(0.64))
    assert by_margin.score == pytest.approx(0.32)
    similar = name_face(face, CLASSES, OperatingPoint(0.2, "similarity"))
    assert (similar.label, similar.score) == ("Ada", pytest.approx(0.3))
    soft = name_face(face, CLASSES, OperatingPoint(0.5, temperature=2.0))
    assert soft.probabilities["Ada"] == pytest.approx(0.8 / (0.8 + 0.32**0.5 + 0.2))
    assert soft.confidence == soft.score == soft.probabilities["Ada"]
    assert sum(soft.probabilities.values()) == pytest.approx(1)


def test_a_face_gets_the_name_that_its_score_is_of() -> None:
    """Also where probabilities of different logits are too near to each other to be told apart."""
    logits = np.array([[7.0, -9.0, np.nextafter(np.float32(7), np.float32(8))]], np.float32)
    face = ScoredFace(LEFT, Outputs(logits, np.float32([[0.1, 0.1, 0.9]])))
    (probabilities,) = face.outputs.probabilities(100.0)
    assert probabilities[0] == probabilities[2], "the test wants a tie"
    found = name_face(face, CLASSES, OperatingPoint(0.5, "similarity", 100.0))
    assert (found.label, found.score) == ("Zoë", pytest.approx(0.9))


@pytest.mark.parametrize(
    ("probabilities", "threshold", "words"),
    [
        ((0.7, 0.2, 0.1), 0.5, "Ada 70%"),
        # How sure it was of Ada says nothing of how sure it is that it is nobody.
        ((0.7, 0.2, 0.1), 0.9, "Unknown"),
        ((0.1, 0.8, 0.1), 0.5, "Unknown 80%"),
    ],
)
def test_how_sure_it_is_stands_behind_the_name_it_is_of(
    probabilities: tuple[float, ...], threshold: float, words: str
) -> None:
    face = name_face(scored(*probabilities), CLASSES, OperatingPoint(threshold))
    assert face.label + face.sureness == words


@pytest.mark.parametrize(("label", "color"), [("Zoë", drawing.GREEN), (UNKNOWN, drawing.RED)])
def test_boxes_are_green_for_known_and_red_for_unknown(
    label: str, color: tuple[int, int, int]
) -> None:
    frame = scene()
    draw_recognized(frame, [RecognizedFace(LEFT, label, 0.9, 0.9, {label: 0.9})])
    np.testing.assert_array_equal(frame[LEFT.y + 60, LEFT.x], color)
    np.testing.assert_array_equal(frame[LEFT.y + LEFT.height, LEFT.x + 60], color)
