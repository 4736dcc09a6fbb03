"""Faces of a folder of people, embedded by a network with published weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from facerec.datasets.folder import UNKNOWN
from facerec.errors import FacerecError
from facerec.faces import images, media
from facerec.faces.detection import FaceDetector
from facerec.faces.preprocessing import FaceImage, extract_faces
from facerec.networks.catalogue import NETWORKS
from facerec.networks.network import Network

BATCH = 32


@dataclass(frozen=True)
class Embedded:
    """Embeddings, float32 (faces, dimensions), and the person of each."""

    embeddings: np.ndarray
    people: np.ndarray

    def of(self, person: str) -> np.ndarray:
        return self.embeddings[self.people == person]

    def only(self, people: Sequence[str]) -> "Embedded":
        """The faces of these people."""
        chosen = np.isin(self.people, people)
        return Embedded(self.embeddings[chosen], self.people[chosen])


class Embedder:
    """A network with published weights that embeds face images, RGB uint8 (224, 224, 3)."""

    def __init__(self, network: Network) -> None:
        (weights, *_) = network.pretrained
        self.network = network
        self._module = network.build(1, weights.options).eval()
        self._arrange = network.batch_arranger()

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            arranged = torch.from_numpy(self._arrange(faces)).permute(0, 3, 1, 2)
            features = self._module.features(self.network.prepare(arranged))
            return self.network.metric.scaled_tensor(self._module.embedding(features)).numpy()


def network_with_weights(name: str) -> Network:
    """The network whose published weights have this name on the command line, such as "dlib"."""
    for network in NETWORKS.values():
        if any(weights.name == name for weights in network.pretrained):
            return network
    known = [weights.name for network in NETWORKS.values() for weights in network.pretrained]
    raise FacerecError(f"There are no pretrained weights {name!r}: {', '.join(known)}.")


@dataclass(frozen=True)
class Crops:
    """Face images, RGB uint8 (faces, 224, 224, 3), the person of each, and its file."""

    pixels: np.ndarray
    people: np.ndarray
    files: tuple[Path, ...]
    missed: int


def crops(folder: Path, finder: FaceDetector) -> Crops:
    """The face in the middle of each picture of a folder with a folder for each person.

    File names in the folder Unknown say who is on them: ``Who_00.jpg``.
    """
    found, files, missed = [], [], 0
    for file in sorted(path for path in folder.rglob("*") if media.is_image(path.name)):
        picture = images.read(file)
        if faces := extract_faces(picture, finder):
            found.append(central(faces, picture).pixels)
            files.append(file)
        else:
            missed += 1
    if not found:
        raise FacerecError(f"There are no pictures with faces in {folder}.")
    return Crops(np.stack(found), np.array([who(file) for file in files]), tuple(files), missed)


def embedded(faces: Crops, embedder: Embedder) -> Embedded:
    """Embed face images, a batch at a time."""
    starts = range(0, len(faces.pixels), BATCH)
    rows = [embedder(faces.pixels[start : start + BATCH]) for start in starts]
    return Embedded(np.concatenate(rows), faces.people)


def central(faces: list[FaceImage], picture: np.ndarray) -> FaceImage:
    """The face nearest to the middle of a picture, RGB uint8 (height, width, 3)."""
    middle = np.array(picture.shape[1::-1]) / 2

    def distance(found: FaceImage) -> float:
        x, y, width, height = found.face.box
        return float(np.linalg.norm(middle - (x + width / 2, y + height / 2)))

    return min(faces, key=distance)


def who(file: Path) -> str:
    """Name of the person on a picture: its folder, or in Unknown the beginning of its name."""
    return file.stem.rpartition("_")[0] if file.parent.name == UNKNOWN else file.parent.name
