import shutil
import sys
import zipfile
from io import BytesIO

import numpy as np
import onnx
import pytest
import torch
from scipy.special import softmax
from torch import nn

from facerec.decisions.face_space import FaceSpace
from facerec.errors import FacerecError
from facerec.networks.catalogue import NETWORKS, network_named
from facerec.networks.options import NetworkOptions
from facerec.recognition import engines as inference
from facerec.recognition import fastest_engine as engines
from facerec.recognition.engines import ENGINES, EXACT, Engine, Source, exact_engine
from facerec.recognition.fastest_engine import LARGEST_DIFFERENCE, fastest_engine, last_measurements
from facerec.recognition.recogniser import Recogniser
from facerec.runs import catalogue
from facerec.runs.run import Run
from facerec.system import files
from facerec.system.processor import THREADS
from tests.examples import COLORS, RUN, noisy_color

FACES = np.stack([noisy_color(color, 1) for color in COLORS.values()])
BF16_MISSING = "This processor does not calculate with bf16 natively."


class Clock:
    """Stands for the time module of ``fastest_engine``: only slow engines let time pass."""

    now = 0.0

    def perf_counter(self) -> float:
        return self.now


class SlowEngine(Engine):
    """The run's own network, which takes some milliseconds and adds something to the logits."""

    def __init__(
        self, name: str, run: Run, clock: Clock, milliseconds: float, added: float
    ) -> None:
        self._exact = exact_engine(run)
        super().__init__(name, self._exact.shape)
        self._clock = clock
        self._seconds = milliseconds / 1000
        self._added = np.float32(added) * np.eye(1, self.shape[0], dtype=np.float32)

    def __call__(self, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self._clock.now += self._seconds
        logits, embeddings = self._exact(faces)
        return logits + self._added, embeddings


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch):
    """Let engines be such, by name: their milliseconds and what is added, or what fails."""
    clock = Clock()
    monkeypatch.setattr(engines, "time", clock)

    def install(**made: tuple[float, float] | Exception) -> None:
        for name, what in made.items():

            def build(source: Source, name: str = name.replace("_", "-"), what=what) -> Engine:
                if isinstance(what, Exception):
                    raise what
                return SlowEngine(name, source.run, clock, *what)

            monkeypatch.setitem(ENGINES, name.replace("_", "-"), build)

    return install


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


def test_every_engine_is_measured_and_the_fastest_kept(measured_run: Run) -> None:
    found = {measured.name: measured for measured in last_measurements(measured_run)}
    assert list(found) == list(ENGINES)
    for name, measured in found.items():
        if measured.problem == BF16_MISSING:
            assert not measured.milliseconds and measured.difference is None
            continue
        assert set(measured.milliseconds) == {1, 4} and min(measured.milliseconds.values()) > 0
        assert (measured.difference == 0) == (name == EXACT)
    assert not found[EXACT].problem and not found["onnxruntime"].problem
    usable = [measured for measured in found.values() if not measured.problem]
    best = min(usable, key=lambda measured: measured.milliseconds_per_face)
    assert fastest_engine(measured_run).name == best.name
    assert files.read_json(measured_run.folder / "engine.json")["compared_on"] == "its data set"


@pytest.mark.parametrize(
    ("waits", "added", "best"),
    [
        ((30, 0, 15), (0, 0, 0), "torch-bf16"),
        ((30, 15, 0), (0, 0, 0), "onnxruntime"),
        ((0, 15, 30), (0, 0, 0), EXACT),
        ((30, 0, 15), (0, 2, 0), "onnxruntime"),
        ((30, 0, 15), (0, 2, np.nan), EXACT),
    ],
)
def test_the_fastest_with_the_same_probabilities_is_chosen(
    trained_run: Run,
    made_up,
    monkeypatch: pytest.MonkeyPatch,
    waits: tuple[float, float, float],
    added: tuple[float, float, float],
    best: str,
) -> None:
    monkeypatch.setattr(engines, "_ROUNDS", 2)
    made_up(
        torch_fp32=(waits[0], added[0]),
        torch_bf16=(waits[1], added[1]),
        onnxruntime=(waits[2], added[2]),
    )
    assert fastest_engine(trained_run).name == best
    for measured, more in zip(last_measurements(trained_run), added, strict=True):
        assert bool(measured.problem) == (more != 0)
        assert measured.milliseconds, "those that differ are measured too"


def test_other_faces_may_differ_more_than_those_tried(trained_run: Run, made_up) -> None:
    made_up(torch_fp32=(10, 0), torch_bf16=(0, 0.03), onnxruntime=(5, 0.003))
    assert fastest_engine(trained_run).name == "onnxruntime"
    _, second, third = last_measurements(trained_run)
    assert LARGEST_DIFFERENCE / 3 < second.difference < LARGEST_DIFFERENCE and second.problem
    assert 0 < third.difference < LARGEST_DIFFERENCE / 3 and not third.problem


def test_an_engine_that_fails_is_left_out_and_the_record_says_why(
    trained_run: Run, made_up
) -> None:
    made_up(
        torch_bf16=ValueError("no such layer\n  in this place"), onnxruntime=NotImplementedError()
    )
    assert fastest_engine(trained_run).name == EXACT
    _, second, third = last_measurements(trained_run)
    assert (second.problem, third.problem) == ("no such layer", "NotImplementedError")
    assert second.milliseconds == {} and second.difference is None


