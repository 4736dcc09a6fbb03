import numpy as np
import pytest

from facerec.collecting import guidance
from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.faces.detection import Box
from facerec.live.enrolment import ANOTHER_FACE, FaceTaking, GalleryChanges
from facerec.live.frames import FacesFound, SeenFace
from facerec.live.pipeline import LivePipeline
from facerec.recognition import enrolment, new_gallery
from facerec.runs.run import Run
from tests.examples import COLORS, FixedDetector, noisy_color, scene

FRAME = np.full((240, 320, 3), 128, np.uint8)
NEAR, BESIDE, BEHIND = Box(40, 60, 100, 100), Box(180, 60, 80, 80), Box(250, 60, 40, 40)


def seen(box: Box = NEAR, track: int = 1, brightness: int = 120) -> SeenFace:
    return SeenFace(track, box, np.full((224, 224, 3), brightness, np.uint8))


@pytest.fixture
def taking() -> FaceTaking:
    made = FaceTaking(wanted=4, interval=0.25)
    made.begin(" Ada ")
    return made


def test_pictures_are_spaced_in_time_until_there_are_enough(taking: FaceTaking) -> None:
    for number in range(8):
        taking.watch(FacesFound(number / 8, FRAME, (seen(brightness=100 + number),)))
    assert (taking.person, taking.taken, taking.complete) == ("Ada", 4, True)
    assert taking.faces()[:, 0, 0, 0].tolist() == [100, 102, 104, 106]
    taking.watch(FacesFound(9, FRAME, (seen(),)))
    assert taking.taken == 4


def test_nothing_is_taken_of_nobody(taking: FaceTaking) -> None:
    taking.watch(FacesFound(0, FRAME, (seen(),)))
    taking.stop()
    assert (taking.person, taking.taken) == (None, 0)
    taking.watch(FacesFound(1, FRAME, (seen(),)))
    assert taking.taken == 0
    taking.begin("Zoë")
    assert taking.taken == 0 and not taking.complete


@pytest.mark.parametrize(
    ("faces", "hint"),
    [
        ((), guidance.NO_FACE),
        ((seen(), seen(BESIDE, 2)), guidance.SEVERAL),
        ((seen(BEHIND),), guidance.TOO_FAR),
    ],
)
def test_it_waits_and_says_why(taking: FaceTaking, faces: tuple, hint: guidance.Hint) -> None:
    taking.watch(FacesFound(0, FRAME, (seen(),)))
    taking.watch(FacesFound(0.5, FRAME, faces))
    assert (taking.taken, taking.hint) == (1, hint)
    taking.watch(FacesFound(0.9, FRAME, (seen(),)))
    assert (taking.taken, taking.hint) == (2, guidance.ANY_TURN)


def test_faces_at_the_back_of_the_room_do_not_count(taking: FaceTaking) -> None:
    taking.watch(FacesFound(0, FRAME, (seen(), seen(BEHIND, 2))))
    assert taking.taken == 1


def test_after_a_gap_another_face_begins_anew(taking: FaceTaking) -> None:
    for time in (0, 0.3):
        taking.watch(FacesFound(time, FRAME, (seen(brightness=80),)))
    taking.watch(FacesFound(2, FRAME, (seen(track=2, brightness=90),)))
    assert (taking.taken, taking.hint) == (1, ANOTHER_FACE)
    assert taking.faces()[:, 0, 0, 0].tolist() == [90]


def test_one_of_two_who_stays_begins_anew(taking: FaceTaking) -> None:
    taking.watch(FacesFound(0, FRAME, (seen(),)))
    taking.watch(FacesFound(0.3, FRAME, (seen(), seen(BESIDE, 2))))
    taking.watch(FacesFound(0.6, FRAME, (seen(BESIDE, 2),)))
    assert taking.taken == 1
    # Whoever was there before and stays, goes on.
    taking.watch(FacesFound(0.9, FRAME, (seen(), seen(BESIDE, 2))))
    taking.watch(FacesFound(1.2, FRAME, (seen(BESIDE, 2),)))
    assert taking.taken == 2


