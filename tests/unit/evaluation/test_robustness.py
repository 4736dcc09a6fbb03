import json
from pathlib import Path

import numpy as np
import pytest
import torch

from facerec.datasets.folder import FaceFile, FaceFolder
from facerec.datasets.splits import evenly_drawn
from facerec.errors import FacerecError
from facerec.evaluation import robustness
from facerec.evaluation.robustness import (
    DISTURBANCES,
    LEVELS,
    UNCHANGED,
    Robustness,
    disturbed,
    last_robustness,
    measure_robustness,
)
from facerec.faces.preprocessing import face_file
from facerec.recognition.recogniser import Recogniser
from facerec.runs.held_out import split_of
from facerec.runs.run import Run
from tests.examples import noisy_color

FACE = noisy_color((120, 90, 70), 3)


@pytest.mark.parametrize("level", LEVELS)
def test_a_disturbance_gives_the_same_face_again_and_leaves_its_source(level) -> None:
    before = FACE.copy()
    first, second = disturbed(FACE, level, 5), disturbed(FACE, level, 5)
    assert first.shape == FACE.shape and first.dtype == np.uint8
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(FACE, before)


@pytest.mark.parametrize("name", DISTURBANCES)
def test_the_stronger_the_further_from_the_face(name: str) -> None:
    assert len(DISTURBANCES[name].strengths) >= 4
    away = [
        np.abs(disturbed(FACE, (name, strength)).astype(int) - FACE).mean()
        for strength in DISTURBANCES[name].strengths[1:]
    ]
    # A pattern of squares that is turned by a quarter meets itself again.
    assert away[0] > 0 and (name == "rotation" or away == sorted(away))


def test_brightness_is_in_per_cent() -> None:
    grey = np.full((224, 224, 3), 100, np.uint8)
    assert np.all(disturbed(grey, ("darker", 25)) == 75)
    assert np.all(disturbed(grey, ("brighter", 50)) == 150)
    assert np.all(disturbed(grey + 50, ("brighter", 100)) == 255), "as bright as a pixel can be"


def test_rotation_is_in_degrees_to_either_side() -> None:
    marked = np.zeros((224, 224, 3), np.uint8)
    marked[20:30, 107:117] = 255
    for number, side in ((0, -1), (1, 1)):
        rows, columns = np.nonzero(disturbed(marked, ("rotation", 30), number)[..., 0] > 127)
        angle = np.degrees(np.arctan2(columns.mean() - 111.5, 111.5 - rows.mean()))
        assert angle == pytest.approx(side * 30, abs=1)


def test_a_square_of_the_width_is_hidden_elsewhere_in_each_image() -> None:
    white = np.full((224, 224, 3), 255, np.uint8)
    places = set()
    for number in range(5):
        hidden = disturbed(white, ("occlusion", 40), number)
        rows, columns = np.nonzero(hidden[..., 0] == 127)
        assert len(rows) == 90 * 90
        assert np.ptp(rows) == np.ptp(columns) == 89
        places.add((rows.min(), columns.min()))
    assert len(places) == 5


def test_resolution_is_that_of_a_small_picture() -> None:
    checks = np.kron(np.indices((112, 112)).sum(0) % 2 * 255, np.ones((2, 2)))
    checks = np.repeat(checks[..., None], 3, 2).astype(np.uint8)
    assert disturbed(checks, ("resolution", 32)).std() < 3 < 100 < checks.std()


def test_blur_spreads_a_point_by_its_deviation() -> None:
    point = np.zeros((224, 224, 3), np.uint8)
    point[:, 112] = 255
    row = disturbed(point, ("blur", 4))[112, :, 0].astype(float)
    places = np.arange(224) - 112
    assert np.sqrt((row * places**2).sum() / row.sum()) == pytest.approx(4, rel=0.05)


def faces(**counts: int) -> list[FaceFile]:
    return [
        FaceFile.from_path(Path(name) / f"s_{number:04d}.jpg")
        for name, count in counts.items()
        for number in range(count)
    ]


def test_faces_are_drawn_evenly_and_always_the_same() -> None:
    found = faces(a=100, b=5, c=40)
    drawn = evenly_drawn(found, 45)
    counts = {name: sum(face.class_name == name for face in drawn) for name in "abc"}
    assert counts == {"a": 20, "b": 5, "c": 20}
    assert drawn == evenly_drawn(found, 45) == sorted(drawn, key=found.index)
    assert len(set(drawn)) == 45
    assert evenly_drawn(found, 200) == found


