"""Augmentation: random changes to face images, so that a network sees more than was captured.

All geometric changes are composed into one warp, and all colour changes into one matrix. Pixels are
therefore interpolated once and clipped once, and the whole is about ten times as fast as a chain of
torchvision's transforms.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import cv2
import numpy as np

from facerec.augmentation import changes as steps
from facerec.augmentation.changes import Changes, Step
from facerec.errors import FacerecError

POSE, LIGHT, CAMERA = "Pose and framing", "Light and colour", "Camera and obstacles"
GROUPS = (POSE, LIGHT, CAMERA)


def _strength(
    group: str,
    label: str,
    help_text: str,
    maximum: float,
    step: Step,
    ends: tuple[str, ...] = (),
) -> float:
    """A dataclass field for one setting, with its label, help, limits and step.

    ``ends`` names the extremes of the setting, and their number decides which value ``step`` gets.
    With two extremes, the value is drawn between minus and plus the strength. With one, it is drawn
    between zero and the strength. With none, it is the strength itself.
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
        steps.rotate,
        ("tilted right", "tilted left"),
    )
    perspective: float = _strength(
        POSE,
        "Perspective",
        "A webcam that looks from above, from below or from the side: how far the corners of the "
        "picture may move towards its middle.",
        0.6,
        steps.look_aslant,
    )
    crop: float = _strength(
        POSE,
        "Random resized crop",
        "A face nearer, or not centred by the detector: at most this share of the area is cut "
        "away.",
        0.9,
        steps.crop,
        ("nearest",),
    )
    horizontal_flip: float = _strength(
        POSE,
        "Horizontal flip (share of images)",
        "A mirror image, as many webcams show: how often an image is flipped. Faces are nearly "
        "symmetric, so it stays the same person.",
        1.0,
        steps.flip,
    )
    brightness: float = _strength(
        LIGHT,
        "Brightness",
        "A lamp turned on or off, a cloud before the sun: 0.3 means between 70 % and 130 %.",
        0.9,
        steps.brighten,
        ("darkest", "brightest"),
    )
    contrast: float = _strength(
        LIGHT,
        "Contrast",
        "Flat light from a grey sky, or hard light from one lamp.",
        0.9,
        steps.contrast,
        ("flattest", "hardest"),
    )
    saturation: float = _strength(
        LIGHT,
        "Saturation",
        "Another webcam: some show pale colours, some strong ones.",
        0.9,
        steps.saturate,
        ("palest", "strongest"),
    )
    hue: float = _strength(
        LIGHT,
        "Hue",
        "A tint: the light of a bulb, of a screen or of a window. 0.05 is well visible.",
        0.5,
        steps.tint,
        ("redder", "yellower"),
    )
    grayscale: float = _strength(
        LIGHT,
        "Grayscale (share of images)",
        "A webcam in a dark room, which loses the colours: how often an image turns grey.",
        1.0,
        steps.grey,
    )
    blur: float = _strength(
        CAMERA,
        "Blur (pixels)",
        "A lens out of focus, a face far away, or one that moves: how far a point may spread in a "
        "picture of 224 pixels.",
        3.0,
        steps.blur,
        ("most blurred",),
    )
    noise: float = _strength(
        CAMERA,
        "Noise",
        "The grain of a cheap webcam in a dark room. 0.05 is well visible.",
        0.3,
        steps.add_noise,
        ("noisiest",),
    )
    erasing: float = _strength(
        CAMERA,
        "Random erasing",
        "A hand, a mug, hair or a mask in front of the face: at most this share of the picture is "
        "hidden.",
        0.5,
        steps.erase,
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
        """One image, changed at random: RGB uint8 (size, size, 3) to the same.

        A smaller version of an image is changed as the image itself would be.

        ``draw`` is the seed: one number or several. The same seed changes all images in the same
        way.
        """
        generator = np.random.default_rng(draw)
        changes = Changes(np.array(cv2.mean(pixels)[:3]), len(pixels))
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

        The images are RGB uint8 in the shape of ``pixels``. A setting has two extremes, one or
        none. A flip has none.
        """
        item = next(item for item in fields(self) if item.name == name)
        ends, strength = item.metadata["ends"], getattr(self, name)
        values = (-strength, strength) if len(ends) == 2 else (strength,)
        pictures = {}
        for end, value in zip(ends, values, strict=False):
            changes = Changes(np.array(cv2.mean(pixels)[:3]), len(pixels))
            item.metadata["step"](changes, value, np.random.default_rng(0))
            pictures[end] = changes.apply(pixels)
        return pictures

    def above_its_draw(self, pixels: np.ndarray, draw: int) -> np.ndarray:
        """An image above its augmented version: RGB uint8 (224, 224, 3) to (448, 224, 3).

        ``draw`` is the seed, as in ``apply``.
        """
        return np.vstack([pixels, self.apply(pixels, draw)])

    def scaled(self, factor: float) -> "Augmentation":
        """All strengths times a factor, as far as their limits allow."""
        return Augmentation(
            **{
                item.name: min(factor * getattr(self, item.name), item.metadata["maximum"])
                for item in fields(self)
            }
        )

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
