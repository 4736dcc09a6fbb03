"""Strangers are refused and people named, by the threshold that a gallery itself suggests."""

import shutil
from pathlib import Path

from facerec import enrolment
from facerec.dataset import UNKNOWN, FaceFolder
from facerec.evaluation import evaluate

EACH = 12


def test_few_pictures_in_the_wild_tell_people_from_strangers(
    yunet: Path, shared: Path, home: Path
) -> None:
    people = sorted((shared / "data" / "faces").iterdir())
    data = home / "data"
    for folder in people:
        pictures = sorted(folder.iterdir())
        if folder.name == UNKNOWN:
            # Ten pictures each of six people whom nobody enrolled.
            (data / "strangers" / "Somebody").mkdir(parents=True)
            for picture in pictures[::2]:
                shutil.copy(picture, data / "strangers" / "Somebody")
            continue
        for name, some in (("known", pictures[:EACH]), ("later", pictures[EACH : 2 * EACH])):
            (data / name / folder.name).mkdir(parents=True)
            for picture in some:
                shutil.copy(picture, data / name / folder.name)
    run = enrolment.create("wild", "dlib", FaceFolder.open("known"), enrol_all=False)
    for name in FaceFolder.open("known").class_names():
        enrolment.enrol_class(run, FaceFolder.open("known"), name)

    evaluation = evaluate(run, FaceFolder.open("later"), FaceFolder.open("strangers"))
    summary = evaluation.summary(run.operating_point)
    assert (summary["images"], summary["strangers"]) == (6 * EACH, 60)
    # At the threshold of the gallery, which has seen no stranger. Measured: 0.99, 2 % and 4 %.
    assert summary["accuracy"] >= 0.97
    assert summary["false_acceptance_rate"] <= 0.05
    assert summary["false_rejection_rate"] <= 0.10
    assert summary["equal_error_rate"] <= 0.05
