import hashlib
import json
import shutil
import zipfile
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from facerec.datasets.folder import FaceFolder
from facerec.decisions.face_space import FaceSpace
from facerec.decisions.operating_point import OperatingPoint
from facerec.errors import FacerecError
from facerec.networks.custom_cnn import CustomCNN
from facerec.runs import catalogue, creating
from facerec.runs.catalogue import import_run, list_runs
from facerec.runs.creating import continued_network
from facerec.runs.held_out import split_of
from facerec.runs.run import Run
from tests.examples import CLASSES, DATASET, RUN, tiny_config

POINT = OperatingPoint(7.3, "energy", 1.5, 2.0, 12.0)
SPACE = FaceSpace(
    *(
        np.random.default_rng(0).random(shape, np.float32)
        for shape in ((64 * 7 * 7, 2), (2,), (3, 2))
    )
)


def same_space(one: FaceSpace, other: FaceSpace) -> bool:
    return all(
        np.array_equal(part, asdict(other)[name]) and part.dtype == np.float32
        for name, part in asdict(one).items()
    )


class Bomb:
    """Runs code when it is unpickled without care."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


def archive(members: dict[str, bytes | str]) -> BytesIO:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return buffer


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
    ],
)
def test_a_run_that_cannot_be_leaves_no_folder(
    small_dataset: FaceFolder, home: Path, name: str, changes: dict[str, str], message: str
) -> None:
    creating.create("first", tiny_config())
    with pytest.raises(FacerecError, match=message):
        creating.create(name, tiny_config(**changes))
    assert [folder.name for folder in (home / "models").iterdir()] == ["first"]


def test_an_unknown_run_cannot_be_opened(home: Path) -> None:
    with pytest.raises(FacerecError, match="no run 'missing'"):
        Run.open("missing")


def test_runs_are_listed_the_newest_first(small_dataset: FaceFolder, home: Path) -> None:
    assert list_runs() == []
    for name, year in (("a", 2024), ("b", 2026), ("c", 2025)):
        run = creating.create(name, tiny_config())
        values = json.loads(run.config_file.read_text("utf-8"))
        values["created"] = f"{year}-01-01T00:00:00+00:00"
        run.config_file.write_text(json.dumps(values), "utf-8")
    (home / "models" / "detectors").mkdir()
    assert [run.name for run in list_runs()] == ["b", "c", "a"]


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


def test_free_names_count_up(small_dataset: FaceFolder) -> None:
    names = []
    for _ in range(2):
        names.append(catalogue.free_name(DATASET, "custom_cnn"))
        creating.create(names[-1], tiny_config())
    assert names == [f"{DATASET}-custom_cnn-1", f"{DATASET}-custom_cnn-2"]
    by_path = catalogue.free_name(str(small_dataset.path), "custom_cnn")
    assert by_path == f"{DATASET}-custom_cnn-3"


def test_export_and_import_round_trip(trained_run: Run) -> None:
    trained_run.save_operating_point(POINT)
    trained_run.save_face_space(SPACE, trained_run.weights_hash)
    trained_run.evaluation_file.write_text("{}")
    trained_run.job.log_file.write_text("only here")
    before = trained_run.load_network().state_dict()
    history, config, info = trained_run.history(), trained_run.config, trained_run.info
    packed = catalogue.export(trained_run)
    assert not {"checkpoint.pt", "log.txt"} & {
        Path(name).name for name in zipfile.ZipFile(BytesIO(packed)).namelist()
    }
    trained_run.delete()
    assert list_runs() == []
    run = import_run(BytesIO(packed))
    assert (run.name, run.history(), run.config, run.info) == (RUN, history, config, info)
    assert run.operating_point == POINT
    assert same_space(run.face_space(), SPACE)
    assert run.evaluation_file.read_text() == "{}"
    for name, value in run.load_network().state_dict().items():
        torch.testing.assert_close(value, before[name])


def test_an_import_never_replaces_a_run(trained_run: Run) -> None:
    with pytest.raises(FacerecError, match="There is a run named"):
        import_run(BytesIO(catalogue.export(trained_run)))
    assert trained_run.load_network()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no archive", "no ZIP archive"),
        (archive({}).getvalue(), "no run exported"),
        (archive({"readme.txt": "x"}).getvalue(), "no run exported"),
        (archive({"run/config.json": "{}", "run/evil.py": "x"}).getvalue(), "no run exported"),
        (archive({"run/config.json": "{}", "two/weights.pt": "x"}).getvalue(), "no run exported"),
        (archive({"../config.json": "{}"}).getvalue(), "leaves it"),
        (archive({"run/../../config.json": "{}"}).getvalue(), "leaves it"),
        (archive({"run/config.json": "{}"}).getvalue(), "not complete|no weights"),
        (archive({"run/config.json": "{}", "run/weights.pt": "x"}).getvalue(), "not complete"),
        (archive({"run/weights.pt": "x"}).getvalue(), "not complete"),
        (archive({"run/config.json": "{", "run/weights.pt": "x"}).getvalue(), "damaged"),
        (archive({"run/config.json": "[]", "run/weights.pt": "x"}).getvalue(), "not complete"),
    ],
)
def test_a_foreign_zip_is_refused_and_leaves_nothing(
    home: Path, content: bytes, message: str
) -> None:
    with pytest.raises(FacerecError, match=message):
        import_run(BytesIO(content))
    assert not (home / "models").exists() or list((home / "models").iterdir()) == []


@pytest.mark.parametrize(
    "member", ["weights.pt", "history.jsonl", "threshold.json", "face_space.npz"]
)
def test_a_run_with_a_broken_file_is_refused(trained_run: Run, member: str) -> None:
    packed = BytesIO(catalogue.export(trained_run))
    unpacked = zipfile.ZipFile(packed)
    members = {name: unpacked.read(name) for name in unpacked.namelist()}
    trained_run.delete()
    with pytest.raises(FacerecError):
        import_run(archive({**members, f"{RUN}/{member}": b"broken"}))
    assert list_runs() == []


def test_a_damaged_archive_is_refused(trained_run: Run) -> None:
    content = bytearray(catalogue.export(trained_run))
    trained_run.delete()
    content[content.index(b"history.jsonl") + 40] ^= 255
    with pytest.raises(FacerecError):
        import_run(BytesIO(bytes(content)))
    assert list_runs() == []


def test_the_operating_point_is_the_report_s_until_one_is_saved(trained_run: Run) -> None:
    assert trained_run.operating_point == OperatingPoint(0.5, "confidence", 1.0, 0.0, 1.0)
    trained_run.save_operating_point(POINT)
    assert Run.open(RUN).operating_point == POINT


def test_a_threshold_that_an_earlier_version_saved_holds(trained_run: Run) -> None:
    (trained_run.folder / "threshold.json").write_text('{"threshold": 0.73}')
    assert trained_run.operating_point == OperatingPoint(0.73)


@pytest.mark.parametrize(
    "content",
    [
        "{half",
        "[]",
        "7",
        '{"treshold": 0.5}',
        '{"threshold": 7}',
        '{"threshold": NaN}',
        '{"threshold": "0.5"}',
        '{"threshold": null}',
        '{"temperature": 0}',
        '{"score": "magic"}',
        '{"score": []}',
        '{"low": 1, "threshold": 1}',
    ],
)
def test_a_damaged_operating_point_is_named(trained_run: Run, content: str) -> None:
    (trained_run.folder / "threshold.json").write_text(content)
    with pytest.raises(FacerecError, match=r"threshold\.json is damaged: .*[^.]\.$"):
        _ = trained_run.operating_point


def test_the_weights_hash_changes_with_the_weights(trained_run: Run) -> None:
    before = trained_run.weights_hash
    assert before == hashlib.sha256(trained_run.weights_file.read_bytes()).hexdigest()
    network = trained_run.load_network()
    torch.nn.init.zeros_(network.fc.bias)
    trained_run.save_weights(network)
    assert trained_run.weights_hash != before
    trained_run.weights_file.unlink()
    with pytest.raises(FacerecError, match="has no weights yet"):
        _ = trained_run.weights_hash


def test_a_face_space_is_known_for_the_weights_it_is_of(trained_run: Run) -> None:
    assert trained_run.face_space() is None
    trained_run.save_face_space(SPACE, trained_run.weights_hash)
    assert same_space(Run.open(RUN).face_space(), SPACE)
    network = trained_run.load_network()
    torch.nn.init.zeros_(network.fc.bias)
    trained_run.save_weights(network)
    assert trained_run.face_space() is None
    trained_run.weights_file.unlink()
    assert trained_run.face_space() is None


def npz(**arrays: Any) -> bytes:
    buffer = BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 half",
        b"noise",
        npz(**asdict(SPACE)),
        npz(weights=np.array("a")),
        npz(**asdict(SPACE), weights=np.array(["a"], object)),
    ],
    ids=["empty", "half", "noise", "no hash", "no space", "objects"],
)
def test_a_damaged_face_space_is_named(trained_run: Run, content: bytes) -> None:
    trained_run.face_space_file.write_bytes(content)
    with pytest.raises(FacerecError, match=r"face_space\.npz is damaged: delete it"):
        trained_run.face_space()


@pytest.mark.parametrize(
    "changes",
    [
        {"projection": np.zeros(5, np.float32)},
        {"offset": np.zeros(3, np.float32)},
        {"centres": np.zeros((3, 4), np.float32)},
        {"centres": np.full((3, 2), np.nan, np.float32)},
    ],
)
def test_a_face_space_that_cannot_be_is_damaged(
    trained_run: Run, changes: dict[str, np.ndarray]
) -> None:
    content = npz(**asdict(SPACE) | changes, weights=np.array(trained_run.weights_hash))
    trained_run.face_space_file.write_bytes(content)
    with pytest.raises(FacerecError, match=r"face_space\.npz is damaged: delete it"):
        trained_run.face_space()


def test_weights_file_holds_parameters_and_class_names_only(trained_run: Run) -> None:
    content = torch.load(trained_run.weights_file, weights_only=True)
    assert set(content) == {"network", "classes", "state"}
    assert (content["network"], tuple(content["classes"])) == ("custom_cnn", CLASSES)
    assert set(content["state"]) == set(CustomCNN(3).state_dict())


def test_a_network_without_weights_cannot_be_loaded(small_dataset: FaceFolder) -> None:
    with pytest.raises(FacerecError, match="has no weights yet"):
        creating.create("first", tiny_config()).load_network()


@pytest.mark.parametrize(
    "content", [{"state": CustomCNN(5).state_dict()}, {"other": 1}, {"state": {"x": 1}}, [1, 2]]
)
def test_weights_of_another_network_are_refused(trained_run: Run, content: object) -> None:
    torch.save(content, trained_run.weights_file)
    with pytest.raises(FacerecError, match="does not fit"):
        trained_run.load_network()


def test_a_file_with_code_in_it_is_refused_and_not_run(trained_run: Run, tmp_path: Path) -> None:
    bombed = tmp_path / "bombed"
    torch.save({"state": Bomb(bombed)}, trained_run.weights_file)
    with pytest.raises(FacerecError, match="weights.pt is damaged or no file of weights"):
        trained_run.load_network()
    assert not bombed.exists()
    torch.load(trained_run.weights_file, weights_only=False)
    assert bombed.exists(), "the bomb of this test does not work"
