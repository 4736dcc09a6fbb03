"""The picture of one head: skin, ears, hair and glasses, lit and in pose."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import cv2
import numpy as np

from .geometry import (
    DENSITY,
    LEFT,
    TOP,
    Expression,
    Pose,
    Surface,
    displaced,
    face_profile,
    jaw_stretch,
    project,
    surface,
)
from .hair import (
    FLOWING,
    HAIR_DENSITY,
    HAIR_LEFT,
    HAIR_TOP,
    ROUGH,
    hair_profile,
    hair_texture,
    layer_bottom,
)
from .painting import (
    SKIN_DENSITY,
    SKIN_LEFT,
    SKIN_TOP,
    face_texture,
    linear,
    noise,
    relief_maps,
    shade,
    step,
    tint,
)
from .people import Person


@dataclass(frozen=True)
class Light:
    """Key light direction (picture axes, y down) and linear-light colours of key and ambient."""

    direction: tuple[float, float, float]
    key: np.ndarray
    ambient: np.ndarray


_SKIN_WRAP = (0.55, 0.42, 0.36)  # red light spreads furthest under skin
_HAIR_WRAP = (0.30, 0.30, 0.30)


def _normals(depth: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    scale = DENSITY / 2 / 8
    slope_x = np.clip(cv2.Sobel(depth, cv2.CV_32F, 1, 0, scale=scale), -3, 3)
    slope_y = np.clip(cv2.Sobel(depth, cv2.CV_32F, 0, 1, scale=scale), -3, 3)
    length = 1 / np.sqrt(slope_x * slope_x + slope_y * slope_y + 1)
    return -slope_x * length, -slope_y * length, length


def _facing(normals, direction) -> np.ndarray:
    return normals[0] * direction[0] + normals[1] * direction[1] + normals[2] * direction[2]


def _halfway(direction) -> np.ndarray:
    middle = np.array(direction) + (0, 0, 1)
    return (middle / np.linalg.norm(middle)).tolist()  # NumPy's scalars would make maps float64


def illumination(normals, light: Light, wrap) -> np.ndarray:
    """Light on a surface, linear RGB float32 (rows, columns, 3)."""
    facing = _facing(normals, light.direction)
    sky = 0.85 - 0.15 * normals[1]  # ambient light comes a little more from above
    bands = []
    for band, spread in enumerate(wrap):
        direct = np.maximum((facing + spread) * (1 / (1 + spread)), 0)
        bands.append(light.ambient[band] * sky + light.key[band] * direct)
    return cv2.merge(bands)


def _doubled(small: np.ndarray) -> np.ndarray:
    size = (small.shape[1] * 2, small.shape[0] * 2)
    return cv2.resize(small, size, interpolation=cv2.INTER_LINEAR)


def _sample(textures, seen: Surface, left: float, top: float, density: float) -> list[np.ndarray]:
    """Textures at the surface points, at full resolution."""
    map_x = _doubled((seen.angle - left) * density - 0.5)
    map_y = _doubled((seen.height - top) * density - 0.5)
    return [
        cv2.remap(texture, map_x, map_y, cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE)
        for texture in textures
    ]


def _coloured(strength: np.ndarray, colour: np.ndarray) -> np.ndarray:
    return cv2.merge([strength * band for band in colour])


def _cover(inside: np.ndarray) -> np.ndarray:
    return np.clip(_doubled(inside) * (0.7 * DENSITY) + 0.5, 0, 1)


def head_layers(
    person: Person, pose: Pose, expression: Expression, light: Light
) -> tuple[np.ndarray | None, np.ndarray]:
    """Hair behind the neck (or None) and the head itself.

    Both are float32 (rows, columns, 4): linear-light RGB multiplied by cover, and cover, on the
    grid of ``geometry`` before roll and placement.
    """
    stretch = jaw_stretch(pose, person.chin_length, expression.mouth_open)
    hair = _lit_hair(person, pose, light, stretch)
    skin, cover = _lit_skin(person, pose, expression, light, stretch)
    if hair is not None:
        _cast_shadow(skin, hair[1], light)
    layer = np.zeros(skin.shape[:2] + (4,), np.float32)
    if person.hair_style != "scarf":
        _paint_ears(layer, person, pose, light)
    _over(layer, skin, cover)
    if person.glasses != "none":
        _paint_glasses(layer, person, pose)
    if hair is not None:
        _over(layer, hair[0], hair[1])
    return _back_hair(person, pose, light, hair), layer


def _over(layer: np.ndarray, colour: np.ndarray, cover: np.ndarray) -> None:
    solid = cv2.cvtColor(colour, cv2.COLOR_RGB2RGBA)
    layer[:] = cv2.blendLinear(np.ascontiguousarray(layer), solid, 1 - cover, cover)


def _lit_skin(person, pose, expression, light, stretch):
    still, smile = relief_maps(person)
    relief = still + np.float32(max(expression.smile, 0)) * smile

    def outwards(angle, height):
        map_x = (angle - SKIN_LEFT) * SKIN_DENSITY - 0.5
        map_y = (height - SKIN_TOP) * SKIN_DENSITY - 0.5
        return cv2.remap(relief, map_x, map_y, cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE)

    base = surface(face_profile(person), pose, layer_bottom(person), stretch)
    seen = displaced(base, outwards, pose)
    normals = _normals(seen.depth)
    lit = _doubled(illumination(normals, light, _SKIN_WRAP))
    shine = np.clip(_facing(normals, _halfway(light.direction)), 0, 1) ** 14
    texture = face_texture(person, expression)
    (colour,) = _sample([texture], seen, SKIN_LEFT, SKIN_TOP, SKIN_DENSITY)
    cv2.multiply(colour, lit, colour)
    shine = _doubled(shine)
    cv2.multiply(colour, cv2.merge([1 + 0.35 * shine] * 3), colour)
    colour += _coloured(shine, 0.05 * light.key)
    return colour, _cover(seen.inside)


def _lit_hair(person, pose, light, stretch):
    """Colour, cover and the cover of the whole shell, or None."""
    profile = hair_profile(person)
    if profile is None:
        return None
    seen = surface(profile, pose, layer_bottom(person), 0.5 + 0.5 * stretch)
    textures = hair_texture(person)
    colour, cover, shine = _sample(textures, seen, HAIR_LEFT, HAIR_TOP, HAIR_DENSITY)
    normals = _normals(cv2.GaussianBlur(seen.depth, (0, 0), 1.5))
    lit = _doubled(illumination(normals, light, _HAIR_WRAP))
    halfway = _facing(normals, _halfway(light.direction))
    ring = np.exp(-np.square((halfway - 0.86) / 0.11))
    if person.hair_style in ROUGH:
        ring *= 0.25
    gloss = 0.10 * light.key * (0.4 + 0.6 * np.sqrt(linear(person.hair_colour)))
    cv2.multiply(colour, lit, colour)
    colour += _coloured(_doubled(ring) * shine, gloss)
    shell = _cover(seen.inside)
    if person.hair_style in ROUGH:
        curls = 0.2 + _fuzz(shell.shape) + 40 * np.maximum(_doubled(seen.inside), 0)
        shell = np.clip(shell * curls, 0, 1)
    return colour, shell * cover, shell


@functools.lru_cache(maxsize=4)
def _fuzz(shape: tuple[int, int]) -> np.ndarray:
    """Curls at the edge of rough hair."""
    return 0.8 * noise(np.random.default_rng(3), shape, shape[0] // 8, shape[1] // 8)


def _cast_shadow(skin: np.ndarray, hair_cover: np.ndarray, light: Light) -> None:
    small = cv2.resize(hair_cover, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    shift = np.array([[1, 0, -3 * light.direction[0]], [0, 1, 2.2]], np.float32)
    size = small.shape[1::-1]
    moved = cv2.warpAffine(small, shift, size)
    soft = cv2.resize(cv2.GaussianBlur(moved, (0, 0), 2), skin.shape[1::-1])
    kept = cv2.merge([1 - loss * soft for loss in (0.42, 0.50, 0.52)])
    cv2.multiply(skin, kept, skin)


def _back_hair(person, pose, light, hair):
    """Layer of the hair that is seen behind neck and shoulders."""
    if person.hair_style == "bun":
        layer = np.zeros(hair[1].shape + (4,), np.float32)
        _paint_bun(layer, person, pose, light)
        return layer
    if person.hair_style not in FLOWING + ROUGH:
        return None
    shell = hair[2]
    strength = 0.6 if person.hair_style == "scarf" else 0.3
    depth = strength * (light.ambient + 0.35 * light.key)
    colour = linear(person.hair_colour) * depth
    return cv2.merge([shell * colour[0], shell * colour[1], shell * colour[2], shell])


def _to_pixels(points: np.ndarray) -> np.ndarray:
    """Picture coordinates to fixed-point (4 bits) layer pixels for OpenCV's drawing."""
    return np.round(((np.asarray(points) - (LEFT, TOP)) * DENSITY - 0.5) * 16).astype(np.int32)


