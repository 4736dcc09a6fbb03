import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from facerec.datasets.folder import FaceFolder
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import SCORES
from facerec.errors import FacerecError
from facerec.evaluation.evaluation import Evaluation
from facerec.evaluation.judging import evaluate
from facerec.evaluation.kept import last_evaluation
from facerec.faces import images
from facerec.faces.preprocessing import face_file
from facerec.recognition.recogniser import Recogniser
from facerec.runs import creating
from facerec.runs.held_out import split_of
from facerec.runs.run import Run
from tests.examples import CLASSES, COLORS, DATASET, RUN, noisy_color, tiny_config, write_classes
from tests.unit.evaluation.conftest import same


def test_validation_images_are_judged_by_default(trained_run: Run) -> None:
    found = evaluate(trained_run)
    validated = split_of(trained_run)[1]
    assert found.classes == CLASSES and found.strangers is None
    assert found.held_out.dataset == DATASET
    assert found.held_out.keys == tuple(face.key for face in validated)
    assert found.held_out.names == tuple(face.class_name for face in validated)
    assert found.held_out.face_files() == validated
    pixels = np.stack([face_file(face.path) for face in validated])
    outputs = Recogniser(trained_run).outputs(pixels)
    np.testing.assert_allclose(found.held_out.outputs.logits, outputs.logits, atol=1e-4)
    np.testing.assert_allclose(found.held_out.outputs.similarities, outputs.similarities, atol=1e-4)
    summary, last = found.summary(trained_run.operating_point), trained_run.history()[-1]
    assert summary.accuracy == pytest.approx(last["validation_accuracy"])
    assert summary.macro_f1 == pytest.approx(last["validation_macro_f1"])


def test_images_are_hashed_once(
    trained_run: Run,
    small_dataset: FaceFolder,
    visitors: FaceFolder,
    hashed: list[Path],
    a_minute_later: None,
) -> None:
    evaluate(trained_run, strangers=visitors)
    of_images = [path for path in hashed if path.parent.parent != trained_run.folder.parent]
    every = [*small_dataset.face_files(), *visitors.face_files()]
    assert sorted(of_images) == sorted(face.path for face in every)


def test_images_that_have_not_changed_are_judged_once(
    trained_run: Run, visitors: FaceFolder, asleep: Callable[[], None]
) -> None:
    first = evaluate(trained_run, strangers=visitors)
    written = trained_run.evaluation_file.stat().st_mtime_ns
    asleep()
    again = evaluate(Run.open(RUN), strangers=FaceFolder.open("visitors"))
    assert same(first, again) and same(last_evaluation(trained_run), first)
    assert trained_run.evaluation_file.stat().st_mtime_ns == written
    with pytest.raises(AssertionError, match="network is asked"):
        Recogniser(trained_run)


def test_strangers_stay_where_a_later_call_names_none(
    trained_run: Run, visitors: FaceFolder, asleep: Callable[[], None]
) -> None:
    first = evaluate(trained_run, strangers=visitors)
    asleep()
    assert same(evaluate(trained_run), first)


def test_strangers_that_come_later_are_judged_alone(trained_run: Run, visitors: FaceFolder) -> None:
    alone = evaluate(trained_run)
    seen = []
    both = evaluate(
        trained_run, strangers=visitors, progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(4, 4)]
    assert both.strangers.keys == tuple(f"somebody/s_{number:04d}.png" for number in range(4))
    assert same(Evaluation(CLASSES, both.held_out, None), alone)


def test_strangers_are_judged_again_where_they_changed(
    trained_run: Run, visitors: FaceFolder, home: Path
) -> None:
    before = evaluate(trained_run, strangers=visitors)
    images.write(visitors.face_files()[1].path, noisy_color(COLORS["Ada"], 5))
    after = evaluate(trained_run, strangers=visitors)
    changed = (before.strangers.outputs.logits != after.strangers.outputs.logits).any(axis=1)
    assert changed.tolist() == [False, True, False, False]
    visitors.face_files()[0].path.unlink()
    assert len(evaluate(trained_run, strangers=FaceFolder(visitors.path)).strangers) == 3
    # The same images under another name lie elsewhere, where a page looks for them.
    shutil.move(visitors.path, home / "data" / "guests")
    moved = evaluate(trained_run, strangers=FaceFolder.open("guests"))
    assert all(face.path.is_file() for face in moved.strangers.face_files())


def test_progress_reaches_the_total(trained_run: Run, visitors: FaceFolder) -> None:
    seen = []
    evaluate(
        trained_run, strangers=visitors, progress=lambda done, total: seen.append((done, total))
    )
    # Eighteen images and their mirror images for the face space, twelve of them of people for the
    # second opinion, six held out, four strangers.
    assert seen[-1] == (58, 58)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {total for _, total in seen} == {58}


