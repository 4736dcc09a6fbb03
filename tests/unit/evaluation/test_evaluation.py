import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from facerec import metrics
from facerec.augmentation.copies import write_augmented_copies
from facerec.augmentation.recipe import PRESETS
from facerec.datasets import reading as counted_faces
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.decisions.face_space import FaceSpace, fit_face_space
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import SCORES, Outputs
from facerec.errors import FacerecError
from facerec.evaluation.evaluation import Evaluation, Judged
from facerec.evaluation.judging import evaluate
from facerec.evaluation.kept import last_evaluation
from facerec.evaluation.thresholds import summary_words
from facerec.faces import images
from facerec.faces.preprocessing import face_file
from facerec.recognition import face_space_fitting
from facerec.recognition.recogniser import Recogniser
from facerec.runs import creating
from facerec.runs.held_out import split_of
from facerec.runs.run import Run
from facerec.system import files
from facerec.training.loop import train
from tests.examples import CLASSES, COLORS, DATASET, RUN, noisy_color, tiny_config, write_classes


def judged(names: list[str], rows: list[list[float]], similarities: Any = None) -> Judged:
    """Images whose softmax is these probabilities."""
    keys = tuple(f"{name}/s_{number:04d}.jpg" for number, name in enumerate(names))
    outputs = Outputs(np.log(np.array(rows, np.float32)), similarities)
    return Judged("faces", keys, tuple(names), outputs)


HELD_OUT = judged(
    ["Ada", "Ada", UNKNOWN, "Zoë"],
    [[0.92, 0.04, 0.04], [0.42, 0.29, 0.29], [0.82, 0.09, 0.09], [0.72, 0.1, 0.18]],
)
STRANGERS = judged(["x", "x"], [[0.72, 0.1, 0.18], [0.1, 0.8, 0.1]])
BY_HAND = Evaluation(CLASSES, HELD_OUT, STRANGERS)


def test_figures_without_threshold_by_hand() -> None:
    summary = BY_HAND.summary(OperatingPoint(0.5))
    assert (summary.images, summary.strangers) == (4, 2)
    assert summary.accuracy == 0.5
    assert summary.accuracy_interval == metrics.share_interval(2, 4)
    assert summary.macro_f1 == pytest.approx((2 / 3 + 0 + 0) / 3)
    assert summary.confusion == [[2, 0, 0], [1, 0, 0], [1, 0, 0]]
    assert asdict(summary.classes["Ada"]) == {
        "precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3), "images": 2
    }  # fmt: skip
    # A bin each: 0.92 and 0.42 right, 0.82 and 0.72 wrong.
    assert summary.expected_calibration_error == pytest.approx((0.08 + 0.58 + 0.82 + 0.72) / 4)


def test_a_summary_is_json_with_its_names_in_order() -> None:
    record = json.loads(json.dumps(BY_HAND.summary(OperatingPoint(0.75)).as_dict()))
    assert list(record) == [
        "images", "strangers", "score", "threshold", "temperature", "accuracy",
        "accuracy_interval", "macro_f1", "false_acceptance_rate", "unknown_acceptance_rate",
        "false_rejection_rate", "wrong_name_rate", "equal_error_rate", "auroc",
        "expected_calibration_error", "classes", "confusion",
    ]  # fmt: skip
    assert record["accuracy_interval"] == list(metrics.share_interval(2, 4))
    assert list(record["classes"]) == list(CLASSES)
    assert list(record["classes"]["Ada"]) == ["precision", "recall", "f1", "images"]


def test_figures_at_a_threshold_by_hand() -> None:
    summary = BY_HAND.summary(OperatingPoint(0.5))
    assert (summary.score, summary.threshold, summary.temperature) == (
        "confidence", 0.5, 1.0,
    )  # fmt: skip
    # Of three faces of known people one is not sure enough, and one gets another's name.
    assert summary.false_rejection_rate == pytest.approx(1 / 3)
    assert summary.wrong_name_rate == pytest.approx(1 / 3)
    assert summary.unknown_acceptance_rate == 1
    assert summary.false_acceptance_rate == 0.5
    higher = BY_HAND.summary(OperatingPoint(0.75))
    assert higher.false_rejection_rate == pytest.approx(2 / 3)
    assert (higher.wrong_name_rate, higher.false_acceptance_rate) == (0, 0)
    # Known 0.92, 0.42, 0.72 against 0.72 and never: of six pairs four are won, one is tied.
    assert summary.auroc == pytest.approx(4.5 / 6)
    # Over 0.42, half of the strangers are named and one of three refused.
    assert summary.equal_error_rate == pytest.approx((1 / 2 + 1 / 3) / 2)


