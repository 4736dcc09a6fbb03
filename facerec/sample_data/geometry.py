"""The head as a solid: pose, profile and the map from picture points to points on the skin.

Lengths are in face half-widths. Head axes: x to the viewer's right, y down, z to the viewer,
with the origin between the ears at eye level. Every horizontal cut of a head is a circle.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike

from .people import Person

DENSITY = 88  # head layer pixels per half-width
LEFT, TOP = -1.85, -2.15
NECK = 1.15  # height about which a head rolls


@dataclass(frozen=True)
class Pose:
    """Pose of a head: angles in radians, centre in frame pixels, scale in pixels a half-width."""

    yaw: float
    pitch: float
    roll: float
    centre_x: float
    centre_y: float
    scale: float


@dataclass(frozen=True)
class Expression:
    """Smile -0.3..1, mouth_open 0..1, brow_raise -1..1, eyes_open 0..1.1, gaze in half-widths."""

    smile: float
    mouth_open: float
    brow_raise: float
    eyes_open: float
    gaze_x: float
    gaze_y: float


class Profile:
    """Squared half-width of the outline, and forward offset of its axis, by height."""

    def __init__(self, heights, widths, chin: float):
        squares = np.sign(widths) * np.square(widths)
        self.heights = np.linspace(heights[0], heights[-1], 512)
        self.squares = smooth_curve(np.asarray(heights), squares, self.heights)
        self.chin = chin

    def square(self, height):
        """Squared half-width; beyond the ends it falls on with their slope and is negative."""
        inside = np.interp(height, self.heights, self.squares)
        step = self.heights[1] - self.heights[0]
        below = np.minimum(height - self.heights[0], 0) * (self.squares[1] - self.squares[0])
        above = np.maximum(height - self.heights[-1], 0) * (self.squares[-1] - self.squares[-2])
        return inside + (below + above) / step

    def forward(self, height):
        """Distance of the axis in front of the ears: the jaw is further ahead than the skull."""
        return 0.5 * np.clip(height / self.chin, 0, 1) ** 1.5


def smooth_curve(knots: np.ndarray, values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Monotone cubic (Fritsch-Carlson) interpolation."""
    steps = np.diff(knots)
    slopes = np.diff(values) / steps
    product = slopes[:-1] * slopes[1:]
    harmonic = 2 * product / np.where(product > 0, slopes[:-1] + slopes[1:], 1)
    tangents = np.concatenate([slopes[:1], np.where(product > 0, harmonic, 0), slopes[-1:]])
    index = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(steps) - 1)
    step = steps[index]
    part = (at - knots[index]) / step
    return (
        values[index] * (1 + 2 * part) * (1 - part) ** 2
        + tangents[index] * step * part * (1 - part) ** 2
        + values[index + 1] * part**2 * (3 - 2 * part)
        + tangents[index + 1] * step * part**2 * (part - 1)
    )


@functools.lru_cache(maxsize=64)
def face_profile(person: Person) -> Profile:
    """Outline of the bare head."""
    width, chin = person.face_width, person.chin_length
    heights = (-1.45, -1.2, -0.8, -0.3, 0.1, 0.5, 0.92 * chin / 1.35, 0.87 * chin, chin)
    widths = (
        0.0,
        0.66 * width,
        0.89 * width,
        0.985 * width,
        width,
        0.5 * (0.97 * width + 0.55 + 0.45 * person.jaw_width),
        person.jaw_width,
        person.chin_width,
        0.0,
    )
    return Profile(heights, widths, chin)


@functools.lru_cache(maxsize=8)
def grid(bottom: float) -> tuple[np.ndarray, np.ndarray]:
    """Half-resolution picture coordinates (row of u, column of v), float32."""
    columns = int(round(-2 * LEFT * DENSITY / 2))
    rows = int(round((bottom - TOP) * DENSITY / 2))
    u = LEFT + (np.arange(columns, dtype=np.float32) + 0.5) * (2 / DENSITY)
    v = TOP + (np.arange(rows, dtype=np.float32) + 0.5) * (2 / DENSITY)
    return u[None, :], v[:, None]


@dataclass
class Surface:
    """Half-resolution maps, float32 (rows, columns), of one visible skin or hair surface."""

    angle: np.ndarray  # around the head's axis, 0 at the nose, radians
    height: np.ndarray  # head y
    depth: np.ndarray  # towards the viewer
    inside: np.ndarray  # signed distance to the outline, half-widths, positive inside


