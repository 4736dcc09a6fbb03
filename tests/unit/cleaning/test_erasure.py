from pathlib import Path

import numpy as np
import pytest

from facerec.cleaning.erasure import (
    erase_class,
    erase_dataset,
    erase_everything,
    erase_person,
    people,
)
from facerec.datasets.folder import FaceFolder
from facerec.decisions.operating_point import OperatingPoint
from facerec.errors import FacerecError
from facerec.evaluation.judging import evaluate
from facerec.live import kept_assessments
from facerec.live.kept_assessments import LiveAssessment
from facerec.recognition import enrolment, new_gallery
from facerec.runs.run import Run
from facerec.system import paths
from tests.examples import COLORS, noisy_color, write_classes

LEFT = ("config.json", "history.jsonl", "remarks.json")


@pytest.fixture
def knowing(trained_run: Run, small_dataset: FaceFolder) -> Run:
    """An embedding recogniser on the data set; both runs are judged, on the page and live."""
    made = new_gallery.create("made", trained_run, small_dataset)
    for run in (trained_run, made):
        evaluate(run)
        kept_assessments.add(run, LiveAssessment(OperatingPoint(), {"Ada": {"Ada": 3}}))
    return made


def test_nothing_of_a_person_is_left_but_what_is_told(
    knowing: Run, trained_run: Run, small_dataset: FaceFolder
) -> None:
    erased = erase_class(small_dataset, "Ada")
    assert "Ada" not in small_dataset.class_names() and "Ada" not in knowing.gallery.people
    named = {
        path.relative_to(paths.home()).as_posix()
        for path in paths.home().rglob("*")
        if path.is_file() and b"Ada" in path.read_bytes() + path.as_posix().encode()
    }
    weights = {f"models/{run}/weights.pt" for run in ("made", trained_run.name)}
    left = {f"models/{run}/{name}" for run in ("made", trained_run.name) for name in LEFT}
    assert named <= left | weights | {f"models/{trained_run.name}/checkpoint.pt"}
    removed, remains = "\n".join(erased.removed), "\n".join(erased.remains)
    assert "made: embeddings and pictures of Ada" in removed
    assert f"{trained_run.name}: results of judging" in removed
    assert f"{trained_run.name}: its weights have learned from Ada" in remains
    assert "exported" in remains


def test_others_stay_as_they_are(knowing: Run, trained_run: Run, small_dataset: FaceFolder) -> None:
    counts = knowing.gallery.counts()
    erase_class(small_dataset, "Ada")
    assert knowing.gallery.counts() == {name: n for name, n in counts.items() if name != "Ada"}
    assert small_dataset.counts() == {"Unknown": 8, "Zoë": 8}


def test_namesakes_elsewhere_are_told_and_not_touched(
    trained_run: Run, small_dataset: FaceFolder
) -> None:
    write_classes(paths.data_folder() / "other")
    other = FaceFolder.open("other")
    run = new_gallery.create("elsewhere", trained_run, other, enrol_all=False)
    enrolment.enrol(run, "Ada", np.stack([noisy_color(COLORS["Ada"], 1)]))
    counts = other.counts()
    remains = "\n".join(erase_class(small_dataset, "Ada").remains)
    assert other.counts() == counts and "Ada" in run.gallery.people
    assert "other has a class Ada, too" in remains and "elsewhere knows a Ada" in remains


def test_a_data_set_is_erased_with_each_of_its_people(
    knowing: Run, small_dataset: FaceFolder
) -> None:
    erased = erase_dataset(small_dataset)
    assert not small_dataset.path.exists() and len(knowing.gallery) == 0
    assert len(set(erased.remains)) == len(erased.remains)
    assert "made: embeddings and pictures of Zoë." in erased.removed


def test_a_person_is_erased_everywhere(
    knowing: Run, trained_run: Run, small_dataset: FaceFolder
) -> None:
    write_classes(paths.data_folder() / "other")
    other = FaceFolder.open("other")
    elsewhere = new_gallery.create("elsewhere", trained_run, other, enrol_all=False)
    enrolment.enrol(elsewhere, "Ada", np.stack([noisy_color(COLORS["Ada"], 1)]))
    assert people() == ["Ada", "Zoë"]
    erased = erase_person("ada")
    for folder in (small_dataset, other):
        assert "Ada" not in folder.class_names() and "Zoë" in folder.class_names()
    assert "Ada" not in {*knowing.gallery.people, *elsewhere.gallery.people}
    assert people() == ["Zoë"]
    assert "elsewhere: embeddings and pictures of Ada." in erased.removed
    weights, exported = erased.remains
    assert weights.startswith(f"{trained_run.name}: its weights have learned from ada")
    assert "exported" in exported


def test_networks_that_learned_a_person_go_if_that_is_asked_for(
    knowing: Run, trained_run: Run
) -> None:
    erased = erase_person("Ada", and_runs=True)
    assert not trained_run.folder.exists() and knowing.folder.exists()
    assert any("the whole run" in text for text in erased.removed)
    assert not any("weights" in text for text in erased.remains)


def test_nobody_of_a_name_is_told(knowing: Run) -> None:
    with pytest.raises(FacerecError, match="Nobody is named Nobody"):
        erase_person("Nobody")


def test_of_everything_installed_weights_are_left(knowing: Run, home: Path) -> None:
    weights = paths.pretrained_folder() / "weights.pt"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"published")
    readme = paths.data_folder() / "README.md"
    readme.write_text("what lies here")
    recording = paths.recordings_folder() / "one" / "raw.mp4"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(b"film")
    paths.studies_file().write_bytes(b"searches")
    erased = erase_everything()
    left = {path for path in home.rglob("*") if path.is_file() and path.name[0] != "."}
    assert left == {weights, readme}
    assert "The data set colours, 24 images." in erased.removed
    assert "The run made." in erased.removed and "The folder _recordings." in erased.removed


def test_while_something_is_at_work_not_everything_is_erased(
    knowing: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy() -> None:
        raise FacerecError("made is being trained: stop it, or wait until it is done.")

    monkeypatch.setattr("facerec.system.jobs.refuse_if_busy", busy)
    with pytest.raises(FacerecError, match="being trained"):
        erase_everything()
    assert knowing.folder.exists()
