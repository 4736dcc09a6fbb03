"""The skin: colour and relief painted on an unrolled head (angle across, height down).

Colours are painted in linear light (the square of RGB/255), float32, three channels.
"""

from __future__ import annotations

import functools

import cv2
import numpy as np

from .geometry import Expression
from .people import Person

SKIN_LEFT, SKIN_TOP = -1.75, -1.7
SKIN_DENSITY = 112
_COLUMNS, _ROWS = 392, 376


def linear(colour) -> np.ndarray:
    """RGB 0-255 to linear light 0-1."""
    return (np.asarray(colour, np.float32) / 255) ** 2


def step(distance, softness: float):
    """0 outside, 1 inside, with a ramp ``softness`` wide about distance 0."""
    return np.clip(distance / softness + 0.5, 0, 1)


def bell(distance, width):
    """Bell curve of height 1."""
    return np.exp(-np.square(distance / width))


def tint(view: np.ndarray, colour, mask: np.ndarray) -> None:
    """Blend ``colour`` into ``view`` where ``mask`` is 1."""
    mask = mask.astype(np.float32, copy=False)
    view += (colour - view) * cv2.merge([mask, mask, mask])


def shade(view: np.ndarray, factor, mask: np.ndarray) -> None:
    """Multiply ``view`` by ``factor`` (scalar or RGB) where ``mask`` is 1."""
    mask = mask.astype(np.float32, copy=False)
    view *= cv2.merge([1 - np.float32(1 - kept) * mask for kept in np.broadcast_to(factor, 3)])


def patch(texture: np.ndarray, left: float, top: float, right: float, bottom: float):
    """Part of a skin texture with the angle and height of its pixels."""
    first_x, last_x = (int((x - SKIN_LEFT) * SKIN_DENSITY) for x in (left, right))
    first_y, last_y = (int((y - SKIN_TOP) * SKIN_DENSITY) for y in (top, bottom))
    view = texture[max(first_y, 0) : last_y, max(first_x, 0) : last_x]
    x, y = _skin_grid()
    rows = slice(max(first_y, 0), max(first_y, 0) + view.shape[0])
    columns = slice(max(first_x, 0), max(first_x, 0) + view.shape[1])
    return view, x[:, columns], y[rows]


@functools.lru_cache(maxsize=1)
def _skin_grid() -> tuple[np.ndarray, np.ndarray]:
    x = SKIN_LEFT + (np.arange(_COLUMNS, dtype=np.float32) + 0.5) / SKIN_DENSITY
    y = SKIN_TOP + (np.arange(_ROWS, dtype=np.float32) + 0.5) / SKIN_DENSITY
    return x[None, :], y[:, None]


def noise(generator: np.random.Generator, shape, rows: int, columns: int) -> np.ndarray:
    """Smooth noise of unit strength from ``rows`` x ``columns`` random values."""
    coarse = generator.standard_normal((rows, columns)).astype(np.float32)
    return cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)


# ---------------------------------------------------------------- relief


@functools.lru_cache(maxsize=64)
def relief_maps(person: Person) -> tuple[np.ndarray, np.ndarray]:
    """Outward displacement of the skin at rest, and the displacement that a full smile adds."""
    x, y = _skin_grid()
    side = np.abs(x)
    tip = person.nose_length
    rise = np.clip((y + 0.18) / (tip + 0.18), 0, 1) ** 1.3
    fall = 1 - np.clip((y - tip) / 0.13, 0, 1) ** 1.5
    bridge = bell(x, 0.085 + 0.06 * rise) * (0.07 + 0.20 * rise) * fall * (y > -0.3)
    bridge *= np.clip((y + 0.3) / 0.25, 0, 1)
    nose = person.nose_height * bridge
    nose = nose + 0.085 * bell(side - 0.72 * person.nose_width, 0.075) * bell(y - tip + 0.02, 0.085)
    eye = person.eye_distance
    sockets = -0.085 * bell(side - eye, 0.2) * bell(y + 0.03, 0.15)
    balls = 0.055 * bell(side - eye, 0.15) * bell(y, 0.11)
    ridge = 0.045 * bell(side - 0.36, 0.3) * bell(y + person.brow_height - 0.02, 0.10)
    cheeks = 0.05 * bell(side - 0.52, 0.22) * bell(y - 0.36, 0.2)
    mouth = person.mouth_height
    width = person.mouth_width
    lips = 0.055 * bell(x, width) * bell(y - mouth + 0.035, 0.06)
    lips = lips + 0.065 * bell(x, 0.85 * width) * bell(y - mouth - 0.065, 0.06)
    groove = -0.045 * bell(x, 0.25) * bell(y - mouth - 0.19, 0.07)
    chin = 0.075 * bell(x, 0.22) * bell(y - 0.87 * person.chin_length, 0.13)
    philtrum = -0.02 * bell(x, 0.035) * bell(y - 0.5 * (tip + mouth), 0.1)
    still = nose + sockets + balls + ridge + cheeks + lips + groove + chin + philtrum
    smile = 0.06 * bell(side - 0.55, 0.17) * bell(y - 0.42, 0.14)
    return still.astype(np.float32), smile.astype(np.float32)