def test_accuracy_as_they_are_is_that_of_the_classifier(trained_run: Run) -> None:
    validation = split_of(trained_run)[1]
    calls: list[tuple[int, int]] = []
    found = measure_robustness(trained_run, lambda *call: calls.append(call))
    assert found.complete and found.images == found.held_out == len(validation)
    classifier = Recogniser(trained_run)
    pixels = np.stack([face_file(face.path) for face in validation])
    labels = [classifier.classes.index(face.class_name) for face in validation]
    right = classifier.outputs(pixels).predictions == labels
    assert found.accuracy(UNCHANGED) == right.mean()
    level = ("darker", 75)
    dark = np.stack([disturbed(face, level, number) for number, face in enumerate(pixels)])
    assert found.right[level] == (classifier.outputs(dark).predictions == labels).sum()
    done = [call[0] for call in calls]
    assert done == sorted(done) and calls[-1] == (len(LEVELS) * found.images,) * 2
    assert last_robustness(Run.open(trained_run.name)) == found


def test_what_was_found_before_a_stop_is_not_tried_again(trained_run: Run) -> None:
    class Stopped(BaseException):
        pass

    images = len(split_of(trained_run)[1])

    def stop_in_the_fourth_level(done: int, total: int) -> None:
        if done > 3 * images:
            raise Stopped

    with pytest.raises(Stopped):
        measure_robustness(trained_run, stop_in_the_fourth_level)
    partly = last_robustness(trained_run)
    assert set(partly.right) == set(LEVELS[:3]) and not partly.complete
    calls: list[tuple[int, int]] = []
    found = measure_robustness(trained_run, lambda *call: calls.append(call))
    assert calls[-1] == ((len(LEVELS) - 3) * images,) * 2
    assert found.complete and {level: found.right[level] for level in LEVELS[:3]} == partly.right


def test_a_second_test_looks_at_nothing(trained_run: Run, monkeypatch) -> None:
    found = measure_robustness(trained_run)
    monkeypatch.setattr(robustness, "Recogniser", None)
    assert measure_robustness(trained_run) == found


def test_other_weights_are_tested_anew(trained_run: Run) -> None:
    measure_robustness(trained_run)
    module = trained_run.load_network()
    torch.nn.init.zeros_(module.fc.weight)
    torch.nn.init.zeros_(module.fc.bias)
    trained_run.save_weights(module)
    assert last_robustness(trained_run) is None
    found = measure_robustness(trained_run)
    # All classes are the same to it, so that the first is always given.
    assert {found.accuracy(level) for level in LEVELS} == {1 / 3}


def test_a_changed_data_set_is_refused_and_what_is_known_stays(
    trained_run: Run, small_dataset: FaceFolder
) -> None:
    found = measure_robustness(trained_run)
    small_dataset.face_files()[0].path.unlink()
    with pytest.raises(FacerecError, match="has changed"):
        measure_robustness(trained_run)
    assert last_robustness(trained_run) == found


@pytest.mark.parametrize("change", [{"levels": 3}, {"levels": [{}]}, {"levels": None}])
def test_a_damaged_file_is_named(trained_run: Run, change: dict) -> None:
    measure_robustness(trained_run)
    file = trained_run.folder / "robustness.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(FacerecError, match="robustness.json is damaged"):
        last_robustness(trained_run)


def made_up(**right: int) -> Robustness:
    """Of ten faces nine are right, but under these disturbances at every strength."""
    return Robustness(10, 10, {level: right.get(level[0], 9) for level in LEVELS})


def test_curves_begin_with_the_faces_as_they_are() -> None:
    found = made_up(resolution=2)
    assert found.curve("resolution") == {224: 0.9, 64: 0.2, 32: 0.2, 16: 0.2}
    assert found.lost("resolution") == pytest.approx(0.7)
    partly = Robustness(10, 10, {UNCHANGED: 9, ("blur", 4): 5})
    assert partly.curve("blur") == {0: 0.9, 4: 0.5}


def test_the_weakest_spot_in_words() -> None:
    words = robustness.in_words("mine", made_up(blur=3, rotation=6, darker=8))
    assert words.startswith("**mine** is right in 90% of the faces as they are.")
    assert "weakest spot is **blur** (30% at 8 pixels)" in words
    assert "troubles it" in robustness.in_words("mine", made_up())


def test_a_network_that_has_learned_little_is_not_praised() -> None:
    weak = robustness.Robustness(100, 100, {level: 28 for level in robustness.LEVELS})
    words = robustness.in_words("mine", weak)
    assert "28%" in words and "too few" in words and "troubles" not in words
