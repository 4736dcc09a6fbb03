import numpy as np
import pytest

from facerec.decisions.scores import Outputs
from facerec.faces.detection import Box
from facerec.live.frames import LiveLook, SeenFace
from facerec.live.memory import LiveMemory

FRAME = np.zeros((4, 4, 3), np.uint8)
EVERY = 0.25  # seconds after which a face is due again


class Asked:
    """Stands for a recogniser: the memory only tells one from another."""


FIRST, SECOND = Asked(), Asked()
ONE = {"first": FIRST}


def face(track: int) -> SeenFace:
    return SeenFace(track, Box(0, 0, 40, 40), FRAME)


def said(*logits: float, similarities: tuple[float, ...] | None = None) -> Outputs:
    """Outputs for a face for each number: of two classes, the second always at 0."""

    def rows(values: tuple[float, ...]) -> np.ndarray:
        return np.float32([[value, 0] for value in values])

    return Outputs(rows(logits), None if similarities is None else rows(similarities))


def look(time: float, *tracks: int, **outputs: Outputs) -> LiveLook:
    return LiveLook(time, FRAME, tuple(face(track) for track in tracks), outputs)


def tracks_due(memory: LiveMemory, time: float, *tracks: int, asked=ONE) -> list[int]:
    faces = [face(track) for track in tracks]
    return [item.track for item in memory.due(faces, time, asked, EVERY)]


@pytest.fixture
def memory() -> LiveMemory:
    """Of two tracks that the first recogniser saw at 10 seconds."""
    return LiveMemory().after(look(10.0, 1, 2, first=said(1.0, 2.0)), ONE, 0.0)


# Which faces are due


def test_new_faces_are_due_at_once() -> None:
    assert tracks_due(LiveMemory(), 0.0, 1, 2) == [1, 2]
    assert tracks_due(LiveMemory(), 0.0) == []


def test_a_known_face_is_due_again_after_a_time(memory: LiveMemory) -> None:
    assert tracks_due(memory, 10.2, 1, 2) == []
    assert tracks_due(memory, 10.25, 1, 2) == [1, 2]
    later = memory.after(look(10.2, 2, first=said(1.0)), ONE, 0.0)
    assert tracks_due(later, 10.3, 1, 2) == [1]


def test_the_largest_face_is_asked_about_with_any_other(memory: LiveMemory) -> None:
    assert tracks_due(memory, 10.1, 1, 2, 3) == [1, 3]
    assert tracks_due(memory, 10.1, 3, 1, 2) == [3]


@pytest.mark.parametrize(
    "asked", [{"first": SECOND}, {"second": SECOND, "first": FIRST}, {"second": FIRST}]
)
def test_what_another_recogniser_has_not_seen_is_due(memory: LiveMemory, asked: dict) -> None:
    assert tracks_due(memory, 10.1, 1, 2, asked=asked) == [1, 2]


def test_without_a_recogniser_faces_are_due_as_often(memory: LiveMemory) -> None:
    assert tracks_due(memory, 10.1, 1, asked={}) == []
    empty = LiveMemory().after(look(10.0, 1), {}, 0.0)
    assert tracks_due(empty, 10.1, 1, asked={}) == []
    assert tracks_due(empty, 10.3, 1, asked={}) == [1]


# What is known


def logit(memory: LiveMemory, track: int, name: str = "first", recogniser: Asked = FIRST) -> float:
    found = memory.outputs(track, name, recogniser)
    assert found.logits.shape == (1, 2)
    return float(found.logits[0, 0])


def test_each_track_has_its_own_row(memory: LiveMemory) -> None:
    assert (logit(memory, 1), logit(memory, 2)) == (1.0, 2.0)
    assert memory.outputs(3, "first", FIRST) is None


def test_outputs_belong_to_the_very_recogniser_that_gave_them(memory: LiveMemory) -> None:
    assert memory.outputs(1, "first", SECOND) is None
    assert memory.outputs(1, "second", FIRST) is None
    both = {"first": FIRST, "second": SECOND}
    later = memory.after(look(11.0, 1, first=said(3.0), second=said(4.0)), both, 0.0)
    assert (logit(later, 1), logit(later, 1, "second", SECOND)) == (3.0, 4.0)


def test_tracks_that_are_gone_are_forgotten(memory: LiveMemory) -> None:
    assert list(memory.only({2, 3}).tracks) == [2]
    assert list(memory.only(frozenset()).tracks) == []


def test_a_memory_is_a_value(memory: LiveMemory) -> None:
    """Other threads read it while the next one is made."""
    memory.after(look(11.0, 1, 3, first=said(8.0, 9.0)), ONE, 0.5)
    memory.only({1})
    assert list(memory.tracks) == [1, 2] and logit(memory, 1) == 1.0


# Smoothing


def test_the_past_has_the_weight_of_smoothing(memory: LiveMemory) -> None:
    once = memory.after(look(11.0, 1, first=said(3.0)), ONE, 0.75)
    assert logit(once, 1) == pytest.approx(0.75 * 1 + 0.25 * 3)
    assert logit(once, 2) == 2.0, "it was not looked at"
    twice = once.after(look(12.0, 1, first=said(3.0)), ONE, 0.75)
    assert logit(twice, 1) == pytest.approx(0.75 * 1.5 + 0.25 * 3)
    assert logit(twice.after(look(13.0, 1, first=said(7.0)), ONE, 0.0), 1) == 7.0


def test_similarities_are_smoothed_as_well() -> None:
    memory = LiveMemory()
    for similarity in (0.8, 0.4):
        seen = said(1.0, similarities=(similarity,))
        memory = memory.after(look(10.0, 1, first=seen), ONE, 0.5)
    found = memory.outputs(1, "first", FIRST)
    np.testing.assert_allclose(found.similarities, [[0.6, 0]], rtol=1e-6)
    np.testing.assert_array_equal(found.logits, [[1, 0]])


@pytest.mark.parametrize(("track", "asked"), [(3, FIRST), (1, SECOND)])
def test_smoothing_begins_anew_with_another_face_or_recogniser(
    memory: LiveMemory, track: int, asked: Asked
) -> None:
    later = memory.after(look(11.0, track, first=said(5.0)), {"first": asked}, 0.9)
    assert logit(later, track, recogniser=asked) == 5.0
