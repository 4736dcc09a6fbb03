"""Small made-up faces, settings and a detector for the tests."""

import shutil
import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from facerec.augmentation.recipe import Augmentation
from facerec.collecting.sources import named
from facerec.datasets.folder import UNKNOWN
from facerec.decisions.scores import Outputs
from facerec.evaluation.evaluation import Evaluation, Judged
from facerec.faces import images
from facerec.faces.detection import Box, Face
from facerec.runs.settings import TrainingConfig
from facerec.system.package_data import PackageFile

COLORS = {"Ada": (200, 60, 60), UNKNOWN: (60, 180, 60), "Zoë": (60, 60, 200)}
CLASSES = tuple(COLORS)
DATASET = "colours"
RUN = "colours-run"


def noisy_color(color: tuple[int, int, int], seed: int, size: int = 224) -> np.ndarray:
    """A square of a colour with coarse noise: RGB uint8, shape (size, size, 3)."""
    noise = np.random.default_rng(seed).integers(-40, 40, (7, 7, 3))
    coarse = np.clip(np.array(color) + noise, 0, 255).astype(np.uint8)
    return np.kron(coarse, np.ones((size // 7, size // 7, 1), np.uint8))


def write_classes(folder: Path, images_per_session: int = 4, sessions: int = 2) -> None:
    """Write class folders of colour-coded faces."""
    for number, (name, color) in enumerate(COLORS.items()):
        for session in range(sessions):
            for index in range(images_per_session):
                seed = 100 * number + 10 * session + index
                path = folder / name / f"session{session}_{index:04d}.jpg"
                images.write(path, noisy_color(color, seed))


def tiny_config(**changes: object) -> TrainingConfig:
    """Settings of a training that learns the colours within seconds, alike on all processors."""
    settings = {"dataset": DATASET, "epochs": 2, "batch_size": 4, "learning_rate": 5e-5}
    settings["precision"] = "fp32"
    return TrainingConfig(**{**settings, "augmentation": Augmentation(), **changes})


def history(epochs: int) -> list[dict[str, float]]:
    """Records of epochs, in which every value falls."""
    return [
        {
            "epoch": epoch,
            **{
                f"{part}_{name}": 1 / epoch
                for part in ("train", "validation")
                for name in ("loss", "accuracy", "macro_f1")
            },
        }
        for epoch in range(1, epochs + 1)
    ]


def scene(*boxes_and_colors: tuple[Box, tuple[int, int, int]]) -> np.ndarray:
    """A grey frame, 320 x 240, with noisy coloured squares."""
    frame = np.full((240, 320, 3), 128, np.uint8)
    for number, (box, color) in enumerate(boxes_and_colors):
        patch = noisy_color(color, number, 224)
        frame[box.y : box.y + box.height, box.x : box.x + box.width] = patch[
            : box.height, : box.width
        ]
    return frame


@dataclass
class FixedDetector:
    """Detector that finds faces in the same boxes of every image."""

    boxes: list[Box]
    name: str = "fixed"
    notice: str = ""
    seen: list[np.ndarray] = field(default_factory=list)

    def detect(self, image: np.ndarray) -> list[Face]:
        self.seen.append(image)
        return [Face(box, 0.9) for box in self.boxes]


def zipped(members: dict[str, bytes], name: str = "faces.zip") -> BytesIO:
    """A ZIP archive in memory, by the content of its members."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return named(name, buffer.getvalue())


def copied_package(folder: Path, file: PackageFile, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with a copy of one data file, found instead of the installed one; the copy."""
    installed = file.path()
    assert installed is not None
    copy = folder / file.folder / file.name
    copy.parent.mkdir(parents=True)
    (folder / file.folder / "__init__.py").write_text("raise ImportError('must not be imported')")
    shutil.copy(installed, copy)
    monkeypatch.syspath_prepend(folder)
    return copy


class Downloads:
    """Replacement of ``urlopen`` that returns the content and records the requests."""

    def __init__(self, content: bytes, failure: Exception | None = None) -> None:
        self.content = content
        self.failure = failure
        self.asked: list[tuple[str, float]] = []

    @property
    def calls(self) -> int:
        return len(self.asked)

    def __call__(self, url: str, timeout: float) -> BytesIO:
        self.asked.append((url, timeout))
        response = BytesIO(self.content)
        if self.failure:
            response.read = self._fail
        return response

    def _fail(self) -> bytes:
        raise self.failure


def uncertain_evaluation(known: int = 60, strangers: int = 200) -> Evaluation:
    """Made-up outputs: known people are mostly recognised, strangers get lower confidences."""
    generator = np.random.default_rng(0)
    names = [CLASSES[number % len(CLASSES)] for number in range(known)]
    logits = generator.normal(size=(known, len(CLASSES)))
    logits[np.arange(known), [CLASSES.index(name) for name in names]] += 2
    others = generator.normal(size=(strangers, len(CLASSES))) + (1, 0, 0)
    return Evaluation(CLASSES, _judged(names, logits), _judged(["x"] * strangers, others))


def _judged(names: list[str], logits: np.ndarray) -> Judged:
    keys = tuple(f"{name}/s_{number:04d}.jpg" for number, name in enumerate(names))
    similarities = (1 / (1 + np.exp(-logits / 4))).astype(np.float32)
    opinion = similarities[:, 0]
    outputs = Outputs(logits.astype(np.float32), similarities, opinion)
    return Judged(DATASET, keys, tuple(names), outputs)
