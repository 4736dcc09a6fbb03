import copy
import hashlib
import shutil
from collections.abc import Callable
from http.client import IncompleteRead
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.explanation.heat_maps import Explainer, last_feature_maps
from facerec.networks import inception_resnet_v1
from facerec.networks.catalogue import network_named
from facerec.networks.inception_resnet_v1 import WEIGHT_FILES, InceptionResnetV1
from facerec.networks.layers import FeatureNorm
from facerec.networks.network import parameter_count
from facerec.networks.options import NetworkOptions
from facerec.networks.weight_files import WeightFile, pretrained_state
from facerec.recognition.engines import ENGINES
from facerec.runs import creating
from facerec.runs.catalogue import list_runs
from facerec.runs.creating import continuing
from facerec.runs.run import Run
from facerec.runs.settings import TrainingConfig
from facerec.system import paths
from tests.examples import COLORS, Downloads, noisy_color, tiny_config

NETWORK = network_named("inception_resnet_v1")
VGGFACE2, CASIA = WEIGHT_FILES["vggface2"], WEIGHT_FILES["casia-webface"]
FACES = np.stack([noisy_color(color, 1) for color in COLORS.values()])
IMAGES = NETWORK.prepare(torch.from_numpy(FACES).permute(0, 3, 1, 2))
State = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def module() -> InceptionResnetV1:
    """The network in evaluation mode, with made-up statistics; no test may change it."""
    torch.manual_seed(0)
    network = InceptionResnetV1(3, NetworkOptions(frozen_blocks=0)).eval()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 2)
    return network


@pytest.fixture(scope="module")
def published(module: InceptionResnetV1) -> State:
    """Parameters named as in a published file, with its classifier."""
    state = {name: value for name, value in module.state_dict().items() if name[:3] != "fc."}
    classifier = {"logits.weight": torch.zeros(8631, 512), "logits.bias": torch.zeros(8631)}
    return state | classifier


@pytest.fixture(scope="module")
def published_file(published: State, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As it was saved in 2018: in PyTorch's old format, without the counts of batches."""
    path = tmp_path_factory.mktemp("published") / "weights.pt"
    old = {name: value for name, value in published.items() if "num_batches" not in name}
    torch.save(old, path, _use_new_zipfile_serialization=False)
    return path


def put(content: object, file: WeightFile = VGGFACE2) -> None:
    file.path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        file.path.write_bytes(content)
    else:
        torch.save(content, file.path)


def features(network: nn.Module) -> torch.Tensor:
    with torch.inference_mode():
        return network.features(IMAGES)


def test_it_has_as_many_parameters_as_the_published_one(module: InceptionResnetV1) -> None:
    assert parameter_count(module)[0] - parameter_count(module.fc)[0] == 23_482_624


def test_its_input_is_smaller_and_normalised_as_published() -> None:
    grey = torch.tensor([0, 128, 255], dtype=torch.uint8).view(3, 1, 1, 1).expand(3, 3, 224, 224)
    prepared = NETWORK.prepare(grey)
    assert prepared.shape == (3, 3, 160, 160) and prepared.dtype == torch.float32
    expected = (grey[:, :, :160, :160] - 127.5) / 128
    torch.testing.assert_close(prepared, expected, rtol=1e-4, atol=1e-5)


def test_512_numbers_describe_a_face(module: InceptionResnetV1) -> None:
    found = features(module)
    assert found.shape == (3, 512)
    assert torch.equal(module.embedding(found), found)
    with torch.inference_mode():
        torch.testing.assert_close(module.fc(found), module(IMAGES))


def test_each_layer_s_children_stand_in_the_order_of_their_calls(module: InceptionResnetV1) -> None:
    called: list[str] = []
    hooks = [
        layer.register_forward_hook(lambda *_, name=name: called.append(name))
        for name, layer in module.named_children()
    ]
    with torch.inference_mode():
        module(IMAGES[:1])
    for hook in hooks:
        hook.remove()
    # Blocks of several layers are called as one, and are not themselves children.
    expected = [name for name, _ in module.named_children()]
    assert called == expected


@pytest.mark.parametrize("name", ENGINES)
def test_each_engine_says_what_the_network_says(
    module: InceptionResnetV1, tmp_path: Path, name: str
) -> None:
    # One block of a kind is enough, and exported four times as soon.
    short = copy.deepcopy(module)
    for repeated in (short.repeat_1, short.repeat_2, short.repeat_3):
        del repeated[1:]
    source = SimpleNamespace(
        run=SimpleNamespace(folder=tmp_path), network=NETWORK, module=short, made_of={"weights": 1}
    )
    with torch.inference_mode():
        expected = short(IMAGES).numpy()
    try:
        engine = ENGINES[name](source)
    except RuntimeError as error:
        pytest.skip(str(error))
    logits, embeddings = engine(FACES)
    assert engine.shape == (3, 512) and embeddings.shape == (3, 512)
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)
    tolerance = 0.1 if name == "torch-bf16" else 1e-3
    np.testing.assert_allclose(logits, expected, atol=tolerance * np.abs(expected).max())