# ---------------------------------------------------------------- skin at rest


@functools.lru_cache(maxsize=64)
def bare_skin(person: Person) -> np.ndarray:
    """Skin with everything that does not move: blush, shadows, freckles, beard, nostrils."""
    generator = np.random.default_rng(person.seed)
    texture = np.empty((_ROWS, _COLUMNS, 3), np.float32)
    texture[:] = linear(person.skin)
    x, y = _skin_grid()
    side = np.abs(x)
    _paint_tone(texture, person, generator, side, y)
    _paint_hollows(texture, person, x, side, y)
    if person.freckles:
        _paint_freckles(texture, person, generator)
    if person.beard or person.moustache:
        _paint_beard(texture, person, generator, x, y)
    _paint_nostrils(texture, person)
    return texture


def _paint_tone(texture, person, generator, side, y) -> None:
    mottle = 0.022 * noise(generator, texture.shape, 30, 32)
    mottle += 0.02 * noise(generator, texture.shape, 9, 9)
    texture *= (1 + mottle)[..., None]
    shade(texture, (1.04, 0.86, 0.85), 0.9 * bell(side - 0.56, 0.24) * bell(y - 0.42, 0.2))
    shade(texture, (1.03, 0.88, 0.88), 0.8 * bell(side, 0.16) * bell(y - person.nose_length, 0.14))
    shade(texture, (1.06, 1.07, 1.08), bell(side, 0.5) * bell(y + 0.62, 0.28))


def _paint_hollows(texture, person, x, side, y) -> None:
    """Ambient shadow where little light reaches."""
    eye, tip, mouth = person.eye_distance, person.nose_length, person.mouth_height
    shade(texture, (0.72, 0.64, 0.62), bell(side - eye + 0.03, 0.22) * bell(y + 0.06, 0.14))
    shade(texture, (0.70, 0.62, 0.62), 0.8 * bell(side - 0.17, 0.07) * bell(y + 0.03, 0.13))
    shade(texture, (0.84, 0.76, 0.75), 0.75 * bell(side - eye, 0.17) * bell(y - 0.15, 0.06))
    shade(texture, (0.66, 0.54, 0.52), bell(x, person.nose_width) * bell(y - tip - 0.125, 0.055))
    wing = bell(side - 0.98 * person.nose_width, 0.03) * bell(y - tip + 0.01, 0.08)
    shade(texture, (0.66, 0.54, 0.52), 0.8 * wing)
    shade(texture, (0.74, 0.65, 0.63), bell(x, 0.24) * bell(y - mouth - 0.2, 0.05))
    shade(texture, (0.80, 0.72, 0.70), bell(x, 0.05) * bell(y - 0.5 * (tip + mouth) - 0.02, 0.09))
    jaw = np.clip((y - 0.86 * person.chin_length) / 0.25, 0, 1) + np.clip((side - 1.05) / 0.6, 0, 1)
    shade(texture, (0.76, 0.68, 0.66), np.clip(jaw, 0, 1))


def _paint_freckles(texture, person, generator) -> None:
    count = int(110 * person.freckles)
    spots = np.zeros(texture.shape[:2], np.float32)
    x = generator.normal(0, 0.42, count)
    y = 0.27 + generator.normal(0, 0.13, count) - 0.12 * np.exp(-np.square(x / 0.2))
    for spot_x, spot_y, radius in zip(x, y, generator.uniform(0.8, 2.0, count), strict=True):
        at = (
            int((spot_x - SKIN_LEFT) * SKIN_DENSITY * 16),
            int((spot_y - SKIN_TOP) * SKIN_DENSITY * 16),
        )
        cv2.circle(spots, at, int(radius * 16), 1.0, -1, cv2.LINE_AA, 4)
    shade(texture, (0.66, 0.52, 0.44), 0.75 * cv2.GaussianBlur(spots, (0, 0), 0.8))


