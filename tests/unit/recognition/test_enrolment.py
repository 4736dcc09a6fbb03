import threading
from pathlib import Path

import pytest

from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.decisions.matchers import MATCHERS
from facerec.decisions.operating_point import OperatingPoint
from facerec.errors import FacerecError
from facerec.evaluation.judging import evaluate
from facerec.evaluation.kept import last_evaluation
from facerec.recognition import enrolment
from facerec.recognition.enrolment import enrol, enrol_class, enrollable, remove, seconds_to_enrol
from facerec.recognition.new_gallery import create
from facerec.runs.held_out import held_out_of
from facerec.runs.run import Run
from tests.examples import CLASSES, DATASET
from tests.unit.recognition.conftest import ADA, YELLOW, named
from tests.waiting import joined


@pytest.mark.parametrize("matcher", MATCHERS)
def test_a_new_person_is_known_at_once_and_forgotten_at_once(recogniser: Run, matcher: str) -> None:
    enrolment.change_matcher(recogniser, matcher)
    assert named(recogniser, YELLOW[8:]) != {"Yara"}
    before, judged = recogniser.knowledge_hash, evaluate(recogniser)
    enrol(recogniser, "Yara", YELLOW[:8])
    assert recogniser.classes == (*CLASSES, "Yara")
    assert recogniser.gallery.matcher == matcher
    assert named(recogniser, YELLOW[8:]) == {"Yara"}
    assert named(recogniser, ADA) == {"Ada"}
    assert recogniser.knowledge_hash != before
    assert last_evaluation(recogniser) is None, "what it says is another thing now"
    again = evaluate(recogniser)
    assert again.classes == recogniser.classes and again.held_out.keys == judged.held_out.keys
    remove(recogniser, "Yara")
    assert recogniser.classes == CLASSES and named(recogniser, YELLOW[8:]) != {"Yara"}


def test_who_was_removed_is_not_judged_by(recogniser: Run) -> None:
    remove(recogniser, "Ada")
    found = evaluate(recogniser)
    assert set(found.held_out.names) == {UNKNOWN, "Zoë"}
    for name in (UNKNOWN, "Zoë"):
        remove(recogniser, name)
    with pytest.raises(FacerecError, match="no images to judge gallery by"):
        evaluate(recogniser)
    with pytest.raises(FacerecError, match="no images to judge"):
        held_out_of(recogniser)


def test_a_class_of_a_data_set_is_enrolled_without_what_is_held_out(recogniser: Run) -> None:
    before = recogniser.gallery.counts()["Ada"]
    remove(recogniser, "Ada")
    enrol_class(recogniser, FaceFolder.open(DATASET), "Ada")
    assert recogniser.gallery.counts()["Ada"] == before
    assert recogniser.classes == (UNKNOWN, "Zoë", "Ada")
    assert named(recogniser, ADA) == {"Ada"}
    with pytest.raises(FacerecError, match="no images of Bo in colours"):
        enrol_class(recogniser, FaceFolder.open(DATASET), "Bo")


def test_of_another_data_set_all_are_enrolled(recogniser: Run, drawn_classes: Path) -> None:
    other = FaceFolder.open(str(drawn_classes))
    assert len(enrollable(recogniser, other)) == 24
    assert len(enrollable(recogniser, FaceFolder.open(DATASET))) == 18


def test_a_classifier_knows_nobody_new(trained_run: Run) -> None:
    for act in (
        lambda: enrol(trained_run, "Yara", YELLOW),
        lambda: remove(trained_run, "Ada"),
        lambda: enrolment.change_matcher(trained_run, "svm"),
        lambda: enrol_class(trained_run, FaceFolder.open(DATASET), "Ada"),
        lambda: seconds_to_enrol(trained_run),
    ):
        with pytest.raises(FacerecError, match="has to be trained again"):
            act()
    assert not trained_run.gallery_file.exists()


def test_enrolments_at_the_same_time_all_count(trained_run: Run) -> None:
    run = create("nobody", trained_run, FaceFolder.open(DATASET), enrol_all=False)
    threads = [
        threading.Thread(target=enrol, args=(Run.open("nobody"), f"P{number}", YELLOW[:2]))
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    joined(threads)
    assert sorted(run.classes) == ["P0", "P1", "P2", "P3"]


def test_the_operating_point_is_the_gallery_s_until_one_is_kept(recogniser: Run) -> None:
    suggested = recogniser.operating_point
    enrol(recogniser, "Yara", YELLOW[:8])
    assert recogniser.operating_point != suggested
    kept = OperatingPoint(0.4, "similarity", 1.0, -1.0, 1.0)
    recogniser.save_operating_point(kept)
    enrol(recogniser, "Yara", YELLOW[8:])
    assert recogniser.operating_point == kept


def test_the_time_to_enrol_is_measured_and_changes_nothing(recogniser: Run) -> None:
    before = recogniser.knowledge_hash
    assert 0 < seconds_to_enrol(recogniser, 4) < 60
    assert recogniser.knowledge_hash == before
