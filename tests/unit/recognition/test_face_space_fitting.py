import shutil
from pathlib import Path

import numpy as np
import pytest

from facerec.augmentation.copies import write_augmented_copies
from facerec.augmentation.recipe import PRESETS
from facerec.datasets import reading as counted_faces
from facerec.datasets.folder import FaceFolder
from facerec.decisions.face_space import FaceSpace, fit_face_space
from facerec.decisions.operating_point import OperatingPoint
from facerec.evaluation.judging import evaluate
from facerec.faces.preprocessing import face_file
from facerec.recognition import face_space_fitting
from facerec.recognition.recogniser import Recogniser
from facerec.runs import creating
from facerec.runs.held_out import split_of
from facerec.runs.run import Run
from tests.examples import CLASSES, DATASET, RUN, tiny_config


def test_the_face_space_is_fitted_to_what_it_learned_from_and_its_mirror_images(
    trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits: list[tuple[np.ndarray, np.ndarray]] = []

    def fit(embeddings: np.ndarray, labels: np.ndarray) -> FaceSpace | None:
        fits.append((embeddings, labels))
        return fit_face_space(embeddings, labels)

    monkeypatch.setattr(face_space_fitting, "fit_face_space", fit)
    assert trained_run.face_space() is None
    found = evaluate(trained_run)
    space = Run.open(RUN).face_space()
    assert space.shape == (3, 64 * 7 * 7) and space.projection.dtype == np.float32
    engine = Recogniser(trained_run).engine
    ((embeddings, labels),) = fits
    learned = split_of(trained_run)[0]
    for number, name in enumerate(CLASSES):
        pixels = np.stack([face_file(face.path) for face in learned if face.class_name == name])
        own = embeddings[labels == number]
        np.testing.assert_allclose(own[::2], engine(pixels)[1], atol=1e-5)
        mirrored = np.ascontiguousarray(pixels[:, :, ::-1])
        np.testing.assert_allclose(own[1::2], engine(mirrored)[1], atol=1e-5)
    held_out = np.stack([face_file(face.path) for face in found.held_out.face_files()])
    near = space.similarities(engine(held_out)[1])
    scores = OperatingPoint(0.5, "similarity").scores(found.held_out.outputs)
    np.testing.assert_allclose(scores, near[range(6), found.predictions], atol=1e-5)
    # Faces are nearest to the middle of their own colour.
    assert (found.held_out.outputs.similarities.argmax(axis=1) == found.labels).all()


def test_the_face_space_is_of_all_sessions_and_of_no_copies(
    trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face_space_fitting, "_FITTED_PER_CLASS", 2)
    write_augmented_copies(FaceFolder.open(DATASET), "more", PRESETS["None"], 1)
    run = creating.create("more-run", tiny_config(dataset="more"))
    shutil.copy(trained_run.weights_file, run.weights_file)
    taken: list[Path] = []

    def read(path: Path) -> np.ndarray:
        taken.append(path)
        return face_file(path)

    monkeypatch.setattr(counted_faces, "face_file", read)
    judged_images = len(evaluate(run).held_out)
    fitted = taken[2 * (len(CLASSES) - 1) : len(taken) - judged_images]
    for name in CLASSES:
        own = [path.stem for path in fitted if path.parent.name == name]
        assert len(own) == 2 and not any("-copy" in stem for stem in own)
        assert {stem.partition("_")[0] for stem in own} == {"session0", "session1"}


def test_a_class_of_which_copies_are_left_only_is_fitted_too(trained_run: Run) -> None:
    write_augmented_copies(FaceFolder.open(DATASET), "more", PRESETS["None"], 1)
    for face in FaceFolder.open("more").face_files("Ada"):
        if not face.is_copy and face.session == "session1":
            face.path.unlink()
    more = FaceFolder(FaceFolder.open("more").path)
    run = creating.create("more-run", tiny_config(dataset="more", split="session", seed=1))
    shutil.copy(trained_run.weights_file, run.weights_file)
    learned, validated = split_of(run)
    own = {face.is_copy for face in learned if face.class_name == "Ada"}
    assert own == {True}, "the seed should leave session1 of Ada to learn from"
    assert "Ada" in {face.class_name for face in validated}
    evaluate(run)
    assert run.face_space().shape == (3, 64 * 7 * 7)
    assert more.counts()["Ada"] == 12
