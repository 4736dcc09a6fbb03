"""Augmentation: chance changes to face images, so that a network sees more than was captured."""

import math
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
import torch
from torchvision.transforms import v2

from facerec.errors import FacerecError
from facerec.preprocessing import FACE_SIZE

POSE, LIGHT, CAMERA = "Pose and framing", "Light and colour", "Camera and obstacles"
GROUPS = (POSE, LIGHT, CAMERA)
_GREY = 127.0
_SMALLEST_BLUR = 0.1


class _Noise(v2.Transform):
    """Gaussian noise of a strength drawn anew for each image (torchvision's is always the same)."""

    def __init__(self, low: float, high: float) -> None:
        super().__init__()
        self._range = low, high

    def make_params(self, flat_inputs: list[Any]) -> dict[str, float]:
        return {"sigma": torch.empty(()).uniform_(*self._range).item()}

    def transform(self, inpt: torch.Tensor, params: dict[str, float]) -> torch.Tensor:
        return v2.functional.gaussian_noise(inpt, **params)


def _blur(low: float, high: float) -> v2.Transform:
    # Twice the deviation on each side holds nearly all of the bell; wider kernels only cost time.
    size = 2 * math.ceil(2 * high) + 1
    return v2.GaussianBlur(size, (max(low, _SMALLEST_BLUR), max(high, _SMALLEST_BLUR)))


