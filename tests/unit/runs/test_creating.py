import shutil
from pathlib import Path

import pytest
import torch

from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.runs import creating
from facerec.runs.creating import continued_network
from facerec.runs.held_out import split_of
from facerec.runs.run import Run
from tests.examples import CLASSES, DATASET, RUN, tiny_config


def test_a_new_run_says_what_it_is_of(small_dataset: FaceFolder) -> None:
    run = creating.create("first", tiny_config())
    assert run.config == tiny_config()
    info = run.info
    assert info.classes == CLASSES
    assert info.dataset_hash == small_dataset.content_hash()
    assert info.parameters == info.trained_parameters == 23_584 + 224 + 50_176 * 3 + 3
    assert info.versions["torch"] == torch.__version__.partition("+")[0]
    assert info.created.endswith("+00:00")
    assert not run.trained and run.history() == []
    assert Run.open("first").config == run.config


def test_a_new_run_reads_its_data_set_once(
    small_dataset: FaceFolder, hashed: list[Path], a_minute_later: None
) -> None:
    run = creating.create("first", tiny_config())
    training, validation = split_of(run)
    assert sorted(hashed) == sorted(face.path for face in [*training, *validation])
    face = training[0].path
    face.write_bytes(face.read_bytes() + b" ")
    with pytest.raises(FacerecError, match="has changed since the run first began"):
        split_of(run)


def test_an_empty_class_is_none_of_the_run_s(small_dataset: FaceFolder) -> None:
    (small_dataset.path / "Nobody").mkdir()
    assert creating.create("first", tiny_config()).info.classes == CLASSES


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("first", {}, "There is a run named first already"),
        ("../x", {}, "run name"),
        ("new", {"dataset": "missing"}, "no data set 'missing'"),
        ("new", {"strangers": "missing"}, "no data set 'missing'"),
        ("new", {"strangers": DATASET}, "Ada, Zoë cannot be strangers"),
    ],
)
def test_a_run_that_cannot_be_leaves_no_folder(
    small_dataset: FaceFolder, home: Path, name: str, changes: dict[str, str], message: str
) -> None:
    creating.create("first", tiny_config())
    with pytest.raises(FacerecError, match=message):
        creating.create(name, tiny_config(**changes))
    assert [folder.name for folder in (home / "models").glob("[!.]*")] == ["first"]


@pytest.fixture
def other_classes(trained_run: Run, home: Path) -> FaceFolder:
    """A data set without Ada and with Bob, whose images are green."""
    folder = FaceFolder(home / "data" / "others")
    shutil.copytree(home / "data" / DATASET, folder.path)
    (folder.path / "Ada").rename(folder.path / "Bob")
    return folder


def test_classes_that_both_runs_have_keep_what_was_learned(
    trained_run: Run, other_classes: FaceFolder
) -> None:
    config = tiny_config(dataset="others", continue_from=RUN)
    run = creating.create("others-run", config)
    assert run.info.classes == ("Bob", "Unknown", "Zoë")
    learned, continued = trained_run.load_network(), continued_network(config, run.info.classes)
    for name, value in continued.blocks.state_dict().items():
        assert torch.equal(value, learned.blocks.state_dict()[name]), name
    same = (continued.fc.weight == learned.fc.weight).all(dim=1)
    assert same.tolist() == [False, True, True]
    assert torch.equal(continued.fc.bias[1:], learned.fc.bias[1:])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"continue_from": "missing"}, "no run 'missing'"),
        ({"continue_from": RUN, "activation": "tanh"}, "custom_cnn with activation relu, .* tanh"),
        ({"continue_from": RUN, "fields": 7}, "fields 28, .* fields 7"),
        ({"continue_from": RUN, "loss": "arcface"}, "loss cross_entropy, .* loss arcface"),
        ({"continue_from": RUN, "network": "resnet50_scratch"}, "this run's resnet50_scratch"),
        ({"continue_from": "untrained"}, "has no weights yet"),
    ],
)
def test_a_run_that_cannot_be_continued_from_is_refused(
    trained_run: Run, changes: dict[str, str], message: str
) -> None:
    creating.create("untrained", tiny_config())
    with pytest.raises(FacerecError, match=message):
        creating.create("next", tiny_config(**changes))
    assert not (trained_run.folder.parent / "next").exists()
