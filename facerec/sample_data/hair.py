"""Hair: a shell about the head with a painted, partly transparent surface."""

from __future__ import annotations

import functools

import cv2
import numpy as np

from .geometry import Profile
from .painting import bell, linear, noise, step
from .people import Person

HAIR_LEFT, HAIR_TOP = -2.3, -2.2
HAIR_DENSITY = 90
_COLUMNS, _ROWS = 414, 425

FLOWING = ("bob", "long", "wavy", "scarf")
ROUGH = ("curly", "afro")


def layer_bottom(person: Person) -> float:
    """Lowest height that the head layer must cover."""
    return {"bob": 1.75, "long": 2.5, "wavy": 2.5, "scarf": 2.2}.get(person.hair_style, 1.75)


@functools.lru_cache(maxsize=64)
def hair_profile(person: Person) -> Profile | None:
    """Outline of the hair, or None without hair."""
    width = person.face_width
    shapes = {
        "crop": ((-1.58, 0), (-1.36, 0.70), (-0.95, 0.98), (-0.4, 1.06), (0.2, 1.03), (0.5, 0.95)),
        "side": ((-1.64, 0), (-1.42, 0.72), (-1.0, 1.03), (-0.4, 1.07), (0.2, 1.04), (0.5, 0.95)),
        "bun": ((-1.53, 0), (-1.32, 0.66), (-0.9, 0.95), (-0.4, 1.03), (0.2, 1.02), (0.5, 0.95)),
        "curly": ((-1.78, 0), (-1.5, 0.78), (-1.0, 1.14), (-0.4, 1.22), (0.2, 1.17), (0.6, 1.05)),
        "afro": ((-2.02, 0), (-1.7, 0.92), (-1.1, 1.42), (-0.4, 1.56), (0.2, 1.42), (0.75, 1.0)),
        "bob": ((-1.62, 0), (-1.40, 0.70), (-1.0, 1.01), (-0.3, 1.16), (0.4, 1.24), (0.95, 1.27)),
        "long": ((-1.60, 0), (-1.38, 0.70), (-1.0, 1.0), (-0.3, 1.13), (0.5, 1.2), (1.4, 1.24)),
        "wavy": ((-1.64, 0), (-1.42, 0.74), (-1.0, 1.06), (-0.3, 1.2), (0.5, 1.3), (1.4, 1.4)),
        "scarf": ((-1.62, 0), (-1.38, 0.60), (-0.9, 0.98), (-0.3, 1.13), (0.4, 1.13), (1.1, 1.0)),
    }
    ends = {
        "bob": ((1.2, 1.1), (1.35, 0)),
        "long": ((2.1, 1.2), (2.45, 0)),
        "wavy": ((2.05, 1.3), (2.45, 0)),
        "scarf": ((1.7, 0.92), (2.15, 0)),
        "curly": ((0.8, 0.85), (1.0, 0)),
        "afro": ((0.95, 0.7), (1.1, 0)),
    }.get(person.hair_style, ((0.8, 0.8), (1.0, 0)))
    if person.hair_style not in shapes:
        return None
    heights, widths = zip(*(shapes[person.hair_style] + ends), strict=True)
    return Profile(heights, np.array(widths) * width, person.chin_length)


