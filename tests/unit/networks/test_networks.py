import re
import shutil
import socket
import time
from http.client import IncompleteRead
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from urllib.request import urlopen

import numpy as np
import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional

from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.networks import resnet50
from facerec.networks.catalogue import NETWORKS, network_named
from facerec.networks.custom_cnn import CustomCNN
from facerec.networks.layers import CosineClassifier
from facerec.networks.network import Network, parameter_count
from facerec.networks.options import NetworkOptions
from facerec.networks.resnet50 import ResNet50, imagenet_weights, weights_file
from facerec.recognition.new_gallery import PRETRAINED
from facerec.runs import creating
from facerec.training.loop import train
from tests.examples import noisy_color, tiny_config

FILE = "resnet50-11ad3fa6.pth"
FACES = torch.randint(0, 256, (2, 3, 224, 224), dtype=torch.uint8)


def arranged(network: Network) -> torch.Tensor:
    """The faces in the size that ``prepare`` takes."""
    return FACES[..., : network.arranged_size, : network.arranged_size]


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(FacerecError, match="no network 'vgg': choose one of custom_cnn"):
        network_named("vgg")


def test_lists_have_the_networks_in_their_order_and_the_embedders_best_first() -> None:
    names = ["custom_cnn", "resnet50_scratch", "resnet50_imagenet", "inception_resnet_v1"]
    # Where the tests run with one network more, it comes after these.
    assert list(NETWORKS)[:6] == [*names, "dlib_resnet", "sface"]
    assert list(PRETRAINED)[-5:] == ["sface", "dlib", "vggface2", "casia-webface", "imagenet"]


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_maps_faces_to_logits(name: str) -> None:
    network = network_named(name)
    module = network.skeleton(4, NetworkOptions()).eval()
    with torch.inference_mode():
        logits = module(network.prepare(arranged(network)))
    assert logits.shape == (2, 4) and logits.dtype == torch.float32
    assert logits.isfinite().all()


def test_fewer_fields_are_averages_of_their_neighbours() -> None:
    network = network_named("custom_cnn")
    inputs = network.prepare(arranged(network))
    whole = network.skeleton(4, NetworkOptions()).eval()
    few = network.skeleton(4, NetworkOptions(fields=7)).eval()
    few.blocks.load_state_dict(whole.blocks.state_dict())
    with torch.inference_mode():
        blocks = whole.features(inputs).view(2, 64, 7, 4, 7, 4)
        torch.testing.assert_close(few.features(inputs), blocks.mean(dim=(3, 5)).flatten(1))
    assert (whole.fc.in_features, few.fc.in_features) == (64 * 28 * 28, 64 * 7 * 7)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_classifier_decides_by_the_features(name: str) -> None:
    network = network_named(name)
    module = network.skeleton(4, NetworkOptions(dropout=0.5)).eval()
    inputs = network.prepare(arranged(network))
    with torch.inference_mode():
        features = module.features(inputs)
        torch.testing.assert_close(module.fc(features), module(inputs))
        # Also in the order of channels that recognition works in.
        rearranged = module.to(memory_format=torch.channels_last).features(
            inputs.contiguous(memory_format=torch.channels_last)
        )
    assert features.shape == (2, module.fc.in_features)
    torch.testing.assert_close(rearranged, features, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("fields", "left"), [(28, 7), (14, 7), (10, 7), (7, 7), (3, 3)])
def test_faces_are_compared_by_averages_of_at_most_7_by_7_fields(fields: int, left: int) -> None:
    module = CustomCNN(4, NetworkOptions(fields=fields)).eval()
    features = torch.rand(2, 64 * fields**2)
    embedding = module.embedding(features)
    assert embedding.shape == (2, 64 * left**2)
    if fields % left == 0:
        side = fields // left
        blocks = features.view(2, 64, left, side, left, side)
        torch.testing.assert_close(embedding, blocks.mean(dim=(3, 5)).flatten(1))


def test_a_resnet_s_faces_are_compared_by_its_features() -> None:
    features = torch.rand(2, 2048)
    torch.testing.assert_close(ResNet50(3).embedding(features), features)


