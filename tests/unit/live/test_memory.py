import numpy as np
import pytest

from facerec.decisions.scores import Outputs
from facerec.faces import quality
from facerec.faces.detection import Box
from facerec.live.frames import LiveLook, SeenFace
from facerec.live.memory import MOST_LOOKS, LiveMemory

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
    return LiveMemory().after(look(10.0, 1, 2, first=said(1.0, 2.0)), ONE)


# Which faces are due


def test_new_faces_are_due_at_once() -> None:
    assert tracks_due(LiveMemory(), 0.0, 1, 2) == [1, 2]
    assert tracks_due(LiveMemory(), 0.0) == []


def test_a_known_face_is_due_again_after_a_time(memory: LiveMemory) -> None:
    assert tracks_due(memory, 10.2, 1, 2) == []
    assert tracks_due(memory, 10.25, 1, 2) == [1, 2]
    later = memory.after(look(10.2, 2, first=said(1.0)), ONE)
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
    empty = LiveMemory().after(look(10.0, 1), {})
    assert tracks_due(empty, 10.1, 1, asked={}) == []
    assert tracks_due(empty, 10.3, 1, asked={}) == [1]


# What is known


def logit(
    memory: LiveMemory,
    track: int,
    name: str = "first",
    recogniser: Asked = FIRST,
    looks: int = 1,
) -> float:
    found = memory.outputs(track, name, recogniser, looks)
    assert found.logits.shape == (1, 2)
    return float(found.logits[0, 0])


def test_each_track_has_its_own_row(memory: LiveMemory) -> None:
    assert (logit(memory, 1), logit(memory, 2)) == (1.0, 2.0)
    assert memory.outputs(3, "first", FIRST, 1) is None


def test_outputs_belong_to_the_very_recogniser_that_gave_them(memory: LiveMemory) -> None:
    assert memory.outputs(1, "first", SECOND, 1) is None
    assert memory.outputs(1, "second", FIRST, 1) is None
    both = {"first": FIRST, "second": SECOND}
    later = memory.after(look(11.0, 1, first=said(3.0), second=said(4.0)), both)
    assert (logit(later, 1), logit(later, 1, "second", SECOND)) == (3.0, 4.0)


def test_tracks_that_are_gone_are_forgotten(memory: LiveMemory) -> None:
    assert list(memory.only({2, 3}).tracks) == [2]
    assert list(memory.only(frozenset()).tracks) == []


def test_a_memory_is_a_value(memory: LiveMemory) -> None:
    """Other threads read it while the next one is made."""
    memory.after(look(11.0, 1, 3, first=said(8.0, 9.0)), ONE)
    memory.only({1})
    assert list(memory.tracks) == [1, 2] and logit(memory, 1) == 1.0


# Looks


def patterned(track: int, contrast: int) -> SeenFace:
    """A face of thin stripes: the higher their contrast, the sharper."""
    pixels = np.zeros((224, 224, 3), np.uint8)
    pixels[:, ::4] = contrast
    return SeenFace(track, Box(0, 0, 40, 40), pixels)


def test_a_name_needs_its_looks_and_one_wrong_look_gives_none() -> None:
    memory = LiveMemory()
    for number, value in enumerate((4.0, -2.0, 4.0)):
        assert memory.outputs(1, "first", FIRST, 3) is None
        memory = memory.after(look(10.0 + number, 1, first=said(value)), ONE)
    assert logit(memory, 1, looks=3) == pytest.approx(2.0)
    assert logit(memory, 1, looks=1) == 4.0, "the newest by itself"
    assert memory.outputs(1, "first", FIRST, 4) is None


def test_old_looks_fall_out() -> None:
    memory = LiveMemory()
    for number in range(30):
        memory = memory.after(look(float(number), 1, first=said(number)), ONE)
    assert logit(memory, 1, looks=3) == pytest.approx(28.0)
    assert logit(memory, 1, looks=MOST_LOOKS) == pytest.approx(24.5)
    assert len(memory.glances(1, "first", FIRST)) == MOST_LOOKS + 1


def test_a_blurred_look_counts_less() -> None:
    sharp, blurred = patterned(1, 200), patterned(1, 3)
    memory = LiveMemory()
    for number, (seen, value) in enumerate(((sharp, 1.0), (blurred, 9.0))):
        memory = memory.after(LiveLook(float(number), FRAME, (seen,), {"first": said(value)}), ONE)
    weights = [quality.weight(seen.pixels) for seen in (sharp, blurred)]
    assert weights[0] > 4 * weights[1] > 0
    expected = (weights[0] * 1 + weights[1] * 9) / sum(weights)
    assert logit(memory, 1, looks=2) == pytest.approx(expected, rel=1e-5) and expected < 3


def test_similarities_are_averaged_as_well() -> None:
    memory = LiveMemory()
    for similarity in (0.8, 0.4):
        seen = said(1.0, similarities=(similarity,))
        memory = memory.after(look(10.0, 1, first=seen), ONE)
    found = memory.outputs(1, "first", FIRST, 2)
    np.testing.assert_allclose(found.similarities, [[0.6, 0]], rtol=1e-6)
    np.testing.assert_allclose(found.logits, [[1, 0]])


@pytest.mark.parametrize(("track", "asked"), [(3, FIRST), (1, SECOND)])
def test_looks_begin_anew_with_another_face_or_recogniser(
    memory: LiveMemory, track: int, asked: Asked
) -> None:
    later = memory.after(look(11.0, track, first=said(5.0)), {"first": asked})
    assert logit(later, track, recogniser=asked) == 5.0
    assert later.outputs(track, "first", asked, 2) is None