def _strength(
    group: str,
    label: str,
    help_text: str,
    maximum: float,
    step: Callable[[float, float], v2.Transform],
    ends: tuple[str, ...] = (),
) -> float:
    """A setting: what it is called, what it simulates, and its step of the transform.

    ``step`` takes the range that a change is drawn from: from zero to the strength, or to either
    side of zero if ``ends`` names two extremes.
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
    """How far the changes may go; zero everywhere changes nothing.

    The settings are in the order in which they are applied, which is a camera's: the head moves,
    the light falls on it, the lens blurs, the sensor adds noise. What hides a part comes last, so
    that nothing else shows through.

    Raises
    ------
    FacerecError
        If a value is out of its range.
    """

    rotation: float = _strength(
        POSE,
        "Rotation (degrees)",
        "A head tilted to one side, or a laptop that does not stand level: by up to this angle.",
        45.0,
        lambda low, high: v2.RandomRotation((low, high), v2.InterpolationMode.BILINEAR),
        ("tilted right", "tilted left"),
    )
    perspective: float = _strength(
        POSE,
        "Perspective",
        "A webcam that looks from above, from below or from the side: how far the corners of the "
        "picture may move towards its middle.",
        0.6,
        lambda low, high: v2.RandomPerspective(high, p=1.0),
    )
    crop: float = _strength(
        POSE,
        "Random resized crop",
        "A face nearer, or not centred by the detector: at most this share of the area is cut "
        "away.",
        0.9,
        lambda low, high: v2.RandomResizedCrop(
            FACE_SIZE, scale=(1 - high, 1 - low), ratio=(0.9, 1.1), antialias=True
        ),
        ("nearest",),
    )
    horizontal_flip: float = _strength(
        POSE,
        "Horizontal flip (share of images)",
        "A mirror image, as many webcams show: how often an image is flipped. Faces are nearly "
        "symmetric, so it stays the same person.",
        1.0,
        lambda low, high: v2.RandomHorizontalFlip(high),
    )
    brightness: float = _strength(
        LIGHT,
        "Brightness",
        "A lamp turned on or off, a cloud before the sun: 0.3 means between 70 % and 130 %.",
        0.9,
        lambda low, high: v2.ColorJitter(brightness=(1 + low, 1 + high)),
        ("darkest", "brightest"),
    )
    contrast: float = _strength(
        LIGHT,
        "Contrast",
        "Flat light from a grey sky, or hard light from one lamp.",
        0.9,
        lambda low, high: v2.ColorJitter(contrast=(1 + low, 1 + high)),
        ("flattest", "hardest"),
    )
    saturation: float = _strength(
        LIGHT,
        "Saturation",
        "Another webcam: some show pale colours, some strong ones.",
        0.9,
        lambda low, high: v2.ColorJitter(saturation=(1 + low, 1 + high)),
        ("palest", "strongest"),
    )
    hue: float = _strength(
        LIGHT,
        "Hue",
        "A tint: the light of a bulb, of a screen or of a window. 0.05 is well visible.",
        0.5,
        lambda low, high: v2.ColorJitter(hue=(low, high)),
        ("redder", "yellower"),
    )
    grayscale: float = _strength(
        LIGHT,
        "Grayscale (share of images)",
        "A webcam in a dark room, which loses the colours: how often an image turns grey.",
        1.0,
        lambda low, high: v2.RandomGrayscale(high),
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
        _Noise,
        ("noisiest",),
    )
    erasing: float = _strength(
        CAMERA,
        "Random erasing",
        "A hand, a mug, hair or a mask in front of the face: at most this share of the picture is "
        "hidden.",
        0.5,
        lambda low, high: v2.RandomErasing(1.0, (low, high), value=_GREY),
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

    def transform(self) -> v2.Transform:
        """The torchvision transform: uint8 RGB tensor (..., 3, 224, 224) to the same."""
        steps = []
        for item in fields(self):
            if high := getattr(self, item.name):
                low = -high if len(item.metadata["ends"]) == 2 else 0.0
                steps.append(item.metadata["step"](low, high))
        # OpenCV's order of channels makes torchvision's blur, noise and hue several times slower.
        return v2.Compose([v2.Lambda(torch.Tensor.contiguous), *steps]) if steps else v2.Identity()

    def apply(self, pixels: np.ndarray, draw: int) -> np.ndarray:
        """One image under one draw: RGB uint8 (224, 224, 3) to the same.

        The same draw changes every image in the same way. Torch's random state stays as it was.
        """
        return _apply(self.transform(), pixels, draw)

    def active(self) -> list[str]:
        """Names of the settings that change anything."""
        return [item.name for item in fields(self) if getattr(self, item.name)]

    def alone(self, name: str) -> "Augmentation":
        """One setting at its strength, all others at zero."""
        return Augmentation(**{name: getattr(self, name)})

    def extremes(self, name: str, pixels: np.ndarray) -> dict[str, np.ndarray]:
        """The most that one setting does to an image, by what it is called.

        One image or two (RGB uint8 as ``pixels``); none where there is no single such thing, as
        with a flip.
        """
        item = next(item for item in fields(self) if item.name == name)
        ends, strength = item.metadata["ends"], getattr(self, name)
        values = (-strength, strength) if len(ends) == 2 else (strength,)
        return {
            end: _apply(item.metadata["step"](value, value), pixels, 0)
            for end, value in zip(ends, values, strict=False)
        }

    def above_its_draw(self, pixels: np.ndarray, draw: int) -> np.ndarray:
        """An image above what a draw makes of it: RGB uint8 (224, 224, 3) to (448, 224, 3)."""
        return np.vstack([pixels, self.apply(pixels, draw)])

    def as_dict(self) -> dict[str, float]:
        """The values by name, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Any) -> "Augmentation":
        """The augmentation that ``as_dict`` described; values left out are zero.

        Raises
        ------
        FacerecError
            If a name is unknown or a value out of range.
        """
        if not isinstance(values, dict):
            raise FacerecError("Augmentation: a recipe is a JSON object of names and numbers.")
        if unknown := set(values) - {item.name for item in fields(cls)}:
            raise FacerecError(f"Augmentation: unknown setting {', '.join(sorted(unknown))}.")
        return cls(**values)


# Torch has one random state for all threads, and each visitor of the app is one.
_drawing = threading.Lock()


def _apply(transform: v2.Transform, pixels: np.ndarray, draw: int) -> np.ndarray:
    image = torch.from_numpy(pixels).permute(2, 0, 1)
    with _drawing, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(draw)
        changed = transform(image)
    return np.ascontiguousarray(changed.permute(1, 2, 0).numpy())


PRESETS = {
    "None": Augmentation(),
    "As in the report": Augmentation(
        rotation=20, horizontal_flip=0.5, brightness=0.2, contrast=0.2, saturation=0.2, hue=0.1,
        crop=0.2,
    ),
    "Webcam": Augmentation(
        rotation=15, horizontal_flip=0.5, brightness=0.4, contrast=0.4, saturation=0.3, hue=0.05,
        crop=0.4,
    ),
}  # fmt: skip
