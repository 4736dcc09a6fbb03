"""Tests of ``facerec.system.pace``, on a clock that the tests turn."""

from collections.abc import Callable

import pytest

from facerec.errors import FacerecError
from facerec.system import pace
from facerec.system.pace import Pace, predicted_seconds
from facerec.system.progress import Progress


class Clock:
    """Stands in for ``time``."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    turned = Clock()
    monkeypatch.setattr(pace, "time", turned)
    return turned


def act_of(
    clock: Clock, start: float, each: float, total: int, ends: list[str]
) -> Callable[..., None]:
    """An act that takes ``start`` seconds, and then ``each`` for every item."""

    def act(progress: Progress) -> None:
        try:
            clock.now += start
            for done in range(1, total + 1):
                clock.now += each
                progress(done, total)
            ends.append("to its end")
        finally:
            ends.append("left")

    return act


@pytest.mark.parametrize(("start", "each", "total"), [(5.0, 0.25, 400), (0.0, 3.0, 50), (1, 1, 1)])
def test_the_first_moments_tell_the_whole_time(
    clock: Clock, start: float, each: float, total: int
) -> None:
    ends: list[str] = []
    began = clock.now
    predicted = predicted_seconds(act_of(clock, start, each, total, ends))
    assert predicted == pytest.approx(start + each * total)
    assert ends == ["left"]
    assert clock.now - began < start + 10


def test_an_act_without_steps_is_known_from_itself(clock: Clock) -> None:
    def act(progress: Progress) -> None:
        clock.now += 7

    assert predicted_seconds(act) == 7


def test_an_act_that_is_short_ends_before_it_makes_something(clock: Clock) -> None:
    ends: list[str] = []
    assert predicted_seconds(act_of(clock, 0.0, 0.01, 5, ends)) == pytest.approx(0.05)
    assert ends == ["left"]


def test_errors_of_the_act_are_the_callers() -> None:
    def act(progress: Progress) -> None:
        raise FacerecError("There is nothing.")

    with pytest.raises(FacerecError, match=r"There is nothing\."):
        predicted_seconds(act)


def test_the_time_left_leaves_the_start_out(clock: Clock) -> None:
    measured = Pace()
    clock.now += 30
    measured.step(1)
    assert measured.seconds_left(11) == pytest.approx(300)
    for done in (2, 3):
        clock.now += 2
        measured.step(done)
    assert measured.seconds_left(11) == pytest.approx(16)
