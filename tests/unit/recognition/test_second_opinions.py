import numpy as np
import pytest

from facerec.cleaning.erasure import erase_class
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.errors import FacerecError
from facerec.evaluation.judging import evaluate
from facerec.faces.preprocessing import face_file
from facerec.recognition.engines import published_engine
from facerec.recognition.recogniser import Recogniser
from facerec.recognition.second_opinions import images_to_ask_about, make_second_opinion
from facerec.runs.run import Run


def test_sface_compares_faces_with_all_people_who_were_learned(trained_run: Run) -> None:
    faces = images_to_ask_about(trained_run)
    people = {name for name in trained_run.classes if name != UNKNOWN}
    assert {face.class_name for face in faces} == people
    make_second_opinion(trained_run)
    opinion = trained_run.second_opinion()
    embeddings = published_engine("sface")(np.stack([face_file(face.path) for face in faces]))[1]
    for mean, person in zip(opinion.means, sorted(people), strict=True):
        own = np.array([face.class_name == person for face in faces])
        expected = embeddings[own].mean(axis=0)
        np.testing.assert_allclose(mean, expected / np.linalg.norm(expected), atol=1e-5)
    picture = face_file(faces[0].path)[None]
    outputs = Recogniser(trained_run, asks_sface=True).outputs(picture)
    expected = (embeddings[:1] @ opinion.means.T).max(axis=1)
    np.testing.assert_allclose(outputs.second_opinion, expected, atol=1e-5)


def test_only_who_asks_waits_for_sface(trained_run: Run) -> None:
    make_second_opinion(trained_run)
    outputs = Recogniser(trained_run).outputs(np.zeros((1, 224, 224, 3), np.uint8))
    assert outputs.second_opinion is None


def test_it_holds_for_the_weights_it_was_made_for(trained_run: Run) -> None:
    make_second_opinion(trained_run)
    assert not images_to_ask_about(trained_run), "it is not asked again"
    network = trained_run.load_network()
    network.fc.bias.data += 1
    trained_run.save_weights(network)
    assert trained_run.second_opinion() is None and images_to_ask_about(trained_run)


def test_judging_asks_and_keeps_the_answers(trained_run: Run) -> None:
    found = evaluate(trained_run)
    kept = evaluate(trained_run).held_out.outputs.second_opinion
    np.testing.assert_allclose(kept, found.held_out.outputs.second_opinion, atol=1e-5)
    point = trained_run.suggested_point()
    assert found.summary(point).score == "second_opinion"


def test_without_the_images_nobody_is_asked(trained_run: Run, small_dataset: FaceFolder) -> None:
    small_dataset.delete()
    with pytest.raises(FacerecError, match="the images that .* was trained on are gone"):
        make_second_opinion(trained_run)


def test_it_goes_with_a_person_who_is_erased(trained_run: Run, small_dataset: FaceFolder) -> None:
    make_second_opinion(trained_run)
    found = erase_class(small_dataset, "Ada")
    assert not trained_run.second_opinion_file.exists()
    assert any("second opinion" in text for text in found.removed)
