import threading
from dataclasses import replace

import numpy as np
import pytest

from facerec.datasets.folder import UNKNOWN
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import Outputs
from facerec.errors import FacerecError
from facerec.faces.detection import Box
from facerec.live import kept_assessments
from facerec.live.assessment import STRANGER, LiveCounts, Stretch
from facerec.live.frames import LiveLook, SeenFace
from facerec.runs.run import Run
from tests.examples import CLASSES
from tests.waiting import joined

POINT = OperatingPoint(0.6)
FRAME = np.zeros((48, 64, 3), np.uint8)
FACE = np.zeros((224, 224, 3), np.uint8)


def outputs(*faces: tuple[str, float]) -> Outputs:
    """Of faces that each are called a class with a confidence."""
    rows = []
    for name, confidence in faces:
        rest = (1 - confidence) / (len(CLASSES) - 1)
        rows.append([np.log(confidence if item == name else rest) for item in CLASSES])
    return Outputs(np.array(rows, np.float32).reshape(-1, len(CLASSES)))


def look(time: float, *faces: tuple[str, float], track: int = 1, **said: Outputs) -> LiveLook:
    """A look at which one recogniser, or those given, say that of the faces, the largest first."""
    seen = tuple(
        SeenFace(track + place, Box(0, 0, 40 - 10 * place, 40), FACE) for place in range(len(faces))
    )
    return LiveLook(time, FRAME, seen, said or {"a": outputs(*faces)})


@pytest.fixture
def counts() -> LiveCounts:
    return LiveCounts({"a": POINT}, {"a": CLASSES})


def fed(counts: LiveCounts, person: str, *faces: tuple[str, float], start: float = 0.0) -> None:
    """A person stands there for frames of a quarter of a second that are called that."""
    counts.begin(person)
    for number, face in enumerate(faces):
        counts.count(look(start + number / 4, face))
    counts.stop()


def test_frames_are_counted_by_who_stood_there_and_what_they_were_called(counts) -> None:
    fed(counts, "Ada", ("Ada", 0.9), ("Ada", 0.7), ("Ada", 0.5), ("Zoë", 0.8), (UNKNOWN, 0.9))
    fed(counts, STRANGER, ("Zoë", 0.9), ("Zoë", 0.55), (UNKNOWN, 0.9), (UNKNOWN, 0.4))
    found = counts.so_far["a"]
    assert found.people == {"Ada": {"Ada": 2, UNKNOWN: 2, "Zoë": 1}}
    assert found.strangers == {"Zoë": 1, UNKNOWN: 3}
    assert (found.frames, found.right) == (9, 5)
    assert found.false_acceptance_rate == 1 / 4 and found.false_rejection_rate == 2 / 5
    assert found.point == POINT


def test_only_while_somebody_stands_there(counts) -> None:
    counts.count(look(0, ("Ada", 0.9)))
    assert counts.person is None and counts.so_far == {}
    with pytest.raises(FacerecError, match="No frame"):
        counts.assessment("a")
    counts.begin("Ada")
    assert counts.person == "Ada"
    counts.count(look(1, ("Ada", 0.9)))
    counts.stop()
    counts.count(look(2, ("Ada", 0.9)))
    assert counts.person is None and counts.so_far["a"].frames == 1


def test_the_largest_face_is_counted_and_no_other(counts) -> None:
    counts.begin("Ada")
    counts.count(look(0, ("Ada", 0.9), ("Zoë", 0.9)))
    counts.count(look(1, ("Zoë", 0.9), ("Ada", 0.9)))
    counts.count(look(2))
    assert counts.so_far["a"].people == {"Ada": {"Ada": 1, "Zoë": 1}}
    assert counts.stretches == (Stretch("Ada", 0, 1, 2),)


def test_a_person_who_is_lost_and_found_again_is_no_second_person(counts) -> None:
    counts.begin("Ada")
    for time, track in enumerate((4, 4, 5, 6, 7)):
        counts.count(look(time, ("Ada", 0.9), track=track))
    assert counts.stretches == (Stretch("Ada", 0, 4, 5, 0),)


