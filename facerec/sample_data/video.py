"""Videos of the invented people."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from .geometry import Expression, Pose
from .people import PEOPLE, Person, visitor
from .portrait import Shot, Sitter, draw_sitters
from .scenes import scene

_FRAMES_PER_SECOND = 15


class _Movement:
    """Smooth random movement between -1 and 1: a sum of a few slow sine waves."""

    def __init__(self, generator: np.random.Generator):
        self.speeds = generator.uniform(0.06, 0.32, 3) * 2 * math.pi / _FRAMES_PER_SECOND
        self.phases = generator.uniform(0, 2 * math.pi, 3)
        self.shares = np.array([0.5, 0.3, 0.2])

    def at(self, frame: int) -> float:
        return float(np.sum(self.shares * np.sin(self.speeds * frame + self.phases)))


class _Actor:
    """One person's movements and place in the picture."""

    def __init__(self, person: Person, centre: float, scale: float, height: int, seed: tuple):
        generator = np.random.default_rng(seed)
        self.person = person
        self.centre, self.scale, self.height = centre, scale, height
        parts = ("yaw", "pitch", "roll", "x", "y", "near", "smile", "mouth", "brow", "gaze")
        self.moves = {part: _Movement(generator) for part in parts}
        self.blink_every = int(generator.integers(38, 60))
        self.blink_at = int(generator.integers(8, 30))

    def sitter(self, frame: int) -> Sitter:
        move = {part: movement.at(frame) for part, movement in self.moves.items()}
        scale = self.scale * (1 + 0.08 * move["near"])
        pose = Pose(
            yaw=0.38 * move["yaw"],
            pitch=0.18 * move["pitch"],
            roll=0.16 * move["roll"],
            centre_x=self.centre + 0.35 * scale * move["x"],
            centre_y=0.46 * self.height + 0.25 * scale * move["y"],
            scale=scale,
        )
        return Sitter(self.person, pose, self._expression(frame, move))

    def _expression(self, frame: int, move: dict[str, float]) -> Expression:
        since = abs((frame + self.blink_at) % self.blink_every - 2)
        lid = min(since / 2, 1.0)  # shut for one frame, half shut for one each side
        return Expression(
            smile=0.45 + 0.5 * move["smile"],
            mouth_open=max(0.0, 0.9 * move["mouth"] - 0.15),
            brow_raise=0.8 * move["brow"],
            eyes_open=0.12 + 0.88 * lid,
            gaze_x=0.04 * move["gaze"],
            gaze_y=0.0,
        )


def video_frames(
    sitters: Sequence[Person] | None = None,
    frames: int = 150,
    size: tuple[int, int] = (640, 360),
    seed: int = 2,
) -> Iterator[np.ndarray]:
    """Frames, RGB uint8 (height, width, 3), of people side by side, moving smoothly.

    By default they are the first two of PEOPLE, and between them a stranger, who is in none of the
    sample data sets. ``size`` is (width, height) in pixels.
    """
    if sitters is None:
        first, last, *_ = PEOPLE.values()
        sitters = (first, visitor(), last)
    width, height = size
    scale = min(0.165 * height, 0.26 * width / max(len(sitters), 1))
    generator = np.random.default_rng((seed, 31))
    actors = [
        _Actor(person, width * (place + 0.5) / len(sitters), scale, height, (seed, 32, place))
        for place, person in enumerate(sitters)
    ]
    room = scene(seed * 1000 + 900)
    for frame in range(frames):
        seen = [actor.sitter(frame) for actor in actors]
        yield draw_sitters(seen, room, generator, size, Shot())[0]
