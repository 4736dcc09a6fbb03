import pytest

from facerec.training import totals
from facerec.training.totals import Clock


def test_speed_and_time_left_are_those_of_the_batches_so_far(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = iter([100.0, 100.5, 101.0, 103.0])
    monkeypatch.setattr(totals.time, "monotonic", lambda: next(times))
    clock = Clock(4, 10)
    assert clock.batch_end(8) == {
        "done": 5, "total": 10, "images_per_second": 16.0, "seconds_left": 2.5,
    }  # fmt: skip
    assert clock.batch_end(8)["images_per_second"] == 16.0
    third = clock.batch_end(8)
    # Three batches took three seconds, and three are left.
    assert (third["done"], third["seconds_left"]) == (7, 3.0)
    assert third["images_per_second"] == 8.0