def test_changes_of_the_largest_face_are_counted_and_told(counts) -> None:
    counts.begin("Ada")
    counts.count(look(0, ("Ada", 0.9), ("Zoë", 0.9), track=4))
    for time, track in enumerate((4, 5, 5, 4), start=1):
        counts.count(look(time, ("Ada", 0.9), track=track))
    counts.begin("Zoë")
    counts.count(look(9, ("Zoë", 0.9), track=8))
    assert counts.stretches == (Stretch("Ada", 0, 4, 5, 2), Stretch("Zoë", 5, 5, 1, 0))
    assert counts.so_far["a"].frames == 6


def test_it_stops_by_itself_after_the_time_from_the_first_face_on(counts) -> None:
    counts.begin("Ada", seconds=2)
    counts.count(look(100))
    for time in (107, 108, 108.9, 109, 109.5):
        counts.count(look(time, ("Ada", 0.9)))
    assert counts.person is None
    assert counts.so_far["a"].frames == 3
    # The next one has no limit any more.
    counts.begin("Zoë")
    for time in (200, 300):
        counts.count(look(time, ("Zoë", 0.9)))
    assert counts.person == "Zoë"


def test_a_moved_threshold_acts_on_all_frames(counts) -> None:
    fed(counts, "Ada", ("Ada", 0.9), ("Ada", 0.5))
    assert counts.so_far["a"].right == 1
    counts.points = {"a": replace(POINT, threshold=0.4)}
    assert counts.so_far["a"].right == 2
    assert counts.so_far["a"].point.threshold == 0.4
    assert counts.assessment("a", replace(POINT, threshold=0.95)).right == 0


def test_whom_a_recogniser_does_not_know_is_a_stranger_to_it() -> None:
    others = ("Ada", "Grace", UNKNOWN)
    counts = LiveCounts({"a": POINT, "b": POINT}, {"a": CLASSES, "b": others})
    assert counts.people == ["Ada", "Grace", "Zoë"]
    counts.begin("Grace")
    found = outputs(("Ada", 0.9))
    counts.count(look(0, ("Ada", 0.9), a=found, b=found))
    assert counts.so_far["a"].strangers == {"Ada": 1} and not counts.so_far["a"].people
    assert counts.so_far["b"].people == {"Grace": {"Ada": 1}} and not counts.so_far["b"].strangers


def test_a_recogniser_that_was_not_asked_has_no_frame_counted() -> None:
    counts = LiveCounts({"a": POINT, "b": POINT}, {"a": CLASSES, "b": CLASSES})
    counts.begin("Ada")
    counts.count(look(0, ("Ada", 0.9)))
    counts.count(look(1, ("Ada", 0.9), gone=outputs(("Ada", 0.9))))
    assert list(counts.so_far) == ["a"] and counts.so_far["a"].frames == 1
    assert counts.over_time("b") is None and counts.over_thresholds("b") is None


@pytest.mark.parametrize(
    ("person", "seconds", "message"),
    [("Grace", None, "knows Grace"), (UNKNOWN, None, "a stranger"), ("Ada", 0, "0 seconds")],
)
def test_what_cannot_be_counted_is_refused(counts, person, seconds, message) -> None:
    with pytest.raises(FacerecError, match=message):
        counts.begin(person, seconds)
    assert counts.person is None


def test_the_last_stretch_can_be_dropped(counts) -> None:
    fed(counts, "Ada", ("Ada", 0.9))
    before = counts.so_far["a"].people
    fed(counts, "Zoë", ("Ada", 0.9), ("Ada", 0.9))
    counts.drop_last()
    assert counts.so_far["a"].people == before and len(counts.stretches) == 1
    counts.begin("Ada")
    counts.drop_last()
    assert counts.person is None and counts.so_far == {} and counts.stretches == ()
    counts.drop_last()
    fed(counts, "Ada", ("Ada", 0.9))
    counts.clear()
    assert counts.so_far == {} and counts.stretches == ()


