from pathlib import Path

import numpy as np
import pytest
import torch

from facerec import drawing, images, networks
from facerec.dataset import UNKNOWN
from facerec.detection import Box, WholeImage
from facerec.errors import FacerecError
from facerec.preprocessing import extract_faces
from facerec.recognition import (
    Classifier,
    RecognizedFace,
    Recognizer,
    ScoredFace,
    draw_recognized,
    name_face,
)
from facerec.runs import Run
from tests.examples import CLASSES, COLORS, FixedDetector, noisy_color, scene

LEFT, RIGHT = Box(20, 40, 120, 120), Box(180, 60, 100, 100)


@pytest.fixture
def classifier(trained_run: Run) -> Classifier:
    return Classifier(trained_run)


def scored(*probabilities: float) -> ScoredFace:
    return ScoredFace(LEFT, np.array(probabilities, np.float32))


def test_probabilities_are_the_network_s_softmax(trained_run: Run, classifier: Classifier) -> None:
    faces = np.stack([noisy_color(color, 1) for color in COLORS.values()])
    probabilities = classifier.probabilities(faces)
    assert probabilities.shape == (3, 3) and probabilities.dtype == np.float32
    inputs = networks.network("custom_cnn").prepare(torch.from_numpy(faces).permute(0, 3, 1, 2))
    with torch.inference_mode():
        expected = trained_run.load_network()(inputs).softmax(dim=1)
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)
    assert classifier.classes == CLASSES
    assert [CLASSES[row.argmax()] for row in probabilities] == list(COLORS)


def test_no_faces_give_no_probabilities(classifier: Classifier) -> None:
    assert classifier.probabilities(np.empty((0, 224, 224, 3), np.uint8)).shape == (0, 3)


def test_a_run_without_weights_cannot_recognise(trained_run: Run) -> None:
    trained_run.weights_file.unlink()
    with pytest.raises(FacerecError, match="no weights yet"):
        Classifier(trained_run)


def test_a_frame_gives_what_its_faces_give(classifier: Classifier) -> None:
    detector = FixedDetector([LEFT, RIGHT])
    frame = scene((LEFT, COLORS["Zoë"]), (RIGHT, COLORS["Ada"]))
    faces = Recognizer(classifier, detector).score(frame)
    cut_out = np.stack([found.pixels for found in extract_faces(frame, detector)])
    expected = classifier.probabilities(cut_out)
    assert [face.box for face in faces] == [LEFT, RIGHT]
    np.testing.assert_array_equal([face.probabilities for face in faces], expected)
    # The same frame with red and blue swapped is another one to the network.
    swapped = Recognizer(classifier, detector).score(np.ascontiguousarray(frame[..., ::-1]))
    assert np.abs(swapped[0].probabilities - expected[0]).max() > 0.1


@pytest.mark.parametrize("name", CLASSES)
def test_a_face_from_file_to_name(classifier: Classifier, tmp_path: Path, name: str) -> None:
    path = tmp_path / "face.png"
    images.write(path, noisy_color(COLORS[name], 77))
    recognizer = Recognizer(classifier, WholeImage())
    (face,) = recognizer.recognize(images.read(path), threshold=0.4)
    assert face.label == name
    assert face.confidence == max(face.probabilities.values())
    assert sum(face.probabilities.values()) == pytest.approx(1)
    (unsure,) = recognizer.recognize(images.read(path), threshold=1.0)
    assert unsure.label == UNKNOWN and not unsure.known


def test_a_frame_without_faces(classifier: Classifier) -> None:
    assert Recognizer(classifier, FixedDetector([])).recognize(scene(), 0.5) == []


@pytest.mark.parametrize(
    ("probabilities", "threshold", "label", "confidence"),
    [
        ((0.7, 0.2, 0.1), 0.5, "Ada", 0.7),
        ((0.7, 0.2, 0.1), 0.75, UNKNOWN, 0.7),
        ((0.5, 0.25, 0.25), 0.5, UNKNOWN, 0.5),
        ((0.1, 0.8, 0.1), 0.5, UNKNOWN, 0.8),
        ((0.0, 0.0, 1.0), 1.0, UNKNOWN, 1.0),
    ],
)
def test_unknown_is_a_class_and_what_is_under_the_threshold(
    probabilities: tuple[float, ...], threshold: float, label: str, confidence: float
) -> None:
    face = name_face(scored(*probabilities), CLASSES, threshold)
    assert (face.label, face.known) == (label, label != UNKNOWN)
    assert face.confidence == pytest.approx(confidence)
    assert list(face.probabilities) == list(CLASSES)


@pytest.mark.parametrize(("label", "color"), [("Zoë", drawing.GREEN), (UNKNOWN, drawing.RED)])
def test_boxes_are_green_for_known_and_red_for_unknown(
    label: str, color: tuple[int, int, int]
) -> None:
    frame = scene()
    draw_recognized(frame, [RecognizedFace(LEFT, label, 0.9, {label: 0.9})])
    np.testing.assert_array_equal(frame[LEFT.y + 60, LEFT.x], color)
    np.testing.assert_array_equal(frame[LEFT.y + LEFT.height, LEFT.x + 60], color)
