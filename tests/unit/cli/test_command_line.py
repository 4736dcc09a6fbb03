import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from facerec.__main__ import main
from facerec.augmentation.recipe import Augmentation
from facerec.cli import data
from facerec.cli.command import Command
from facerec.cli.output import tell
from facerec.collecting import samples
from facerec.datasets.folder import FaceFolder, list_datasets
from facerec.decisions.operating_point import OperatingPoint
from facerec.evaluation.kept import last_evaluation
from facerec.faces import images, videos
from facerec.networks.catalogue import NETWORKS
from facerec.networks.resnet50 import imagenet_weights
from facerec.recognition.recogniser import Recogniser
from facerec.runs import creating
from facerec.runs.catalogue import list_runs
from facerec.runs.run import Run
from facerec.runs.settings import preset, training_settings
from facerec.system import paths
from facerec.training.loop import train
from tests.examples import CLASSES, COLORS, DATASET, RUN, noisy_color, tiny_config

COMMANDS = (
    "sample-data", "import", "augment", "train", "find-learning-rate", "tune", "experiment",
    "embed", "enrol", "forget", "evaluate", "recognize", "runs", "take-home",
)  # fmt: skip
TINY = ["--epochs", "1", "--batch-size", "8", "--augmentation", "None"]


def records(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict]:
    """Run a command with ``--json``; every line it prints, which must all be JSON."""
    assert main([*arguments, "--json"]) == 0
    output, errors = capsys.readouterr()
    assert errors == ""
    return [json.loads(line) for line in output.splitlines()]