def test_a_face_that_was_lost_in_a_fast_move_goes_on(taking: FaceTaking) -> None:
    for number, track in enumerate((1, 1, 2, 3)):
        taking.watch(FacesFound(0.3 * number, FRAME, (seen(track=track),)))
    assert taking.complete


def test_a_name_that_cannot_be_is_told_before_pictures_are_taken() -> None:
    taking = FaceTaking()
    with pytest.raises(FacerecError, match="name is empty"):
        taking.begin("  ")
    assert taking.person is None


def test_it_takes_from_a_pipeline(taking: FaceTaking) -> None:
    box = Box(100, 60, 120, 120)
    pipeline = LivePipeline(FixedDetector([box]), {}, {}, recognise_every=0.0)
    pipeline.subscribe(FacesFound, taking.watch)
    for seconds in (0, 0.1, 0.3):
        pipeline.look(scene((box, COLORS["Ada"])), seconds)
    pipeline.close()
    assert taking.taken == 2
    np.testing.assert_equal(taking.faces()[0], pipeline.faces()[0].pixels)


@pytest.fixture
def changes(trained_run: Run, small_dataset: FaceFolder) -> GalleryChanges:
    """Of an embedding recogniser that knows nobody yet."""
    return GalleryChanges(new_gallery.create("made", trained_run, small_dataset, enrol_all=False))


def faces(name: str, count: int = 3) -> np.ndarray:
    return np.stack([noisy_color(COLORS[name], 900 + number) for number in range(count)])


def test_each_change_can_be_taken_back(changes: GalleryChanges, small_dataset: FaceFolder) -> None:
    run, states = changes.run, []
    acts = [
        (lambda: changes.enrol("Ada", faces("Ada")), "3 faces of Ada"),
        (lambda: changes.enrol("Ada", faces("Ada", 1)), "1 face of Ada"),
        (lambda: changes.enrol_class(small_dataset, "Zoë", lambda *_: None), "Zoë from colours"),
        (lambda: changes.change_matcher("neighbours"), "how faces are compared"),
        (lambda: changes.remove("Ada"), "removing Ada"),
    ]
    for act, words in acts:
        states.append(run.knowledge_hash)
        act()
        assert changes.last == words
    assert run.gallery.people == ("Zoë",)
    changes.undo()
    assert run.gallery.counts()["Ada"] == 4
    for state in reversed(states[:-1]):
        changes.undo()
        assert run.knowledge_hash == state
    assert changes.last is None and run.gallery.people == ()


def test_what_failed_is_no_change(changes: GalleryChanges) -> None:
    with pytest.raises(FacerecError, match="Nobody named Ada"):
        changes.remove("Ada")
    assert changes.last is None


def test_what_others_changed_meanwhile_is_not_taken_back(changes: GalleryChanges) -> None:
    changes.enrol("Ada", faces("Ada"))
    changes.enrol("Zoë", faces("Zoë"))
    enrolment.remove(changes.run, "Ada")
    with pytest.raises(FacerecError, match="cannot be undone any more"):
        changes.undo()
    assert changes.run.gallery.people == ("Zoë",)
    assert changes.last is None


def test_a_person_enrolled_elsewhere_in_the_meantime_outlives_undo(
    changes: GalleryChanges, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = np.stack([noisy_color(COLORS["Ada"], seed) for seed in (1, 2)])
    embedder = enrolment._embedder

    def while_another_tab_enrols(run: Run):
        monkeypatch.setattr(enrolment, "_embedder", embedder)
        enrolment.enrol(run, "Eve", faces)
        return embedder(run)

    monkeypatch.setattr(enrolment, "_embedder", while_another_tab_enrols)
    changes.enrol("Ben", faces)
    assert {"Ben", "Eve"} <= set(changes.run.gallery.people)
    changes.undo()
    assert "Eve" in changes.run.gallery.people and "Ben" not in changes.run.gallery.people
