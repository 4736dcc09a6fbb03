from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from captum.attr import LayerAttribution, LayerGradCam
from torch import nn

from facerec.errors import FacerecError
from facerec.explanation.heat_maps import Explainer, last_feature_maps, overlaid
from facerec.networks.catalogue import network_named
from facerec.networks.custom_cnn import CustomCNN
from facerec.networks.options import NetworkOptions
from facerec.networks.resnet50 import ResNet50
from facerec.runs.run import Run
from facerec.runs.settings import TrainingConfig
from tests.examples import COLORS, noisy_color

UPPER_LEFT = np.s_[:112, :112]


def seeing_brightness(classifier: torch.Tensor) -> CustomCNN:
    """A custom CNN with one map, how bright the red is, and weights (classes, 28, 28) on it."""
    module = CustomCNN(len(classifier)).eval()
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.zeros_(part.weight)
            part.weight.data[0, 0, 1, 1] = 1
    nn.init.zeros_(module.fc.weight)
    module.fc.weight.data[:, : 28 * 28] = classifier.flatten(1)
    return module


def explainer(module: nn.Module, network: str = "custom_cnn") -> Explainer:
    run = SimpleNamespace(
        config=TrainingConfig(network=network),
        load_network=lambda: module.eval(),
        is_enrolled=False,
    )
    return Explainer(run)


def share_in(heat: np.ndarray, place: tuple[slice, slice]) -> float:
    return float(heat[place].sum() / heat.sum())


def test_heat_is_where_the_picture_speaks_for_the_class() -> None:
    face = np.zeros((224, 224, 3), np.uint8)
    face[UPPER_LEFT] = 255
    everywhere = torch.ones(28, 28)
    found = explainer(seeing_brightness(torch.stack([everywhere, -everywhere])))
    heat = found.heat(np.stack([face, face]), [0, 1])
    assert (heat.shape, heat.dtype) == ((2, 224, 224), np.float32)
    assert (heat.min(), heat.max()) == (0, 1)
    assert share_in(heat[0], UPPER_LEFT) > 0.95
    # Nothing speaks for a class of the dark.
    assert not heat[1].any()


def test_heat_is_where_the_network_looks() -> None:
    """The whole picture is bright; each class counts that in one quadrant only."""
    looks = torch.zeros(2, 28, 28)
    looks[0, :14, :14] = 1
    looks[1, 14:, 14:] = 1
    bright = np.full((1, 224, 224, 3), 255, np.uint8)
    found = explainer(seeing_brightness(looks))
    assert share_in(found.heat(bright, [0])[0], UPPER_LEFT) > 0.95
    assert share_in(found.heat(bright, [1])[0], np.s_[112:, 112:]) > 0.95


@pytest.mark.parametrize("frozen_blocks", [0, 5])
def test_of_resnet50_it_is_grad_cam_however_much_is_frozen(frozen_blocks: int) -> None:
    torch.manual_seed(0)
    module = ResNet50(3, frozen_blocks=frozen_blocks).eval()
    # So that something speaks for each class.
    module.fc.weight.data.abs_()
    faces = np.stack([noisy_color(color, 1) for color in COLORS.values()])
    images = network_named("resnet50_imagenet").prepare(torch.from_numpy(faces).permute(0, 3, 1, 2))
    grad_cam = LayerGradCam(module, module.layer4).attribute(
        images, torch.tensor([2, 0, 1]), relu_attributions=True
    )
    expected = LayerAttribution.interpolate(grad_cam, (224, 224), "bilinear")[:, 0]
    expected = expected / expected.amax(dim=(1, 2), keepdim=True)
    heat = explainer(module, "resnet50_imagenet").heat(faces, [2, 0, 1])
    assert heat == pytest.approx(expected.detach().numpy(), abs=1e-4)
    assert heat.std(axis=(1, 2)).min() > 0.01


@pytest.mark.parametrize("fields", [28, 7, 1])
def test_the_last_maps_are_those_before_any_pooling(fields: int) -> None:
    custom = CustomCNN(2, NetworkOptions(fields=fields)).eval()
    assert last_feature_maps(custom) is custom.blocks


def test_the_last_maps_of_resnet50() -> None:
    residual = ResNet50(2).eval()
    assert last_feature_maps(residual) is residual.layer4
    assert not any(part._forward_hooks for part in residual.modules())


def test_a_run_is_explained(trained_run: Run) -> None:
    found = Explainer(trained_run)
    faces = np.stack([noisy_color(COLORS["Ada"], 1), noisy_color(COLORS["Zoë"], 2)])
    together = found.heat(faces, [0, 2])
    alone = np.concatenate([found.heat(faces[:1], [0]), found.heat(faces[1:], [2])])
    assert together == pytest.approx(alone, abs=1e-5)
    assert together.max(axis=(1, 2)) == pytest.approx(1)
    assert not np.allclose(together[0], found.heat(faces[:1], [1])[0])
    assert found.heat(faces[:0], []).shape == (0, 224, 224)


def test_a_run_without_weights_cannot_be_explained(trained_run: Run) -> None:
    trained_run.weights_file.unlink()
    with pytest.raises(FacerecError, match="train it first"):
        Explainer(trained_run)


def test_overlaid_faces_are_grey_and_glow_where_it_is_hot() -> None:
    face = noisy_color((40, 120, 200), 1)
    heat = np.zeros((224, 224), np.float32)
    heat[UPPER_LEFT] = 1
    shown = overlaid(face, heat)
    assert (shown.shape, shown.dtype) == (face.shape, np.uint8)
    cold = shown[112:].astype(int)
    assert (cold == cold[:, :, :1]).all()
    assert cold.std() == pytest.approx(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)[112:].std(), abs=0.1)
    # The face was blue; inferno's hot end is a light yellow.
    red, green, blue = shown[UPPER_LEFT].mean(axis=(0, 1))
    assert min(red, green) > 200 and blue < 190
