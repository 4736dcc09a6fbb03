import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score
from torch.nn import functional

from facerec.augmentation.recipe import PRESETS
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.errors import FacerecError
from facerec.faces import images
from facerec.faces.preprocessing import face_file
from facerec.networks.catalogue import NETWORKS, network_named
from facerec.recognition.recogniser import Recogniser
from facerec.runs import creating, held_out
from facerec.runs.run import Run
from facerec.runs.settings import OPTIMIZERS
from facerec.system.tensors import load_tensors
from facerec.training import loop as training
from facerec.training import totals
from facerec.training.events import BatchEnd, Decoding, EpochEnd, Event, TrainingStart
from facerec.training.loop import train
from tests.examples import CLASSES, RUN, noisy_color, tiny_config, write_classes

FIELDS = {
    "epoch", "train_loss", "train_accuracy", "train_macro_f1", "validation_loss",
    "validation_accuracy", "validation_macro_f1", "validation_f1_by_class", "learning_rate",
    "seconds", "images_per_second",
}  # fmt: skip
TIMES = ("seconds", "images_per_second")


@pytest.fixture
def tiny_dataset(home: Path) -> FaceFolder:
    """Three classes of four images in two sessions: with half of them for validation, 6 and 6."""
    write_classes(home / "data" / "tiny", images_per_session=2)
    return FaceFolder.open("tiny")


def tiny_run(name: str, **changes: object) -> Run:
    settings = {"dataset": "tiny", "batch_size": 3, "validation": 0.5, **changes}
    return creating.create(name, tiny_config(**settings))


def stop_after(batches: int) -> Callable[[], bool]:
    """Says to stop when asked before the batch behind that many."""
    asked = iter(range(batches))
    return lambda: next(asked, None) is None


def without_times(run: Run) -> list[dict[str, float]]:
    return [{k: v for k, v in record.items() if k not in TIMES} for record in run.history()]


def test_files_of_a_trained_run(trained_run: Run) -> None:
    history = trained_run.history()
    assert [record["epoch"] for record in history] == [1, 2]
    for record in history:
        assert set(record) == FIELDS
        by_class = record.pop("validation_f1_by_class")
        assert tuple(by_class) == CLASSES and all(0 <= value <= 1 for value in by_class.values())
        assert np.mean(list(by_class.values())) == pytest.approx(record["validation_macro_f1"])
        assert all(np.isfinite(value) for value in record.values())
        for part in ("train", "validation"):
            assert 0 <= record[f"{part}_macro_f1"] <= 1 and 0 <= record[f"{part}_accuracy"] <= 1
    assert trained_run.trained and trained_run.checkpoint_file.exists()
    checkpoint = torch.load(trained_run.checkpoint_file, weights_only=True)
    assert (checkpoint["epoch"], checkpoint["batch"]) == (3, 0), "what is next"
    assert trained_run.checkpoint_file.stat().st_size > 2 * trained_run.weights_file.stat().st_size


def test_it_learns_the_colours(trained_run: Run) -> None:
    first, last = trained_run.history()
    assert last["train_loss"] < first["train_loss"]
    assert last["validation_accuracy"] == 1.0


def test_validation_figures_are_those_of_all_images_at_once(tiny_dataset: FaceFolder) -> None:
    # Hardly trained, so that it errs, and in batches of unequal size: an average of the batches'
    # F1 or loss would differ.
    run = tiny_run("hardly", learning_rate=1e-7, batch_size=5, epochs=1, seed=3)
    train(run)
    faces = held_out.split_of(run)[1]
    images = torch.from_numpy(np.stack([face_file(face.path) for face in faces]))
    labels = torch.tensor([CLASSES.index(face.class_name) for face in faces])
    with torch.inference_mode():
        prepared = network_named("custom_cnn").prepare(images.permute(0, 3, 1, 2))
        logits = run.load_network()(prepared)
    guesses = logits.argmax(dim=1)
    (record,) = run.history()
    assert 0 < record["validation_accuracy"] < 1, "choose another seed: this one tells nothing"
    assert record["validation_accuracy"] == accuracy_score(labels, guesses)
    assert record["validation_macro_f1"] == pytest.approx(
        f1_score(labels, guesses, average="macro", zero_division=0)
    )
    assert record["validation_loss"] == pytest.approx(
        functional.cross_entropy(logits, labels).item(), rel=1e-4
    )


