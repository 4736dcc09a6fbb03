import threading

import numpy as np
import pytest

from facerec.live.frames import FacesFound, FrameDrawn, LiveEvent, LiveLook
from facerec.live.listeners import Listeners
from tests.waiting import joined

FRAME = np.zeros((4, 4, 3), np.uint8)
DRAWN = FrameDrawn(FRAME, FRAME)
FOUND = FacesFound(0.0, FRAME, ())
LOOK = LiveLook(0.0, FRAME, (), {})


@pytest.fixture
def listeners() -> Listeners:
    return Listeners()


@pytest.mark.parametrize("event", [DRAWN, FOUND, LOOK])
def test_a_listener_is_told_its_kind_of_event(listeners: Listeners, event: LiveEvent) -> None:
    heard: list[LiveEvent] = []
    listeners.subscribe(type(event), heard.append)
    for told in (DRAWN, FOUND, LOOK):
        listeners.tell(told)
    assert len(heard) == 1 and heard[0] is event


def test_listeners_are_told_in_the_order_in_which_they_came(listeners: Listeners) -> None:
    heard: list[str] = []
    for name in ("first", "second", "third"):
        listeners.subscribe(FacesFound, lambda _, name=name: heard.append(name))
    listeners.tell(FOUND)
    assert heard == ["first", "second", "third"]


def test_each_subscription_ends_by_itself(listeners: Listeners) -> None:
    """Also where one listener has subscribed twice."""
    heard: list[FacesFound] = []
    end_first = listeners.subscribe(FacesFound, heard.append)
    listeners.subscribe(FacesFound, heard.append)
    listeners.tell(FOUND)
    assert len(heard) == 2
    end_first()
    end_first()
    listeners.tell(FOUND)
    assert len(heard) == 3


def test_a_listener_may_end_its_subscription_while_it_is_told(listeners: Listeners) -> None:
    heard: list[str] = []

    def once(_: FacesFound) -> None:
        heard.append("once")
        end()

    end = listeners.subscribe(FacesFound, once)
    listeners.subscribe(FacesFound, lambda _: heard.append("always"))
    for _ in range(2):
        listeners.tell(FOUND)
    assert heard == ["once", "always", "always"]


def test_the_error_of_a_listener_reaches_whoever_tells(listeners: Listeners) -> None:
    def fail(_: FacesFound) -> None:
        raise RuntimeError("the disk is full")

    listeners.subscribe(FacesFound, fail)
    with pytest.raises(RuntimeError, match="the disk is full"):
        listeners.tell(FOUND)


def test_subscriptions_from_many_threads_are_all_kept(listeners: Listeners) -> None:
    heard: list[FacesFound] = []
    begin = threading.Barrier(8)

    def subscribe() -> None:
        begin.wait()
        for _ in range(200):
            listeners.subscribe(FacesFound, heard.append)
            listeners.subscribe(FacesFound, heard.append)()

    threads = [threading.Thread(target=subscribe, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    joined(threads)
    listeners.tell(FOUND)
    assert len(heard) == 8 * 200
