"""Tracking: which face of a frame is the same as a face of the frames before."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from facerec.faces.boxes import edges, overlaps
from facerec.faces.detection import Box

_NEW_SPEED = 0.5  # gain of a newly measured speed: boxes jitter by some pixels


@dataclass(frozen=True)
class Track:
    """A face that is tracked from frame to frame.

    Parameters
    ----------
    id : int
        From 1 on; a tracker never gives an id twice.
    box : Box
        Its box in the last frame, in pixels.
    """

    id: int
    box: Box


@dataclass
class _Followed:
    """A track with its motion: ``speed`` is that of the box's centre, in pixels per second."""

    id: int
    box: Box
    began: float
    seen: float
    speed: np.ndarray = field(default_factory=lambda: np.zeros(2))

    def expected(self, time: float) -> np.ndarray:
        """Predicted box at a time: its left, upper, right and lower edge in pixels."""
        return edges([self.box])[0] + np.tile(self.speed * (time - self.seen), 2)

    def found(self, box: Box, time: float) -> None:
        if time > self.seen:
            speed = (_center(box) - _center(self.box)) / (time - self.seen)
            # A face that was found only once has no earlier speed to average with.
            share = _NEW_SPEED if self.seen > self.began else 1.0
            self.speed = self.speed + share * (speed - self.speed)
        self.box, self.seen = box, time


class Tracker:
    """Tracks faces over frames by their position and motion.

    Each track's box is predicted with constant speed. The boxes of the next frame are assigned to
    the predicted ones so that the sum of their overlaps (intersection over union) is largest. A
    track that is not found is kept for a while, so that a person who turns away for a moment keeps
    the id.

    Bewley et al., Simple Online and Realtime Tracking, 2016; with a constant gain instead of its
    Kalman filter.

    Parameters
    ----------
    minimum_overlap : float
        Smallest intersection over union, 0 to 1, at which a box belongs to a track.
    keep_seconds : float
        Seconds for which a track that is not found is kept.
    """

    def __init__(self, minimum_overlap: float = 0.2, keep_seconds: float = 1.0) -> None:
        self._minimum_overlap = minimum_overlap
        self._keep_seconds = keep_seconds
        self._followed: list[_Followed] = []
        self._last_id = 0

    @property
    def ids(self) -> frozenset[int]:
        """Ids of all tracks; those not found for a moment are among them."""
        return frozenset(track.id for track in self._followed)

    def update(self, boxes: Sequence[Box], time: float) -> list[Track]:
        """Assign the boxes of the next frame to tracks.

        Parameters
        ----------
        boxes : sequence of Box
            In pixels of the frame.
        time : float
            Time of the frame in seconds. A time before the last one begins a new video, in which
            all faces are new.

        Returns
        -------
        list of Track
            A track for each box, in the order of the boxes.
        """
        self._followed = [
            track for track in self._followed if 0 <= time - track.seen <= self._keep_seconds
        ]
        matches = self._matches(boxes, time)
        tracks = []
        for number, box in enumerate(boxes):
            track = matches.get(number) or self._begin(box, time)
            track.found(box, time)
            tracks.append(Track(track.id, box))
        return tracks

    def _matches(self, boxes: Sequence[Box], time: float) -> dict[int, _Followed]:
        if not boxes or not self._followed:
            return {}
        shared = overlaps(
            np.stack([track.expected(time) for track in self._followed]),
            edges(boxes),
        )
        shared[shared < self._minimum_overlap] = 0
        pairs = zip(*linear_sum_assignment(shared, maximize=True), strict=True)
        return {int(box): self._followed[track] for track, box in pairs if shared[track, box]}

    def _begin(self, box: Box, time: float) -> _Followed:
        self._last_id += 1
        track = _Followed(self._last_id, box, time, time)
        self._followed.append(track)
        return track


def _center(box: Box) -> np.ndarray:
    return np.array([box.x + box.width / 2, box.y + box.height / 2])
