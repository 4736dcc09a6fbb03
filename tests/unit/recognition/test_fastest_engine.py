import shutil
import sys
import zipfile
from io import BytesIO

import numpy as np
import pytest
import torch

from facerec.errors import FacerecError
from facerec.recognition import fastest_engine as engines
from facerec.recognition.engines import ENGINES, EXACT, Engine, Source, exact_engine
from facerec.recognition.fastest_engine import LARGEST_DIFFERENCE, fastest_engine, last_measurements
from facerec.runs import catalogue
from facerec.runs.run import Run
from facerec.system import files
from tests.examples import COLORS, RUN
from tests.unit.recognition.conftest import BF16_MISSING, retrain


class Clock:
    """Stands for the module ``time`` of the engines: only slow engines let time pass."""

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