def _region(layer: np.ndarray, centre, reach: float):
    """Part of a layer about a point, with its picture coordinates relative to that point."""
    columns, rows = (
        slice(
            max(int((value - reach - first) * DENSITY), 0),
            max(int((value + reach - first) * DENSITY), 0),
        )
        for value, first in zip(centre, (LEFT, TOP), strict=True)
    )
    view = layer[rows, columns]
    x = LEFT + (columns.start + 0.5 + np.arange(view.shape[1])) / DENSITY - centre[0]
    y = TOP + (rows.start + 0.5 + np.arange(view.shape[0])) / DENSITY - centre[1]
    return view, x[None, :].astype(np.float32), y[:, None].astype(np.float32)


def _paint_bun(layer, person, pose, light) -> None:
    centre = project([(0, -1.52, -0.25)], pose)[0]
    view, x, y = _region(layer, centre, 0.5)
    square = 1 - (x * x + 1.25 * y * y) / 0.19
    height = np.sqrt(np.maximum(square, 0))
    lit = illumination((x / 0.44, y / 0.4, height), light, _HAIR_WRAP)
    strands = 1 + 0.2 * np.sin(26 * np.hypot(x, y + 0.2) + 5 * x)
    cover = step(square, 0.08)
    colour = linear(person.hair_colour) * lit * strands[..., None]
    _over(view, colour.astype(np.float32), cover.astype(np.float32))


