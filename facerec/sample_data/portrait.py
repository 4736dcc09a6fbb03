"""Whole frames: people before a background, seen by a camera."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from .body import BODY_DENSITY, BODY_LEFT, BODY_TOP, body_layer
from .geometry import DENSITY, LEFT, TOP, Expression, Pose, face_box, place
from .head import Light, head_layers
from .people import Person
from .scenes import Scene, backdrop, light_colour, vignette

_GRAIN_SHIFT = 97

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Sitter:
    """One person at one moment."""

    person: Person
    pose: Pose
    expression: Expression


@dataclass(frozen=True)
class Shot:
    """Differences between the frames of one session, since people move about in a room.

    ``offset``, 0 to 1, is the place of the visible part of the background. ``exposure`` multiplies
    the light. ``light_turn`` turns the key light on the face, in radians.
    """

    offset: tuple[float, float] = (0.5, 0.5)
    exposure: float = 1.0
    light_turn: float = 0.0


def scene_light(scene: Scene, turn: float = 0.0) -> Light:
    """Key and ambient light of a scene, its key light turned by ``turn`` radians."""
    flat = math.cos(scene.elevation)
    direction = (
        math.sin(scene.azimuth + turn) * flat,
        -math.sin(scene.elevation),
        math.cos(scene.azimuth + turn) * flat,
    )
    key = light_colour(scene.warmth) * np.float32(scene.key)
    ambient = light_colour(-0.3 * scene.warmth) * np.float32(scene.ambient)
    return Light(direction, key, ambient)


@functools.lru_cache(maxsize=16)
def _lit_body(person: Person, scene: Scene) -> np.ndarray:
    clothing = person.clothing[scene.seed % len(person.clothing)]
    return body_layer(person, clothing, scene_light(scene))


def _paste(frame: np.ndarray, layer: np.ndarray, corner, density: float, pose: Pose) -> None:
    """Paste a layer onto the frame, in place; ``corner`` is its top left in half-widths."""
    rows, columns = layer.shape[:2]
    shrink = pose.scale / density
    if shrink < 0.95:
        size = (max(round(columns * shrink), 1), max(round(rows * shrink), 1))
        layer = cv2.resize(layer, size, interpolation=cv2.INTER_AREA)
    spans = np.array([columns / density, rows / density])
    corners = np.array(corner) + np.array([(0, 0), (1, 0), (0, 1), (1, 1)]) * spans
    placed = place(corners, pose)
    low = np.maximum(np.floor(placed.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(placed.max(axis=0)).astype(int), frame.shape[1::-1])
    if (high <= low).any():
        return
    source = np.array([(0, 0), (layer.shape[1], 0), (0, layer.shape[0])], np.float32) - 0.5
    target = (placed[:3] - low - 0.5).astype(np.float32)
    move = cv2.getAffineTransform(source, target)
    warped = cv2.warpAffine(layer, move, tuple(int(n) for n in high - low))
    view = frame[low[1] : high[1], low[0] : high[0]]
    clear = 1 - cv2.extractChannel(warped, 3)
    behind = cv2.multiply(np.ascontiguousarray(view), cv2.merge([clear, clear, clear]))
    view[:] = cv2.add(behind, cv2.cvtColor(warped, cv2.COLOR_RGBA2RGB))


def _crop_backdrop(scene: Scene, size, offset) -> np.ndarray:
    wide = backdrop(scene, size)
    x = int(np.clip(offset[0], 0, 1) * (wide.shape[1] - size[0]))
    y = int(np.clip(offset[1], 0, 1) * (wide.shape[0] - size[1]))
    return wide[y : y + size[1], x : x + size[0]].copy()


def draw_sitters(
    sitters: Sequence[Sitter],
    scene: Scene,
    generator: np.random.Generator,
    size: tuple[int, int],
    shot: Shot = Shot(),
) -> tuple[np.ndarray, list[Box]]:
    """Frame RGB uint8 (height, width, 3) and the true face boxes (x, y, width, height).

    ``generator`` draws the camera noise.
    """
    frame = _crop_backdrop(scene, size, shot.offset)
    light = scene_light(scene, shot.light_turn)
    for sitter in sitters:
        back, head = head_layers(sitter.person, sitter.pose, sitter.expression, light)
        upright = dataclasses.replace(sitter.pose, roll=0.0)
        if back is not None:
            _paste(frame, back, (LEFT, TOP), DENSITY, sitter.pose)
        body = _lit_body(sitter.person, scene)
        _paste(frame, body, (BODY_LEFT, BODY_TOP), BODY_DENSITY, upright)
        _paste(frame, head, (LEFT, TOP), DENSITY, sitter.pose)
    boxes = [face_box(s.person, s.pose, s.expression.mouth_open) for s in sitters]
    return _photograph(frame, scene, shot.exposure, generator), boxes


def _photograph(
    frame: np.ndarray, scene: Scene, exposure: float, generator: np.random.Generator
) -> np.ndarray:
    """Effects of lens, sensor and file: linear light to RGB uint8."""
    height, width = frame.shape[:2]
    frame = cv2.multiply(frame, vignette(scene.vignette, (width, height)), scale=exposure)
    if scene.blur > 0.3:
        frame = cv2.GaussianBlur(frame, (0, 0), scene.blur)
    frame = cv2.divide(frame, np.maximum(1 + 0.18 * frame, 1))  # highlights roll off as on film
    grey = 255 * cv2.sqrt(frame)
    grain = _grain((width, height))
    y, x = generator.integers(_GRAIN_SHIFT, size=2)
    grey = cv2.scaleAdd(grain[y : y + height, x : x + width], scene.noise, grey)
    return cv2.convertScaleAbs(np.maximum(grey, 0))


@functools.lru_cache(maxsize=4)
def _grain(size: tuple[int, int]) -> np.ndarray:
    """Sensor noise of unit strength on a plate somewhat larger than the frame.

    Frames use different parts of one plate, since new noise for each frame would take half of the
    drawing time.
    """
    generator = np.random.default_rng(9)
    width, height = size[0] + _GRAIN_SHIFT, size[1] + _GRAIN_SHIFT
    grain = generator.standard_normal((height, width, 1), dtype=np.float32)
    coarse = generator.standard_normal((height // 2, width // 2, 3), dtype=np.float32)
    return 0.7 * grain + 0.7 * cv2.resize(coarse, (width, height))


def random_expression(generator: np.random.Generator) -> Expression:
    """A random expression: often neutral or smiling, now and then talking or half blinking."""
    talking = generator.random() < 0.25
    sleepy = generator.random() < 0.12
    return Expression(
        smile=float(np.clip(generator.normal(0.45, 0.4), -0.2, 1)),
        mouth_open=generator.uniform(0.2, 0.9) if talking else 0.0,
        brow_raise=float(np.clip(generator.normal(0, 0.5), -1, 1)),
        eyes_open=generator.uniform(0.4, 0.6) if sleepy else generator.uniform(0.82, 1.1),
        gaze_x=generator.uniform(-0.045, 0.045),
        gaze_y=generator.uniform(-0.015, 0.02),
    )


def random_pose(generator: np.random.Generator, size: tuple[int, int], turn: float = 0.0) -> Pose:
    """A random pose, turned by up to some 20 degrees, inside a frame of ``size`` pixels.

    ``turn`` is the mean angle to the side, in radians.
    """
    width, height = size
    limit = math.radians(20)
    scale = height * generator.uniform(0.125, 0.2)
    free_x = max(width / 2 - 1.7 * scale, 0)
    lowest, highest = 1.95 * scale, height - 1.75 * scale
    return Pose(
        yaw=float(np.clip(generator.normal(0, 0.18), -limit, limit)) + turn,
        pitch=float(np.clip(generator.normal(0, 0.11), -0.6 * limit, 0.8 * limit)),
        roll=float(np.clip(generator.normal(0, 0.10), -0.8 * limit, 0.8 * limit)),
        centre_x=width / 2 + generator.uniform(-0.75, 0.75) * free_x,
        centre_y=generator.uniform(lowest, max(highest, lowest + 1)),
        scale=scale,
    )


def _metered(person: Person) -> float:
    """Exposure by a camera that partly meters the face."""
    return float(np.clip((190 / np.mean(person.skin)) ** 0.5, 0.92, 1.45))


def draw_frame(
    person: Person,
    scene: Scene,
    generator: np.random.Generator,
    size: tuple[int, int] = (480, 360),
    turn: float = 0.0,
) -> tuple[np.ndarray, Box]:
    """Draw ``person`` in ``scene`` with random pose, expression and small changes of light.

    ``size`` is (width, height) in pixels, and ``turn`` as in ``random_pose``. Returns the frame,
    RGB uint8 (height, width, 3), and the true face box (x, y, width, height) from brows to chin and
    cheek to cheek, in pixels.
    """
    pose = random_pose(generator, size, turn)
    sitter = Sitter(person, pose, random_expression(generator))
    shot = Shot(
        offset=(generator.random(), generator.random()),
        exposure=_metered(person) * generator.uniform(0.82, 1.2),
        light_turn=generator.uniform(-0.25, 0.25),
    )
    frame, boxes = draw_sitters([sitter], scene, generator, size, shot)
    return frame, boxes[0]
