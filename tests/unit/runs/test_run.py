import hashlib
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from facerec.datasets.folder import FaceFolder
from facerec.decisions.operating_point import OperatingPoint
from facerec.errors import FacerecError
from facerec.networks.custom_cnn import CustomCNN
from facerec.runs import creating
from facerec.runs.run import Run
from tests.examples import CLASSES, RUN, tiny_config
from tests.unit.runs.conftest import POINT, SPACE, same_space


class Bomb:
    """Runs code when it is unpickled without care."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


def test_an_unknown_run_cannot_be_opened(home: Path) -> None:
    with pytest.raises(FacerecError, match="no run 'missing'"):
        Run.open("missing")


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