@pytest.mark.parametrize("depth", range(6))
def test_features_do_not_depend_on_what_is_frozen(depth: int) -> None:
    module = ResNet50(3, frozen_blocks=depth).eval()
    before = {name: value.requires_grad for name, value in module.named_parameters()}
    small = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        features = module.features(small)
        frozen, trained = module.parts()
        torch.testing.assert_close(module.fc(features), trained(frozen(small)))
    assert features.shape == (1, 2048)
    assert {name: value.requires_grad for name, value in module.named_parameters()} == before


@pytest.mark.parametrize("name", NETWORKS)
def test_input_is_scaled_to_0_to_1_and_normalised(name: str) -> None:
    network = network_named(name)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (network.mean, network.std))
    faces = arranged(network).float()
    if network.size != network.arranged_size:
        faces = functional.interpolate(faces, network.size, mode="bilinear", antialias=True)
    torch.testing.assert_close(
        network.prepare(arranged(network)), (faces / 255 - mean) / std, rtol=1e-4, atol=1e-5
    )


def test_imagenet_weights_get_imagenet_normalisation() -> None:
    preset = imagenet_weights().transforms()
    network = network_named("resnet50_imagenet")
    assert (list(network.mean), list(network.std)) == (preset.mean, preset.std)


def test_custom_cnn_s_layers_and_shapes() -> None:
    module = CustomCNN(7).eval()
    features, shapes = torch.zeros(1, 3, 224, 224), []
    for block, (inputs, outputs) in zip(module.blocks, [(3, 16), (16, 32), (32, 64)], strict=True):
        convolution, norm, activation, pooling = block
        assert (convolution.in_channels, convolution.out_channels) == (inputs, outputs)
        assert (convolution.kernel_size, convolution.stride) == ((3, 3), (1, 1))
        assert convolution.padding == (1, 1)
        assert isinstance(norm, nn.BatchNorm2d) and norm.num_features == outputs
        assert isinstance(activation, nn.ReLU)
        assert isinstance(pooling, nn.MaxPool2d) and pooling.kernel_size == 2
        features = block(features)
        shapes.append(tuple(features.shape[1:]))
    assert shapes == [(16, 112, 112), (32, 56, 56), (64, 28, 28)]
    assert (module.fc.in_features, module.fc.out_features) == (64 * 28 * 28, 7)


@pytest.mark.parametrize("classes", [2, 7])
def test_custom_cnn_s_number_of_parameters(classes: int) -> None:
    convolutions = 3 * 16 * 9 + 16 + 16 * 32 * 9 + 32 + 32 * 64 * 9 + 64
    norms = 2 * (16 + 32 + 64)
    total = convolutions + norms + 64 * 28 * 28 * classes + classes
    assert parameter_count(CustomCNN(classes)) == (total, total)


def test_dropout_acts_while_training_only() -> None:
    network = network_named("custom_cnn")
    module, inputs = (
        network.build(3, NetworkOptions(dropout=0.5)),
        network.prepare(arranged(network)),
    )
    module.eval()
    torch.testing.assert_close(module(inputs), module(inputs))
    module.blocks.eval()
    module.dropout.train()
    assert not torch.equal(module(inputs), module(inputs))


# Blocks of ResNet50 from the image on, by the names of their modules.
BLOCKS = [("conv1", "bn1"), ("layer1",), ("layer2",), ("layer3",), ("layer4",)]


@pytest.mark.parametrize("depth", range(6))
def test_frozen_depth_decides_what_trains(depth: int) -> None:
    module = ResNet50(3, frozen_blocks=depth).train()
    frozen = {name for block in BLOCKS[:depth] for name in block}
    for name, parameter in module.named_parameters():
        assert parameter.requires_grad == (name.split(".")[0] not in frozen), name
    for name, layer in module.named_modules():
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.training == (name.split(".")[0] not in frozen), name


