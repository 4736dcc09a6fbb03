"""What a new network's one file gives; ``test_new_network`` runs these where ``toy`` is one."""

import json
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from facerec.__main__ import main
from facerec.datasets.folder import FaceFolder
from facerec.faces import images
from facerec.networks.catalogue import NETWORKS
from facerec.recognition.recogniser import Recogniser
from facerec.runs import catalogue
from facerec.runs.run import Run
from tests.examples import CLASSES, COLORS, DATASET, noisy_color

TRAIN = ("train", "--dataset", DATASET, "--network", "toy", "--augmentation", "None")


@pytest.fixture
def records(capsys: pytest.CaptureFixture[str]) -> Callable[..., list[dict]]:
    """Runs a command with ``--json``; the records it prints."""

    def run(*arguments: str) -> list[dict]:
        assert main([*arguments, "--json"]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


@pytest.fixture
def face(tmp_path: Path) -> str:
    """The file of a picture of Zoë that was not trained on."""
    images.write(tmp_path / "new" / "face.png", noisy_color(COLORS["Zoë"], 999))
    return str(tmp_path / "new" / "face.png")


def test_it_is_the_last_of_the_networks() -> None:
    assert list(NETWORKS)[-1] == "toy" and len(NETWORKS) > 1


def test_it_trains_is_judged_moves_and_names_a_face(
    small_dataset: FaceFolder, face: str, records: Callable[..., list[dict]]
) -> None:
    *epochs, end = records(*TRAIN, "--run", "lesson")
    assert len(epochs) == 3 and end == {"run": "lesson", "finished": True}
    run = Run.open("lesson")
    assert run.config.learning_rate == 0.2
    assert (run.info.parameters, run.info.trained_parameters) == (12 + 12, 12)

    (summary,) = records("evaluate", "lesson")
    assert summary["accuracy"] == 1

    archive = catalogue.export(run)
    run.delete()
    assert catalogue.list_runs() == []
    assert catalogue.import_run(BytesIO(archive)).config.network == "toy"
    (frame,) = records("recognize", "lesson", face, "--detector", "none")
    assert [found["label"] for found in frame["faces"]] == ["Zoë"]


@pytest.mark.parametrize("trained", [True, False], ids=["as trained", "as it is"])
def test_it_enrols_people(
    trained: bool, small_dataset: FaceFolder, face: str, records: Callable[..., list[dict]]
) -> None:
    if trained:
        records(*TRAIN, "--run", "lesson")
    embedder = ("--embedder", "lesson") if trained else ("--pretrained", "colours")
    (made,) = records("embed", "--dataset", DATASET, *embedder, "--run", "made")
    assert made == {"run": "made", "people": dict.fromkeys(CLASSES, 6)}
    assert Run.open("made").info.embedder == ("lesson" if trained else "Toy, colours")

    (enrolled,) = records("enrol", "made", face, "--person", "Zora", "--detector", "none")
    assert enrolled["people"]["Zora"] == 1
    run = Run.open("made")
    named = Recogniser(run).outputs([noisy_color(COLORS["Ada"], 998)])
    assert run.classes[int(named.logits.argmax())] == "Ada"


@pytest.mark.parametrize("command", ["train", "tune", "find-learning-rate"])
def test_commands_offer_it(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert "sface,toy}" in "".join(capsys.readouterr().out.split())


def test_the_train_page_offers_it(
    open_page: Callable[[str], AppTest], small_dataset: FaceFolder
) -> None:
    app = open_page("train")
    choice = next(box for box in app.selectbox if box.label == "Network")
    assert choice.options[-1] == "Toy"
    choice.set_value("toy").run()
    assert not app.exception
    assert "The mean of each colour." in choice.help


def test_a_name_that_is_taken_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from facerec.networks import catalogue as networks
    from facerec.networks import toy

    twice = replace(toy.ENTRIES[0], title="Another")
    monkeypatch.setattr(toy, "ENTRIES", (*toy.ENTRIES, twice))
    with pytest.raises(ValueError, match="one name.*toy, toy"):
        networks.collect()
