from dataclasses import replace
from pathlib import Path

from facerec.collecting.importing import import_faces
from facerec.datasets.folder import FaceFolder
from facerec.faces.detection import Box, FaceDetector, WholeImage
from facerec.runs import creating
from facerec.runs.geometry import other_crop
from facerec.runs.run import Run
from tests.examples import FixedDetector, tiny_config


def run_from(pictures: Path, *detectors: FaceDetector) -> Run:
    """A run on the pictures of each class, imported with one detector after the other."""
    folder = FaceFolder.create("cut")
    for person, detector in zip(sorted(pictures.iterdir()), detectors, strict=False):
        assert import_faces([person], folder, detector, person.name).added
    return creating.create("learner", tiny_config(dataset="cut"))


def finder(name: str) -> FixedDetector:
    return FixedDetector([Box(40, 40, 100, 100)], name)


def test_a_run_that_learned_what_live_shows_needs_no_word(home: Path, drawn_classes: Path) -> None:
    run = run_from(drawn_classes, finder("yunet"), finder("yunet"))
    assert set(run.info.detectors) == {"yunet"}
    assert other_crop(run, "yunet") == ""


def test_a_run_that_learned_another_crop_says_of_how_many_pictures(
    home: Path, drawn_classes: Path
) -> None:
    run = run_from(drawn_classes, finder("haar"), WholeImage())
    assert run.info.detectors == {"haar": 8, "none": 8}
    assert other_crop(run, "yunet") == (
        "It learned from 16 pictures: 8 cut out where haar finds them and 8 taken whole. "
        "Here, faces are cut out where yunet finds them, so it sees them larger or smaller than "
        "it learned them."
    )
    assert "It learned from 16 pictures: 8 taken whole." in other_crop(run, "haar")


def test_networks_that_align_faces_see_the_same_in_every_crop(
    home: Path, drawn_classes: Path
) -> None:
    run = run_from(drawn_classes, WholeImage(), WholeImage())
    assert other_crop(run, "yunet")
    run.save_config(replace(run.config, network="sface"), run.info)
    assert other_crop(Run.open(run.name), "yunet") == ""


def test_earlier_runs_say_nothing_of_their_crop(home: Path, drawn_classes: Path) -> None:
    run = run_from(drawn_classes, WholeImage(), WholeImage())
    run.save_config(run.config, replace(run.info, detectors={}))
    assert other_crop(Run.open(run.name), "yunet") == ""
