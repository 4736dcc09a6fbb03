import pytest

from facerec.training import totals
from facerec.training.totals import Clock


def test_speed_and_time_left_are_those_of_the_batches_so_far(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = iter([100.0, 100.5, 101.0, 103.0])
    monkeypatch.setattr(totals.time, "monotonic", lambda: next(times))
    clock = Clock(4, 5, [1.0, 1.0])
    assert clock.batch_end(8) == {
        "done": 5, "total": 10, "images_per_second": 16.0, "seconds_left": 2.5,
    }  # fmt: skip
    assert clock.batch_end(8)["images_per_second"] == 16.0
    third = clock.batch_end(8)
    # Three batches took three seconds, and three are left.
    assert (third["done"], third["seconds_left"]) == (7, 3.0)
    assert third["images_per_second"] == 8.0


def test_epochs_that_take_less_count_less(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([100.0, 102.0, 104.0])
    monkeypatch.setattr(totals.time, "monotonic", lambda: next(times))
    clock = Clock(0, 2, [1.0, 0.25, 0.25])
    assert clock.batch_end(8)["seconds_left"] == pytest.approx(2 + 4 * 0.5)
    assert clock.batch_end(8)["seconds_left"] == pytest.approx(4 * 0.5)