def _paint_beard(texture, person, generator, x, y) -> None:
    """Hair on jaw, chin and lip, with soft edges and short strands."""
    strands = 0.6 * noise(generator, texture.shape, 70, 200) + 0.5 * noise(
        generator, texture.shape, 20, 60
    )
    side = np.abs(x)
    mouth = person.mouth_height
    cheek_line = mouth - 0.06 - 0.75 * np.clip(side - 0.45, 0, 2) ** 1.2 + 0.07 * strands
    around = np.hypot(x / (1.28 * person.mouth_width), (y - mouth - 0.02) / 0.17)
    outside_mouth = step(around - 1, 0.25)
    jaw = step(y - cheek_line, 0.16) * outside_mouth
    soul = step(0.07 - side, 0.06) * step(y - mouth - 0.15, 0.04)
    beard = np.clip(np.maximum(jaw, 0.8 * soul), 0, 1) * (0.9 + 0.12 * strands)
    top = person.nose_length + 0.135 + 0.16 * np.clip(side / 0.45, 0, 1) ** 1.5
    bottom = mouth - 0.06 + 0.05 * np.clip(side / 0.42, 0, 1) ** 2 + 0.02 * strands
    lip = step(y - top, 0.07) * step(bottom - y, 0.05) * step(0.47 - side, 0.1)
    hair = linear(person.hair_colour) * 0.8
    colour = hair * (1 + 0.35 * strands)[..., None] + 0.004
    mask = np.maximum(person.beard * beard, person.moustache * lip)
    tint(texture, np.maximum(colour, 0.002), np.clip(0.93 * mask, 0, 1))


def _paint_nostrils(texture, person) -> None:
    tip, width = person.nose_length, person.nose_width
    view, x, y = patch(texture, -0.4, tip - 0.1, 0.4, tip + 0.25)
    across = (np.abs(x) - 0.48 * width) / (0.30 * width)
    down = (y - tip - 0.085 + 0.03 * across) / 0.032
    shade(view, (0.26, 0.15, 0.14), 0.85 * step(1 - np.hypot(across, down), 0.9))


# ---------------------------------------------------------------- moving features


def face_texture(person: Person, expression: Expression) -> np.ndarray:
    """Skin with brows, eyes and mouth in the given expression."""
    texture = bare_skin(person).copy()
    for side in (-1, 1):
        _paint_eye(texture, person, expression, side)
        _paint_brow(texture, person, expression, side)
    _paint_folds(texture, person, expression)
    _paint_mouth(texture, person, expression)
    return texture


def _paint_eye(texture, person, expression, side: int) -> None:
    centre = side * person.eye_distance
    view, x, y = patch(texture, centre - 0.34, -0.34, centre + 0.34, 0.27)
    half = 0.57 * person.eye_width
    across = side * (x - centre) / half  # -1 at the inner corner, 1 at the outer
    y = y + person.eye_tilt * across
    arch = np.clip(1 - np.abs(across + 0.08) ** 2.3, 0, 1)
    squint = 0.25 * max(expression.smile, 0)
    height = 1.2 * person.eye_height
    lower = (0.52 - squint) * height * np.clip(1 - np.square(across - 0.06), 0, 1)
    wide = -0.9 * height * arch * (1.0 + 0.12 * max(expression.brow_raise, 0))
    opening = min(max(expression.eyes_open, 0.0), 1.15)
    upper = lower * (1 - opening) + wide * opening
    lid = step(y - wide + 0.015, 0.05) * step(upper - y, 0.02) * step(1 - np.abs(across), 0.15)
    shade(view, (0.90, 0.80, 0.78), lid)
    _paint_eyeball(view, person, expression, x - centre, y, across, upper, lower)
    _paint_lids(view, person, y, across, upper, lower, wide)


