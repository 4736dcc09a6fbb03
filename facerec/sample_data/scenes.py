"""Rooms, light and cameras."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import cv2
import numpy as np

from .painting import linear, noise
from .people import Colour


@dataclass(frozen=True)
class Scene:
    """Light, background and camera of one capture session.

    Angles are in radians: azimuth is positive from the viewer's right, elevation from above. Light
    is relative to a normal exposure. Warmth runs from -1 (blue) to 1 (orange). Vignette is the loss
    of light in the corners. Blur is a Gaussian sigma in pixels. Noise is a standard deviation in
    grey levels of 255.
    """

    seed: int
    background: str
    palette: tuple[Colour, Colour, Colour]
    azimuth: float
    elevation: float
    key: float
    ambient: float
    warmth: float
    vignette: float
    blur: float
    noise: float


BACKGROUNDS = ("gradient", "blobs", "books", "window", "stripes")
_PALETTES = (
    ((168, 178, 186), (120, 132, 146), (206, 204, 196)),
    ((196, 180, 156), (148, 122, 98), (226, 214, 196)),
    ((112, 140, 138), (70, 96, 104), (170, 188, 176)),
    ((150, 138, 158), (98, 92, 118), (196, 184, 196)),
    ((176, 142, 122), (116, 84, 74), (218, 190, 166)),
    ((122, 146, 116), (78, 100, 84), (190, 200, 166)),
    ((92, 104, 128), (52, 60, 82), (150, 160, 176)),
)


def scene(seed: int) -> Scene:
    """Light, background and camera of one session, the same for the same ``seed``."""
    generator = np.random.default_rng((seed, 4001))
    uniform = generator.uniform
    key = uniform(0.85, 1.15)
    return Scene(
        seed=seed,
        background=BACKGROUNDS[(seed + int(generator.integers(2))) % len(BACKGROUNDS)],
        palette=_PALETTES[int(generator.integers(len(_PALETTES)))],
        azimuth=uniform(-0.95, 0.95),
        elevation=uniform(0.15, 0.75),
        key=key,
        ambient=uniform(0.30, 0.5),
        warmth=uniform(-0.7, 0.9),
        vignette=uniform(0.05, 0.4),
        blur=uniform(0.2, 0.8),
        noise=uniform(1.0, 5.0),
    )


# Occasions as people have them: by a window, under a lamp at night, in a corridor, in an office.
# A camera differs, too: the second is dim and noisy, the third out of focus.
_OCCASIONS = (
    Scene(
        seed=0, background="window", palette=_PALETTES[6], azimuth=-1.1, elevation=0.2, key=1.35,
        ambient=0.25, warmth=-1.0, vignette=0.05, blur=0.2, noise=1.0,
    ),
    Scene(
        seed=1, background="books", palette=_PALETTES[5], azimuth=1.1, elevation=0.5, key=0.55,
        ambient=0.14, warmth=1.8, vignette=0.5, blur=1.1, noise=9.0,
    ),
    Scene(
        seed=2, background="gradient", palette=_PALETTES[4], azimuth=0.2, elevation=1.2, key=0.8,
        ambient=0.2, warmth=0.4, vignette=0.5, blur=1.6, noise=4.0,
    ),
    Scene(
        seed=3, background="stripes", palette=_PALETTES[3], azimuth=-0.3, elevation=0.1, key=1.0,
        ambient=0.7, warmth=-0.5, vignette=0.1, blur=0.3, noise=2.0,
    ),
)  # fmt: skip


def occasion(number: int) -> Scene:
    """One of four occasions by its number; light, background and camera really differ.

    After the last comes the first again.
    """
    return _OCCASIONS[number % len(_OCCASIONS)]


def light_colour(warmth: float) -> np.ndarray:
    """Linear-light RGB of the key light."""
    return np.array([1 + 0.16 * warmth, 1.0, 1 - 0.24 * warmth], np.float32)


@functools.lru_cache(maxsize=12)
def backdrop(scene: Scene, size: tuple[int, int]) -> np.ndarray:
    """Background about 12 % larger than the frame, linear light, float32 (height, width, 3)."""
    width, height = int(size[0] * 1.12), int(size[1] * 1.12)
    generator = np.random.default_rng((scene.seed, 4002))
    paint = {
        "gradient": _wall,
        "blobs": _blobs,
        "books": _books,
        "window": _window,
        "stripes": _stripes,
    }[scene.background]
    picture, blur = paint(generator, [linear(c) for c in scene.palette], (height, width))
    picture = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), blur * size[1] / 360)
    picture *= light_colour(scene.warmth) * (0.35 + 0.45 * scene.key)
    from_side = np.linspace(-1, 1, width, dtype=np.float32) * np.sin(scene.azimuth)
    return (picture * (1 + 0.3 * from_side)[None, :, None]).astype(np.float32)


def _ramp(first, second, shape, slant: float) -> np.ndarray:
    down = np.linspace(0, 1, shape[0], dtype=np.float32)[:, None]
    across = np.linspace(-0.5, 0.5, shape[1], dtype=np.float32)[None, :]
    part = np.clip(down + slant * across, 0, 1)[..., None]
    return first * (1 - part) + second * part


def _wall(generator, palette, shape):
    picture = _ramp(palette[2], palette[1], shape, generator.uniform(-0.8, 0.8))
    return picture * (1 + 0.05 * noise(generator, shape, 5, 6))[..., None], 4


def _blobs(generator, palette, shape):
    picture = _ramp(palette[0], palette[1], shape, 0.4)
    for _ in range(26):
        centre = (int(generator.integers(shape[1])), int(generator.integers(shape[0])))
        colour = palette[int(generator.integers(3))] * generator.uniform(0.5, 1.6)
        layer = picture.copy()
        cv2.circle(
            layer, centre, int(generator.uniform(0.04, 0.16) * shape[0]), colour.tolist(), -1
        )
        picture = 0.45 * picture + 0.55 * layer
    return picture, 5


def _books(generator, palette, shape):
    height, width = shape
    picture = _ramp(palette[1] * 0.5, palette[1] * 0.35, shape, 0)
    shelf = int(height / generator.uniform(2.6, 3.6))
    for bottom in range(shelf, height + shelf, shelf):
        x = 0
        while x < width:
            thick = int(generator.uniform(0.018, 0.05) * width)
            tall = int(shelf * generator.uniform(0.55, 0.86))
            base = palette[int(generator.integers(3))] * generator.uniform(0.3, 1.3)
            colour = base * generator.uniform(0.6, 1.4, 3).astype(np.float32)
            if generator.random() < 0.9:
                corner = (x + thick - 2, bottom - 6)
                cv2.rectangle(picture, (x, bottom - tall), corner, colour.tolist(), -1)
            x += thick
        cv2.rectangle(picture, (0, bottom - 6), (width, bottom), (palette[2] * 0.6).tolist(), -1)
    return picture, 3


def _window(generator, palette, shape):
    height, width = shape
    picture = _ramp(palette[0], palette[1], shape, 0.3)
    left = int(generator.uniform(-0.1, 0.7) * width)
    top, right, bottom = int(0.08 * height), left + int(0.4 * width), int(0.75 * height)
    cv2.rectangle(picture, (left - 12, top - 12), (right + 12, bottom + 12), (0.75, 0.72, 0.68), -1)
    for row in range(2):
        for column in range(2):
            x = left + column * (right - left + 8) // 2
            y = top + row * (bottom - top + 8) // 2
            corner = (x + (right - left - 8) // 2, y + (bottom - top - 8) // 2)
            sky = (0.62, 0.78, 0.92) if row == 0 else (0.50, 0.62, 0.48)
            cv2.rectangle(picture, (x, y), corner, sky, -1)
    return picture, 4


def _stripes(generator, palette, shape):
    picture = _ramp(palette[0], palette[1], shape, 0.2)
    period = generator.uniform(0.08, 0.2) * shape[1]
    x = np.arange(shape[1], dtype=np.float32)
    stripes = 1 + 0.16 * np.tanh(4 * np.sin(2 * np.pi * x / period))
    return picture * stripes[None, :, None], 2.5


@functools.lru_cache(maxsize=16)
def vignette(amount: float, size: tuple[int, int]) -> np.ndarray:
    """Relative light over the frame, float32 (height, width, 3)."""
    across = np.linspace(-1, 1, size[0], dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, size[1], dtype=np.float32)[:, None]
    kept = 1 - amount * np.clip((across**2 + down**2) / 2, 0, 1)
    return cv2.merge([kept, kept, kept])