def jaw_stretch(pose: Pose, chin: float, mouth_open: float) -> float:
    """Factor by which a nod and an open mouth make the lower face look longer."""
    seen = chin * math.cos(pose.pitch) + 0.5 * math.sin(pose.pitch)
    return seen / chin * (1 + 0.07 * mouth_open)


def surface(profile: Profile, pose: Pose, bottom: float, stretch: float) -> Surface:
    """Map from each picture point to the point of the solid that is seen there."""
    u, v = grid(bottom)
    along = np.where(v > 0, v / stretch, v)
    square = profile.square(along).astype(np.float32)
    forward = profile.forward(along).astype(np.float32)
    across = u - forward * math.sin(pose.yaw)
    fall = square - across * across
    slope = np.gradient(square[:, 0], v[:, 0])[:, None].astype(np.float32)
    inside = fall / np.sqrt(4 * across * across + slope * slope + 0.02)
    depth = np.sqrt(np.maximum(fall, 0)) + forward * math.cos(pose.yaw)
    height = v * math.cos(pose.pitch) - depth * math.sin(pose.pitch)
    near = depth * math.cos(pose.pitch) + v * math.sin(pose.pitch)
    side = u * math.cos(pose.yaw) - near * math.sin(pose.yaw)
    front = u * math.sin(pose.yaw) + near * math.cos(pose.yaw)
    angle = _angle(side, front)
    return Surface(angle, height, depth, inside)


def _angle(side: np.ndarray, front: np.ndarray) -> np.ndarray:
    turned = cv2.phase(front, side)
    return np.where(turned > math.pi, turned - 2 * math.pi, turned).astype(np.float32)


def displaced(base: Surface, relief, pose: Pose) -> Surface:
    """A surface moved outwards by ``relief(angle, height)``, so that a nose hides parts of it."""
    rows, columns = base.angle.shape
    per_unit = DENSITY / 2
    column, row = _pixel_grid(rows, columns)
    lean = np.sin(base.angle + pose.yaw) * per_unit
    lift = math.sin(pose.pitch) * per_unit
    angle, height = base.angle, base.height
    for _ in range(3):
        out = relief(angle, height)
        map_x, map_y = column - out * lean, row - out * lift
        angle = cv2.remap(base.angle, map_x, map_y, cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE)
        height = cv2.remap(base.height, map_x, map_y, cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE)
    return Surface(angle, height, base.depth + relief(angle, height), base.inside)


@functools.lru_cache(maxsize=8)
def _pixel_grid(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    column, row = np.meshgrid(np.arange(columns), np.arange(rows))
    return column.astype(np.float32), row.astype(np.float32)


def project(points: ArrayLike, pose: Pose) -> np.ndarray:
    """Head points (n, 3) to picture coordinates (n, 2), before roll and placement."""
    x, y, z = np.asarray(points, dtype=float).T
    u = x * math.cos(pose.yaw) + z * math.sin(pose.yaw)
    near = z * math.cos(pose.yaw) - x * math.sin(pose.yaw)
    return np.stack([u, y * math.cos(pose.pitch) + near * math.sin(pose.pitch)], axis=1)


def place(points: np.ndarray, pose: Pose) -> np.ndarray:
    """Picture coordinates (n, 2) to frame pixels: roll about the neck, scale, shift."""
    u, v = points[:, 0], points[:, 1] - NECK
    cosine, sine = math.cos(pose.roll), math.sin(pose.roll)
    x = pose.centre_x + pose.scale * (cosine * u - sine * v)
    y = pose.centre_y + pose.scale * (sine * u + cosine * v + NECK)
    return np.stack([x, y], axis=1)


def face_box(person: Person, pose: Pose, mouth_open: float) -> tuple[int, int, int, int]:
    """Brow-to-chin, cheek-to-cheek box (x, y, width, height) in frame pixels."""
    profile = face_profile(person)
    top = project([(0, -person.brow_height - 0.12, 0.95)], pose)[0, 1]
    bottom = profile.chin * jaw_stretch(pose, profile.chin, mouth_open)
    middle = math.sin(pose.yaw) * float(profile.forward(0.4))
    half = math.sqrt(float(profile.square(0.2)))
    centre = place(np.array([[middle, (top + bottom) / 2]]), pose)[0]
    width, height = 2 * half * pose.scale, (bottom - top) * pose.scale
    x, y = centre[0] - width / 2, centre[1] - height / 2
    return round(x), round(y), round(width), round(height)