def words(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command; what it prints."""
    assert main(list(arguments)) == 0
    output, errors = capsys.readouterr()
    assert errors == ""
    return output


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that must exit with 2 and print one line, to standard error."""
    try:
        code = main(list(arguments))
    except SystemExit as end:
        code = end.code
    output, errors = capsys.readouterr()
    assert (code, output) == (2, "")
    assert errors.startswith("facerec: ") and errors.endswith("\n") and errors.count("\n") == 1
    return errors


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert f"Example: python -m facerec {command} " in text
    assert "--json" in text


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    output = capsys.readouterr().out
    assert tuple(re.findall(r"^    ([a-z]\S*)", output, re.MULTILINE)) == COMMANDS


def test_one_entry_adds_a_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("person")
        parser.add_argument("--times", type=int, default=1)

    def greet(options: argparse.Namespace) -> None:
        text = ", ".join([f"hello {options.person}"] * options.times)
        tell(options, text, {"greeting": text})

    entry = Command("greet", "Greet somebody.", "greet Ada --times 2", greet, arguments)
    monkeypatch.setattr(data, "COMMANDS", (*data.COMMANDS, entry))
    assert words(capsys, "greet", "Ada", "--times", "2") == "hello Ada, hello Ada\n"
    assert records(capsys, "greet", "Ada") == [{"greeting": "hello Ada"}]
    assert "--times" in refusal(capsys, "greet", "Ada", "--times", "often")
    with pytest.raises(SystemExit):
        main(["--help"])
    assert re.search(r"^    greet +Greet somebody\.$", capsys.readouterr().out, re.MULTILINE)


def test_from_folder_to_names(
    home: Path, drawn_classes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(drawn_classes), "--dataset", "faces", "--detector", "none"]
    (imported,) = records(capsys, "import", *arguments)
    assert imported == {"added": dict.fromkeys(CLASSES, 8), "rejected": [], "adapted": {}}

    (augmented,) = records(
        capsys, "augment", "--dataset", "faces", "--into", "more", "--copies", "1"
    )
    assert augmented == {"images": 48}
    assert FaceFolder.open("more").counts() == dict.fromkeys(CLASSES, 16)

    epoch, end = records(capsys, "train", "--dataset", "more", "--run", "lesson", *TINY)
    assert end == {"run": "lesson", "finished": True}
    run = Run.open("lesson")
    assert run.history() == [epoch]
    assert (run.config.dataset, run.config.augmentation) == ("more", Augmentation())
    in_class = preset("In class", "more", "custom_cnn")
    assert run.config.batch_size == 8
    assert run.config.learning_rate == in_class.learning_rate

    (listed,) = records(capsys, "runs")
    assert listed == {
        "run": "lesson", "network": "custom_cnn", "dataset": "more", "state": "finished",
        "epochs": 1, "validation_accuracy": epoch["validation_accuracy"],
        "validation_macro_f1": epoch["validation_macro_f1"], "embedder": "", "people": None,
    }  # fmt: skip

    (summary,) = records(capsys, "evaluate", "lesson", "--strangers", "faces")
    assert summary["accuracy"] == pytest.approx(epoch["validation_accuracy"])
    assert summary["strangers"] == 24
    expected = last_evaluation(run).summary(OperatingPoint()).as_dict()
    assert summary == json.loads(json.dumps(expected))

    face = tmp_path / "face.png"
    images.write(face, noisy_color(COLORS["Ada"], 5))
    (frame,) = records(capsys, "recognize", "lesson", str(face), "--detector", "none")
    assert frame["frame"] == 0
    (found,) = frame["faces"]
    assert set(found) == {"box", "label", "confidence", "score", "probabilities"}
    assert found["box"] == [0, 0, 224, 224] and set(found["probabilities"]) == set(CLASSES)
    assert found["confidence"] == found["score"] == max(found["probabilities"].values())


def test_a_video_is_labelled_frame_by_frame(
    trained_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film, output = tmp_path / "film.mp4", tmp_path / "labelled.mp4"
    with videos.VideoWriter(film) as writer:
        for seed in range(3):
            writer.write(noisy_color(COLORS["Zoë"], seed))
    arguments = ["recognize", RUN, str(film), "--detector", "none", "--output", str(output)]
    frames = records(capsys, *arguments, "--threshold", "0.4")
    assert [frame["frame"] for frame in frames] == [0, 1, 2]
    assert [frame["faces"][0]["label"] for frame in frames] == ["Zoë"] * 3
    assert videos.frame_count(output) == 3
    # The run's own point holds where no threshold is given, and its score where one is.
    trained_run.save_operating_point(OperatingPoint(1.0, "margin"))
    assert "frame 2: Unknown" in words(capsys, *arguments)
    (face,) = records(capsys, *arguments, "--threshold", "0")[0]["faces"]
    best, second = sorted(face["probabilities"].values(), reverse=True)[:2]
    assert (face["label"], face["score"]) == ("Zoë", pytest.approx(best - second, abs=1e-6))


def test_a_run_is_taken_home(
    trained_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "home"
    found = records(capsys, "take-home", RUN, str(target))
    assert found == [{"run": RUN, "target": str(target)}]
    assert (target / "recognise.py").is_file()
    assert "already" in refusal(capsys, "take-home", RUN, str(target))
    assert "no run" in refusal(capsys, "take-home", "nobody", str(tmp_path / "other"))


def test_a_score_without_what_it_needs_is_refused(
    trained_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images.write(tmp_path / "face.png", noisy_color(COLORS["Ada"], 5))
    trained_run.save_operating_point(OperatingPoint(0.5, "similarity"))
    arguments = ["recognize", RUN, str(tmp_path / "face.png"), "--detector", "none"]
    assert "How near the classes are is not known" in refusal(capsys, *arguments)
    (summary,) = records(capsys, "evaluate", RUN)
    assert summary["score"] == "similarity"
    (frame,) = records(capsys, *arguments)
    assert frame["faces"][0]["score"] > 0.5


def test_the_suggested_threshold_is_that_of_the_second_opinion(
    trained_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images.write(tmp_path / "face.png", noisy_color(COLORS["Ada"], 5))
    arguments = ["recognize", RUN, str(tmp_path / "face.png"), "--detector", "none"]
    (frame,) = records(capsys, *arguments, "--suggested")
    asked = Recogniser(trained_run, asks_sface=True)
    outputs = asked.outputs(noisy_color(COLORS["Ada"], 5)[None])
    assert frame["faces"][0]["score"] == pytest.approx(float(outputs.second_opinion[0]), abs=1e-4)
    (summary,) = records(capsys, "evaluate", RUN, "--suggested")
    point = trained_run.suggested_point()
    assert (summary["score"], summary["threshold"]) == ("second_opinion", point.threshold)
    # Without that flag, the run's own point holds as before.
    (summary,) = records(capsys, "evaluate", RUN)
    assert (summary["score"], summary["threshold"]) == ("confidence", 0.5)


def test_sface_cannot_be_asked_without_the_images(
    trained_run: Run, small_dataset: FaceFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images.write(tmp_path / "face.png", noisy_color(COLORS["Ada"], 5))
    small_dataset.delete()
    arguments = ["recognize", RUN, str(tmp_path / "face.png"), "--detector", "none", "--suggested"]
    assert "was trained on are gone" in refusal(capsys, *arguments)


def test_judging_again_asks_no_network(
    trained_run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = records(capsys, "evaluate", RUN)
    monkeypatch.setattr("facerec.evaluation.judging.Recogniser", None)
    trained_run.save_operating_point(OperatingPoint(1.0))
    (second,) = records(capsys, "evaluate", RUN)
    assert (first["threshold"], second["threshold"]) == (0.5, 1.0)
    assert second["false_rejection_rate"] == 1
    assert second["accuracy"] == first["accuracy"]


def test_training_goes_on_where_it_was_stopped(
    small_dataset: FaceFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    run = creating.create("parted", tiny_config())
    asked = iter([False] * 8)
    train(run, should_stop=lambda: next(asked, True))
    (first,) = run.history()
    epoch, end = records(capsys, "train", "--run", "parted", "--resume")
    assert end == {"run": "parted", "finished": True}
    assert run.history() == [first, epoch] and epoch["epoch"] == 2


def test_a_run_continues_from_another_s_weights(
    trained_run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--dataset", DATASET, "--run", "more", *TINY, "--continue-from", RUN]
    epoch, _ = records(capsys, "train", *arguments, "--learning-rate", "1e-7")
    assert epoch["validation_accuracy"] == 1.0
    assert Run.open("more").config.continue_from == RUN


def test_a_stopped_training_says_how_to_go_on(
    small_dataset: FaceFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facerec.training.worker.train", lambda *arguments, **options: False)
    output = words(capsys, "train", "--dataset", DATASET, "--run", "new")
    assert output == "new: stopped; go on with: train --run new --resume\n"


def test_every_setting_has_a_flag(
    small_dataset: FaceFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facerec.training.worker.train", lambda *arguments, **options: True)
    given = {
        "epochs": 3, "batch_size": 5, "learning_rate": 0.01, "optimizer": "sgd",
        "schedule": "cosine", "split": "session", "validation": 0.4, "seed": 7, "dropout": 0.2,
        "frozen_blocks": 1, "weight_decay": 0.1, "label_smoothing": 0.2, "warmup_epochs": 0.5,
        "class_weights": "balanced", "patience": 4, "keep": "last", "share": 0.5,
        "activation": "tanh", "initialisation": "xavier", "precision": "fp32", "threads": 1,
        "checkpoint_minutes": 2.5, "snapshots": 3, "fields": 14, "loss": "arcface",
        "pretrained": "none",
        "first_side": 0.5, "draws": 3, "l1": 0.001, "augmentation_strength": 0.5, "people": 2,
        "imbalance": 0.5,
        "wrong_labels": 0.1, "blurred": 0.2, "dark": 0.3, "side": 96, "blocks": 2, "filters": 8,
        "kernel": 5, "norm": "none", "pooling": "average", "pooling_size": 3, "pooling_stride": 1,
        "hidden": 16,
    }  # fmt: skip
    assert set(given) == {item.name for item in training_settings()}
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
    words(capsys, "train", "--dataset", DATASET, "--run", "flags", *flags)
    config = Run.open("flags").config
    assert {name: getattr(config, name) for name in given} == given
    words(capsys, "train", "--dataset", DATASET, "--preset", "As in the report", "--seed", "3")
    config = Run.open(f"{DATASET}-custom_cnn-1").config
    assert (config.batch_size, config.learning_rate, config.seed) == (128, 1e-5, 3)


def test_a_data_set_anywhere_and_a_recipe_from_a_file(
    home: Path, drawn_classes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "recipe.json"
    recipe.write_text('{"horizontal_flip": 1.0}')
    arguments = ["--dataset", str(drawn_classes), "--into", "flipped", "--copies", "1"]
    words(capsys, "augment", *arguments, "--recipe", str(recipe))
    original = images.read(drawn_classes / "Ada" / "session0_0000.jpg")
    flipped = images.read(paths.dataset_folder("flipped") / "Ada" / "session0_0000-copy01.jpg")
    assert np.abs(flipped.astype(int) - original[:, ::-1]).mean() < 3


def test_words_for_people(
    trained_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert RUN in words(capsys, "runs") and "finished" in words(capsys, "runs")
    (tmp_path / "loose").mkdir()
    images.write(tmp_path / "loose" / "a.png", noisy_color(COLORS["Ada"], 1))
    (tmp_path / "loose" / "b.png").write_bytes(b"broken")
    output = words(
        capsys, "import", str(tmp_path / "loose"), "--dataset", "new", "--class", "Ada",
        "--detector", "none",
    )  # fmt: skip
    assert output == (
        "1 faces came in; 1 images did not: 1 unreadable\n"
        "  b.png: unreadable: it cannot be read: it is no image.\n"
    )
    output = words(capsys, "evaluate", RUN, "--strangers", DATASET)
    assert "95 % interval" in output and "on 6 images\n" in output
    assert "confidence over 0.5: " in output and "FAR: of 24 strangers' images" in output


def test_no_runs_yet(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no runs yet" in words(capsys, "runs")
    assert records(capsys, "runs") == []


def test_sample_data(
    home: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(samples, "IMAGES_PER_CLASS", 1)
    monkeypatch.setattr(samples, "VIDEO_FRAMES", 2)
    (drawn,) = records(capsys, "sample-data", str(tmp_path / "demo"))
    assert len(list(Path(drawn["folder"]).rglob("*.jpg"))) == drawn["photographs"] > 0
    assert videos.frame_count(Path(drawn["video"])) == 2


def test_a_terminal_shows_a_progress_bar(
    home: Path,
    drawn_classes: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    arguments = ["import", str(drawn_classes), "--dataset", "faces", "--detector", "none"]
    assert main(arguments) == 0
    assert "Importing: 100%" in capsys.readouterr().err
    assert main([*arguments, "--json"]) == 0
    assert capsys.readouterr().err == ""


def test_a_missing_yunet_is_told_beside_the_result(
    trained_run: Run, tmp_path: Path, uninstalled: None, capsys: pytest.CaptureFixture[str]
) -> None:
    images.write(tmp_path / "face.png", noisy_color(COLORS["Ada"], 5))
    assert main(["recognize", RUN, str(tmp_path / "face.png"), "--json"]) == 0
    output, errors = capsys.readouterr()
    assert json.loads(output) == {"frame": 0, "faces": []}
    assert errors.startswith("facerec: Using the Haar cascade") and errors.count("\n") == 1


def test_ctrl_c_ends_with_130(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("facerec.runs.catalogue.list_runs", interrupt)
    assert main(["runs"]) == 130
    assert capsys.readouterr().err == "facerec: stopped\n"


TRAIN = ["train", "--dataset", DATASET]
EMBED = ["embed", "--dataset", DATASET, "--embedder"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "COMMAND"),
        (["dance"], "dance"),
        (["import", "missing.zip"], "--dataset"),
        (["import", "missing.zip", "--dataset", "new", "--class", "Ada"], "missing.zip"),
        (["import", "{notes}", "--dataset", "new", "--class", "Ada"], "no image, video"),
        (["import", "{face}", "--dataset", "new"], "needs a class name"),
        (["import", "{face}", "--dataset", "../new", "--class", "Ada"], "data set name"),
        (["import", "{face}", "--dataset", "new", "--class", "CON"], "class name"),
        (["import", "{face}", "--dataset", "new", "--detector", "best"], "best"),
        (["import", "{face}", "--dataset", "new", "--class", "A", "--detector", "yunet"], "YuNet"),
        (["augment", "--dataset", "missing", "--into", "new", "--copies", "1"], "missing"),
        (["augment", "--dataset", DATASET, "--into", "new", "--copies", "0"], "Copies"),
        (["augment", "--dataset", DATASET, "--into", "new", "--copies", "x"], "--copies"),
        (["augment", "--dataset", DATASET, "--into", DATASET, "--copies", "1"], "already"),
        (
            ["augment", "--dataset", DATASET, "--into", "new", "--copies", "1", "--recipe", "x"],
            "neither a recipe file",
        ),
        (
            ["augment", "--dataset", DATASET, "--into", "new", "--copies", "1", "--recipe"]
            + ["{notes}"],
            "not JSON",
        ),
        (["train"], "--dataset"),
        (["train", "--dataset", "missing"], "missing"),
        (["train", "--dataset", "{empty}"], "at least two classes"),
        (["train", "--resume"], "--run"),
        (["train", "--resume", "--run", "missing"], "missing"),
        ([*TRAIN, "--run", RUN], "already"),
        ([*TRAIN, "--run", "a/b"], "run name"),
        ([*TRAIN, "--network", "vgg"], "vgg"),
        ([*TRAIN, "--epochs", "0"], "Epochs"),
        ([*TRAIN, "--epochs", "many"], "--epochs"),
        ([*TRAIN, "--validation", "0.9"], "Validation share"),
        ([*TRAIN, "--optimizer", "magic"], "magic"),
        ([*TRAIN, "--augmentation", "lots"], "neither a recipe file"),
        ([*EMBED, "missing"], "missing"),
        (["embed", "--dataset", "missing", "--embedder", RUN], "missing"),
        (["embed", "--dataset", DATASET], "--embedder --pretrained"),
        ([*EMBED, RUN, "--matcher", "best"], "best"),
        ([*EMBED, RUN, "--run", RUN], "already"),
        (["embed", "--dataset", DATASET, "--pretrained", "vggface2"], "downloaded"),
        (["enrol", RUN, "{face}", "--person", "Ada", "--detector", "none"], "is a classifier"),
        (["enrol", RUN, "{notes}", "--person", "Ada", "--detector", "none"], "no image, video"),
        (["enrol", RUN, "{empty}", "--person", "Ada", "--detector", "none"], "no images in it"),
        (["enrol", RUN, "missing.mp4", "--person", "Ada", "--detector", "none"], "missing.mp4"),
        (["enrol", RUN, "{face}"], "--person"),
        (["forget", RUN, "--person", "Ada"], "is a classifier"),
        (["evaluate", "missing"], "missing"),
        (["evaluate", RUN, "--strangers", "missing"], "missing"),
        (["evaluate", RUN, "--dataset", "missing"], "missing"),
        (["evaluate", RUN, "--dataset", "{empty}"], "no images to evaluate on"),
        (["recognize", "missing", "{face}", "--detector", "none"], "missing"),
        (["recognize", RUN, "missing.png", "--detector", "none"], "missing.png"),
        (["recognize", RUN, "{notes}", "--detector", "none"], "cannot be read"),
        (["recognize", RUN, "{face}", "--detector", "none", "--threshold", "2"], "threshold is 2,"),
        (["recognize", RUN, "{face}", "--detector", "none", "--threshold", "nan"], "numbers"),
        (["recognize", RUN, "{face}", "--detector", "none", "--output", "x.mp4"], "x.mp4"),
        (["recognize", RUN, "{face}", "--detector", "none", "--output", "{folder}"], "folder"),
        (["runs", "--all"], "--all"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_and_changes_nothing(
    trained_run: Run,
    tmp_path: Path,
    uninstalled: None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    desk = tmp_path / "desk"
    (desk / "empty" / "Nobody").mkdir(parents=True)
    (desk / "folder.png").mkdir()
    (desk / "notes.txt").write_text("no face")
    images.write(desk / "face.png", noisy_color(COLORS["Ada"], 5))
    places = {
        "notes": desk / "notes.txt",
        "face": desk / "face.png",
        "empty": desk / "empty",
        "folder": desk / "folder.png",
    }
    monkeypatch.chdir(desk)
    before = sorted(desk.rglob("*"))
    assert message in refusal(capsys, *(item.format(**places) for item in arguments))
    assert [folder.name for folder in list_datasets()] == [DATASET]
    assert [run.name for run in list_runs()] == [RUN]
    assert sorted(desk.rglob("*")) == before


def test_people_come_and_go_without_training(
    trained_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (made,) = records(capsys, *EMBED, RUN, "--matcher", "svm", "--run", "made")
    assert made == {"run": "made", "people": dict.fromkeys(CLASSES, 6)}
    (empty,) = records(capsys, *EMBED, RUN, "--nobody")
    assert empty == {"run": f"{DATASET}-embedding-1", "people": {}}
    for number in range(3):
        images.write(tmp_path / "ada" / f"{number}.png", noisy_color(COLORS["Ada"], number))
    images.write(tmp_path / "ada" / "one more.png", noisy_color(COLORS["Ada"], 9))
    (tmp_path / "ada" / "again.png").write_bytes((tmp_path / "ada" / "0.png").read_bytes())
    ada = [empty["run"], str(tmp_path / "ada"), "--person", "Ada", "--detector", "none"]
    (enrolled,) = records(capsys, "enrol", *ada)
    again = {"name": "again.png", "reason": "duplicate", "detail": "already here as 0.png"}
    assert enrolled == {
        "enrolled": 4, "run": empty["run"], "people": {"Ada": 4}, "rejected": [again],
    }  # fmt: skip
    assert Run.open(empty["run"]).classes == ("Ada",)
    assert "made knows Unknown (6), Zoë (6)" in words(capsys, "forget", "made", "--person", "Ada")
    listed = {record["run"]: record for record in records(capsys, "runs")}
    assert listed["made"]["people"] == {"Unknown": 6, "Zoë": 6}
    assert (listed["made"]["embedder"], listed[RUN]["people"]) == (RUN, None)
    assert "embedding    knows 2 people, 12 faces" in words(capsys, "runs")
    assert "Nobody named Ada" in refusal(capsys, "forget", "made", "--person", "Ada")
    assert "is not trained" in refusal(capsys, "train", "--resume", "--run", "made")


def test_a_video_enrols_whoever_is_alone_in_it(
    trained_run: Run, yunet: Path, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (empty,) = records(capsys, *EMBED, RUN, "--nobody")
    films = shared / "data" / "video"
    alone = str(films / "head-pose-face-detection-female.gif")
    (enrolled,) = records(capsys, "enrol", empty["run"], alone, "--person", "woman")
    assert enrolled["people"] == {"woman": 23}
    both = str(films / "head-pose-face-detection-female-and-male.gif")
    line = refusal(capsys, "enrol", empty["run"], both, "--person", "man")
    assert "56 several faces" in line
    assert Run.open(empty["run"]).classes == ("woman",)


def test_imagenet_weights_that_cannot_be_had_leave_no_run(
    small_dataset: FaceFolder,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path / "hub"))
    line = refusal(capsys, *TRAIN, "--network", "resnet50_imagenet", "--json")
    cache = tmp_path / "hub" / "checkpoints"
    for part in (imagenet_weights().url, "resnet50-11ad3fa6.pth", str(cache)):
        assert part in line
    assert not paths.models_folder().exists() or list(paths.models_folder().iterdir()) == []


def test_as_a_program(home: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "facerec", "train", "--dataset", "missing"],
        cwd=paths.PROJECT,
        capture_output=True,
        encoding="utf-8",
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("facerec: There is no data set 'missing'")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_is_offered(capsys: pytest.CaptureFixture[str], network: str) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    assert network in capsys.readouterr().out


@pytest.mark.parametrize("extra", [["--class", "Ada"], ["--session", "s"], ["--raw"]])
def test_unknown_on_the_command_line_takes_no_name(
    home: Path, drawn_classes: Path, capsys: pytest.CaptureFixture, extra: list[str]
) -> None:
    arguments = ["import", str(drawn_classes), "--dataset", "new", "--detector", "none"]
    assert main([*arguments, "--unknown", *extra]) == 2
    assert "--unknown goes without" in capsys.readouterr().err
    assert not (home / "data" / "new").exists()
