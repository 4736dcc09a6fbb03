"""The program does what the run does, in a Python without facerec and PyTorch."""

import hashlib
import io
import json
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facerec.datasets.folder import FaceFolder
from facerec.decisions.matchers import MATCHERS
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import SCORES
from facerec.errors import FacerecError
from facerec.evaluation.judging import evaluate
from facerec.faces import images
from facerec.faces.detection import detector
from facerec.live.files import file_pipeline, label_file
from facerec.recognition.new_gallery import create
from facerec.recognition.recogniser import Recogniser
from facerec.runs import catalogue
from facerec.runs.run import Run
from facerec.sample_data.collection import photographs
from facerec.takeaway.folder import take_home, zipped
from tests.examples import DATASET
from tests.unit.takeaway.conftest import Program


def slow(name: str):
    """A name that is tried among the slow tests."""
    return pytest.param(name, marks=pytest.mark.slow)


def assert_same(found: subprocess.CompletedProcess[str]) -> None:
    assert found.returncode == 0, found.stdout + found.stderr
    assert "It is the same recogniser." in found.stdout
    assert not found.stderr


def assert_one_line(found: subprocess.CompletedProcess[str], *words: str) -> None:
    assert found.returncode == 2, found.stdout + found.stderr
    assert len(found.stderr.splitlines()) == 1, found.stderr
    assert all(word in found.stderr for word in words), found.stderr


def test_the_python_of_these_tests_lacks_pytorch_and_facerec(
    taken_home: Path, run_program: Program
) -> None:
    for name in ("torch", "facerec", "scipy", "PIL"):
        (taken_home / "recognise.py").write_text(f"import {name}")
        assert "ModuleNotFoundError" in run_program(taken_home).stderr


def test_a_trained_run_is_the_same_at_home(taken_home: Path, run_program: Program) -> None:
    assert_same(run_program(taken_home, "--check"))


def test_it_names_a_picture_as_the_command_line_does(
    trained_run: Run, taken_home: Path, run_program: Program, tmp_path: Path
) -> None:
    frames = [photograph.frame for photograph in photographs(1, 1)]
    picture, labelled = tmp_path / "Zoë.png", tmp_path / "labelled.png"
    images.write(picture, np.hstack(frames[:3]))
    found = run_program(taken_home, str(picture), "--output", str(labelled))
    assert not found.stderr, found.stderr
    expected = []
    pipeline = file_pipeline(
        detector("yunet"),
        {"run": Recogniser(trained_run)},
        {"run": trained_run.operating_point},
    )
    label_file(picture, pipeline, lambda frame: expected.extend(frame.faces))
    names = [
        face.label if not face.known else f"{face.label} {face.confidence:.0%}" for face in expected
    ]
    assert len(names) == 3
    assert found.stdout == f"frame 0: {', '.join(names)}\n"
    assert (images.read(labelled) != images.read(picture)).any()


@pytest.mark.parametrize(
    "matcher", ["means", *(slow(name) for name in MATCHERS if name != "means")]
)
def test_people_who_were_enrolled_are_known_at_home(
    matcher: str, trained_run: Run, tmp_path: Path, run_program: Program
) -> None:
    run = create("gallery", trained_run, FaceFolder.open(DATASET), matcher)
    take_home(run, tmp_path / "home")
    assert_same(run_program(tmp_path / "home", "--check"))


@pytest.mark.slow
@pytest.mark.parametrize("score", SCORES)
def test_each_score_decides_at_home_as_here(
    score: str, trained_run: Run, tmp_path: Path, run_program: Program
) -> None:
    evaluate(trained_run)
    point = replace(OperatingPoint(0.4, score), low=-30.0, high=30.0, temperature=1.7)
    trained_run.save_operating_point(point)
    take_home(trained_run, tmp_path / "home")
    assert_same(run_program(tmp_path / "home", "--check"))


def test_own_faces_are_carried_only_when_asked_for(
    trained_run: Run, tmp_path: Path, run_program: Program
) -> None:
    take_home(trained_run, tmp_path / "home", own_faces=True)
    assert_same(run_program(tmp_path / "home", "--check"))
    with np.load(tmp_path / "home" / "check.npz") as kept:
        assert len(kept["faces"]) == 2 * len(trained_run.classes)
        held_out = {
            name: kept["probabilities"][2 * place] for place, name in enumerate(trained_run.classes)
        }
    assert [trained_run.classes[row.argmax()] for row in held_out.values()] == list(held_out)


def changed_check(folder: Path, **parts: np.ndarray) -> None:
    """Other arrays in ``check.npz``, and their hash in ``model.json``."""
    file, described = folder / "check.npz", folder / "model.json"
    with np.load(file) as kept:
        arrays = {**kept, **parts}
    np.savez(file, **arrays)
    model = json.loads(described.read_text(encoding="utf-8"))
    model["files"]["check.npz"] = hashlib.sha256(file.read_bytes()).hexdigest()
    described.write_text(json.dumps(model), encoding="utf-8")


