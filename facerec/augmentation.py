"""Augmentation: chance changes to face images, so that a network sees more than was captured."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
import torch
from torchvision.transforms import v2

from facerec.errors import FacerecError
from facerec.preprocessing import FACE_SIZE


def _strength(label: str, help_text: str, maximum: float) -> float:
    return field(
        default=0.0,
        metadata={"label": label, "help": help_text, "minimum": 0.0, "maximum": maximum},
    )


@dataclass(frozen=True)
class Augmentation:
    """How far the changes may go; zero everywhere changes nothing.

    Raises
    ------
    FacerecError
        If a value is out of its range.
    """

    rotation: float = _strength(
        "Rotation (degrees)", "A head tilted left or right by up to this angle.", 45.0
    )
    horizontal_flip: float = _strength(
        "Horizontal flip (share of images)",
        "A mirror image: how often an image is flipped. Faces are nearly symmetric, and many "
        "webcams mirror.",
        1.0,
    )
    brightness: float = _strength(
        "Brightness", "A lamp turned on or off: 0.3 means between 70 % and 130 %.", 0.9
    )
    contrast: float = _strength("Contrast", "Flat or hard light.", 0.9)
    saturation: float = _strength("Saturation", "Pale or strong colours, as cameras differ.", 0.9)
    hue: float = _strength("Hue", "Warm or cold light: 0.05 is a slight tint.", 0.5)
    crop: float = _strength(
        "Random resized crop",
        "A face nearer, farther, or not centred by the detector: at most this share of the area "
        "is cut away.",
        0.9,
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
        steps: list[v2.Transform] = []
        if self.rotation:
            steps.append(v2.RandomRotation(self.rotation, v2.InterpolationMode.BILINEAR))
        if self.horizontal_flip:
            steps.append(v2.RandomHorizontalFlip(self.horizontal_flip))
        if self.brightness or self.contrast or self.saturation or self.hue:
            steps.append(v2.ColorJitter(self.brightness, self.contrast, self.saturation, self.hue))
        if self.crop:
            steps.append(
                v2.RandomResizedCrop(
                    FACE_SIZE, scale=(1 - self.crop, 1.0), ratio=(0.9, 1.1), antialias=True
                )
            )
        return v2.Compose(steps) if steps else v2.Identity()

    def apply(self, pixels: np.ndarray, draw: int) -> np.ndarray:
        """One image under one draw: RGB uint8 (224, 224, 3) to the same.

        The same draw changes every image in the same way. Torch's random state stays as it was.
        """
        image = torch.from_numpy(pixels).permute(2, 0, 1)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(draw)
            changed = self.transform()(image)
        return np.ascontiguousarray(changed.permute(1, 2, 0).numpy())

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
