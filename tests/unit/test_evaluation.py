import json
from pathlib import Path

import numpy as np
import pytest

from facerec import images, metrics
from facerec.dataset import UNKNOWN, FaceFile, FaceFolder
from facerec.errors import FacerecError
from facerec.evaluation import Scores, evaluate, summarize
from facerec.runs import Run
from facerec.training import split_of
from tests.examples import CLASSES, DATASET, noisy_color, write_classes


def scores(names: list[str], rows: list[list[float]]) -> Scores:
    faces = [
        FaceFile.from_path(Path(f"{name}/s_{number:04d}.jpg")) for number, name in enumerate(names)
    ]
    return Scores(faces, np.array(rows, np.float32).reshape(len(names), 3))


def test_summary_by_hand() -> None:
    held_out = scores(
        ["Ada", "Ada", UNKNOWN, "Zoë"],
        [[0.9, 0.05, 0.05], [0.4, 0.3, 0.3], [0.8, 0.1, 0.1], [0.1, 0.1, 0.8]],
    )
    strangers = scores(["x", "x"], [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]])
    summary = summarize(CLASSES, held_out, strangers, 0.5)
    assert (summary["images"], summary["strangers"], summary["threshold"]) == (4, 2, 0.5)
    assert summary["accuracy"] == 0.75
    assert summary["accuracy_interval"] == metrics.share_interval(3, 4)
    assert summary["macro_f1"] == pytest.approx((0.8 + 0 + 1) / 3)
    assert summary["confusion"] == [[2, 0, 0], [1, 0, 0], [0, 0, 1]]
    # Of the three faces of known people one is not sure enough; of two strangers one is named.
    assert summary["false_rejection_rate"] == pytest.approx(1 / 3)
    assert summary["false_acceptance_rate"] == 0.5


def test_summary_without_strangers_or_known_people() -> None:
    summary = summarize(CLASSES, scores([UNKNOWN], [[0.1, 0.8, 0.1]]), scores([], []), 0.5)
    assert summary["false_acceptance_rate"] is None
    assert summary["false_rejection_rate"] is None


def test_validation_images_are_judged_by_default(trained_run: Run) -> None:
    content = evaluate(trained_run)
    validated = split_of(trained_run)[1]
    assert [row["image"] for row in content["held_out_images"]] == [face.key for face in validated]
    for row in content["held_out_images"]:
        assert sum(row["probabilities"]) == pytest.approx(1, abs=1e-3)
    last = trained_run.history()[-1]
    assert content["summary"]["accuracy"] == pytest.approx(last["validation_accuracy"])
    assert content["summary"]["macro_f1"] == pytest.approx(last["validation_macro_f1"])
    assert (content["dataset"], content["strangers"]) == (DATASET, None)
    assert content["classes"] == list(CLASSES)
    assert trained_run.evaluation() == json.loads(json.dumps(content))


def test_another_data_set_and_strangers_at_the_run_s_threshold(
    trained_run: Run, tmp_path: Path
) -> None:
    trained_run.save_threshold(1.0)
    write_classes(tmp_path / "later", images_per_session=1, sessions=1)
    images.write(tmp_path / "visitors" / "somebody" / "s_0001.png", noisy_color((90, 90, 90), 1))
    content = evaluate(
        trained_run,
        FaceFolder.open(str(tmp_path / "later")),
        FaceFolder.open(str(tmp_path / "visitors")),
    )
    summary = content["summary"]
    assert (content["dataset"], content["strangers"]) == ("later", "visitors")
    assert (summary["images"], summary["strangers"]) == (3, 1)
    assert (summary["false_acceptance_rate"], summary["false_rejection_rate"]) == (0, 1)
    assert len(content["stranger_images"]) == 1


def test_people_the_run_does_not_know_are_no_held_out_images(
    trained_run: Run, tmp_path: Path
) -> None:
    images.write(tmp_path / "others" / "Grace" / "s_0001.png", noisy_color((9, 9, 9), 1))
    with pytest.raises(FacerecError, match="Grace: no class of the run"):
        evaluate(trained_run, FaceFolder(tmp_path / "others"))


def test_no_images_cannot_be_judged(trained_run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty" / "Ada").mkdir(parents=True)
    with pytest.raises(FacerecError, match="no images to evaluate on"):
        evaluate(trained_run, FaceFolder(tmp_path / "empty"))


def test_a_changed_data_set_is_refused(trained_run: Run, small_dataset: FaceFolder) -> None:
    small_dataset.face_files()[0].path.unlink()
    with pytest.raises(FacerecError, match="has changed"):
        evaluate(trained_run)