def test_figures_follow_the_point_s_score_and_temperature() -> None:
    assert BY_HAND.summary(OperatingPoint(0.6, "margin")).false_acceptance_rate == 0
    soft = BY_HAND.summary(OperatingPoint(0.5, temperature=3.0))
    assert soft.false_rejection_rate == pytest.approx(2 / 3)
    assert soft.expected_calibration_error != pytest.approx(2.2 / 4)
    assert soft.accuracy == 0.5


def test_acceptances_are_parted_by_who_is_in_the_picture() -> None:
    point = OperatingPoint()
    np.testing.assert_allclose(BY_HAND.known_acceptance(point), [0.92, 0.42, 0.72], rtol=1e-6)
    np.testing.assert_allclose(BY_HAND.unknown_acceptance(point), [0.82], rtol=1e-6)
    np.testing.assert_allclose(BY_HAND.stranger_acceptance(point), [0.72, -np.inf], rtol=1e-6)
    assert BY_HAND.labels.tolist() == [0, 0, 1, 2]
    assert BY_HAND.predictions.tolist() == [0, 0, 0, 0]
    assert BY_HAND.right.tolist() == [True, True, False, False]
    assert BY_HAND.of_unknown.tolist() == [False, False, True, False]


def test_without_strangers_or_known_people_there_are_no_rates() -> None:
    alone = Evaluation(CLASSES, HELD_OUT, None)
    assert alone.error_rates(OperatingPoint()) is None
    assert alone.stranger_acceptance(OperatingPoint()).shape == (0,)
    summary = alone.summary(OperatingPoint())
    assert summary.strangers == 0
    assert summary.false_acceptance_rate is None
    assert summary.equal_error_rate is None and summary.auroc is None
    nobody = Evaluation(CLASSES, judged([UNKNOWN], [[0.1, 0.8, 0.1]]), STRANGERS)
    summary = nobody.summary(OperatingPoint())
    assert summary.false_rejection_rate is None and summary.wrong_name_rate is None
    assert summary.equal_error_rate is None and summary.auroc is None
    assert summary.unknown_acceptance_rate == 0
    json.dumps(summary.as_dict(), allow_nan=False)


def test_calibration_is_that_of_the_held_out_images() -> None:
    assert sum(item.images for item in BY_HAND.reliability(1.0)) == 4
    logits = HELD_OUT.outputs.logits
    assert BY_HAND.best_temperature() == metrics.best_temperature(logits, BY_HAND.labels)
    assert BY_HAND.best_temperature() > 1, "it is surer than it is right"


@pytest.mark.parametrize("name", SCORES)
def test_a_slider_covers_all_that_a_score_gave(name: str) -> None:
    similarities = np.float32([[0.29, 0.5, 0.5], [0.9, 0, 0], [0.7, 0, 0], [0.5, 0, 0]])
    strangers = judged(["x"], [[0.5, 0.3, 0.2]], np.float32([[0.1, 0, 0]]))
    held_out = judged(list(HELD_OUT.names), np.exp(HELD_OUT.outputs.logits), similarities)
    found = Evaluation(CLASSES, held_out, strangers)
    point = found.point_for(name, 2.0)
    assert (point.score, point.temperature) == (name, 2.0)
    assert point.low < point.threshold < point.high
    for part in (held_out, strangers):
        values = SCORES[name].of(part.outputs, 2.0)
        assert (values > point.low).all() and (values <= point.high).all()
    if SCORES[name].bounded:
        assert (point.low, point.high) == (0, 1)
    if name == "energy":
        assert (point.low, point.high) == (-0.02, 0.01)


def test_a_slider_has_a_length_even_for_one_image() -> None:
    one = Evaluation(CLASSES, judged(["Ada"], [[1.0, 1e-9, 1e-9]]), None)
    point = one.point_for("energy", 1.0)
    assert point.low < point.threshold < point.high