def test_published_weights_load_as_they_are(
    home: Path, module: InceptionResnetV1, published_file: Path
) -> None:
    VGGFACE2.path.parent.mkdir(parents=True)
    shutil.copy(published_file, VGGFACE2.path)
    loaded = NETWORK.build(5, NetworkOptions()).eval()
    torch.testing.assert_close(features(loaded), features(module))
    assert loaded.fc.weight.shape == (5, 512)
    # Some run's folder it is not, and a run cannot be put into it.
    assert list_runs() == []
    with pytest.raises(FacerecError, match="another folder"):
        paths.run_folder("Pretrained")


def without(state: State) -> State:
    return {name: value for name, value in state.items() if name != "block8.conv2d.bias"}


def with_more(state: State) -> State:
    return state | {"fc.weight": torch.zeros(3, 512)}


def with_another_shape(state: State) -> State:
    return state | {"last_linear.weight": torch.zeros(128, 1792)}


def resnet(state: State) -> State:
    return torchvision.models.resnet18().state_dict()


@pytest.mark.parametrize("change", [without, with_more, with_another_shape, resnet])
def test_parameters_of_another_network_are_refused(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    published: State,
    change: Callable[[State], State],
) -> None:
    monkeypatch.setattr(inception_resnet_v1, "pretrained_state", lambda file: change(published))
    message = (
        f"{VGGFACE2.name} holds no InceptionResnetV1 weights: delete it, and put .*{CASIA.url[:40]}"
    )
    with pytest.raises(FacerecError, match=message) as caught:
        NETWORK.build(3, NetworkOptions())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>please log in</html>", b"PK\x03\x04 half", [torch.zeros(1)], {3: torch.zeros(1)}],
    ids=["empty", "page", "half", "list", "numbered"],
)
@pytest.mark.parametrize("name", WEIGHT_FILES)
def test_a_file_that_holds_no_parameters_is_named(home: Path, content: object, name: str) -> None:
    file = WEIGHT_FILES[name]
    put(content, file)
    with pytest.raises(FacerecError, match=f"{file.name} (is damaged|holds no).*delete it"):
        NETWORK.build(3, NetworkOptions(pretrained=name))