def test_without_onnx_runtime_the_others_work(
    measured_run: Run, made_up, monkeypatch: pytest.MonkeyPatch
) -> None:
    (measured_run.folder / "engine.json").unlink()
    made_up(torch_bf16=ValueError("left out"))
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert fastest_engine(measured_run).name == EXACT
    assert "onnxruntime" in last_measurements(measured_run)[-1].problem


def forbid_measuring(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(*_: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr(engines, "_measure", measure)


def test_it_is_measured_once(measured_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid_measuring(monkeypatch)
    chosen = files.read_json(measured_run.folder / "engine.json")["chosen"]
    assert fastest_engine(Run.open(RUN)).name == chosen


def retrain(run: Run) -> None:
    module = run.load_network()
    module.fc.weight.data += 0.01
    run.save_weights(module)


def new_version(run: Run) -> None:
    record = files.read_json(run.folder / "engine.json")
    record["made_of"]["versions"]["torch"] = "2.0.0"
    files.write_json(run.folder / "engine.json", record)


def other_computer(run: Run) -> None:
    record = files.read_json(run.folder / "engine.json")
    record["made_of"]["computer"][0] += "-other"
    files.write_json(run.folder / "engine.json", record)


def damaged(content: str):
    def damage(run: Run) -> None:
        (run.folder / "engine.json").write_text(content, encoding="utf-8")

    return damage


@pytest.mark.parametrize(
    "change",
    [
        retrain,
        new_version,
        other_computer,
        damaged("{"),
        damaged("[]"),
        damaged("null"),
        damaged('{"made_of": 1, "chosen": "torch-fp32", "engines": []}'),
    ],
)
def test_it_is_measured_again_when_something_changed(
    measured_run: Run, monkeypatch: pytest.MonkeyPatch, change
) -> None:
    change(measured_run)
    assert last_measurements(measured_run) == []
    forbid_measuring(monkeypatch)
    with pytest.raises(AssertionError, match="measured again"):
        fastest_engine(measured_run)


def test_an_engine_that_works_no_more_is_replaced(measured_run: Run, made_up) -> None:
    record = files.read_json(measured_run.folder / "engine.json")
    record["chosen"] = "onnxruntime"
    files.write_json(measured_run.folder / "engine.json", record)
    made_up(onnxruntime=FacerecError("gone"), torch_bf16=ValueError("left out"))
    assert fastest_engine(measured_run).name == EXACT
    assert last_measurements(measured_run)[-1].problem == "gone"


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


def test_it_is_measured_with_the_threads_of_live_recognition(
    trained_run: Run, made_up, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, before = set(), torch.get_num_threads()
    monkeypatch.setattr("facerec.system.accelerator.THREADS", before + 1)
    made_up(torch_bf16=ValueError("left out"), onnxruntime=ValueError("left out"))
    fastest_engine(trained_run, lambda done, total: seen.add(torch.get_num_threads()))
    assert seen == {before + 1}
    assert torch.get_num_threads() == before


def test_progress_goes_up_to_the_end_and_may_stop(trained_run: Run, made_up) -> None:
    made_up(torch_bf16=(0, 0), onnxruntime=(0, 0))
    before, calls = torch.get_num_threads(), []

    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done == 4:
            raise Stopped

    with pytest.raises(Stopped):
        fastest_engine(trained_run, stop)
    assert torch.get_num_threads() == before
    assert last_measurements(trained_run) == []
    fastest_engine(trained_run, lambda done, total: calls.append((done, total)))
    assert calls == [(done, 8) for done in range(1, 9)]


def test_without_its_images_it_is_compared_on_drawn_faces(trained_run: Run, made_up) -> None:
    shutil.rmtree(trained_run.folder.parents[1] / "data")
    faces, what = engines._test_faces(trained_run)
    assert what == "drawn faces" and faces.shape == (16, 224, 224, 3) and faces.dtype == np.uint8
    assert len({face.tobytes() for face in faces}) == 16
    made_up(torch_bf16=(0, 0), onnxruntime=(0, 0))
    fastest_engine(trained_run)
    assert files.read_json(trained_run.folder / "engine.json")["compared_on"] == "drawn faces"


def test_the_test_faces_are_of_all_classes(trained_run: Run) -> None:
    faces, what = engines._test_faces(trained_run)
    assert what == "its data set" and faces.shape == (16, 224, 224, 3)
    colors = {tuple(color) for color in (faces.mean(axis=(1, 2)).argmax(axis=1)[:, None]).tolist()}
    assert len(colors) == len(COLORS)


def test_without_weights_there_is_no_engine(trained_run: Run) -> None:
    trained_run.weights_file.unlink()
    assert last_measurements(trained_run) == []
    for engine in (exact_engine, fastest_engine):
        with pytest.raises(FacerecError, match="no weights yet"):
            engine(trained_run)


def test_what_was_measured_stays_on_this_computer(measured_run: Run) -> None:
    names = zipfile.ZipFile(BytesIO(catalogue.export(measured_run))).namelist()
    assert f"{RUN}/weights.pt" in names
    assert not [name for name in names if name.endswith((".onnx", "engine.json"))]


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
