"""Entry of a network: its names, input, normalisation and module."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional

from facerec.faces.alignment import MeanFace, aligner
from facerec.faces.preprocessing import FACE_SIZE
from facerec.networks.face_module import FaceModule
from facerec.networks.metric import Metric
from facerec.networks.options import NetworkOptions

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Pretrained:
    """Published weights of a network, which serve as an embedder without training.

    Parameters
    ----------
    name : str
        Name on the command line.
    title : str
        Name on pages.
    options : NetworkOptions
        Options with which the network's ``build`` loads the weights.
    """

    name: str
    title: str
    options: NetworkOptions = NetworkOptions()


@dataclass(frozen=True)
class Network:
    """A network that can be trained: all that the rest of the program knows about it.

    Parameters
    ----------
    name : str
        Name in files and on the command line.
    title : str
        Name on pages.
    description : str
        A sentence for students.
    place : int
        Lists show networks in ascending order of place. A network whose weights have learned more
        about faces comes later. Embedders are offered in the reverse order.
    build : callable
        Makes the module, a ``FaceModule``, from the number of classes and the options; may load
        pretrained weights.
    skeleton : callable
        Makes the same module without pretrained weights, to load a run's weights into it.
    report_epochs : int
        Number of epochs in the report.
    class_epochs : int
        Number of epochs of *In class*: minutes on two cores with some hundred images.
    class_draws : int
        Augmented versions of each image in *In class*, for a network that is frozen as a whole; 0
        for others, which see new ones in every epoch.
    class_side : int
        Side of the input in *In class*, in pixels, for a network whose side can be chosen.
    learning_rate : float
        A good learning rate for Adam with a schedule that ends near zero.
    mean, std : tuple of float
        Normalisation of RGB values in 0 to 1.
    options : tuple of str
        The fields of ``NetworkOptions`` that the network uses.
    size : int
        Side of the input images, in pixels.
    mean_face : MeanFace, optional
        Places of eyes, nose and mouth in the input, to which each face is aligned; without it,
        faces are taken as they are.
    metric : Metric
        How its embeddings are compared.
    pretrained : tuple of Pretrained
        Published weights that serve as an embedder, the best first.
    terms : str
        A sentence on the terms of the weights that it starts from; empty for random ones.
    """

    name: str
    title: str
    description: str
    place: int
    build: Callable[[int, NetworkOptions], FaceModule]
    skeleton: Callable[[int, NetworkOptions], FaceModule]
    report_epochs: int
    class_epochs: int
    learning_rate: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    options: tuple[str, ...]
    size: int = FACE_SIZE
    mean_face: MeanFace | None = None
    metric: Metric = Metric.COSINE
    pretrained: tuple[Pretrained, ...] = ()
    terms: str = ""
    class_draws: int = 0
    class_side: int = FACE_SIZE

    def at_side(self, options: NetworkOptions) -> "Network":
        """The entry with the input side that was chosen, if the network leaves a choice."""
        return replace(self, size=options.side) if self._side_is_chosen else self

    @property
    def arranged_size(self) -> int:
        """Side of the images from ``arranger``, in pixels."""
        return self.size if self.mean_face or self._side_is_chosen else FACE_SIZE

    @property
    def _side_is_chosen(self) -> bool:
        return "side" in self.options

    def arranger(self) -> Callable[[np.ndarray], np.ndarray]:
        """Function that arranges a face image for ``prepare``: aligns it, or shrinks it.

        It maps RGB uint8 (224, 224, 3) to RGB uint8 (arranged_size, arranged_size, 3).

        Raises
        ------
        FacerecError
            If faces must be aligned, and YuNet is neither there nor can be downloaded.
        """
        if self.mean_face is not None:
            return aligner(self.size, self.mean_face)
        if self.arranged_size == FACE_SIZE:
            return lambda face: face
        # In a training, threads shrink the faces while the network works on the batch before.
        side = (self.arranged_size, self.arranged_size)
        return lambda face: cv2.resize(face, side, interpolation=cv2.INTER_AREA)

    def batch_arranger(self) -> Callable[[np.ndarray], np.ndarray]:
        """Function that arranges several face images, (images, ...); errors as ``arranger``.

        Images that need no change are not copied.
        """
        if self.arranged_size == FACE_SIZE and self.mean_face is None:
            return np.ascontiguousarray
        arrange = self.arranger()
        if self.mean_face is None:
            return lambda faces: np.stack([arrange(face) for face in faces])

        return lambda faces: np.stack(list(_threads().map(arrange, faces)))

    def prepare(self, faces: torch.Tensor) -> torch.Tensor:
        """Network input from arranged face images: resized to the network's size and normalised.

        Maps RGB uint8 (images, 3, arranged_size, arranged_size) to float32 (images, 3, size, size).
        """
        mean, std = (
            torch.tensor(values, device=faces.device).view(3, 1, 1)
            for values in (self.mean, self.std)
        )
        pixels = faces.to(torch.float32)
        if self.size != self.arranged_size:
            size = (self.size, self.size)
            pixels = functional.interpolate(pixels, size, mode="bilinear", antialias=True)
        # One pass over the pixels: at some hundred images a second, each pass costs some per cent.
        return torch.addcmul(-mean / std, pixels, 1 / (255 * std))


@cache
def _threads() -> ThreadPoolExecutor:
    """Threads that align faces; they stay, since each has its own detector."""
    return ThreadPoolExecutor(os.cpu_count(), "aligning")


def parameter_count(module: nn.Module) -> tuple[int, int]:
    """Number of all parameters, and number of trained parameters."""
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in module.parameters()]
    return sum(size for size, _ in sizes), sum(size for size, trained in sizes if trained)
