"""What an earlier version wrote opens today, and the command line prints what it printed then.

``tests/earlier_version`` holds a home, transcripts and help of the version before the packages.
"""

import json
import math
import re
import shutil
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pytest

from facerec.augmentation import saved
from facerec.datasets.folder import UNKNOWN
from facerec.evaluation.robustness import last_robustness
from facerec.faces import images
from facerec.live import kept_assessments
from facerec.runs.run import Run
from facerec.system import files
from facerec.training import learning_rate_finder
from facerec.training.job import status
from facerec.tuning.storage import STORAGE_VARIABLE
from tests.earlier_version.transcript import (
    DATASET,
    GALLERY,
    HOME,
    PRINTED,
    RUN,
    SOURCES,
    Printed,
    few_drawings,
    play,
    read,
)

TOLERANCE = 1e-4  # Another processor rounds otherwise.
# Epochs from the first weights on multiply what was rounded.
TRAINING_TOLERANCE = 0.02
FLOAT = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?|-?\d+e[+-]\d+")
# They say how fast this computer is, when it was and what is installed on it.
VOLATILE = re.compile(
    r'("(?:seconds|images_per_second|time|created)": )(?:"[^"]*"|[\d.]+)|("versions": )\{[^}]*\}'
)
QUICK = ("reading.txt", "judging.txt", "people.txt", "pictures.txt", "refusals.txt")
LONG = ("training.txt", "searching.txt")


