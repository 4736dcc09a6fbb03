"""Neck, shoulders and clothes."""

from __future__ import annotations

import functools

import cv2
import numpy as np

from .geometry import smooth_curve
from .head import Light, illumination
from .painting import bell, linear, noise, shade, step, tint
from .people import Colour, Person

BODY_LEFT, BODY_TOP = -3.0, 0.5
BODY_DENSITY = 50
_COLUMNS, _ROWS = 300, 275


@functools.lru_cache(maxsize=32)
def _painted(person: Person, clothing: Colour):
    """Unlit RGB float32, cover float32 and outward curve float32 of neck and clothes."""
    x = (BODY_LEFT + (np.arange(_COLUMNS, dtype=np.float32) + 0.5) / BODY_DENSITY)[None, :]
    y = (BODY_TOP + (np.arange(_ROWS, dtype=np.float32) + 0.5) / BODY_DENSITY)[:, None]
    side = np.abs(x)
    generator = np.random.default_rng((person.seed, 21))
    neck = person.neck_width
    neck_edge = (
        neck + 0.10 * np.clip((y - 1.3) / 0.5, 0, 1) ** 2 + 0.6 * np.clip(y - 1.75, 0, 1) ** 2
    )
    skin_cover = step(neck_edge - side, 0.03) * step(2.0 - y, 0.02)
    shoulder = _shoulder(side, neck)
    cloth_cover = step(y - shoulder, 0.03)
    cloth_cover = cloth_cover * _collar_opening(person, x, y)
    trunk = step(y - shoulder, 0.03)
    colour = np.empty((_ROWS, _COLUMNS, 3), np.float32)
    colour[:] = linear(person.skin)
    shade(colour, (0.55, 0.45, 0.44), np.clip(1.9 - y, 0, 1) ** 0.6 * np.ones_like(side))
    folds = 1 + 0.07 * noise(generator, (_ROWS, _COLUMNS), 6, 9)
    cloth = linear(clothing) * folds[..., None]
    arm = side - 1.72 - 0.12 * np.sin(1.4 * (y - 2.6))
    crease = step(y - 3.0, 0.9) * (0.5 * bell(arm, 0.05) + 0.4 * bell(arm - 0.12, 0.22))
    shade(cloth, 0.45, crease)
    shadow = cv2.GaussianBlur(cloth_cover.astype(np.float32), (0, 0), 4)
    shade(colour, (0.6, 0.52, 0.5), np.clip(shadow * 1.2, 0, 1) * (1 - cloth_cover))
    tint(colour, cloth, cloth_cover)
    _trim(colour, person, x, y, cloth_cover)
    cover = np.clip(np.maximum(skin_cover, trunk), 0, 1)
    shape = np.maximum(neck_edge**2 - x * x, 0) ** 0.5 * 0.9
    torso = (
        0.55 * np.sqrt(np.clip(1 - (x / 2.6) ** 2, 0, 1))
        + 0.35 * np.clip(y - shoulder, 0, 0.7) ** 0.5
    )
    depth = np.where(y < shoulder, shape, torso).astype(np.float32)
    return colour, cover.astype(np.float32), cv2.GaussianBlur(depth, (0, 0), 5)


def _shoulder(side: np.ndarray, neck: float) -> np.ndarray:
    """Height of the upper edge of the clothes' silhouette, by distance from the middle."""
    knots = np.array([0.0, neck + 0.04, neck + 0.4, 1.5, 2.1, 2.5, 2.75, 3.1])
    edge = np.array([1.62, 1.66, 1.90, 2.12, 2.34, 2.75, 3.6, 6.0])
    return smooth_curve(knots, edge, side[0].astype(float))[None, :]


def _collar_opening(person: Person, x, y) -> np.ndarray:
    """1 where there is cloth, 0 in the opening at the neck."""
    neck = person.neck_width
    if person.collar == "turtleneck":
        return np.ones_like(x * y)
    if person.collar in ("v", "shirt"):
        return step(y - 2.62 + 1.25 * np.abs(x) / (neck + 0.15), 0.03)
    depth = 0.62 if person.collar == "scoop" else 0.30
    return step(np.hypot(x / (neck + 0.16), (y - 1.66) / depth) - 1, 0.04)


def _trim(colour, person, x, y, cloth_cover) -> None:
    neck = person.neck_width
    if person.collar in ("crew", "scoop"):
        depth = 0.62 if person.collar == "scoop" else 0.30
        ring = np.hypot(x / (neck + 0.16), (y - 1.66) / depth) - 1.16
        shade(colour, 0.72, bell(ring, 0.035) * cloth_cover)
    if person.collar == "shirt":
        flap = y - 2.62 + 1.25 * np.abs(x) / (neck + 0.15)
        edge = bell(flap - 0.42, 0.03) * step(2.72 - y, 0.03)
        shade(colour, 0.6, edge * cloth_cover)
        shade(colour, 1.14, step(0.42 - flap, 0.03) * step(2.7 - y, 0.03) * cloth_cover)
        shade(colour, 0.7, bell(x, 0.02) * step(y - 2.66, 0.03) * cloth_cover)
    if person.collar == "turtleneck":
        shade(colour, 0.72, bell(y - 1.66 - 0.06 * (1 - x * x), 0.035) * (np.abs(x) < neck + 0.1))


def body_layer(person: Person, clothing: Colour, light: Light) -> np.ndarray:
    """Lit neck and clothes, float32 (rows, columns, 4), linear-light RGB times cover, and cover."""
    colour, cover, depth = _painted(person, clothing)
    slope_x = cv2.Sobel(depth, cv2.CV_32F, 1, 0, scale=BODY_DENSITY / 8)
    slope_y = cv2.Sobel(depth, cv2.CV_32F, 0, 1, scale=BODY_DENSITY / 8)
    length = 1 / np.sqrt(slope_x * slope_x + slope_y * slope_y + 1)
    lit = illumination((-slope_x * length, -slope_y * length, length), light, (0.4, 0.36, 0.34))
    return np.dstack([colour * lit * cover[..., None], cover])