def test_similarity_is_offered_where_it_is_known_of_all() -> None:
    similar = judged(["Ada"], [[0.7, 0.2, 0.1]], np.float32([[1, 0, 0]]))
    assert BY_HAND.scores() == ["confidence", "margin", "energy"]
    assert Evaluation(CLASSES, similar, None).scores() == list(SCORES)
    assert Evaluation(CLASSES, similar, similar).scores() == list(SCORES)
    assert "similarity" not in Evaluation(CLASSES, similar, STRANGERS).scores()
    with pytest.raises(FacerecError, match="not known"):
        BY_HAND.summary(OperatingPoint(0.5, "similarity"))


def test_the_summary_in_words() -> None:
    first, *rates, last = summary_words(BY_HAND.summary(OperatingPoint(0.75)))
    assert first.startswith("accuracy 0.500 (95 % interval 0.")
    assert "macro F1 0.222, calibration error 0.550, on 4 images" in first
    assert rates == [
        "confidence over 0.75: 0.000 FAR: of 2 strangers' images, named",
        "confidence over 0.75: 1.000 of Unknown's images, named",
        "confidence over 0.75: 0.667 FRR: of known people's images, called Unknown",
        "confidence over 0.75: 0.000 of known people's images, given another's name",
    ]
    assert last == "equal error rate 0.417, AUROC 0.750 known against strangers"
    alone = summary_words(Evaluation(CLASSES, HELD_OUT, None).summary(OperatingPoint(0.75)))
    assert not any("FAR" in line or "AUROC" in line for line in alone)


@pytest.fixture
def visitors(home: Path) -> FaceFolder:
    """A data set of four grey strangers."""
    for seed in range(4):
        path = home / "data" / "visitors" / "somebody" / f"s_{seed:04d}.png"
        images.write(path, noisy_color((90, 90, 90), seed))
    return FaceFolder.open("visitors")


