from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from scipy.special import softmax
from torch import nn

from facerec.decisions.face_space import FaceSpace
from facerec.networks.catalogue import NETWORKS, network_named
from facerec.networks.metric import Metric
from facerec.networks.options import NetworkOptions
from facerec.recognition import engines as inference
from facerec.recognition.engines import ENGINES, EXACT, Engine, Source
from facerec.recognition.fastest_engine import LARGEST_DIFFERENCE
from facerec.recognition.recogniser import Recogniser
from facerec.runs.run import Run
from facerec.system.processor import THREADS
from tests.examples import COLORS, noisy_color
from tests.unit.recognition.conftest import BF16_MISSING, retrain

FACES = np.stack([noisy_color(color, 1) for color in COLORS.values()])


def built(name: str, run: Run) -> Engine:
    try:
        return ENGINES[name](Source(run))
    except RuntimeError as error:
        if str(error) != BF16_MISSING:
            raise
        pytest.skip(BF16_MISSING)


@pytest.mark.parametrize("name", ENGINES)
def test_each_engine_says_what_the_network_says(measured_run: Run, name: str) -> None:
    engine = built(name, measured_run)
    assert engine.name == name and engine.shape == (3, 64 * 7 * 7)
    images = torch.from_numpy(FACES).permute(0, 3, 1, 2)
    with torch.inference_mode():
        module = measured_run.load_network()
        inputs = network_named("custom_cnn").prepare(images)
        expected = module(inputs).numpy()
        raw = module.embedding(module.features(inputs)).numpy()
    for some in (slice(0, 1), slice(0, 3)):
        logits, embeddings = engine(FACES[some])
        assert logits.dtype == embeddings.dtype == np.float32
        np.testing.assert_allclose(
            softmax(logits, axis=1), softmax(expected[some], axis=1), atol=LARGEST_DIFFERENCE
        )
        np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)
        wanted = raw[some] / np.linalg.norm(raw[some], axis=1, keepdims=True)
        assert np.linalg.norm(embeddings - wanted, axis=1).max() < 0.02
    if name != "torch-bf16":
        np.testing.assert_allclose(logits, expected, atol=1e-4)
    np.testing.assert_array_equal(engine(FACES[::2])[0], engine(FACES[::2].copy())[0])
    swapped = engine(FACES[..., ::-1].copy())[0]
    assert np.abs(swapped - logits).max() > 0.1, "red and blue are not the same to it"


@pytest.mark.parametrize("name", NETWORKS)
def test_folded_batch_norm_changes_nothing(name: str) -> None:
    network = network_named(name)
    module = network.skeleton(3, NetworkOptions()).eval()
    generator = torch.Generator().manual_seed(0)
    norms = [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm2d)]
    for norm in norms:
        norm.running_mean.normal_(0, 0.1, generator=generator)
        norm.running_var.uniform_(0.5, 2, generator=generator)
    folded = inference._folded(module)
    left = [name for name, layer in folded.named_modules() if isinstance(layer, nn.BatchNorm2d)]
    # SFace's last one follows no convolution.
    assert norms and left == (["body.bn1"] if name == "sface" else [])
    image = torch.rand((1, 3, network.size, network.size), generator=generator)
    with torch.inference_mode():
        expected = module.features(image)
        np.testing.assert_allclose(folded.features(image), expected, rtol=1e-3, atol=1e-4)
    assert [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm2d)] == norms


def forbid_export(monkeypatch: pytest.MonkeyPatch) -> None:
    def export(*_: object, **__: object) -> None:
        raise AssertionError("exported again")

    monkeypatch.setattr(torch.onnx, "export", export)


def test_the_exported_network_is_used_again(
    measured_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid_export(monkeypatch)
    ENGINES["onnxruntime"](Source(measured_run))
    assert not list(measured_run.folder.glob(".*")), "nothing half written is left"


def other_output(run: Run) -> None:
    """As an earlier version exported it."""
    file = run.folder / "network.onnx"
    model = onnx.load(file)
    (node,) = [node for node in model.graph.node if "embeddings" in node.output]
    node.output[:] = [name.replace("embeddings", "features") for name in node.output]
    model.graph.output[1].name = "features"
    onnx.save(model, file)


@pytest.mark.parametrize("change", [retrain, other_output, "damage", "delete"])
def test_it_is_exported_again_when_it_does_not_fit(
    measured_run: Run, monkeypatch: pytest.MonkeyPatch, change
) -> None:
    file = measured_run.folder / "network.onnx"
    if change == "damage":
        file.write_bytes(file.read_bytes()[:1000])
    elif change == "delete":
        file.unlink()
    else:
        change(measured_run)
    forbid_export(monkeypatch)
    with pytest.raises(AssertionError, match="exported again"):
        ENGINES["onnxruntime"](Source(measured_run))


def test_waiting_threads_leave_the_cores_to_others(measured_run: Run) -> None:
    options = ENGINES["onnxruntime"](Source(measured_run))._session.get_session_options()
    assert options.intra_op_num_threads == THREADS
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


@pytest.mark.parametrize("name", ENGINES)
def test_a_classifier_takes_any_engine(measured_run: Run, name: str) -> None:
    exact = Recogniser(measured_run)
    assert exact.engine.name == EXACT
    space = FaceSpace(
        np.eye(64 * 7 * 7, dtype=np.float32),
        np.zeros(64 * 7 * 7, np.float32),
        exact.embeddings(FACES),
    )
    measured_run.save_face_space(space, measured_run.weights_hash)
    engine = built(name, measured_run)
    classifier = Recogniser(measured_run, engine)
    assert classifier.engine is engine
    outputs = classifier.outputs(FACES)
    np.testing.assert_array_equal(outputs.logits, engine(FACES)[0])
    np.testing.assert_allclose(outputs.similarities.diagonal(), 1, atol=LARGEST_DIFFERENCE)
    assert len(classifier.outputs(FACES[:0])) == 0


@pytest.fixture
def by_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    """The custom CNN as if it had been trained with distances."""
    changed = replace(NETWORKS["custom_cnn"], metric=Metric.EUCLIDEAN)
    monkeypatch.setitem(NETWORKS, "custom_cnn", changed)


@pytest.mark.parametrize("name", ENGINES)
def test_lengths_stay_where_the_metric_counts_them(
    trained_run: Run, by_distance: None, name: str
) -> None:
    _, embeddings = built(name, trained_run)(FACES)
    module = trained_run.load_network()
    inputs = network_named("custom_cnn").prepare(torch.from_numpy(FACES).permute(0, 3, 1, 2))
    with torch.inference_mode():
        raw = module.embedding(module.features(inputs)).numpy()
    assert np.linalg.norm(raw, axis=1).max() > 1.5
    np.testing.assert_allclose(embeddings, raw, rtol=0.02, atol=0.02 * np.abs(raw).max())


def test_an_export_of_another_metric_is_made_again(
    trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, embeddings = built("onnxruntime", trained_run)(FACES)
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)
    changed = replace(NETWORKS["custom_cnn"], metric=Metric.EUCLIDEAN)
    monkeypatch.setitem(NETWORKS, "custom_cnn", changed)
    _, embeddings = built("onnxruntime", trained_run)(FACES)
    assert np.linalg.norm(embeddings, axis=1).max() > 1.5