def test_accuracy_second_by_second(counts) -> None:
    right, wrong = ("Ada", 0.9), ("Ada", 0.5)
    fed(counts, "Ada", right, right, right, wrong, wrong, wrong, start=50.0)
    # Begins on a second of its own; the pause between does not count.
    fed(counts, STRANGER, wrong, right, start=90.0)
    found = counts.over_time("a")
    np.testing.assert_array_equal(found.seconds, [1, 2, 3])
    np.testing.assert_array_equal(found.frames, [4, 2, 2])
    np.testing.assert_array_equal(found.accuracy, [0.75, 0, 0.5])
    np.testing.assert_array_equal(found.so_far, [3 / 4, 3 / 6, 4 / 8])
    assert counts.stretches[1] == Stretch(STRANGER, 2, 2.25, 2)


def test_seconds_without_a_frame_are_left_out(counts) -> None:
    counts.begin("Ada")
    for time in (10, 13.5):
        counts.count(look(time, ("Ada", 0.9)))
    np.testing.assert_array_equal(counts.over_time("a").seconds, [1, 4])


@pytest.mark.parametrize("score", ["confidence", "margin", "energy"])
def test_over_thresholds_is_the_assessment_at_each_of_them(counts, score: str) -> None:
    generator = np.random.default_rng(0)
    for person in ("Ada", "Zoë", STRANGER):
        names = generator.choice(CLASSES, 40, p=(0.5, 0.2, 0.3))
        fed(counts, person, *zip(names, generator.uniform(0.4, 0.99, 40), strict=True))
    low, high = (-1.0, 1.0) if score == "energy" else (0.0, 1.0)
    counts.points = {"a": OperatingPoint(0.3141, score, low=low, high=high)}
    found = counts.over_thresholds("a")
    assert (found.thresholds[0], found.thresholds[-1]) == (low, high)
    assert 0.3141 in found.thresholds
    for place in (0, 60, 100, 130, 170, 201):
        point = replace(counts.points["a"], threshold=found.thresholds[place])
        expected = counts.assessment("a", point)
        assert found.accuracy[place] == pytest.approx(expected.accuracy)
        assert found.far[place] == pytest.approx(expected.false_acceptance_rate)
        assert found.frr[place] == pytest.approx(expected.false_rejection_rate)
    assert len(np.unique(found.accuracy)) > 1


def test_rates_of_nobody_are_none(counts) -> None:
    fed(counts, "Ada", ("Ada", 0.9))
    assert counts.over_thresholds("a").far is None
    counts.clear()
    fed(counts, STRANGER, ("Ada", 0.9))
    assert counts.over_thresholds("a").frr is None


def test_a_score_that_cannot_be_told_fails_where_it_is_asked_and_not_in_the_stream(counts) -> None:
    counts.points = {"a": OperatingPoint(0.5, "similarity")}
    fed(counts, "Ada", ("Ada", 0.9))
    with pytest.raises(FacerecError, match="How near the classes are"):
        _ = counts.so_far
    counts.points = {"a": POINT}
    assert counts.so_far["a"].right == 1


def test_similarities_are_counted(counts) -> None:
    counts.points = {"a": OperatingPoint(0.5, "similarity")}
    counts.begin("Ada")
    for similarity in (0.7, 0.3):
        said = replace(outputs(("Ada", 0.9)), similarities=np.full((1, 3), similarity, np.float32))
        counts.count(look(0, ("Ada", 0.9), a=said))
    assert counts.so_far["a"].people == {"Ada": {"Ada": 1, UNKNOWN: 1}}


def test_what_was_counted_is_kept_with_the_run(trained_run: Run) -> None:
    classes = trained_run.info.classes
    counts = LiveCounts({"a": POINT}, {"a": classes})
    fed(counts, "Ada", ("Ada", 0.9), ("Ada", 0.5))
    fed(counts, STRANGER, ("Zoë", 0.9))
    kept = counts.assessment("a")
    kept_assessments.add(trained_run, kept)
    assert kept_assessments.assessments(Run.open(trained_run.name)) == [kept]


def test_counting_and_asking_at_once(counts) -> None:
    seen, failures = [], []

    def count() -> None:
        try:
            for number in range(200):
                counts.count(look(number, ("Ada", 0.9)))
        except Exception as error:
            failures.append(error)

    counts.begin("Ada")
    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        for found in counts.so_far.values():
            seen.append(found.frames)
            counts.over_time("a")
            counts.over_thresholds("a")
    joined(threads)
    assert not failures
    assert counts.so_far["a"].frames == counts.stretches[0].frames == 800
    assert seen == sorted(seen)
