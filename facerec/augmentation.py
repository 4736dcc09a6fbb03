"""Augmentation: random changes to face images, so that a network sees more than was captured.

All geometric changes are composed into one warp, and all colour changes into one matrix. Pixels are
therefore interpolated once and clipped once, and the whole is about ten times as fast as a chain of
torchvision's transforms.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import cv2
import numpy as np

from facerec.errors import FacerecError
from facerec.preprocessing import FACE_SIZE

POSE, LIGHT, CAMERA = "Pose and framing", "Light and colour", "Camera and obstacles"
GROUPS = (POSE, LIGHT, CAMERA)
# From RGB to NTSC's YIQ: the luma and two chroma signals.
_YIQ = np.array([(0.299, 0.587, 0.114), (0.596, -0.274, -0.322), (0.211, -0.523, 0.312)])
_BRIGHTNESS = _YIQ[0]
_GREY = 127
_CENTRE = (FACE_SIZE - 1) / 2


class _Changes:
    """The changes that one draw makes to an image, composed step by step.

    Parameters
    ----------
    mean : numpy.ndarray
        Mean of the image's pixels: RGB, shape (3,), 0 to 255.

    Attributes
    ----------
    warp : numpy.ndarray
        Homography from pixels of the image to pixels of the result: float64, shape (3, 3).
    color : numpy.ndarray
        Affine map of colours, from (R, G, B, 1) to RGB: float64, shape (3, 4).
    after : list of callable
        Changes after warp and colour, each from RGB uint8 (224, 224, 3) to the same.
    """

    def __init__(self, mean: np.ndarray) -> None:
        self.warp = np.eye(3)
        self.color = np.eye(3, 4)
        self.after: list[Callable[[np.ndarray], np.ndarray]] = []
        self._mean = mean

    def place(self, matrix: np.ndarray) -> None:
        self.warp = matrix @ self.warp

    def paint(self, matrix: np.ndarray) -> None:
        """Apply a linear map of colours, shape (3, 3), after those so far."""
        self.color = matrix @ self.color

    def mean_brightness(self) -> float:
        """Mean luma of the image after the colour changes so far, 0 to 255."""
        return float(_BRIGHTNESS @ self.color @ [*self._mean, 1])

    def apply(self, pixels: np.ndarray) -> np.ndarray:
        if np.any(self.warp != np.eye(3)):
            # Mirrored at the border: black corners would show the network which images were turned.
            size, border = (FACE_SIZE, FACE_SIZE), {"borderMode": cv2.BORDER_REFLECT_101}
            if np.all(self.warp[2] == (0, 0, 1)):
                pixels = cv2.warpAffine(pixels, self.warp[:2], size, **border)
            else:
                pixels = cv2.warpPerspective(pixels, self.warp, size, **border)
        if np.any(self.color != np.eye(3, 4)):
            pixels = cv2.transform(pixels, self.color)
        for change in self.after:
            pixels = change(pixels)
        return pixels


_Step = Callable[[_Changes, float, np.random.Generator], None]


def _rotate(changes: _Changes, degrees: float, generator: np.random.Generator) -> None:
    turn = cv2.getRotationMatrix2D((_CENTRE, _CENTRE), degrees, 1)
    changes.place(np.vstack([turn, (0, 0, 1)]))


def _look_aslant(changes: _Changes, strength: float, generator: np.random.Generator) -> None:
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32) * (FACE_SIZE - 1)
    inwards = np.where(corners > 0, -1, 1) * generator.random((4, 2)) * strength / 2 * FACE_SIZE
    moved = (corners + inwards).astype(np.float32)
    changes.place(cv2.getPerspectiveTransform(corners, moved))


def _crop(changes: _Changes, cut: float, generator: np.random.Generator) -> None:
    left, top, width, height = _rectangle(1 - cut, 1.1, generator)
    across = (1 / width, 0, (0.5 - left) / width - 0.5)
    down = (0, 1 / height, (0.5 - top) / height - 0.5)
    changes.place(np.array([across, down, (0, 0, 1)]))


def _flip(changes: _Changes, share: float, generator: np.random.Generator) -> None:
    if generator.random() < share:
        changes.place(np.array([(-1, 0, FACE_SIZE - 1), (0, 1, 0), (0, 0, 1)]))


def _brighten(changes: _Changes, by: float, generator: np.random.Generator) -> None:
    changes.paint((1 + by) * np.eye(3))


def _contrast(changes: _Changes, by: float, generator: np.random.Generator) -> None:
    mean = changes.mean_brightness()
    changes.paint((1 + by) * np.eye(3))
    changes.color[:, 3] -= by * mean


def _saturate(changes: _Changes, by: float, generator: np.random.Generator) -> None:
    changes.paint((1 + by) * np.eye(3) - by * _BRIGHTNESS)


def _tint(changes: _Changes, turn: float, generator: np.random.Generator) -> None:
    cosine, sine = math.cos(2 * math.pi * turn), math.sin(2 * math.pi * turn)
    rotation = np.array([(1, 0, 0), (0, cosine, sine), (0, -sine, cosine)])
    changes.paint(np.linalg.inv(_YIQ) @ rotation @ _YIQ)


def _grey(changes: _Changes, share: float, generator: np.random.Generator) -> None:
    if generator.random() < share:
        changes.paint(np.tile(_BRIGHTNESS, (3, 1)))


def _blur(changes: _Changes, deviation: float, generator: np.random.Generator) -> None:
    if deviation > 0:
        changes.after.append(lambda pixels: cv2.GaussianBlur(pixels, (0, 0), deviation))


def _add_noise(changes: _Changes, deviation: float, generator: np.random.Generator) -> None:
    noise = generator.standard_normal((FACE_SIZE, FACE_SIZE, 3), np.float32) * (255 * deviation)
    changes.after.append(lambda pixels: np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8))


def _erase(changes: _Changes, share: float, generator: np.random.Generator) -> None:
    left, top, width, height = _rectangle(share, 3, generator)

    def hide(pixels: np.ndarray) -> np.ndarray:
        hidden = pixels.copy()
        hidden[
            round(top) : round(top + height * FACE_SIZE),
            round(left) : round(left + width * FACE_SIZE),
        ] = _GREY
        return hidden

    changes.after.append(hide)


def _rectangle(
    area: float, longest: float, generator: np.random.Generator
) -> tuple[float, float, float, float]:
    """A random rectangle in the image: left and top in pixels, width and height as shares.

    ``area`` is its share of the image, and ``longest`` the largest ratio of its sides.
    """
    ratio = longest ** generator.uniform(-1, 1)
    width, height = min(1, math.sqrt(area * ratio)), min(1, math.sqrt(area / ratio))
    left, top = generator.random(2) * (1 - width, 1 - height) * FACE_SIZE
    return left, top, width, height


def _strength(
    group: str,
    label: str,
    help_text: str,
    maximum: float,
    step: _Step,
    ends: tuple[str, ...] = (),
) -> float:
    """A dataclass field for one setting, with its label, help, limits and step.

    ``ends`` names the extremes of the setting. It decides which value ``step`` gets: with two, one
    drawn between minus and plus the strength; with one, one drawn between zero and the strength;
    with none, the strength itself.
    """
    metadata = {
        "group": group,
        "label": label,
        "help": help_text,
        "minimum": 0.0,
        "maximum": maximum,
        "step": step,
        "ends": ends,
    }
    return field(default=0.0, metadata=metadata)


@dataclass(frozen=True)
class Augmentation:
    """The strengths of all changes; zero everywhere changes nothing.

    The settings are in the order in which they are applied, which follows the light into a camera:
    the head moves, the light falls on it, the lens blurs, the sensor adds noise. Erasing comes
    last, so that no other change alters the hidden part.

    Raises
    ------
    FacerecError
        If a value is not a number or is out of its range.
    """

    rotation: float = _strength(
        POSE,
        "Rotation (degrees)",
        "A head tilted to one side, or a laptop that does not stand level: by up to this angle.",
        45.0,
        _rotate,
        ("tilted right", "tilted left"),
    )
    perspective: float = _strength(
        POSE,
        "Perspective",
        "A webcam that looks from above, from below or from the side: how far the corners of the "
        "picture may move towards its middle.",
        0.6,
        _look_aslant,
    )
    crop: float = _strength(
        POSE,
        "Random resized crop",
        "A face nearer, or not centred by the detector: at most this share of the area is cut "
        "away.",
        0.9,
        _crop,
        ("nearest",),
    )
    horizontal_flip: float = _strength(
        POSE,
        "Horizontal flip (share of images)",
        "A mirror image, as many webcams show: how often an image is flipped. Faces are nearly "
        "symmetric, so it stays the same person.",
        1.0,
        _flip,
    )
    brightness: float = _strength(
        LIGHT,
        "Brightness",
        "A lamp turned on or off, a cloud before the sun: 0.3 means between 70 % and 130 %.",
        0.9,
        _brighten,
        ("darkest", "brightest"),
    )
    contrast: float = _strength(
        LIGHT,
        "Contrast",
        "Flat light from a grey sky, or hard light from one lamp.",
        0.9,
        _contrast,
        ("flattest", "hardest"),
    )
    saturation: float = _strength(
        LIGHT,
        "Saturation",
        "Another webcam: some show pale colours, some strong ones.",
        0.9,
        _saturate,
        ("palest", "strongest"),
    )
    hue: float = _strength(
        LIGHT,
        "Hue",
        "A tint: the light of a bulb, of a screen or of a window. 0.05 is well visible.",
        0.5,
        _tint,
        ("redder", "yellower"),
    )
    grayscale: float = _strength(
        LIGHT,
        "Grayscale (share of images)",
        "A webcam in a dark room, which loses the colours: how often an image turns grey.",
        1.0,
        _grey,
    )
    blur: float = _strength(
        CAMERA,
        "Blur (pixels)",
        "A lens out of focus, a face far away, or one that moves: how far a point may spread in a "
        "picture of 224 pixels.",
        3.0,
        _blur,
        ("most blurred",),
    )
    noise: float = _strength(
        CAMERA,
        "Noise",
        "The grain of a cheap webcam in a dark room. 0.05 is well visible.",
        0.3,
        _add_noise,
        ("noisiest",),
    )
    erasing: float = _strength(
        CAMERA,
        "Random erasing",
        "A hand, a mug, hair or a mask in front of the face: at most this share of the picture is "
        "hidden.",
        0.5,
        _erase,
        ("most hidden",),
    )

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            low, high = item.metadata["minimum"], item.metadata["maximum"]
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise FacerecError(f"Augmentation: {item.name} must be a number, not {value!r}.")
            if not low <= value <= high:
                raise FacerecError(
                    f"Augmentation: {item.name} is {value}, but must lie between {low} and {high}."
                )

    def apply(self, pixels: np.ndarray, draw: int | Sequence[int]) -> np.ndarray:
        """One image, changed at random: RGB uint8 (224, 224, 3) to the same.

        ``draw`` is the seed, one number or several. The same seed changes every image in the same
        way.
        """
        generator = np.random.default_rng(draw)
        changes = _Changes(np.array(cv2.mean(pixels)[:3]))
        for item in fields(self):
            if strength := getattr(self, item.name):
                ends = item.metadata["ends"]
                low = -strength if len(ends) == 2 else 0.0
                value = generator.uniform(low, strength) if ends else strength
                item.metadata["step"](changes, value, generator)
        return changes.apply(pixels)

    def active(self) -> list[str]:
        """Names of the settings that are not zero."""
        return [item.name for item in fields(self) if getattr(self, item.name)]

    def alone(self, name: str) -> "Augmentation":
        """An augmentation with one setting at its strength and all others at zero."""
        return Augmentation(**{name: getattr(self, name)})

    def extremes(self, name: str, pixels: np.ndarray) -> dict[str, np.ndarray]:
        """The image at each extreme of one setting, by the name of the extreme.

        The images are RGB uint8 in the shape of ``pixels``. A setting has two extremes, one, or
        none, as a flip has.
        """
        item = next(item for item in fields(self) if item.name == name)
        ends, strength = item.metadata["ends"], getattr(self, name)
        values = (-strength, strength) if len(ends) == 2 else (strength,)
        pictures = {}
        for end, value in zip(ends, values, strict=False):
            changes = _Changes(np.array(cv2.mean(pixels)[:3]))
            item.metadata["step"](changes, value, np.random.default_rng(0))
            pictures[end] = changes.apply(pixels)
        return pictures

    def above_its_draw(self, pixels: np.ndarray, draw: int) -> np.ndarray:
        """An image above its augmented version: RGB uint8 (224, 224, 3) to (448, 224, 3).

        ``draw`` is the seed, as in ``apply``.
        """
        return np.vstack([pixels, self.apply(pixels, draw)])

    def as_dict(self) -> dict[str, float]:
        """The values by name, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Any) -> "Augmentation":
        """An augmentation from the values of ``as_dict``; missing values are zero.

        Raises
        ------
        FacerecError
            If ``values`` is not a dictionary, a name is unknown, or a value is out of range.
        """
        if not isinstance(values, dict):
            raise FacerecError("Augmentation: a recipe is a JSON object of names and numbers.")
        if unknown := set(values) - {item.name for item in fields(cls)}:
            raise FacerecError(f"Augmentation: unknown setting {', '.join(sorted(unknown))}.")
        return cls(**values)


PRESETS = {
    "None": Augmentation(),
    "As in the report": Augmentation(
        rotation=20, horizontal_flip=0.5, brightness=0.2, contrast=0.2, saturation=0.2, hue=0.1,
        crop=0.2,
    ),
    "Gentle": Augmentation(
        rotation=10, horizontal_flip=0.5, brightness=0.3, contrast=0.3, saturation=0.3, hue=0.03,
        crop=0.2, blur=2,
    ),
    "Webcam": Augmentation(
        rotation=15, horizontal_flip=0.5, brightness=0.4, contrast=0.4, saturation=0.3, hue=0.05,
        crop=0.4,
    ),
}  # fmt: skip
