import threading
import weakref
from collections.abc import Iterator

import numpy as np
import pytest

from facerec.system.newest_frame import NewestFrameWorker
from tests.waiting import LONG, joined, until

Worker = NewestFrameWorker[np.ndarray, int]


class Gate:
    """Work that waits until it is let through, one frame after the other."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.arrived = threading.Semaphore(0)
        self.let_through = threading.Semaphore(0)
        self.failure: Exception | None = None

    def __call__(self, frame: np.ndarray) -> int:
        self.seen.append(int(frame))
        self.arrived.release()
        assert self.let_through.acquire(timeout=LONG)
        if self.failure:
            raise self.failure
        return int(frame)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def worker(gate: Gate) -> Iterator[Worker]:
    made = NewestFrameWorker(gate)
    yield made
    gate.let_through.release(100)
    made.close()


def begun_since(before: set[threading.Thread]) -> list[str]:
    """Names of the threads that live and did not before; of others some may end meanwhile."""
    return [thread.name for thread in threading.enumerate() if thread not in before]


def pass_through(worker: Worker, gate: Gate, number: int) -> None:
    worker.submit(np.array(number))
    assert gate.arrived.acquire(timeout=LONG)
    gate.let_through.release()


def test_the_newest_frame_wins(worker: Worker, gate: Gate) -> None:
    worker.submit(np.array(1))
    assert gate.arrived.acquire(timeout=LONG)
    for number in (2, 3, 4):
        worker.submit(np.array(number))
    gate.let_through.release()
    assert gate.arrived.acquire(timeout=LONG)
    assert worker.latest == 1
    gate.let_through.release()
    until(lambda: worker.latest == 4)
    assert gate.seen == [1, 4]


def test_an_error_is_kept_until_work_succeeds_again(worker: Worker, gate: Gate) -> None:
    pass_through(worker, gate, 1)
    until(lambda: worker.latest == 1)
    gate.failure = RuntimeError("the camera is on fire")
    pass_through(worker, gate, 2)
    until(lambda: worker.error is not None)
    assert (worker.error, worker.latest) == ("the camera is on fire", 1)
    gate.failure = None
    pass_through(worker, gate, 3)
    until(lambda: worker.latest == 3)
    until(lambda: worker.error is None)


def test_close_ends_the_thread_after_the_frame_under_way(gate: Gate) -> None:
    before = set(threading.enumerate())
    worker = NewestFrameWorker(gate, "looking")
    assert begun_since(before) == [], "it has nothing to do yet"
    worker.submit(np.array(1))
    assert gate.arrived.acquire(timeout=LONG)
    assert begun_since(before) == ["looking"]
    worker.submit(np.array(2))
    closing = threading.Thread(target=worker.close)
    closing.start()
    gate.let_through.release()
    joined([closing])
    assert begun_since(before) == []
    assert (gate.seen, worker.latest) == ([1], 1)
    worker.submit(np.array(3))
    worker.close()
    assert begun_since(before) == []


def test_a_worker_without_a_frame_can_be_closed(gate: Gate) -> None:
    before = set(threading.enumerate())
    NewestFrameWorker(gate).close()
    assert begun_since(before) == []


def test_a_frame_may_be_none() -> None:
    """What waits is told from nothing waiting, whatever it is."""
    seen = []
    worker = NewestFrameWorker(seen.append)
    worker.submit(None)
    until(lambda: seen == [None])
    worker.close()


def test_the_frame_that_waits_is_let_go_when_closed(gate: Gate) -> None:
    worker = NewestFrameWorker(gate)
    worker.submit(np.array(1))
    assert gate.arrived.acquire(timeout=LONG)
    waiting = np.array(2)
    kept = weakref.ref(waiting)
    worker.submit(waiting)
    del waiting
    assert kept() is not None
    closing = threading.Thread(target=worker.close)
    closing.start()
    until(lambda: kept() is None)
    gate.let_through.release()
    joined([closing])
    assert gate.seen == [1]