def test_stopping_leaves_what_was_known(trained_run: Run, visitors: FaceFolder) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    before = evaluate(trained_run)
    with pytest.raises(KeyboardInterrupt):
        evaluate(trained_run, strangers=visitors, progress=stop)
    assert same(last_evaluation(trained_run), before)


def test_a_network_that_sees_nothing_has_no_face_space(
    trained_run: Run, asleep: Callable[[], None]
) -> None:
    dead = trained_run.load_network()
    torch.nn.init.constant_(dead.blocks[2][1].weight, 0)
    torch.nn.init.constant_(dead.blocks[2][1].bias, -1)
    trained_run.save_weights(dead)
    found = evaluate(trained_run)
    assert found.scores() == ["confidence", "margin", "energy", "second_opinion"]
    assert trained_run.face_space() is None
    # Nor is it tried again, where nothing has changed.
    asleep()
    assert evaluate(trained_run).scores() == found.scores()


def test_without_its_data_set_other_images_are_judged_by_what_can_be_told(
    trained_run: Run, small_dataset: FaceFolder, visitors: FaceFolder, tmp_path: Path
) -> None:
    write_classes(tmp_path / "later", images_per_session=1, sessions=1)
    later = FaceFolder.open(str(tmp_path / "later"))
    small_dataset.path.rename(tmp_path / "away")
    found = evaluate(trained_run, later, visitors)
    assert found.held_out.outputs.similarities is None and "similarity" not in found.scores()
    assert trained_run.face_space() is None
    # Once it is back, the rest can be told; of the strangers only when they are named again.
    (tmp_path / "away").rename(small_dataset.path)
    assert "similarity" not in evaluate(trained_run, later).scores()
    assert evaluate(trained_run, later, visitors).scores() == list(SCORES)


def test_another_data_set_and_strangers_at_the_run_s_point(
    trained_run: Run, visitors: FaceFolder, tmp_path: Path
) -> None:
    trained_run.save_operating_point(OperatingPoint(1.0))
    write_classes(tmp_path / "later", images_per_session=1, sessions=1)
    found = evaluate(trained_run, FaceFolder.open(str(tmp_path / "later")), visitors)
    assert found.held_out.dataset == str((tmp_path / "later").resolve())
    assert found.held_out.keys == tuple(f"{name}/session0_0000.jpg" for name in CLASSES)
    assert all(face.path.is_file() for face in found.held_out.face_files())
    summary = found.summary(trained_run.operating_point)
    assert (summary.images, summary.strangers) == (3, 4)
    assert (summary.false_acceptance_rate, summary.false_rejection_rate) == (0, 1)


def test_all_images_of_the_own_data_set_are_others_than_those_that_validate(
    trained_run: Run, small_dataset: FaceFolder
) -> None:
    assert len(evaluate(trained_run).held_out) == 6
    assert len(evaluate(trained_run, small_dataset).held_out) == 24
    assert len(evaluate(trained_run).held_out) == 6


def test_people_the_run_does_not_know_are_no_held_out_images(
    trained_run: Run, tmp_path: Path
) -> None:
    images.write(tmp_path / "others" / "Grace" / "s_0001.png", noisy_color((9, 9, 9), 1))
    with pytest.raises(FacerecError, match="Grace: no class of the run"):
        evaluate(trained_run, FaceFolder(tmp_path / "others"))


def test_no_images_cannot_be_judged(trained_run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty" / "Ada").mkdir(parents=True)
    empty = FaceFolder(tmp_path / "empty")
    for arguments in ((empty,), (None, empty)):
        with pytest.raises(FacerecError, match="no images to evaluate on in empty"):
            evaluate(trained_run, *arguments)


def test_a_changed_data_set_is_refused(trained_run: Run, small_dataset: FaceFolder) -> None:
    small_dataset.face_files()[0].path.unlink()
    with pytest.raises(FacerecError, match="has changed"):
        evaluate(trained_run)


def test_a_run_that_was_not_trained_is_refused(small_dataset: FaceFolder) -> None:
    with pytest.raises(FacerecError, match="no weights yet"):
        evaluate(creating.create("new", tiny_config()))
    assert last_evaluation(Run.open("new")) is None


@pytest.mark.parametrize("layer", ["fc.bias", "blocks.2.1.bias"])
def test_weights_that_give_no_numbers_are_refused(trained_run: Run, layer: str) -> None:
    broken = trained_run.load_network()
    torch.nn.init.constant_(broken.get_parameter(layer), torch.nan)
    trained_run.save_weights(broken)
    with pytest.raises(FacerecError, match="its weights give no numbers"):
        evaluate(trained_run)
    assert last_evaluation(trained_run) is None