def test_a_right_download_is_saved(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = BytesIO()
    torch.save({"weight": torch.ones(2)}, buffer)
    downloads = Downloads(buffer.getvalue())
    monkeypatch.setattr("urllib.request.urlopen", downloads)
    file = WeightFile(
        "https://example.org/weights.pt", hashlib.sha256(downloads.content).hexdigest()
    )
    for _ in range(2):
        assert torch.equal(pretrained_state(file)["weight"], torch.ones(2))
    assert downloads.asked == [(file.url, 20)]
    assert list((home / "models" / "pretrained").iterdir()) == [file.path]


@pytest.mark.parametrize(
    ("downloads", "reason"),
    [
        (None, "no network in tests"),
        (Downloads(b"<html>please log in</html>"), "SHA-256 differs"),
        (Downloads(b"", TimeoutError("timed out")), "timed out"),
        (Downloads(b"", IncompleteRead(b"ha")), "IncompleteRead"),
    ],
    ids=["offline", "wrong content", "slow", "cut off"],
)
def test_weights_that_cannot_be_downloaded_leave_no_run(
    small_dataset: FaceFolder,
    monkeypatch: pytest.MonkeyPatch,
    downloads: Downloads | None,
    reason: str,
) -> None:
    if downloads:
        monkeypatch.setattr("urllib.request.urlopen", downloads)
    with pytest.raises(FacerecError) as caught:
        creating.create("faces", tiny_config(network=NETWORK.name))
    for part in (VGGFACE2.url, VGGFACE2.name, str(VGGFACE2.path.parent), reason):
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(paths.models_folder().rglob("*"))


def test_weights_without_a_known_hash_are_not_downloaded(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    downloads = Downloads(b"")
    monkeypatch.setattr("urllib.request.urlopen", downloads)
    with pytest.raises(FacerecError, match=f"get it from {CASIA.url} and put it into"):
        NETWORK.build(3, NetworkOptions(pretrained="casia-webface"))
    assert downloads.asked == []


# Its blocks from the image on, by the names of their modules.
BLOCKS = [
    ("conv2d_1a", "conv2d_2a", "conv2d_2b", "conv2d_3b", "conv2d_4a", "conv2d_4b"),
    ("repeat_1",),
    ("mixed_6a", "repeat_2"),
    ("mixed_7a", "repeat_3", "block8"),
    ("last_linear", "last_bn"),
]


@pytest.mark.parametrize(
    ("options", "depth"),
    [
        (NetworkOptions(), 3),
        (NetworkOptions(frozen_blocks=5, pretrained="casia-webface"), 5),
        (NetworkOptions(pretrained="none"), 0),
    ],
)
def test_frozen_depth_decides_what_trains(options: NetworkOptions, depth: int) -> None:
    network = InceptionResnetV1(3, options).train()
    frozen = {name for block in BLOCKS[:depth] for name in block}
    for name, parameter in network.named_parameters():
        assert parameter.requires_grad == (name.split(".")[0] not in frozen), name
    for name, layer in network.named_modules():
        if isinstance(layer, nn.BatchNorm2d | nn.BatchNorm1d):
            assert layer.training == (name.split(".")[0] not in frozen), name
    first, second = network.eval().parts()
    with torch.inference_mode():
        torch.testing.assert_close(second(first(IMAGES[:1])), network(IMAGES[:1]))


def test_a_single_image_can_be_learned_from(module: InceptionResnetV1) -> None:
    assert isinstance(module.last_bn, FeatureNorm)
    norm = FeatureNorm(4, eps=1e-3).train()
    norm.running_mean.fill_(0.5)
    before = norm.running_mean.clone()
    torch.testing.assert_close(norm(torch.full((1, 4), 0.5)), torch.zeros(1, 4))
    assert torch.equal(norm.running_mean, before)
    assert not torch.equal(norm(torch.rand(2, 4)), torch.zeros(2, 4))
    assert not torch.equal(norm.running_mean, before)


def test_the_heat_is_on_the_last_maps_that_are_fine_enough(module: InceptionResnetV1) -> None:
    # 8 x 8 fields; what follows has 3 x 3.
    assert last_feature_maps(module, NETWORK.size) is module.repeat_2
    run = SimpleNamespace(
        config=TrainingConfig(network=NETWORK.name), load_network=lambda: module, is_enrolled=False
    )
    needed = [parameter.requires_grad for parameter in module.parameters()]
    heat = Explainer(run).heat(FACES[:1], [1])
    for parameter, need in zip(module.parameters(), needed, strict=True):
        parameter.requires_grad_(need)
    assert heat.shape == (1, 224, 224) and np.isfinite(heat).all()


def test_dropout_is_before_the_512_numbers() -> None:
    settings = TrainingConfig(network=NETWORK.name, dropout=0.6, pretrained="none")
    network = NETWORK.build(3, settings.network_options)
    assert network.dropout.p == 0.6


def test_a_run_goes_on_from_the_same_first_weights(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = SimpleNamespace(config=TrainingConfig(network=NETWORK.name, pretrained="none"))
    monkeypatch.setattr(Run, "open", lambda name: earlier)
    assert continuing(TrainingConfig(network=NETWORK.name), "earlier").pretrained == "none"