@pytest.mark.parametrize("change", [2e-3, np.nan])
@pytest.mark.parametrize("part", ["probabilities", "scores"])
def test_the_check_sees_other_numbers(
    part: str, change: float, taken_home: Path, run_program: Program
) -> None:
    with np.load(taken_home / "check.npz") as kept:
        numbers = kept[part]
    numbers[..., -1] += change
    changed_check(taken_home, **{part: numbers})
    found = run_program(taken_home, "--check")
    assert (found.returncode, "NOT the same" in found.stdout) == (1, True), found.stdout


def test_the_check_sees_faces_found_elsewhere(taken_home: Path, run_program: Program) -> None:
    with np.load(taken_home / "check.npz") as kept:
        boxes = kept["boxes"]
    changed_check(taken_home, boxes=boxes + 20)
    assert run_program(taken_home, "--check").returncode == 1


@pytest.mark.parametrize("name", ["network.onnx", "detector.onnx", "names.png", "check.npz"])
def test_a_damaged_or_missing_file_is_named_in_one_line(
    name: str, taken_home: Path, run_program: Program
) -> None:
    content = (taken_home / name).read_bytes()
    (taken_home / name).write_bytes(content[:-40])
    assert_one_line(run_program(taken_home, "--check"), name, "damaged")
    (taken_home / name).unlink()
    assert_one_line(run_program(taken_home, "--check"), name, "missing")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"format": 2, "files": {}}', "format 2"),
        ('{"format": 1, "files": {}}', "damaged"),
        ('{"format": 1, "files"', "damaged"),
        ("[]", "damaged"),
        ("", "damaged"),
    ],
)
def test_a_newer_foreign_or_cut_description_is_one_line(
    content: str, words: str, taken_home: Path, run_program: Program
) -> None:
    (taken_home / "model.json").write_text(content)
    assert_one_line(run_program(taken_home, "--check"), words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--camera", "97"), "camera"),
        (("missing.jpg",), "missing.jpg"),
        (("--nonsense",), "--nonsense"),
        (("--camera", "front"), "--camera"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    arguments: tuple[str, ...], words: str, taken_home: Path, run_program: Program
) -> None:
    assert_one_line(run_program(taken_home, *arguments), words)


def test_a_file_that_is_no_picture_and_an_output_of_no_format_are_one_line(
    taken_home: Path, run_program: Program, tmp_path: Path
) -> None:
    text = tmp_path / "text.jpg"
    text.write_text("no picture")
    assert_one_line(run_program(taken_home, str(text)), "text.jpg", "gives no picture")
    picture = tmp_path / "grey.png"
    images.write(picture, np.full((80, 80, 3), 90, np.uint8))
    for name in ("out", "out.zzz"):
        found = run_program(taken_home, str(picture), "--output", str(tmp_path / name))
        assert_one_line(found, name)


def test_the_threshold_can_be_another(
    taken_home: Path, run_program: Program, tmp_path: Path
) -> None:
    picture = tmp_path / "ada.png"
    images.write(picture, next(photographs(1, 1)).frame)
    named = run_program(taken_home, str(picture), "--threshold", "0").stdout
    assert run_program(taken_home, str(picture), "--threshold", "1.01").stdout.endswith("Unknown\n")
    assert "frame 0: " in named


def test_a_zip_holds_the_same_and_is_refused_as_a_run(
    trained_run: Run, taken_home: Path, tmp_path: Path
) -> None:
    take_home(trained_run, tmp_path / "home.zip")
    with zipfile.ZipFile(tmp_path / "home.zip") as archive:
        names = {Path(name).name for name in archive.namelist()}
        assert {path.name for path in taken_home.iterdir()} == names
        model = json.loads(archive.read(f"{trained_run.name}/model.json"))
    assert model["people"] == list(trained_run.classes)
    assert not any(name.endswith((".pt", ".jpg")) for name in names)
    for act in (catalogue.name_in, catalogue.import_run):
        with pytest.raises(FacerecError, match="taken home"):
            act(io.BytesIO((tmp_path / "home.zip").read_bytes()))


def test_what_exists_is_not_replaced(trained_run: Run, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home.zip").write_bytes(b"mine")
    for target in ("home", "home.zip"):
        with pytest.raises(FacerecError, match="already"):
            take_home(trained_run, tmp_path / target)
    assert (tmp_path / "home.zip").read_bytes() == b"mine"


def test_a_run_that_knows_nobody_is_refused(trained_run: Run) -> None:
    run = create("nobody", trained_run, FaceFolder.open(DATASET), enrol_all=False)
    with pytest.raises(FacerecError, match="Nobody is enrolled"):
        zipped(run)


@pytest.mark.parametrize("score", ["similarity", "second_opinion"])
def test_a_score_that_nothing_is_known_of_is_refused(score: str, trained_run: Run) -> None:
    trained_run.save_operating_point(OperatingPoint(0.5, score))
    with pytest.raises(FacerecError, match="judge it on the Compare page"):
        zipped(trained_run)


def test_a_student_can_read_the_program(taken_home: Path) -> None:
    assert len((taken_home / "recognise.py").read_text(encoding="utf-8").splitlines()) <= 250
