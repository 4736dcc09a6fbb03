"""Appearance of the invented people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Person:
    """Looks of an invented person; colours are RGB 0-255, lengths are in face half-widths.

    Strengths such as ``beard`` or ``freckles`` run from 0 (none) to 1 (full).
    """

    seed: int
    skin: Colour
    face_width: float
    jaw_width: float
    chin_width: float
    chin_length: float
    nose_width: float
    nose_length: float
    nose_height: float
    eye_distance: float
    eye_width: float
    eye_height: float
    eye_tilt: float
    eye_colour: Colour
    eyelid_crease: float
    lashes: float
    brow_thickness: float
    brow_arch: float
    brow_height: float
    brow_tilt: float
    mouth_width: float
    mouth_height: float
    upper_lip: float
    lower_lip: float
    lip_colour: Colour
    hair_style: str
    hair_colour: Colour
    hairline: float
    fringe: float
    beard: float
    moustache: float
    freckles: float
    lines: float
    glasses: str
    glasses_colour: Colour
    neck_width: float
    collar: str
    clothing: tuple[Colour, Colour, Colour]


HAIR_STYLES = ("bald", "crop", "side", "curly", "afro", "bob", "long", "wavy", "bun", "scarf")

PEOPLE: dict[str, Person] = {
    "Ada": Person(
        seed=101,
        skin=(134, 86, 60),
        face_width=0.97,
        jaw_width=0.73,
        chin_width=0.43,
        chin_length=1.32,
        nose_width=0.24,
        nose_length=0.50,
        nose_height=0.9,
        eye_distance=0.43,
        eye_width=0.43,
        eye_height=0.135,
        eye_tilt=0.03,
        eye_colour=(70, 42, 26),
        eyelid_crease=0.8,
        lashes=0.9,
        brow_thickness=0.055,
        brow_arch=0.06,
        brow_height=0.31,
        brow_tilt=-0.01,
        mouth_width=0.35,
        mouth_height=0.90,
        upper_lip=0.085,
        lower_lip=0.125,
        lip_colour=(132, 62, 60),
        hair_style="afro",
        hair_colour=(38, 27, 24),
        hairline=-0.86,
        fringe=0.0,
        beard=0.0,
        moustache=0.0,
        freckles=0.0,
        lines=0.15,
        glasses="none",
        glasses_colour=(30, 30, 30),
        neck_width=0.52,
        collar="scoop",
        clothing=((222, 164, 60), (60, 120, 128), (176, 74, 84)),
    ),
    "Bruno": Person(
        seed=102,
        skin=(228, 180, 152),
        face_width=1.03,
        jaw_width=0.84,
        chin_width=0.55,
        chin_length=1.38,
        nose_width=0.21,
        nose_length=0.56,
        nose_height=1.2,
        eye_distance=0.42,
        eye_width=0.38,
        eye_height=0.11,
        eye_tilt=-0.01,
        eye_colour=(84, 124, 150),
        eyelid_crease=0.9,
        lashes=0.25,
        brow_thickness=0.085,
        brow_arch=0.03,
        brow_height=0.27,
        brow_tilt=0.01,
        mouth_width=0.33,
        mouth_height=0.94,
        upper_lip=0.055,
        lower_lip=0.085,
        lip_colour=(190, 110, 100),
        hair_style="side",
        hair_colour=(112, 66, 38),
        hairline=-0.90,
        fringe=0.2,
        beard=0.95,
        moustache=0.9,
        freckles=0.0,
        lines=0.5,
        glasses="none",
        glasses_colour=(60, 40, 30),
        neck_width=0.68,
        collar="shirt",
        clothing=((112, 124, 92), (150, 60, 56), (74, 98, 132)),
    ),
    "Chen": Person(
        seed=103,
        skin=(238, 200, 166),
        face_width=1.0,
        jaw_width=0.78,
        chin_width=0.46,
        chin_length=1.30,
        nose_width=0.20,
        nose_length=0.49,
        nose_height=0.75,
        eye_distance=0.45,
        eye_width=0.40,
        eye_height=0.095,
        eye_tilt=0.035,
        eye_colour=(62, 40, 28),
        eyelid_crease=0.2,
        lashes=0.3,
        brow_thickness=0.075,
        brow_arch=0.04,
        brow_height=0.30,
        brow_tilt=0.03,
        mouth_width=0.31,
        mouth_height=0.88,
        upper_lip=0.06,
        lower_lip=0.085,
        lip_colour=(198, 116, 106),
        hair_style="crop",
        hair_colour=(30, 27, 30),
        hairline=-0.82,
        fringe=0.75,
        beard=0.0,
        moustache=0.0,
        freckles=0.0,
        lines=0.2,
        glasses="round",
        glasses_colour=(48, 46, 52),
        neck_width=0.62,
        collar="crew",
        clothing=((84, 92, 104), (196, 190, 176), (68, 112, 92)),
    ),
    "Dalia": Person(
        seed=104,
        skin=(206, 152, 116),
        face_width=0.96,
        jaw_width=0.69,
        chin_width=0.39,
        chin_length=1.36,
        nose_width=0.19,
        nose_length=0.54,
        nose_height=1.1,
        eye_distance=0.41,
        eye_width=0.43,
        eye_height=0.135,
        eye_tilt=0.02,
        eye_colour=(104, 92, 48),
        eyelid_crease=1.0,
        lashes=0.8,
        brow_thickness=0.07,
        brow_arch=0.08,
        brow_height=0.29,
        brow_tilt=0.0,
        mouth_width=0.34,
        mouth_height=0.92,
        upper_lip=0.065,
        lower_lip=0.10,
        lip_colour=(176, 84, 84),
        hair_style="wavy",
        hair_colour=(78, 46, 32),
        hairline=-0.88,
        fringe=0.0,
        beard=0.0,
        moustache=0.0,
        freckles=0.5,
        lines=0.15,
        glasses="none",
        glasses_colour=(40, 30, 30),
        neck_width=0.50,
        collar="crew",
        clothing=((120, 72, 110), (72, 110, 150), (218, 206, 190)),
    ),
}

_SKINS = (
    (246, 210, 186),
    (236, 190, 160),
    (226, 176, 142),
    (206, 152, 114),
    (182, 126, 90),
    (152, 100, 70),
    (120, 78, 56),
    (108, 71, 52),
)
_DARK_HAIRS = ((28, 24, 26), (44, 30, 24), (66, 42, 30), (90, 58, 38))
_LIGHT_HAIRS = (
    (120, 76, 44),
    (158, 110, 64),
    (196, 156, 100),
    (150, 70, 36),
    (170, 166, 164),
    (96, 92, 92),
)
_DARK_EYES = ((58, 36, 24), (80, 52, 32), (104, 80, 44))
_LIGHT_EYES = ((84, 124, 150), (90, 126, 90), (112, 122, 130), (120, 96, 50))
_CLOTHES = (
    (74, 98, 132),
    (112, 124, 92),
    (150, 60, 56),
    (84, 92, 104),
    (196, 190, 176),
    (68, 112, 92),
    (222, 164, 60),
    (60, 120, 128),
    (176, 74, 84),
    (120, 72, 110),
    (72, 110, 150),
    (218, 206, 190),
    (52, 56, 74),
    (204, 120, 92),
)
_GLASSES = ((40, 36, 40), (62, 26, 34), (96, 60, 40), (150, 140, 120))
_SCARVES = ((120, 60, 80), (60, 92, 110), (180, 150, 120), (64, 84, 66), (146, 118, 150))


def _pick(generator: np.random.Generator, choices):
    return choices[int(generator.integers(len(choices)))]


def _colour(values: np.ndarray) -> Colour:
    red, green, blue = (int(value) for value in values)
    return red, green, blue


def _vary(generator: np.random.Generator, colour: Colour, amount: float = 6.0) -> Colour:
    shift = generator.normal(0, amount) + generator.normal(0, amount / 3, 3)
    return _colour(np.clip(np.array(colour) + shift, 12, 250))


def _lips(generator: np.random.Generator, skin: Colour) -> Colour:
    redder = np.array(skin) * (0.84, 0.62, 0.66) + generator.normal(0, 4, 3)
    return _colour(np.clip(redder, 30, 230))


def _random_hair(generator: np.random.Generator, woman: bool, pale: bool) -> tuple[str, Colour]:
    women = ("bob", "long", "wavy", "bun", "curly", "afro", "scarf", "side")
    men = ("bald", "crop", "side", "curly", "crop", "side", "afro")
    style = _pick(generator, women if woman else men)
    colours = _DARK_HAIRS + (_LIGHT_HAIRS if pale else _LIGHT_HAIRS[5:])
    colour = _pick(generator, _SCARVES if style == "scarf" else colours)
    return style, _vary(generator, colour)


def _random_person(generator: np.random.Generator) -> Person:
    uniform = generator.uniform
    woman = bool(generator.random() < 0.5)
    tone = int(generator.integers(len(_SKINS)))
    skin = _vary(generator, _SKINS[tone])
    style, hair = _random_hair(generator, woman, pale=tone < 4)
    bearded = not woman and generator.random() < 0.4
    moustached = bearded or (not woman and generator.random() < 0.15)
    glasses = _pick(generator, ("none", "none", "none", "round", "square"))
    return Person(
        seed=int(generator.integers(1 << 30)),
        skin=skin,
        face_width=uniform(0.94, 1.05),
        jaw_width=uniform(0.66, 0.78) if woman else uniform(0.74, 0.87),
        chin_width=uniform(0.36, 0.47) if woman else uniform(0.44, 0.58),
        chin_length=uniform(1.27, 1.42),
        nose_width=uniform(0.17, 0.26),
        nose_length=uniform(0.46, 0.58),
        nose_height=uniform(0.7, 1.25),
        eye_distance=uniform(0.40, 0.465),
        eye_width=uniform(0.37, 0.45),
        eye_height=uniform(0.095, 0.14),
        eye_tilt=uniform(-0.02, 0.045),
        eye_colour=_vary(
            generator, _pick(generator, _DARK_EYES + (_LIGHT_EYES if tone < 4 else ()))
        ),
        eyelid_crease=uniform(0.15, 1.0),
        lashes=uniform(0.6, 1.0) if woman else uniform(0.1, 0.35),
        brow_thickness=uniform(0.045, 0.075) if woman else uniform(0.06, 0.1),
        brow_arch=uniform(0.03, 0.1) if woman else uniform(0.01, 0.06),
        brow_height=uniform(0.26, 0.33),
        brow_tilt=uniform(-0.03, 0.04),
        mouth_width=uniform(0.29, 0.38),
        mouth_height=uniform(0.87, 0.95),
        upper_lip=uniform(0.05, 0.09),
        lower_lip=uniform(0.075, 0.13),
        lip_colour=_lips(generator, skin),
        hair_style=style,
        hair_colour=hair,
        hairline=uniform(-0.95, -0.8),
        fringe=float(generator.random() < 0.4) * uniform(0.4, 1.0),
        beard=uniform(0.35, 1.0) if bearded else 0.0,
        moustache=uniform(0.5, 1.0) if moustached else 0.0,
        freckles=uniform(0.4, 1.0) if generator.random() < 0.25 else 0.0,
        lines=uniform(0.05, 0.8),
        glasses=glasses,
        glasses_colour=_pick(generator, _GLASSES if tone < 4 else _GLASSES[:2]),
        neck_width=uniform(0.48, 0.56) if woman else uniform(0.58, 0.7),
        collar=_pick(generator, ("crew", "v", "shirt", "scoop", "turtleneck")),
        clothing=(
            _pick(generator, _CLOTHES),
            _pick(generator, _CLOTHES),
            _pick(generator, _CLOTHES),
        ),
    )


# A network that learns the sample data takes this one for Dalia, and most others for Unknown.
_VISITOR = 77_783
_COMPARED = (
    ("face_width", 0.04),
    ("jaw_width", 0.06),
    ("chin_width", 0.06),
    ("nose_width", 0.03),
    ("eye_distance", 0.02),
    ("eye_height", 0.015),
    ("brow_thickness", 0.015),
    ("mouth_width", 0.03),
    ("lower_lip", 0.02),
    ("beard", 0.4),
    ("fringe", 0.5),
)


def _difference(first: Person, second: Person) -> float:
    """Difference between the looks of two people: about 1 if it is small, 6 for strangers."""
    shape = sum(
        abs(getattr(first, name) - getattr(second, name)) / unit for name, unit in _COMPARED
    )
    skin = np.abs(np.subtract(first.skin, second.skin)).mean() / 15
    hair = np.abs(np.subtract(first.hair_colour, second.hair_colour)).mean() / 25
    style = 2.0 * (first.hair_style != second.hair_style) + (first.glasses != second.glasses)
    return shape / 4 + skin + hair + style


def stranger(seed: int) -> Person:
    """Draw a random person, the same for the same ``seed`` and clearly unlike all of PEOPLE."""
    generator = np.random.default_rng((seed, 7001))
    while True:
        person = _random_person(generator)
        if min(_difference(person, known) for known in PEOPLE.values()) > 4.5:
            return person


def visitor() -> Person:
    """The stranger of the sample video, who is in no data set."""
    return stranger(_VISITOR)
