import json
import shutil
from dataclasses import replace

import psutil
import pytest

from facerec import metrics
from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.evaluation import split_comparison
from facerec.evaluation.split_comparison import (
    HeldOut,
    SplitResult,
    counterpart,
    create_counterpart,
)
from facerec.runs import creating
from facerec.runs.held_out import split_of
from facerec.runs.run import Run
from facerec.system.paths import LONGEST_NAME
from tests.examples import CLASSES, DATASET, tiny_config


def result(split: str, right: int, images: int, leaking: float = 0.0) -> SplitResult:
    validated_on = HeldOut(images, 4, leaking)
    return SplitResult("run", split, right / images, right / images, validated_on)


def test_the_counterpart_differs_in_the_split_alone(trained_run: Run) -> None:
    assert counterpart(trained_run) is None
    other = create_counterpart(trained_run)
    assert other.name == f"{trained_run.name}-by-session"
    assert other.config == replace(trained_run.config, split="session")
    assert counterpart(trained_run).name == other.name
    assert counterpart(other).name == trained_run.name
    training, validation = (
        {(face.class_name, face.session) for face in faces} for faces in split_of(other)
    )
    assert training.isdisjoint(validation) and len(validation) == len(CLASSES)


@pytest.mark.parametrize("change", [{"seed": 1}, {"epochs": 3}, {"network": "resnet50_scratch"}])
def test_a_run_of_other_settings_is_no_counterpart(trained_run: Run, change: dict) -> None:
    creating.create("other", replace(trained_run.config, split="session", **change))
    assert counterpart(trained_run) is None


def test_a_run_on_other_images_is_no_counterpart(
    trained_run: Run, small_dataset: FaceFolder
) -> None:
    small_dataset.face_files()[0].path.unlink()
    creating.create("other", replace(trained_run.config, split="session"))
    assert counterpart(trained_run) is None


def test_of_several_the_trained_one_is_the_counterpart(trained_run: Run) -> None:
    for name in ("earlier", "later"):
        creating.create(name, replace(trained_run.config, split="session"))
    shutil.copy(trained_run.weights_file, Run.open("earlier").weights_file)
    assert counterpart(trained_run).name == "earlier"


def test_a_free_name_is_found_for_the_counterpart(trained_run: Run) -> None:
    longest = creating.create("x" * LONGEST_NAME, replace(trained_run.config, seed=9))
    name = create_counterpart(longest).name
    assert len(name) == LONGEST_NAME and name.endswith("x-by-session")
    for name in ("by-session", "by-session-2"):
        assert create_counterpart(trained_run).name == f"{trained_run.name}-{name}"
    back = create_counterpart(Run.open(f"{trained_run.name}-by-session"))
    assert back.name == f"{trained_run.name}-by-session-by-image"


def test_a_class_of_one_session_is_named_and_no_run_is_made(
    home, small_dataset: FaceFolder
) -> None:
    for face in small_dataset.face_files("Ada"):
        if face.session == "session1":
            face.path.unlink()
    run = creating.create("by-image", tiny_config())
    with pytest.raises(FacerecError, match="Ada has one capture session only"):
        create_counterpart(run)
    assert counterpart(run) is None


def test_of_a_changed_data_set_no_counterpart_is_made(
    trained_run: Run, small_dataset: FaceFolder
) -> None:
    small_dataset.face_files()[0].path.unlink()
    with pytest.raises(FacerecError, match="has changed"):
        create_counterpart(trained_run)


def test_nothing_is_made_while_something_else_is_at_work(trained_run: Run) -> None:
    own = psutil.Process()
    job = {"state": "training", "process": own.pid, "process_started": own.create_time()}
    trained_run.job.file.write_text(json.dumps({**job, "activity": "it is being trained"}))
    with pytest.raises(FacerecError, match="it is being trained: stop it"):
        create_counterpart(trained_run)
    assert counterpart(trained_run) is None


def test_what_the_splits_keep_apart(trained_run: Run) -> None:
    by_image = split_comparison.held_out(trained_run)
    # Two of the eight images of each class, in sessions that training knows.
    assert (by_image.images, by_image.leaking) == (6, 1.0)
    by_session = split_comparison.held_out(create_counterpart(trained_run))
    assert by_session == HeldOut(images=12, sessions=3, leaking=0.0)


def test_the_figures_are_those_of_the_kept_epoch(trained_run: Run) -> None:
    records = trained_run.history()
    records[0] |= {"validation_accuracy": 5 / 6, "validation_macro_f1": 0.9}
    records[1] |= {"validation_accuracy": 3 / 6, "validation_macro_f1": 0.4}
    trained_run.write_history(records)
    found = split_comparison.split_result(trained_run, HeldOut(6, 3, 1.0))
    assert (found.run_name, found.split) == (trained_run.name, "random")
    assert (found.accuracy, found.macro_f1) == (5 / 6, 0.9)
    assert found.interval == metrics.share_interval(5, 6)
    assert split_comparison.split_result(trained_run, None).interval is None


def test_the_difference_is_that_of_newcombes_paper() -> None:
    # Table II, (a), method 10: 56/70 - 48/80.
    found = split_comparison.difference(result("random", 56, 70), result("session", 48, 80))
    assert found.accuracy == pytest.approx(0.2)
    assert found.interval == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert found.real


def test_a_difference_that_chance_explains_is_none() -> None:
    words = split_comparison.in_words(result("random", 38, 40), result("session", 36, 40))
    assert words.startswith("**No real difference to see** on 40 and 40 images")
    assert "they are 5 points (95 % interval -8 to 19) apart" in words
    assert "leakage" not in words


def test_leakage_is_told_with_its_size() -> None:
    words = split_comparison.in_words(result("random", 39, 40, 0.9), result("session", 24, 40))
    assert words.startswith("**By image it looks better than it is, by 38 points (95 % interval 20")
    assert "90% come from captures that it had learned from" in words
    assert "That is leakage" in words


def test_a_better_result_by_session_is_no_leakage() -> None:
    words = split_comparison.in_words(result("random", 24, 40), result("session", 39, 40))
    assert "By session it does better, by 38 points (95 % interval 20 to 53)" in words
    assert "leakage" not in words


def test_without_the_images_nothing_is_said_to_be_real() -> None:
    gone = replace(result("random", 39, 40), held_out=None)
    found = split_comparison.difference(gone, result("session", 24, 40))
    assert found.interval is None and found.real is None
    words = split_comparison.in_words(gone, result("session", 24, 40))
    assert "38 points apart" in words and "chance cannot be ruled out" in words


def test_a_data_set_that_is_gone_has_no_held_out_images(
    trained_run: Run, small_dataset: FaceFolder
) -> None:
    small_dataset.delete()
    with pytest.raises(FacerecError, match=DATASET):
        split_comparison.held_out(trained_run)