def test_by_default_27_convolutions_train() -> None:
    module = ResNet50(3, frozen_blocks=NetworkOptions().frozen_blocks)
    trained = [
        name
        for name, layer in module.named_modules()
        if isinstance(layer, nn.Conv2d) and layer.weight.requires_grad
    ]
    in_bottlenecks = [name for name in trained if re.fullmatch(r"layer\d\.\d\.conv\d", name)]
    assert len(in_bottlenecks) == 27
    assert set(trained) - set(in_bottlenecks) == {"layer3.0.downsample.0", "layer4.0.downsample.0"}
    reference = torchvision.models.resnet50(num_classes=3)
    total, trained_parameters = parameter_count(module)
    assert total == parameter_count(reference)[0]
    frozen_parts = (reference.conv1, reference.bn1, reference.layer1, reference.layer2)
    assert total - trained_parameters == sum(parameter_count(part)[0] for part in frozen_parts)


def test_frozen_batch_norm_keeps_its_statistics() -> None:
    module = ResNet50(3, frozen_blocks=3).train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    module(torch.randn(2, 3, 224, 224))
    moved = {
        name.split(".")[0]
        for name, value in module.state_dict().items()
        if not torch.equal(value, before[name])
    }
    assert moved == {"layer3", "layer4"}


def test_freezing_adds_nothing_to_the_state() -> None:
    assert set(ResNet50(3, frozen_blocks=3).state_dict()) == set(
        torchvision.models.resnet50().state_dict()
    )


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of torch hub; the folder where weights lie in it."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch home"))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    return tmp_path / "torch home" / "hub" / "checkpoints"


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the keys and shapes of the ImageNet weights."""
    path = tmp_path_factory.mktemp("weights") / FILE
    torch.manual_seed(1)
    torch.save(torchvision.models.resnet50().state_dict(), path)
    return path


def build_imagenet() -> nn.Module:
    return network_named("resnet50_imagenet").build(3, NetworkOptions())


class CutOff(BytesIO):
    """A download that breaks."""

    def info(self) -> "CutOff":
        return self

    def get_all(self, header: str) -> None:
        return None

    def read(self, size: int) -> bytes:
        raise IncompleteRead(b"")


class WrongContent(CutOff):
    """A download of something else."""

    def read(self, size: int) -> bytes:
        return BytesIO.read(self, size)


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (None, "no network in tests"),
        (CutOff(), "IncompleteRead"),
        (WrongContent(b"<html>log in</html>"), "invalid hash value"),
    ],
    ids=["offline", "cut off", "wrong content"],
)
def test_imagenet_weights_that_cannot_be_had(
    hub: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    response: BytesIO | None,
    reason: str,
) -> None:
    if response is not None:
        monkeypatch.setattr(torch.hub, "urlopen", lambda request: response)
    with pytest.raises(FacerecError) as caught:
        build_imagenet()
    message = str(caught.value)
    for part in (imagenet_weights().url, FILE, str(hub), reason):
        assert part in message
    assert "\n" not in message
    assert list(hub.glob("*")) == []
    # Standard output is for JSON, standard error for the one line.
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>please log in</html>",
        b"PK\x03\x04 half an archive",
        bytes(range(256)) * 40,
        "an object",
        [torch.zeros(1)],
        {"conv1.weight": torch.zeros(1)},
        {"conv1.weight": "text"},
    ],
    ids=["empty", "page", "half", "noise", "text", "list", "wrong shapes", "no tensors"],
)
def test_a_weight_file_that_is_none_is_named(hub: Path, content: object) -> None:
    hub.mkdir(parents=True)
    if isinstance(content, bytes):
        (hub / FILE).write_bytes(content)
    else:
        torch.save(content, hub / FILE)
    with pytest.raises(FacerecError, match=f"{FILE} (is damaged|holds no).*delete it"):
        build_imagenet()


def test_weights_cut_short_are_named(hub: Path, random_weights: Path) -> None:
    hub.mkdir(parents=True)
    (hub / FILE).write_bytes(random_weights.read_bytes()[:1_000_000])
    with pytest.raises(FacerecError, match=f"{FILE} is damaged"):
        build_imagenet()


def test_imagenet_weights_are_loaded_and_the_frozen_ones_stay(
    hub: Path, random_weights: Path, small_dataset: FaceFolder
) -> None:
    hub.mkdir(parents=True)
    shutil.copy(random_weights, weights_file())
    pretrained = torch.load(random_weights, weights_only=True)
    module = build_imagenet()
    for name, value in module.state_dict().items():
        if not name.startswith("fc."):
            torch.testing.assert_close(value, pretrained[name])
    assert module.fc.weight.shape == (3, 2048)
    cosines = network_named("resnet50_imagenet").build(3, NetworkOptions(loss="arcface"))
    assert torch.equal(cosines.conv1.weight, pretrained["conv1.weight"])
    assert isinstance(cosines.fc, CosineClassifier)

    for face in small_dataset.face_files():
        if face.path.stem[-1] != "0":
            face.path.unlink()
    run = creating.create("imagenet", tiny_config(network="resnet50_imagenet", epochs=1))
    train(run)
    trained = run.load_network().state_dict()
    changed = {
        name.split(".")[0]
        for name, value in trained.items()
        if not name.startswith("fc.") and not torch.equal(value, pretrained[name])
    }
    assert changed == {"layer3", "layer4"}
    info = run.info
    assert (info.parameters, info.trained_parameters) == parameter_count(module)
    # A run's own weights need the cache no more.
    weights_file().unlink()
    run.load_network()
    run.delete()


def test_a_download_that_nothing_comes_from_fails_in_time(
    hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/{FILE}"
        weights = SimpleNamespace(
            url=url,
            get_state_dict=lambda **options: torch.hub.load_state_dict_from_url(url, **options),
        )
        monkeypatch.setattr(resnet50, "imagenet_weights", lambda: weights)
        monkeypatch.setattr(resnet50, "SILENCE_SECONDS", 0.3)
        monkeypatch.setattr(torch.hub, "urlopen", urlopen)
        began = time.monotonic()
        with pytest.raises(FacerecError, match="could not be downloaded .*timed out"):
            resnet50.imagenet_state()
        assert time.monotonic() - began < 10
    assert socket.getdefaulttimeout() is None


CUSTOM = [
    {"side": 64}, {"side": 112, "blocks": 4}, {"blocks": 1, "side": 32}, {"blocks": 5},
    {"filters": 4}, {"kernel": 7, "side": 64}, {"norm": "none"}, {"pooling": "average"},
    {"pooling_size": 3}, {"pooling_size": 1, "pooling_stride": 1, "side": 32, "blocks": 2},
    {"hidden": 32, "fields": 7}, {"activation": "elu", "initialisation": "xavier"},
    {"activation": "gelu", "initialisation": "xavier"}, {"activation": "sigmoid"},
    {"initialisation": "normal"}, {"hidden": 8, "loss": "arcface", "fields": 4},
]  # fmt: skip


@pytest.mark.parametrize("chosen", CUSTOM, ids=str)
def test_every_custom_network_maps_faces_to_logits(chosen: dict) -> None:
    options = NetworkOptions(**chosen)
    entry = network_named("custom_cnn").at_side(options)
    module = entry.build(4, options).eval()
    faces = np.stack([noisy_color((200, 60, 60), number) for number in range(2)])
    arranged = entry.batch_arranger()(faces)
    assert arranged.shape == (2, options.side, options.side, 3)
    images = entry.prepare(torch.from_numpy(arranged).permute(0, 3, 1, 2))
    assert images.shape == (2, 3, options.side, options.side)
    with torch.no_grad():
        features = module.features(images)
        logits = module(images)
        assert module.embedding(features).shape[0] == 2
    assert logits.shape == (2, 4) and torch.isfinite(logits).all()
    torch.testing.assert_close(module.fc(features), logits)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"side": 32, "blocks": 5, "pooling_size": 3}, "block 5 would pool .*3 x 3 from 1 x 1"),
        ({"filters": 64, "blocks": 5, "pooling_stride": 1}, "too large: .*multiplications"),
        ({"hidden": 1024, "blocks": 2, "filters": 64}, "too large: .*million parameters"),
    ],
)
def test_impossible_and_too_large_networks_are_refused(chosen: dict, message: str) -> None:
    with pytest.raises(FacerecError, match=message):
        CustomCNN(4, NetworkOptions(**chosen))


def test_the_report_s_network_is_the_usual_one() -> None:
    names = list(CustomCNN(7).state_dict())
    assert names[:2] == ["blocks.0.0.weight", "blocks.0.0.bias"]
    assert sum(value.numel() for value in CustomCNN(7).parameters()) == 375_047
