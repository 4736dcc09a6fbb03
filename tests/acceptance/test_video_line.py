"""From two people's videos to their names in a third, by the command line and on real pictures."""

import io
import json
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from facerec.__main__ import main
from facerec.faces import videos
from facerec.runs.run import Run
from facerec.system.paths import PROJECT

WIDTH, FRAMES = 480, 56


def facerec(*arguments: object) -> list[dict]:
    """Run a command; the JSON lines it prints."""
    with redirect_stdout(io.StringIO()) as output:
        assert main([*map(str, arguments), "--json"]) == 0
    return [json.loads(line) for line in output.getvalue().splitlines()]


@pytest.mark.slow
def test_two_people_are_recognised_in_a_video_no_model_has_seen(
    yunet: Path, shared: Path, tmp_path: Path
) -> None:
    video = shared / "data" / "video"
    for person, name, frames in (("woman", "female", 23), ("man", "male", 62)):
        source = video / f"head-pose-face-detection-{name}.gif"
        (report,) = facerec("import", source, "--dataset", "two", "--class", person)
        assert report["added"] == {person: frames} and report["rejected"] == []
    unknown = shared / "data" / "faces" / "Unknown"
    (report,) = facerec("import", unknown, "--dataset", "two", "--class", "Unknown")
    assert report["added"] == {"Unknown": 120}

    *history, end = facerec(
        "train", "--dataset", "two", "--network", "custom_cnn", "--epochs", 12, "--run", "both"
    )
    assert end == {"run": "both", "finished": True} and len(history) == 12

    labelled = tmp_path / "labelled.mp4"
    frames = facerec(
        "recognize", "both", video / "head-pose-face-detection-female-and-male.gif",
        "--detector", "yunet", "--threshold", 0.5, "--output", labelled,
    )  # fmt: skip
    assert [frame["frame"] for frame in frames] == list(range(FRAMES))
    assert videos.frame_count(labelled) == FRAMES
    faces = [face for frame in frames for face in frame["faces"]]
    assert 110 <= len(faces) <= 112
    # The woman sits on the left in every frame, the man on the right.
    right = sum(face["label"] == true_name(face["box"]) for face in faces)
    assert right >= 0.9 * len(faces), [(face["box"][0], face["label"]) for face in faces]


def true_name(box: list[int]) -> str:
    x, _, width, _ = box
    return "woman" if x + width / 2 < WIDTH / 2 else "man"


@pytest.mark.slow
def test_resnet50_from_scratch_trains_and_goes_on(home: Path, shared: Path) -> None:
    for folder in sorted((shared / "data" / "faces").iterdir()):
        target = home / "few" / folder.name
        target.mkdir(parents=True)
        for path in sorted(folder.iterdir())[:6]:
            shutil.copy(path, target)
    with subprocess.Popen(
        [
            sys.executable, "-m", "facerec", "train", "--run", "scratch", "--dataset", home / "few",
            "--network", "resnet50_scratch", "--epochs", "2", "--batch-size", "8", "--json",
        ],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as training:  # fmt: skip
        first = json.loads(training.stdout.readline())
        run = Run.open("scratch")
        run.job.stop()
        assert json.loads(training.stdout.readline()) == {"run": "scratch", "finished": False}
    assert (first["epoch"], training.returncode) == (1, 0)
    assert run.history() == [first] and len(run.info.classes) == 7

    second, end = facerec("train", "--run", "scratch", "--resume")
    assert end == {"run": "scratch", "finished": True}
    assert run.history() == [first, second] and second["epoch"] == 2