def _paint_eyeball(view, person, expression, x, y, across, upper, lower) -> None:
    opening = step(y - upper, 0.018) * step(lower - y, 0.018) * step(1 - np.abs(across), 0.06)
    pale = 0.55 + 0.45 * min(
        max(person.skin) / 235, 1
    )  # the whites of the eyes are darker in a darker face
    white = np.array([0.76, 0.71, 0.68], np.float32) * pale
    white = white * (0.84 + 0.16 * bell(across, 0.8))[..., None]
    tint(view, white, opening)
    radius = 0.118
    from_iris = np.hypot(x - expression.gaze_x, y + 0.022 - expression.gaze_y)
    iris = step(radius - from_iris, 0.02)
    glow = 0.75 + 0.8 * np.clip((y + 0.05) / 0.13, 0, 1) * step(from_iris - 0.04, 0.03)
    rim = 1 - 0.65 * step(from_iris - 0.8 * radius, 0.05)
    tint(view, linear(person.eye_colour) * (glow * rim)[..., None], opening * iris)
    tint(view, np.float32(0.004), opening * step(0.048 - from_iris, 0.02))
    glint = step(0.024 - np.hypot(x - expression.gaze_x + 0.04, y + 0.058), 0.016)
    tint(view, np.float32(0.95), opening * glint)
    shade(view, (0.38, 0.35, 0.36), opening * bell(y - upper, 0.05))


def _paint_lids(view, person, y, across, upper, lower, wide) -> None:
    dark = np.array([0.02, 0.012, 0.01], np.float32)
    width = step(1.06 - np.abs(across), 0.12)
    outward = np.clip(0.55 + 0.45 * across, 0.1, 1)
    thickness = 0.014 + 0.022 * person.lashes * outward
    tint(view, dark, 0.92 * width * step(thickness - np.abs(y - upper + 0.5 * thickness), 0.02))
    if person.lashes > 0.5:
        flick = across - 1.0
        line = -0.03 - 0.16 * np.clip(flick, 0, 1)
        wing = step(0.012 - np.abs(y - line), 0.02) * step(0.14 - np.abs(flick - 0.05), 0.06)
        tint(view, dark, 0.6 * (person.lashes - 0.4) * wing)
    crease = wide - 0.05 - 0.012 * across
    fold = bell(y - crease, 0.018) * step(1.1 - np.abs(across), 0.4)
    shade(view, (0.50, 0.38, 0.35), 0.9 * person.eyelid_crease * fold)
    shade(view, (0.60, 0.46, 0.44), 0.7 * width * bell(y - lower - 0.008, 0.014))
    bag = bell(y - lower - 0.075 - 0.02 * np.square(across), 0.018) * step(
        0.9 - np.abs(across), 0.5
    )
    shade(view, (0.80, 0.70, 0.68), (0.25 + 0.6 * person.lines) * bag)


def _paint_brow(texture, person, expression, side: int) -> None:
    height = -person.brow_height - 0.03 - 0.045 * expression.brow_raise
    centre = side * (person.eye_distance - 0.005)
    view, x, y = patch(texture, centre - 0.36, height - 0.3, centre + 0.36, height + 0.25)
    across = side * (x - centre) / 0.285
    tail = np.clip((across - 0.25) / 0.75, 0, 1)
    line = (
        height
        - person.brow_arch * (1 - np.square((across - 0.25) / 1.25))
        - person.brow_tilt * across
    )
    line = line + 0.06 * tail**2 + 0.015
    thickness = person.brow_thickness * (1 - 0.72 * tail) * np.clip(0.75 + 0.3 * (across + 1), 0, 1)
    generator = np.random.default_rng((person.seed, 5 + side))
    strands = noise(generator, view.shape, 7, 44)
    slanted = cv2.warpAffine(
        strands,
        np.array([[1, side * 0.5, -side * 14], [0, 1, 0]], np.float32),
        view.shape[1::-1],
        borderMode=cv2.BORDER_REFLECT,
    )
    mask = step(thickness * (1 + 0.06 * slanted) - np.abs(y - line), 0.055)
    mask = mask * step(1 - np.abs(across), 0.22)
    covered = person.hair_style in ("scarf", "bald")
    base = np.array((48, 34, 28)) if covered else np.array(person.hair_colour)
    colour = linear(np.minimum(base * 0.72, 105))
    tint(view, colour, np.clip(mask * (0.84 + 0.10 * slanted), 0, 0.95))