@pytest.fixture
def asleep(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on, no network may be asked, nor loaded, for anything."""

    def refuse(*arguments: object) -> None:
        raise AssertionError("the network is asked")

    def sleep() -> None:
        for name in ("__init__", "outputs", "embeddings"):
            monkeypatch.setattr(Recogniser, name, refuse)

    return sleep


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


def test_what_was_found_is_kept_with_the_run_for_people_and_programs(
    trained_run: Run, visitors: FaceFolder
) -> None:
    assert last_evaluation(trained_run) is None
    found = evaluate(trained_run, strangers=visitors)
    last = last_evaluation(Run.open(RUN))
    assert same(last, found)
    content = json.loads(trained_run.evaluation_file.read_text("utf-8"))
    assert content["classes"] == list(CLASSES)
    assert content["weights"] == trained_run.weights_hash
    for part, faces in ((content["held_out"], 6), (content["strangers"], 4)):
        assert len(part["images"]) == faces
    row = content["held_out"]["images"][0]
    assert (row["image"], row["class"]) == (found.held_out.keys[0], found.held_out.names[0])
    assert row["prediction"] == CLASSES[found.predictions[0]]
    assert row["confidence"] == pytest.approx(
        found.held_out.outputs.probabilities()[0].max(), abs=1e-4
    )


def same(one: Evaluation, other: Evaluation) -> bool:
    """Whether two evaluations say the same of the same images."""
    pairs = [(one.held_out, other.held_out), (one.strangers, other.strangers)]
    return one.classes == other.classes and all(
        first is second is None
        or (
            (first.dataset, first.keys, first.names) == (second.dataset, second.keys, second.names)
            and np.array_equal(first.outputs.logits, second.outputs.logits)
            and np.array_equal(first.outputs.similarities, second.outputs.similarities)
        )
        for first, second in pairs
    )


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


def test_further_training_leaves_no_evaluation(
    small_dataset: FaceFolder, visitors: FaceFolder
) -> None:
    run = creating.create("longer", tiny_config(keep="last"))
    train(run, should_stop=lambda: len(run.history()) == 1)
    first = evaluate(run, strangers=visitors)
    space = run.face_space()
    train(run)
    assert len(run.history()) == 2
    assert last_evaluation(run) is None and run.face_space() is None
    second = evaluate(run, strangers=visitors)
    assert not np.array_equal(first.held_out.outputs.logits, second.held_out.outputs.logits)
    assert not np.array_equal(first.strangers.outputs.logits, second.strangers.outputs.logits)
    assert not np.array_equal(space.projection, run.face_space().projection)
    assert same(last_evaluation(run), second)


def test_progress_reaches_the_total(trained_run: Run, visitors: FaceFolder) -> None:
    seen = []
    evaluate(
        trained_run, strangers=visitors, progress=lambda done, total: seen.append((done, total))
    )
    # Eighteen images and their mirror images for the face space, six held out, four strangers.
    assert seen[-1] == (46, 46)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {total for _, total in seen} == {46}


def test_stopping_leaves_what_was_known(trained_run: Run, visitors: FaceFolder) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    before = evaluate(trained_run)
    with pytest.raises(KeyboardInterrupt):
        evaluate(trained_run, strangers=visitors, progress=stop)
    assert same(last_evaluation(trained_run), before)


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
    fitted = taken[: len(taken) - judged_images]
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


def test_a_network_that_sees_nothing_has_no_face_space(
    trained_run: Run, asleep: Callable[[], None]
) -> None:
    dead = trained_run.load_network()
    torch.nn.init.constant_(dead.blocks[2][1].weight, 0)
    torch.nn.init.constant_(dead.blocks[2][1].bias, -1)
    trained_run.save_weights(dead)
    found = evaluate(trained_run)
    assert found.scores() == ["confidence", "margin", "energy"]
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


def in_held_out(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], object]:
    """A change to the first record of the held-out images."""
    return lambda content: change(content["held_out"]["images"][0])


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.update(held_out=[]),
        lambda content: content.update(strangers="nobody"),
        lambda content: content["held_out"].update(images=[]),
        lambda content: content["held_out"].update(images=None),
        lambda content: content["held_out"].update(dataset=None),
        lambda content: content["held_out"].pop("images"),
        in_held_out(lambda row: row.pop("logits")),
        in_held_out(lambda row: row.update(logits=[1.0, 2.0])),
        in_held_out(lambda row: row.update(logits=["a", "b", "c"])),
        in_held_out(lambda row: row.update(logits=[None, 1.0, 2.0])),
        in_held_out(lambda row: row.update(logits=[1e300, 1.0, 2.0])),
        in_held_out(lambda row: row.update(similarities=[1.0])),
        in_held_out(lambda row: row.update({"class": "Grace", "image": "Grace/a.jpg"})),
        in_held_out(lambda row: row.update({"class": 7})),
        in_held_out(lambda row: row.update(image="../secret.jpg")),
        in_held_out(lambda row: row.update(image="Ada/../../secret.jpg")),
        in_held_out(lambda row: row.update(image=7)),
        lambda content: content["strangers"]["images"][0].update(
            {"class": "..", "image": "../secret.jpg"}
        ),
        lambda content: content["strangers"]["images"][0].update(
            {"class": "/", "image": "/secret.jpg"}
        ),
        lambda content: content["strangers"]["images"][0].update({"class": "x", "image": "x/.."}),
    ],
)
def test_a_damaged_evaluation_is_named(
    trained_run: Run, visitors: FaceFolder, change: Callable[[dict[str, Any]], object]
) -> None:
    evaluate(trained_run, strangers=visitors)
    content = files.read_json(trained_run.evaluation_file)
    change(content)
    files.write_json(trained_run.evaluation_file, content)
    for look in (last_evaluation, evaluate):
        with pytest.raises(FacerecError, match=r"evaluation\.json is damaged: delete it and judge"):
            look(trained_run)


@pytest.mark.parametrize("content", [b"", b"[]", b"{half", b"\xff"])
def test_an_evaluation_that_is_none_is_named(trained_run: Run, content: bytes) -> None:
    trained_run.evaluation_file.write_bytes(content)
    for look in (last_evaluation, evaluate):
        with pytest.raises(FacerecError, match=r"evaluation\.json is damaged"):
            look(trained_run)


def test_what_an_earlier_version_wrote_is_judged_anew(trained_run: Run) -> None:
    files.write_json(trained_run.evaluation_file, {"summary": {}, "held_out_images": []})
    assert last_evaluation(trained_run) is None
    assert len(evaluate(trained_run).held_out) == 6
    # Its similarities were others.
    content = files.read_json(trained_run.evaluation_file)
    del content["similarity"]
    files.write_json(trained_run.evaluation_file, content)
    assert last_evaluation(trained_run) is None
