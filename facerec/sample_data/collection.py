"""Sets of labelled sample photographs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .people import PEOPLE, Person, stranger
from .portrait import draw_frame
from .scenes import Scene, occasion

IMAGES_PER_STRANGER = 3
# In each session, a person sits turned towards something else, in radians.
_TURNS = (0.0, -0.2, 0.2)


@dataclass(frozen=True)
class SamplePhotograph:
    """One drawn photograph: RGB uint8 ``frame`` (height, width, 3) and the true face ``box``.

    ``box`` is (x, y, width, height) in pixels. ``session`` names the capture session; for
    strangers, it names the person.
    """

    class_name: str
    session: str
    frame: np.ndarray
    box: tuple[int, int, int, int]


def photographs(
    images_per_class: int = 60, sessions: int = 3, seed: int = 0
) -> Iterator[SamplePhotograph]:
    """Photographs of all PEOPLE, then of class "Unknown".

    Each of the PEOPLE has ``images_per_class`` pictures in ``sessions`` sessions named "session-1"
    and so on. Each session is another occasion, and each person has theirs in another order:
    whoever sat by the window first sits under the lamp next, where somebody else sat before. A
    network that goes by the light instead of the face is then wrong on a later occasion. "Unknown"
    has as many pictures of strangers, three of each, in sessions named "stranger-01" and so on.
    """
    for number, (name, person) in enumerate(PEOPLE.items()):
        for image in range(images_per_class):
            session = image * sessions // images_per_class
            yield _photograph(
                person,
                (name, f"session-{session + 1}"),
                occasion(number + session),
                (seed, 1, number, image),
                _TURNS[session % len(_TURNS)],
            )
    for image in range(images_per_class):
        who = image // IMAGES_PER_STRANGER
        yield _photograph(
            stranger(2 * (seed * 10_000 + who)),
            ("Unknown", f"stranger-{who + 1:02}"),
            occasion(who),
            (seed, 2, 0, image),
            _TURNS[who % len(_TURNS)],
        )


def strangers(images: int = 60, seed: int = 1) -> Iterator[SamplePhotograph]:
    """Class "Strangers": three pictures each of people who are in no class of ``photographs``.

    The session names the person: "newcomer-01" and so on.
    """
    for image in range(images):
        who = image // IMAGES_PER_STRANGER
        yield _photograph(
            stranger(2 * (seed * 10_000 + who) + 1),  # photographs() takes the even ones
            ("Strangers", f"newcomer-{who + 1:02}"),
            occasion(who),
            (seed, 3, 0, image),
            _TURNS[who % len(_TURNS)],
        )


def _photograph(
    person: Person,
    labels: tuple[str, str],
    scene: Scene,
    generator_seed: tuple[int, ...],
    turn: float,
) -> SamplePhotograph:
    generator = np.random.default_rng(generator_seed)
    frame, box = draw_frame(person, scene, generator, turn=turn)
    return SamplePhotograph(labels[0], labels[1], frame, box)