def _paint_ears(layer, person, pose, light) -> None:
    width = person.face_width
    for side in (-1, 1):
        centre = project([(side * 1.02 * width, 0.14, -0.08)], pose)[0]
        turned = max(0.0, -side * math.sin(pose.yaw))
        half = 0.135 + 0.16 * turned
        view, x, y = _region(layer, centre, 0.42)
        x = x * side + 0.12 * y
        outer = 1 - np.hypot(x / half, y / 0.30 * (1 + 0.25 * np.clip(y, 0, 1)))
        cover = step(outer, 0.08)
        bright = 0.75 + 0.25 * side * light.direction[0]
        colour = np.empty(view.shape[:2] + (3,), np.float32)
        colour[:] = linear(person.skin) * (0.9 * light.ambient + 0.6 * bright * light.key)
        shade(colour, (0.95, 0.78, 0.74), np.ones_like(cover))
        bowl = 1 - np.hypot((x + 0.02) / (0.62 * half), (y + 0.02) / 0.19)
        shade(colour, (0.60, 0.45, 0.42), step(bowl - 0.1, 0.5))
        _over(view, colour, cover.astype(np.float32))


def _lens_outline(person: Person, side: int) -> np.ndarray:
    turn = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    power = 1.0 if person.glasses == "round" else 0.5
    wide, tall = (0.285, 0.26) if person.glasses == "round" else (0.30, 0.20)
    x = np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** power * wide
    y = np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** power * tall + 0.03
    x = side * (person.eye_distance + 0.015) + x
    return np.stack([x, y, 1.12 - 0.22 * np.square(x)], axis=1)


def _paint_glasses(layer, person, pose) -> None:
    frame = np.zeros(layer.shape[:2], np.uint8)
    lens = np.zeros_like(frame)
    thickness = 3
    for side in (-1, 1):
        outline = _lens_outline(person, side)
        points = _to_pixels(project(outline, pose))
        cv2.fillPoly(lens, [points], 255, cv2.LINE_AA, 4)
        cv2.polylines(frame, [points], True, 255, thickness, cv2.LINE_AA, 4)
        hinge = outline[np.argmax(side * outline[:, 0])] - (0, 0.06, 0)
        arm = [hinge, (side * 1.01 * person.face_width, -0.06, 0.25)]
        cv2.polylines(frame, [_to_pixels(project(arm, pose))], False, 255, 3, cv2.LINE_AA, 4)
    inner = person.eye_distance - 0.27
    bridge = [
        (x, -0.01 - 0.045 * (1 - (x / inner) ** 2), 1.17) for x in np.linspace(-inner, inner, 9)
    ]
    cv2.polylines(frame, [_to_pixels(project(bridge, pose))], False, 255, thickness, cv2.LINE_AA, 4)
    top, bottom = int((-0.75 - TOP) * DENSITY), int((1.0 - TOP) * DENSITY)
    view = layer[top:bottom]
    mask = frame[top:bottom].astype(np.float32) / 255
    soft = cv2.GaussianBlur(np.roll(mask, 4, axis=0), (0, 0), 2.5)
    shade(view[..., :3], (0.7, 0.64, 0.62), 0.6 * soft)
    cover = view[..., 3].copy()
    tint(
        view[..., :3], np.array([0.8, 0.9, 1.0], np.float32), 0.04 * lens[top:bottom] / 255 * cover
    )
    tint(view[..., :3], linear(person.glasses_colour), 0.95 * mask * cover)
