from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from facerec.datasets.folder import UNKNOWN
from facerec.decisions.face_space import FaceSpace
from facerec.decisions.gallery import Gallery
from facerec.decisions.operating_point import OperatingPoint
from facerec.errors import FacerecError
from facerec.faces import images
from facerec.faces.detection import Box, WholeImage
from facerec.faces.preprocessing import extract_faces
from facerec.networks.catalogue import network_named
from facerec.networks.metric import Metric, of_length_one
from facerec.recognition.named_faces import ScoredFace, name_face
from facerec.recognition.recogniser import Recogniser
from facerec.runs.run import Run
from tests.examples import CLASSES, COLORS, FixedDetector, noisy_color, scene
from tests.looking import faces_named

LEFT, RIGHT = Box(20, 40, 120, 120), Box(180, 60, 100, 100)


@pytest.fixture
def classifier(trained_run: Run) -> Recogniser:
    return Recogniser(trained_run)


DIMENSIONS = 200
FACES = np.stack([noisy_color(color, 1) for color in COLORS.values()])


def test_outputs_are_the_network_s(trained_run: Run, classifier: Recogniser) -> None:
    outputs = classifier.outputs(FACES)
    assert outputs.logits.shape == (3, 3) and outputs.logits.dtype == np.float32
    inputs = network_named("custom_cnn").prepare(torch.from_numpy(FACES).permute(0, 3, 1, 2))
    with torch.inference_mode():
        expected = trained_run.load_network()(inputs)
    np.testing.assert_allclose(outputs.logits, expected, atol=1e-4)
    assert classifier.classes == CLASSES
    assert [CLASSES[place] for place in outputs.predictions] == list(COLORS)
    assert outputs.similarities is None, "no face space is known yet"


def space_around(embeddings: np.ndarray) -> FaceSpace:
    """Whose centres are these faces, and whose dimensions some of the embedding's own."""
    projection = np.eye(embeddings.shape[1], DIMENSIONS, dtype=np.float32)
    centres = of_length_one(embeddings[:, :DIMENSIONS])
    return FaceSpace(projection, np.zeros(DIMENSIONS, np.float32), centres)


def test_embeddings_are_the_network_s_of_length_1(trained_run: Run, classifier: Recogniser) -> None:
    embeddings = classifier.embeddings(FACES)
    assert embeddings.shape == (3, 64 * 7 * 7) and embeddings.dtype == np.float32
    inputs = network_named("custom_cnn").prepare(torch.from_numpy(FACES).permute(0, 3, 1, 2))
    module = trained_run.load_network()
    with torch.inference_mode():
        expected = module.embedding(module.features(inputs)).numpy()
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(embeddings, expected, atol=1e-5)


def test_similarities_are_those_in_the_face_space(trained_run: Run, classifier: Recogniser) -> None:
    embeddings = classifier.embeddings(FACES)
    trained_run.save_face_space(space_around(embeddings), trained_run.weights_hash)
    similarities = Recogniser(trained_run).outputs(FACES).similarities
    assert similarities.shape == (3, 3) and similarities.dtype == np.float32
    places = embeddings[:, :DIMENSIONS]
    places = places / np.linalg.norm(places, axis=1, keepdims=True)
    assert (places @ places.T).min() < 0.999
    np.testing.assert_allclose(similarities, places @ places.T, atol=1e-5)
    np.testing.assert_allclose(Recogniser(trained_run).embeddings(FACES), places, atol=1e-5)


@pytest.mark.parametrize("shape", [(2, 64 * 7 * 7), (3, 64 * 28 * 28)])
def test_a_face_space_of_another_network_is_refused(
    trained_run: Run, shape: tuple[int, int]
) -> None:
    space = space_around(np.zeros(shape, np.float32))
    trained_run.save_face_space(space, trained_run.weights_hash)
    with pytest.raises(FacerecError, match=r"face_space\.npz does not fit .*delete it"):
        Recogniser(trained_run)


def test_no_faces_give_no_outputs(trained_run: Run, classifier: Recogniser) -> None:
    nobody = np.empty((0, 224, 224, 3), np.uint8)
    outputs = classifier.outputs(nobody)
    assert outputs.logits.shape == (0, 3) and outputs.similarities is None
    space = space_around(classifier.embeddings(FACES))
    trained_run.save_face_space(space, trained_run.weights_hash)
    assert Recogniser(trained_run).outputs(nobody).similarities.shape == (0, 3)


def test_a_run_without_weights_cannot_recognise(trained_run: Run) -> None:
    trained_run.weights_file.unlink()
    with pytest.raises(FacerecError, match="no weights yet"):
        Recogniser(trained_run)


def test_a_frame_gives_what_its_faces_give(classifier: Recogniser) -> None:
    detector = FixedDetector([LEFT, RIGHT])
    frame = scene((LEFT, COLORS["Zoë"]), (RIGHT, COLORS["Ada"]))
    point = OperatingPoint(0.0)
    faces = faces_named(classifier, detector, frame, point)
    cut_out = np.stack([found.pixels for found in extract_faces(frame, detector)])
    expected = classifier.outputs(cut_out)
    assert [face.box for face in faces] == [LEFT, RIGHT]
    assert faces == [
        name_face(ScoredFace(box, expected[row : row + 1]), CLASSES, point)
        for row, box in enumerate((LEFT, RIGHT))
    ]
    # The same frame with red and blue swapped is another one to the network.
    swapped = faces_named(classifier, detector, np.ascontiguousarray(frame[..., ::-1]), point)
    before, after = faces[0].probabilities, swapped[0].probabilities
    assert max(abs(before[name] - after[name]) for name in CLASSES) > 0.1


@pytest.mark.parametrize("name", CLASSES)
def test_a_face_from_file_to_name(classifier: Recogniser, tmp_path: Path, name: str) -> None:
    path = tmp_path / "face.png"
    images.write(path, noisy_color(COLORS[name], 77))
    (face,) = faces_named(classifier, WholeImage(), images.read(path), OperatingPoint(0.4))
    assert face.label == name
    assert face.confidence == face.score == max(face.probabilities.values())
    assert sum(face.probabilities.values()) == pytest.approx(1)
    (unsure,) = faces_named(classifier, WholeImage(), images.read(path), OperatingPoint(1.0))
    assert unsure.label == UNKNOWN and not unsure.known


def test_a_frame_without_faces(classifier: Recogniser) -> None:
    assert faces_named(classifier, FixedDetector([]), scene(), OperatingPoint()) == []


def test_similarity_cannot_decide_without_a_face_space(classifier: Recogniser) -> None:
    point = OperatingPoint(0.5, "similarity")
    with pytest.raises(FacerecError, match="not known yet"):
        faces_named(classifier, FixedDetector([LEFT]), scene(), point)


def test_people_enrolled_by_another_metric_are_refused_in_one_line(recogniser: Run) -> None:
    recogniser.save_gallery(replace(recogniser.gallery, metric=Metric.EUCLIDEAN))
    with pytest.raises(FacerecError, match=r"metric \(euclidean\).*trained for \(cosine\): make"):
        Recogniser(recogniser)


def test_people_enrolled_before_metrics_were_noted_are_compared_by_cosine(
    recogniser: Run, tmp_path: Path
) -> None:
    with np.load(recogniser.gallery_file) as content:
        earlier = {name: content[name] for name in content.files if name != "metric"}
    np.savez(tmp_path / "gallery.npz", **earlier)
    assert Gallery.load(tmp_path / "gallery.npz").metric is Metric.COSINE