@functools.lru_cache(maxsize=64)
def hair_texture(person: Person) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unrolled hair, float32: linear-light RGB (rows, columns, 3), cover 0-1 and gloss."""
    generator = np.random.default_rng((person.seed, 11))
    x = (HAIR_LEFT + (np.arange(_COLUMNS, dtype=np.float32) + 0.5) / HAIR_DENSITY)[None, :]
    y = (HAIR_TOP + (np.arange(_ROWS, dtype=np.float32) + 0.5) / HAIR_DENSITY)[:, None]
    strands = _strands(person, generator)
    edge = _front_edge(person, x, generator)
    jagged = {"crop": 0.03, "scarf": 0.0, "curly": 0.06, "afro": 0.025}.get(person.hair_style, 0.03)
    distance = edge - y + jagged * strands
    if person.hair_style in FLOWING:
        opening = 0.74 + 0.05 * np.clip(y - 0.4, 0, 1)
        distance = np.maximum(distance, 0.8 * (np.abs(x) - opening) + 0.6 * jagged * strands)
        if person.hair_style == "scarf":
            distance = _scarf_edge(person, x, y)
    cover = step(distance, 0.03 if person.hair_style in FLOWING else 0.07)
    colour = linear(person.hair_colour) * _tone(person, strands, distance, x, y)[..., None]
    gloss = np.clip(0.6 + 0.5 * strands, 0.1, 1.6) * (0.15 if person.hair_style == "scarf" else 1)
    colour, cover, gloss = (
        np.ascontiguousarray(part, np.float32) for part in (colour, cover, gloss)
    )
    return colour, cover, gloss


def _tone(person, strands, distance, x, y) -> np.ndarray:
    contrast = {"scarf": 0.10, "afro": 0.22, "curly": 0.32}.get(person.hair_style, 0.26)
    tone = 1 + contrast * strands
    tone = tone * (0.72 + 0.28 * np.clip(distance / 0.25, 0, 1))
    if person.hair_style in ("side", "long", "wavy", "bob"):
        parting = 0.28 * _direction(person)
        tone = tone * (1 - 0.45 * bell(x - parting, 0.025) * step(-0.85 - y, 0.1))
    return np.clip(tone, 0.25, 2)


def _direction(person: Person) -> int:
    return 1 if person.seed % 2 else -1


def _strands(person: Person, generator) -> np.ndarray:
    shape = (_ROWS, _COLUMNS)
    if person.hair_style in ROUGH:
        fine = noise(generator, shape, 60, 64) + 0.7 * noise(generator, shape, 110, 120)
        return 0.7 * fine
    if person.hair_style == "scarf":
        return _bent(noise(generator, shape, 5, 12), 0.3, 2.2, 1.0)
    straight = (
        0.6 * noise(generator, shape, 5, 150)
        + 0.5 * noise(generator, shape, 4, 60)
        + 0.45 * noise(generator, shape, 3, 24)
    )
    bend = 0.10 if person.hair_style == "wavy" else 0.02
    sweep = {"side": 0.55, "crop": 0.1}.get(person.hair_style, 0.15) * _direction(person)
    return _bent(straight, bend, 6.5, sweep)


def _bent(texture: np.ndarray, wave: float, frequency: float, sweep: float) -> np.ndarray:
    """Shear strands sideways and make them wave."""
    rows, columns = texture.shape
    y = HAIR_TOP + np.arange(rows, dtype=np.float32)[:, None] / HAIR_DENSITY
    x = np.arange(columns, dtype=np.float32)[None, :]
    phase = 0.6 * np.sin(x / HAIR_DENSITY * 3)
    shift = wave * np.sin(frequency * y + phase) * np.clip(y + 1.2, 0, 1) + sweep * (y + 0.8)
    map_y = np.broadcast_to(np.arange(rows, dtype=np.float32)[:, None], texture.shape)
    map_x = (x + HAIR_DENSITY * shift).astype(np.float32)
    return cv2.remap(texture, map_x, map_y.copy(), cv2.INTER_LINEAR, None, cv2.BORDER_REFLECT)


def _front_edge(person: Person, x: np.ndarray, generator) -> np.ndarray:
    """Height of the hair's lower edge by angle: shape (1, columns)."""
    side = np.abs(x)
    crown = person.hairline - 0.16 + 0.45 * np.square(x)
    ear = {"crop": 0.10, "side": 0.12, "bun": -0.02, "curly": 0.25, "afro": 0.38}
    down = np.clip((side - 0.72) / 0.34, 0, 1)
    down = down * down * (3 - 2 * down)
    behind = step(side - 1.35, 0.2)
    sideburn = ear.get(person.hair_style, 0.3)
    edge = crown + (sideburn - crown) * down + 0.4 * behind
    return np.maximum(edge, _fringe(person, x, generator))


def _fringe(person: Person, x: np.ndarray, generator) -> np.ndarray:
    if person.fringe == 0 or person.hair_style in ("bun", "scarf", "afro"):
        return np.full_like(x, -9)
    locks = noise(generator, (1, x.shape[1]), 1, 22) * 0.035
    lowest = person.hairline + 0.30 * person.fringe + locks
    if person.hair_style in ("side", "long", "wavy"):
        lowest = lowest - 0.16 + 0.24 * _direction(person) * x - 0.12 * np.square(x)
    return np.where(np.abs(x) < 1.2, lowest + 0.05 * np.square(x), -9).astype(np.float32)


def _scarf_edge(person: Person, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Cloth everywhere but in an oval about the face."""
    middle = 0.5 * (person.hairline + 0.04 + person.chin_length)
    tall = 0.5 * (person.chin_length - person.hairline) + 0.02
    return 0.9 * (np.hypot(x / (0.94 - 0.10 * np.clip(y, 0, 1.5)), (y - middle) / tall) - 1)