@pytest.fixture
def earlier(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home as the earlier version left it; the current folder has the pictures."""
    monkeypatch.delenv(STORAGE_VARIABLE, raising=False)
    shutil.copytree(HOME, home, dirs_exist_ok=True)
    shutil.copytree(SOURCES, home / "desk")
    monkeypatch.chdir(home / "desk")
    return home


@pytest.mark.parametrize("name", QUICK)
def test_the_command_line_prints_what_it_printed(name: str, earlier: Path) -> None:
    compare_all(read(name), earlier)


@pytest.mark.slow
@pytest.mark.parametrize("name", LONG)
def test_trainings_and_searches_print_what_they_printed(name: str, earlier: Path) -> None:
    compare_all(read(name), earlier, TRAINING_TOLERANCE)


def test_every_transcript_is_played() -> None:
    assert {file.name for file in PRINTED.glob("*.txt")} == {*QUICK, *LONG}


def test_an_earlier_search_prints_what_it_printed(earlier: Path) -> None:
    compare_all(read("searching.txt")[:2], earlier)


@pytest.mark.parametrize("name", sorted(file.stem for file in (PRINTED / "help").iterdir()))
def test_help_names_every_earlier_command_and_flag(
    name: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    (kept,) = read(f"help/{name}.txt")
    earlier_words, words = offered(kept), offered(play(kept.command, home))
    assert "--help" in earlier_words
    assert earlier_words - words == set()


def test_a_training_goes_on_from_an_earlier_checkpoint(earlier: Path) -> None:
    """What follows from it says the same, too: a run continued from its weights, and its faces."""
    run = Run.open(RUN)
    settings, history = run.config_file.read_bytes(), lines_of(run.folder / "history.jsonl")
    kept = {file.name for file in run.folder.iterdir()}
    transcript = read("training.txt")
    resumed, continued, evaluated, recognised = (transcript[number] for number in (0, 3, 5, 6))
    compare_all([resumed, continued, evaluated, recognised], earlier)
    assert run.config_file.read_bytes() == settings
    *earlier_epochs, epoch = lines_of(run.folder / "history.jsonl")
    assert earlier_epochs == history
    assert_same(skeleton(epoch), skeleton(resumed.lines[0]))
    assert kept <= {file.name for file in run.folder.iterdir()}


def test_what_pages_read_of_an_earlier_run(earlier: Path) -> None:
    run = Run.open(RUN)
    assert status(run).state == "stopped" and status(run).epoch == 3
    assert run.remarks() == ["2 images were deleted from class-7b after the training."]
    (assessment,) = kept_assessments.assessments(run)
    assert assessment.point == run.operating_point
    assert assessment.people["Ada"] == {"Ada": 40, "Bruno": 3, UNKNOWN: 7}
    assert (assessment.right, assessment.frames) == (77, 87)
    robustness = last_robustness(run)
    assert robustness is not None and robustness.complete
    assert robustness.curve("darker")[0] == pytest.approx(7 / 12)
    found = learning_rate_finder.last_test()
    assert found is not None and found.suggestion == pytest.approx(0.08)
    assert saved.named("School desk").rotation == 8


def test_an_imported_face_is_written_as_it_was(earlier: Path) -> None:
    play("import photographs.zip --dataset fresh --detector haar", earlier)
    before, now = earlier / "data" / DATASET, earlier / "data" / "fresh"
    index_before, index = (files.read_json(folder / "dataset.json") for folder in (before, now))
    assert list(index) == list(index_before)
    assert len(index["images"]) == 4
    for key, entry in index["images"].items():
        assert_same(skeleton(as_json(entry)), skeleton(as_json(index_before["images"][key])))
        difference = images.read(now / key).astype(int) - images.read(before / key)
        assert np.abs(difference).max() <= 2, key


def test_a_new_recogniser_has_the_files_of_an_earlier_one(earlier: Path) -> None:
    play(f"embed --dataset {DATASET} --embedder {RUN} --run new", earlier)
    play("evaluate new --strangers visitors", earlier)
    before, now = Run.open(GALLERY), Run.open("new")
    new_files = {file.name for file in now.folder.iterdir()}
    assert {file.name for file in before.folder.iterdir()} <= new_files
    settings_before, settings = (files.read_json(run.config_file) for run in (before, now))
    # Entries may be added.
    same = {name: settings[name] for name in settings_before}
    assert_same(skeleton(as_json(same)), skeleton(as_json(settings_before)))
    assert now.weights_hash == before.weights_hash
    with np.load(before.gallery_file) as old, np.load(now.gallery_file) as new:
        assert old.files == new.files[: len(old.files)]
        # Zoë was enrolled after it was made.
        known = old["people"][old["labels"]] != "Zoë"
        np.testing.assert_allclose(new["embeddings"], old["embeddings"][known], atol=TOLERANCE)
    evaluations = [as_json(files.read_json(run.evaluation_file)) for run in (before, now)]
    keys_before, keys = (set(re.findall(r'"(\w+)": ', text)) for text in evaluations)
    assert keys_before <= keys


def compare_all(kept: Sequence[Printed], home: Path, tolerance: float = TOLERANCE) -> None:
    """Play commands in order, and compare each with what it printed."""
    with few_drawings():
        for earlier in kept:
            printed = play(at_the_side_of_then(earlier.command), home)
            # The settings of a trial are drawn by chance, and its score follows from them.
            allowed = math.inf if "--trials" in earlier.command else tolerance
            # Lines that name what was left out were added below the result.
            lines = [line for line in printed.lines if not line.startswith("  ")]
            for line, earlier_line in zip_longest(lines, earlier.lines, fillvalue=""):
                if earlier.command.startswith("find-learning-rate") and line.startswith("{"):
                    line, earlier_line = same_rates(line, earlier_line)
                line = without_new_entries(line, earlier_line)
                assert_same(skeleton(line), skeleton(earlier_line), earlier.command, allowed)


def at_the_side_of_then(command: str) -> str:
    """A command with the input side that all runs had: the presets of today take a smaller one."""
    begins = command.split()[0] in ("train", "find-learning-rate", "tune")
    return f"{command} --side 224" if begins and "--dataset" in command else command


def without_new_entries(line: str, earlier_line: str) -> str:
    """A line without what was added at its end: entries of JSON, or what a rate is over people."""
    if not line.startswith("{") or not earlier_line.startswith("{"):
        return line.partition("; over people ")[0]
    record, earlier = json.loads(line), json.loads(earlier_line)
    return as_json(dict(list(record.items())[: len(earlier)]))


def same_rates(line: str, earlier_line: str) -> tuple[str, str]:
    """Results of two learning-rate tests, as far as they do not depend on the processor.

    Where the loss explodes, rounding decides at which step the test ends and which of two
    neighbouring rates is suggested.
    """
    results = [json.loads(text) for text in (line, earlier_line)]
    steps = min(len(result["rates"]) for result in results)
    suggestions = sorted(result["suggestion"] for result in results)
    assert suggestions[1] <= 2 * suggestions[0]
    for result in results:
        assert len(result["rates"]) == len(result["losses"]) <= steps + 5
        result |= {name: result[name][: steps // 2] for name in ("rates", "losses")}
        result["suggestion"] = 0.0
    first, second = (as_json(result) for result in results)
    return first, second


def skeleton(text: str) -> tuple[str, list[float]]:
    """A text with ``#`` for its floats and ``*`` for what differs each time, and the floats."""
    masked = VOLATILE.sub(r"\1\2*", text)
    return FLOAT.sub("#", masked), [float(found) for found in FLOAT.findall(masked)]


def assert_same(
    found: tuple[str, list[float]],
    expected: tuple[str, list[float]],
    command: str = "",
    tolerance: float = TOLERANCE,
) -> None:
    """Check that texts are the same byte for byte, but for the last digits of their floats."""
    assert found[0] == expected[0], command
    assert found[1] == pytest.approx(expected[1], abs=tolerance, rel=0), command


def offered(printed: Printed) -> set[str]:
    """Flags and commands that a help has."""
    text = "\n".join(printed.lines)
    commands = re.findall(r"^ {4}([a-z][a-z-]*)(?:  |$)", text, re.MULTILINE)
    return {*commands, *re.findall(r"--[a-z][a-z-]*[a-z]", text)}


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def lines_of(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()