def _paint_folds(texture, person, expression) -> None:
    """Creases from nose to mouth corners, deeper with a smile or with age."""
    tip = person.nose_length
    strength = 0.12 + 0.45 * max(expression.smile, 0) + 0.35 * person.lines
    view, x, y = patch(texture, -0.75, tip - 0.15, 0.75, person.mouth_height + 0.2)
    part = np.clip((y - tip + 0.08) / (person.mouth_height - tip + 0.08), 0, 1.3)
    line = person.nose_width + 0.04 + (0.20 + 0.06 * max(expression.smile, 0)) * part**1.2
    ends = step(part - 0.12, 0.3) * step(1.05 - part, 0.4)
    shade(view, (0.66, 0.54, 0.52), np.clip(strength, 0, 1) * ends * bell(np.abs(x) - line, 0.035))
    if person.lines > 0.4:
        view, x, y = patch(texture, -0.6, -0.85, 0.6, -0.45)
        lines = bell(y + 0.58 + 0.05 * x * x, 0.012) + bell(y + 0.70 + 0.04 * x * x, 0.012)
        shade(view, (0.82, 0.74, 0.72), (person.lines - 0.3) * lines * step(0.42 - np.abs(x), 0.2))


def _paint_mouth(texture, person, expression) -> None:
    mouth, smile = person.mouth_height, expression.smile
    view, x, y = patch(texture, -0.6, mouth - 0.3, 0.6, mouth + 0.42)
    half = person.mouth_width * (1.1 + 0.14 * smile - 0.15 * expression.mouth_open)
    across = x / half
    inner = np.clip(1 - np.square(across), 0, 1)
    seam = mouth - (0.055 + 0.09 * smile) * np.square(across) + 0.02 * max(smile, 0)
    seam = seam + 0.012 * bell(across, 0.3) - 0.006
    gap = (0.24 * expression.mouth_open + 0.12 * max(smile - 0.3, 0)) * inner
    top, bottom = seam - 0.25 * gap, seam + 0.75 * gap
    bow = 1 - 0.28 * bell(across, 0.13) - 0.25 * np.abs(across)
    upper = top - person.upper_lip * bow * inner**0.6
    lower = bottom + person.lower_lip * inner**0.75 * (1 - 0.1 * max(smile, 0))
    within = step(1 - np.abs(across), 0.05)
    lip = linear(person.lip_colour)
    upper_mask = within * step(y - upper, 0.022) * step(top - y, 0.016)
    lower_mask = within * step(y - bottom, 0.016) * step(lower - y, 0.03)
    tint(view, lip * 0.74, 0.9 * upper_mask)
    tint(view, lip * 1.0, 0.85 * lower_mask)
    gloss = bell(y - 0.55 * bottom - 0.45 * lower, 0.022) * bell(across, 0.45)
    tint(view, np.minimum(lip * 1.5 + 0.09, 1), 0.35 * gloss * lower_mask)
    _paint_mouth_inside(view, x, y, gap, top, bottom, within)
    line = bell(y - seam, 0.011) * step(1 - np.abs(across), 0.08) * step(0.02 - gap, 0.02)
    shade(view, (0.16, 0.09, 0.09), 0.9 * line)
    corner = bell(np.abs(x) - half, 0.032) * bell(y - mouth + 0.055 + 0.09 * smile, 0.032)
    shade(view, (0.48, 0.36, 0.35), 0.75 * corner)
    under = bell(y - lower - 0.03, 0.035) * bell(x, 0.2)
    shade(view, (0.74, 0.65, 0.63), 0.8 * under)


def _paint_mouth_inside(view, x, y, gap, top, bottom, within) -> None:
    opening = within * step(y - top, 0.014) * step(bottom - y, 0.014) * step(gap - 0.012, 0.012)
    tint(view, np.array([0.05, 0.012, 0.012], np.float32), opening)
    tongue = bell(x, 0.13) * step(y - bottom + 0.05, 0.05)
    tint(view, np.array([0.32, 0.09, 0.09], np.float32), 0.7 * opening * tongue)
    teeth = opening * step(top + np.minimum(0.085, 0.55 * gap) - y, 0.018)
    white = np.array([0.82, 0.77, 0.70], np.float32) * (0.35 + 0.65 * bell(x, 0.22))[..., None]
    tint(view, white, teeth)
    between = bell(np.mod(x + 0.03, 0.06) - 0.03, 0.006)
    shade(view, 0.86, teeth * between)
    shade(view, 0.5, opening * bell(y - top, 0.018))
