from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score
from torch.nn import functional

from facerec import networks, training
from facerec.augmentation import PRESETS, Augmentation
from facerec.dataset import FaceFolder
from facerec.errors import FacerecError
from facerec.preprocessing import face_file
from facerec.runs import Run
from facerec.settings import OPTIMIZERS
from facerec.training import BatchEnd, EpochEnd, Event, FaceTensors, TrainingStart, train
from tests.examples import CLASSES, RUN, tiny_config, write_classes

FIELDS = {
    "epoch", "train_loss", "train_accuracy", "train_macro_f1", "validation_loss",
    "validation_accuracy", "validation_macro_f1", "learning_rate", "seconds", "images_per_second",
}  # fmt: skip
TIMES = ("seconds", "images_per_second")


@pytest.fixture
def tiny_dataset(home: Path) -> FaceFolder:
    """Three classes of four images in two sessions: with half of them for validation, 6 and 6."""
    write_classes(home / "data" / "tiny", images_per_session=2)
    return FaceFolder.open("tiny")


def tiny_run(name: str, **changes: object) -> Run:
    settings = {"dataset": "tiny", "batch_size": 3, "validation": 0.5, **changes}
    return Run.create(name, tiny_config(**settings))


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
        assert all(np.isfinite(value) for value in record.values())
        for part in ("train", "validation"):
            assert 0 <= record[f"{part}_macro_f1"] <= 1 and 0 <= record[f"{part}_accuracy"] <= 1
    assert trained_run.trained and trained_run.checkpoint_file.exists()
    checkpoint = torch.load(trained_run.checkpoint_file, weights_only=True)
    assert set(checkpoint) == {"epoch", "model", "optimizer", "scheduler", "random", "order"}
    assert checkpoint["epoch"] == 2
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
    faces = training.split_of(run)[1]
    images = torch.from_numpy(np.stack([face_file(face.path) for face in faces]))
    labels = torch.tensor([CLASSES.index(face.class_name) for face in faces])
    with torch.inference_mode():
        prepared = networks.network("custom_cnn").prepare(images.permute(0, 3, 1, 2))
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
    assert events[0] == TrainingStart(6, 6, 1, 2, "the beginning")
    one_epoch = [("BatchEnd", "training")] * 2 + [("BatchEnd", "validation")] * 2
    kinds = [(type(event).__name__, getattr(event, "phase", "")) for event in events[1:]]
    assert kinds == [*one_epoch, ("EpochEnd", "")] * 2
    batches = [event for event in events if isinstance(event, BatchEnd)]
    assert [batch.done for batch in batches] == list(range(1, 9))
    assert {batch.total for batch in batches} == {8}
    assert [batch.epoch for batch in batches] == [1] * 4 + [2] * 4
    assert batches[-1].seconds_left == 0 and batches[0].seconds_left > 0
    records = [event.record for event in events if isinstance(event, EpochEnd)]
    assert records == run.history()


def test_a_finished_run_is_left_as_it_is(trained_run: Run) -> None:
    events: list[Event] = []
    before = trained_run.weights_file.read_bytes()
    assert train(trained_run, events.append)
    assert events == [TrainingStart(18, 6, 3, 2, "its checkpoint")]
    assert trained_run.weights_file.read_bytes() == before


SETTINGS = {"epochs": 3, "dropout": 0.3, "schedule": "cosine", "augmentation": PRESETS["Webcam"]}


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
    assert without_times(run) == without_times(reference)
    expected = reference.load_network().state_dict()
    for name, value in run.load_network().state_dict().items():
        assert torch.equal(value, expected[name]), name


@pytest.mark.parametrize("batches", [1, 4, 5, 7], ids=lambda batches: f"{batches} batches")
def test_a_stopped_run_goes_on_to_the_same_result(
    uninterrupted: Run, tiny_dataset: FaceFolder, batches: int
) -> None:
    run = tiny_run("stopped", **SETTINGS)
    assert not train(run, should_stop=stop_after(batches))
    assert len(run.history()) == batches // 4
    torch.rand(5)
    events: list[Event] = []
    assert train(run, events.append)
    assert events[0].first_epoch == batches // 4 + 1
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

    run = tiny_run("crashed", **SETTINGS)
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr("facerec.training.save_tensors", crashing)
        patch.setattr("facerec.runs.save_tensors", crashing)
        train(run)
    assert len(run.history()) == epoch
    assert not list(run.folder.glob(".*"))
    assert train(run)
    assert [record["epoch"] for record in run.history()] == [1, 2, 3]
    # Weights without a checkpoint go on with another optimizer: only then the result differs.
    if (file, epoch) != ("checkpoint.pt", 1):
        assert_same(run, uninterrupted)


