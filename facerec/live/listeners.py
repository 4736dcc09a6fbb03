"""Listeners: who hears of what a live pipeline does."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from facerec.live.frames import LiveEvent

Event = TypeVar("Event", bound=LiveEvent)
Unsubscribe = Callable[[], None]


@dataclass(frozen=True, eq=False)
class _Subscription:
    kind: type[LiveEvent]
    listener: Callable[[Any], None]


class Listeners:
    """Hands events to everybody who has subscribed to their kind.

    They may outlive a pipeline: whoever has subscribed then hears of the next one, too. All methods
    may be called from any thread.
    """

    def __init__(self) -> None:
        # Replaced, never changed in place: other threads go through it at any time.
        self._subscriptions: tuple[_Subscription, ...] = ()
        self._lock = threading.Lock()

    def subscribe(self, kind: type[Event], listener: Callable[[Event], None]) -> Unsubscribe:
        """Have a listener told each event of a kind, after those that have subscribed before.

        Parameters
        ----------
        kind : type
            ``FrameDrawn``, ``FacesFound`` or ``LiveLook``.
        listener : callable
            Takes the event, on the thread that tells it.

        Returns
        -------
        callable
            Ends the subscription; may be called again. An event that is being told meanwhile may
            still reach the listener.
        """
        subscription = _Subscription(kind, listener)
        with self._lock:
            self._subscriptions = (*self._subscriptions, subscription)

        def unsubscribe() -> None:
            with self._lock:
                self._subscriptions = tuple(
                    item for item in self._subscriptions if item is not subscription
                )

        return unsubscribe

    def tell(self, event: LiveEvent) -> None:
        """Tell an event; the error of a listener ends it and is raised."""
        for subscription in self._subscriptions:
            if isinstance(event, subscription.kind):
                subscription.listener(event)
