"""Where in a face a run's network found what speaks for a class: heat maps."""

from collections.abc import Sequence
from threading import Lock

import cv2
import numpy as np
import torch
from captum.attr import LayerAttribution, LayerGradientXActivation
from torch import nn
from torch.nn import functional

from facerec.decisions.face_space import FaceSpace
from facerec.decisions.matchers import matcher_of
from facerec.errors import FacerecError
from facerec.faces.alignment import unaligned
from facerec.faces.preprocessing import FACE_SIZE
from facerec.networks.catalogue import network_named
from facerec.networks.face_module import FaceModule
from facerec.runs.run import Run

# Finer places cannot be made out from the back of a classroom. Coarser ones tell eyes and mouth
# apart no more: with the 2 x 2 that end dlib's network, the face suffers less where it is hottest
# covered than anywhere at random; with 8 x 8, twice as much.
_FEWEST_FIELDS, _MOST_FIELDS = 7, 14
# How much of the face the glow covers at most, and how soon.
_STRONGEST, _SOONER = 0.9, 1.5


class Explainer:
    """A run's network, ready to be asked what it looked at.

    Grad-CAM on the last feature maps that are fine enough: how much a class's logit grows with
    each, times how strong it is there (Selvaraju et al., Grad-CAM: Visual Explanations from Deep
    Networks via Gradient-based Localization, 2017). The growth is not averaged over the image
    (Draelos and Carin, Use HiResCAM instead of Grad-CAM for Faithful Explanations of Convolutional
    Neural Networks, 2020). For networks that average the maps themselves, as ResNet50 does, that is
    the same. The custom CNN weighs each place by itself: averaged, the heat lies where it does not
    look. Of a run with a gallery it is the similarity to a person that grows, and not a logit.

    Raises
    ------
    FacerecError
        If the run has no usable weights, or nobody is enrolled.
    """

    def __init__(self, run: Run) -> None:
        self._network = network_named(run.config.network)
        self._arrange = self._network.batch_arranger()
        # Captum asks for gradients at that layer only: none are needed before it.
        module = _deciding(run).requires_grad_(False)
        maps = last_feature_maps(module, self._network.size)
        self._attribution = LayerGradientXActivation(module, maps)
        # Captum hooks itself into the network while it works.
        self._alone = Lock()

    def heat(self, faces: np.ndarray, targets: Sequence[int]) -> np.ndarray:
        """How much each place of some faces spoke for a class.

        Parameters
        ----------
        faces : numpy.ndarray
            RGB uint8, shape (faces, 224, 224, 3).
        targets : sequence of int
            For each face the class in question, by its place among the run's classes.

        Returns
        -------
        numpy.ndarray
            Float32, shape (faces, 224, 224), 0 to 1, from at most 14 x 14 fields; the hottest place
            of each face is 1, and all are 0 where nothing spoke for the class.
        """
        if not len(faces):
            return np.empty((0, FACE_SIZE, FACE_SIZE), np.float32)
        images = self._network.prepare(torch.from_numpy(self._arrange(faces)).permute(0, 3, 1, 2))
        with self._alone:
            maps = self._attribution.attribute(images, torch.tensor(targets)).detach()
        places = maps.sum(dim=1, keepdim=True).relu()
        fields = functional.adaptive_avg_pool2d(places, min(_MOST_FIELDS, places.shape[-1]))
        side = self._network.arranged_size
        fine = LayerAttribution.interpolate(fields, (side, side), "bilinear")[:, 0].numpy()
        if self._network.aligned:
            pairs = zip(faces, fine, strict=True)
            fine = np.stack([unaligned(face, places) for face, places in pairs])
        hottest = fine.max(axis=(1, 2), keepdims=True)
        return fine / np.where(hottest > 0, hottest, 1)


class _Similarities(nn.Module):
    """From network inputs to the similarities with each person of a gallery."""

    def __init__(self, network: FaceModule, space: FaceSpace | None, means: np.ndarray) -> None:
        super().__init__()
        self._network = network
        self._space = space and [torch.from_numpy(p) for p in (space.projection, space.offset)]
        self._means = torch.from_numpy(means)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        embeddings = functional.normalize(self._network.embedding(self._network.features(images)))
        if self._space:
            projection, offset = self._space
            embeddings = functional.normalize(embeddings @ projection + offset)
        return embeddings @ self._means.T


def _deciding(run: Run) -> nn.Module:
    """From network inputs to a number for each of the run's classes, whose growth explains it."""
    network = run.load_network()
    if not run.is_enrolled:
        return network
    gallery = run.gallery
    if not len(gallery):
        raise FacerecError(f"Nobody is enrolled in {run.name} yet.")
    return _Similarities(network, run.face_space(), matcher_of(gallery).means).eval()


def last_feature_maps(module: nn.Module, side: int = FACE_SIZE) -> nn.Module:
    """The last part of a network with convolutions whose maps still tell places apart.

    ``side`` is that of the images it takes, in pixels.
    """
    done: list[nn.Module] = []

    def note(part: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        own = set(part.modules())
        if output.ndim != 4 or not any(isinstance(layer, nn.Conv2d) for layer in own):
            return
        if output.shape[-1] >= _FEWEST_FIELDS:
            done.append(part)
        else:
            # One branch alone of what makes the maps coarser is not what goes on.
            done[:] = [earlier for earlier in done if earlier not in own]

    hooks = [part.register_forward_hook(note) for part in module.modules()]
    with torch.inference_mode():
        module(torch.zeros(1, 3, side, side))
    for hook in hooks:
        hook.remove()
    return done[-1]


def overlaid(face: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """A face in grey that glows where it is hot.

    Parameters
    ----------
    face : numpy.ndarray
        RGB uint8, shape (height, width, 3).
    heat : numpy.ndarray
        Float32, shape (height, width), 0 to 1.

    Returns
    -------
    numpy.ndarray
        RGB uint8, shape (height, width, 3).
    """
    grey = cv2.cvtColor(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    glow = cv2.applyColorMap(np.round(heat * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    share = _STRONGEST * np.minimum(1, _SOONER * heat[:, :, None])
    return np.round(grey * (1 - share) + glow[:, :, ::-1] * share).astype(np.uint8)