def test_weights_alone_can_be_gone_on_from(tiny_dataset: FaceFolder) -> None:
    run = tiny_run("weights")
    train(run, should_stop=stop_after(4))
    run.checkpoint_file.unlink()
    first = run.history()
    events: list[Event] = []
    weights = run.weights_file.read_bytes()
    assert train(run, events.append)
    assert events[0] == TrainingStart(6, 6, 2, 2, "its weights; the optimizer begins anew")
    assert run.history()[:1] == first and len(run.history()) == 2
    assert run.weights_file.read_bytes() != weights


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


@pytest.mark.parametrize(
    ("schedule", "factors"), [("constant", [1, 1, 1]), ("cosine", [1, 0.75, 0.25])]
)
def test_every_schedule_sets_the_learning_rate(
    tiny_dataset: FaceFolder, schedule: str, factors: list[float]
) -> None:
    run = tiny_run(schedule, schedule=schedule, epochs=3)
    train(run)
    rates = [record["learning_rate"] for record in run.history()]
    assert rates == pytest.approx([5e-5 * factor for factor in factors])


def test_a_split_by_session_trains(tiny_dataset: FaceFolder) -> None:
    run = tiny_run("sessions", split="session", epochs=1)
    assert train(run)
    parts = training.split_of(run)
    for name in CLASSES:
        sessions = [{f.session for f in part if f.class_name == name} for part in parts]
        assert not sessions[0] & sessions[1]


def test_only_training_images_are_augmented(tiny_dataset: FaceFolder) -> None:
    faces = tiny_dataset.face_files()
    flipped, plain = (
        FaceTensors(faces, CLASSES, augmentation)
        for augmentation in (Augmentation(horizontal_flip=1), Augmentation())
    )
    image, label = plain[5]
    assert label == CLASSES.index(faces[5].class_name)
    assert image.dtype == torch.uint8
    np.testing.assert_array_equal(image.permute(1, 2, 0), face_file(faces[5].path))
    torch.testing.assert_close(flipped[5][0], image.flip(2))


@pytest.mark.parametrize("change", ["added", "removed", "overwritten"])
def test_a_changed_data_set_is_refused(
    trained_run: Run, small_dataset: FaceFolder, change: str
) -> None:
    path = small_dataset.face_files()[0].path
    match change:
        case "added":
            path.with_name("more_0001.jpg").write_bytes(path.read_bytes())
        case "removed":
            path.unlink()
        case "overwritten":
            path.write_bytes(small_dataset.face_files()[1].path.read_bytes())
    with pytest.raises(FacerecError, match=f"has changed since the run {RUN} began"):
        train(trained_run)


def test_a_data_set_that_is_gone_is_named(trained_run: Run, small_dataset: FaceFolder) -> None:
    small_dataset.delete()
    with pytest.raises(FacerecError, match="no data set 'colours'"):
        train(trained_run)


def test_an_unreadable_image_is_named(small_dataset: FaceFolder) -> None:
    (small_dataset.path / "Ada" / "session0_0000.jpg").write_bytes(b"broken")
    run = Run.create("unreadable", tiny_config())
    with pytest.raises(FacerecError, match="session0_0000.jpg cannot be read"):
        train(run)
    assert not run.trained and run.history() == []


@pytest.mark.parametrize("file", ["checkpoint.pt", "weights.pt"])
def test_a_damaged_file_to_go_on_from_is_named(trained_run: Run, file: str) -> None:
    if file == "weights.pt":
        trained_run.checkpoint_file.unlink()
    (trained_run.folder / file).write_bytes(b"damaged")
    with pytest.raises(FacerecError, match=f"{file} is damaged"):
        train(trained_run)