def test_events_tell_of_everything_in_order(tiny_dataset: FaceFolder) -> None:
    events: list[Event] = []
    run = tiny_run("told")
    assert train(run, events.append)
    assert events[:2] == [Decoding(12, 12), TrainingStart(6, 6, 1, 1, 2, "the beginning", "fp32")]
    del events[0]
    one_epoch = [("BatchEnd", "training")] * 2 + [("BatchEnd", "validation")] * 2
    kinds = [(type(event).__name__, getattr(event, "phase", "")) for event in events[1:]]
    assert kinds == [*one_epoch, ("EpochEnd", "")] * 2
    batches = [event for event in events if isinstance(event, BatchEnd)]
    assert [batch.done for batch in batches] == list(range(1, 9))
    assert {batch.total for batch in batches} == {8}
    assert [batch.epoch for batch in batches] == [1] * 4 + [2] * 4
    assert [(batch.batch, batch.batches) for batch in batches] == [(1, 2), (2, 2)] * 4
    assert batches[-1].seconds_left == 0 and batches[0].seconds_left > 0
    assert all(batch.images_per_second > 0 and batch.loss > 0 for batch in batches)
    records = [event.record for event in events if isinstance(event, EpochEnd)]
    assert records == run.history()


def test_a_finished_run_is_left_as_it_is(trained_run: Run) -> None:
    events: list[Event] = []
    before = trained_run.weights_file.read_bytes()
    assert train(trained_run, events.append)
    (start,) = (event for event in events if not isinstance(event, Decoding))
    assert start == TrainingStart(18, 6, 3, 1, 2, "its checkpoint", "fp32")
    assert trained_run.weights_file.read_bytes() == before


SETTINGS = {
    "epochs": 3, "dropout": 0.3, "schedule": "cosine", "warmup_epochs": 0.5, "weight_decay": 0.1,
    "label_smoothing": 0.1, "class_weights": "balanced", "augmentation": PRESETS["Webcam"],
}  # fmt: skip


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("uninterrupted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACEREC_HOME", str(folder))
        write_classes(folder / "data" / "tiny", images_per_session=2)
        run = tiny_run("uninterrupted", **SETTINGS)
        train(run)
    return run


def assert_same(run: Run, reference: Run) -> None:
    """The same history, weights and state of the optimizer, to the last bit."""
    assert without_times(run) == without_times(reference)
    states = [load_tensors(each.checkpoint_file) for each in (run, reference)]
    torch.testing.assert_close(states[0]["model"], states[1]["model"], rtol=0, atol=0)
    torch.testing.assert_close(
        states[0]["optimizer"]["state"], states[1]["optimizer"]["state"], rtol=0, atol=0
    )
    assert states[0]["schedule"] == states[1]["schedule"]
    torch.testing.assert_close(
        run.load_network().state_dict(), reference.load_network().state_dict(), rtol=0, atol=0
    )


@pytest.mark.parametrize("batches", [1, 3, 4, 5, 7], ids=lambda batches: f"{batches} batches")
def test_a_stopped_run_goes_on_to_the_same_result(
    uninterrupted: Run, tiny_dataset: FaceFolder, batches: int
) -> None:
    run = tiny_run("stopped", **SETTINGS)
    assert not train(run, should_stop=stop_after(batches))
    assert len(run.history()) == batches // 4
    torch.rand(5)
    events: list[Event] = []
    assert train(run, events.append)
    (start,) = (event for event in events if isinstance(event, TrainingStart))
    # Two batches of training and two of validation are an epoch; validation begins anew.
    assert (start.first_epoch, start.first_batch) == (batches // 4 + 1, min(batches % 4, 2) + 1)
    assert start.origin == "its checkpoint"
    assert_same(run, uninterrupted)


class Killed(BaseException):
    """The process ends on the spot."""


@pytest.mark.parametrize("batches", [1, 6], ids=["in epoch 1", "in epoch 2"])
def test_a_killed_run_goes_on_from_its_last_checkpoint_within_the_epoch(
    uninterrupted: Run, tiny_dataset: FaceFolder, batches: int
) -> None:
    def kill(event: Event) -> None:
        if isinstance(event, BatchEnd) and event.done == batches + 1:
            raise Killed

    run = tiny_run("killed", **SETTINGS, checkpoint_minutes=0.1)
    with pytest.MonkeyPatch.context() as patch:
        # Every look at the clock is a minute later than the one before.
        minutes = itertools.count(step=60.0)
        patch.setattr("facerec.training.loop.time.monotonic", lambda: next(minutes))
        with pytest.raises(Killed):
            train(run, kill)
    state = load_tensors(run.checkpoint_file)
    assert (state["epoch"], state["batch"]) == (batches // 4 + 1, batches % 4)
    assert train(run)
    assert_same(run, uninterrupted)


@pytest.mark.parametrize("file", ["weights.pt", "checkpoint.pt"])
@pytest.mark.parametrize("epoch", [1, 2])
def test_a_crash_while_an_epoch_is_saved_loses_nothing(
    uninterrupted: Run,
    tiny_dataset: FaceFolder,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    epoch: int,
) -> None:
    save, saved = training.save_tensors, []

    def crashing(path: Path, content: dict) -> None:
        saved.append(path.name)
        if saved.count(file) == epoch and path.name == file:
            raise OSError(28, "No space left on device")
        save(path, content)

    run = tiny_run("crashed", **SETTINGS, keep="last")
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr("facerec.training.loop.save_tensors", crashing)
        patch.setattr("facerec.runs.run.save_tensors", crashing)
        train(run)
    assert len(run.history()) == epoch - 1
    assert not list(run.folder.glob(".*"))
    assert train(run)
    assert without_times(run) == without_times(uninterrupted)


def test_a_run_that_came_without_its_checkpoint_is_not_gone_on_with(trained_run: Run) -> None:
    trained_run.checkpoint_file.unlink()
    with pytest.raises(FacerecError, match="came here without its checkpoint"):
        train(trained_run)


def test_resnet50_with_frozen_blocks_goes_on_to_the_same_result(
    tiny_dataset: FaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its pretrained weights cannot be had here: the same random ones, then.
    imagenet = NETWORKS["resnet50_imagenet"]
    monkeypatch.setitem(NETWORKS, imagenet.name, replace(imagenet, build=imagenet.skeleton))
    settings = {"network": imagenet.name, "frozen_blocks": 4, "epochs": 2}
    whole, parted = tiny_run("whole", **settings), tiny_run("parted", **settings)
    assert train(whole)
    assert not train(parted, should_stop=stop_after(5))
    assert train(parted)
    assert_same(parted, whole)


def test_the_seed_decides_the_result(tiny_dataset: FaceFolder) -> None:
    weights = []
    for name, seed in (("first", 1), ("second", 1), ("third", 2)):
        run = tiny_run(name, epochs=1, seed=seed)
        train(run)
        weights.append(run.load_network().fc.weight)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_learns(tiny_dataset: FaceFolder, optimizer: str) -> None:
    run = tiny_run(optimizer, optimizer=optimizer, learning_rate=1e-4, epochs=3)
    train(run)
    first, _, last = run.history()
    assert last["train_loss"] < first["train_loss"]


def test_a_split_by_session_trains(tiny_dataset: FaceFolder) -> None:
    run = tiny_run("sessions", split="session", epochs=1)
    assert train(run)
    parts = held_out.split_of(run)
    for name in CLASSES:
        sessions = [{f.session for f in part if f.class_name == name} for part in parts]
        assert not sessions[0] & sessions[1]


def test_the_best_epoch_s_weights_are_kept(
    tiny_dataset: FaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = totals.Totals.record

    def scored(totals: object, prefix: str) -> dict[str, float]:
        record = real(totals, prefix)
        if prefix == "validation":
            record["validation_macro_f1"], record["validation_loss"] = next(scores), 1.0
        return record

    kept = {}
    for keep in ("best", "last"):
        run = tiny_run(keep, keep=keep, epochs=4)
        weights: list[torch.Tensor] = []

        def remember(event: Event, run: Run = run, weights: list = weights) -> None:
            if isinstance(event, EpochEnd):
                weights.append(load_tensors(run.checkpoint_file)["model"]["fc.weight"])

        with monkeypatch.context() as patch:
            scores = iter([0.5, 0.9, 0.7, 0.9])
            patch.setattr(totals.Totals, "record", scored)
            train(run, remember)
        final = run.load_network().fc.weight
        kept[keep] = [torch.equal(final, epoch) for epoch in weights]
    assert kept == {"best": [False, True, False, False], "last": [False, False, False, True]}


def test_training_ends_early_when_nothing_gets_better(
    tiny_dataset: FaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = totals.Totals.record
    # The second epoch is the best: two more that are no better end it.
    scores = {"validation_macro_f1": 0.5, "validation_loss": 1.0}
    monkeypatch.setattr(
        totals.Totals,
        "record",
        lambda totals, prefix: {
            **real(totals, prefix),
            **(scores if prefix == "validation" else {}),
        },
    )
    run = tiny_run("patient", epochs=50, patience=2)

    def get_better_once(event: Event) -> None:
        if isinstance(event, EpochEnd):
            scores["validation_macro_f1"] = 0.6 if event.record["epoch"] == 1 else 0.5

    assert train(run, get_better_once)
    assert len(run.history()) == 4
    events: list[Event] = []
    assert train(run, events.append)
    assert not any(isinstance(event, EpochEnd) for event in events), "it is done, and stays so"


def test_a_loss_that_is_no_number_ends_the_run_with_advice(
    tiny_dataset: FaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn = training.Learner.learn
    monkeypatch.setattr(
        training.Learner, "learn", lambda *values, **named: learn(*values, **named) * torch.nan
    )
    run = tiny_run("wild", learning_rate=0.5)
    with pytest.raises(FacerecError, match="no number any more in epoch 1: the learning rate, 0.5"):
        train(run)


def test_weights_of_an_earlier_run_are_gone_on_from(
    trained_run: Run, small_dataset: FaceFolder
) -> None:
    run = creating.create("more", tiny_config(continue_from=RUN, learning_rate=1e-7, epochs=1))
    events: list[Event] = []
    train(run, events.append)
    (start,) = (event for event in events if isinstance(event, TrainingStart))
    assert start.origin == f"the weights of {RUN}"
    assert run.history()[0]["validation_accuracy"] == 1.0, "hardly trained, but it knew it all"


def test_a_damaged_checkpoint_is_named(trained_run: Run) -> None:
    trained_run.checkpoint_file.write_bytes(b"damaged")
    with pytest.raises(FacerecError, match="checkpoint.pt is damaged"):
        train(trained_run)


@pytest.fixture
def visitors(tiny_dataset: FaceFolder) -> FaceFolder:
    """Strangers of a colour that nobody of the data set has."""
    for number in range(6):
        pixels = noisy_color((200, 200, 40), 500 + number)
        images.write(tiny_dataset.path.parent / "visitors" / "Max" / f"a_{number:04}.png", pixels)
    return FaceFolder.open("visitors")


def named(run: Run, folder: FaceFolder) -> np.ndarray:
    """Probability that a run gives a person's name to each face of a folder."""
    faces = np.stack([face_file(face.path) for face in folder.face_files()])
    probabilities = Recogniser(run).outputs(faces).probabilities()
    return 1 - probabilities[:, CLASSES.index(UNKNOWN)]


def test_strangers_that_it_learned_to_refuse_are_refused(
    tiny_dataset: FaceFolder, visitors: FaceFolder
) -> None:
    plain, exposed = (
        tiny_run("plain", epochs=6),
        tiny_run("exposed", epochs=6, strangers="visitors"),
    )
    for run in (plain, exposed):
        train(run)
    assert exposed.info.classes == plain.info.classes == CLASSES
    assert named(exposed, visitors).max() < 0.5 < named(plain, visitors).min()
    # Its own people are known all the same.
    assert exposed.history()[-1]["validation_accuracy"] == 1


def test_a_stopped_run_with_strangers_goes_on_to_the_same_result(
    tiny_dataset: FaceFolder, visitors: FaceFolder
) -> None:
    settings = {"strangers": "visitors", "epochs": 2, "augmentation": PRESETS["Webcam"]}
    whole, parted = tiny_run("whole", **settings), tiny_run("parted", **settings)
    assert train(whole)
    assert not train(parted, should_stop=stop_after(5))
    assert train(parted)
    assert_same(parted, whole)
