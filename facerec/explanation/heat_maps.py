"""Heat maps: which places of a face speak for a class, for a run's network."""

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
from facerec.networks.face_module import FaceModule
from facerec.networks.metric import Metric
from facerec.runs.run import Run

# Finer fields cannot be made out from the back of a classroom. Coarser fields do not tell eyes and
# mouth apart. Covering the hottest place lowers the score less than covering a random place with
# the 2 x 2 fields at the end of dlib's network, and twice as much with 8 x 8 fields.
_FEWEST_FIELDS, _MOST_FIELDS = 7, 14
# Largest opacity of the glow, and the factor from heat to its share of that opacity.
_STRONGEST, _SOONER = 0.9, 1.5


class Explainer:
    """Makes heat maps for a run's network.

    HiResCAM on the last feature maps that are fine enough: the gradient of a class's logit times
    the activation, summed over the channels (Draelos and Carin, Use HiResCAM instead of Grad-CAM
    for Faithful Explanations of Convolutional Neural Networks, 2020). Grad-CAM averages the
    gradient over the image first (Selvaraju et al., Grad-CAM: Visual Explanations from Deep
    Networks via Gradient-based Localization, 2017). Both give the same for networks that average
    their last maps, as ResNet50 does. The custom CNN has separate weights for each place, so that
    an averaged gradient puts the heat on places that it does not use. For a run with a gallery,
    the similarity to a person takes the place of the logit.

    Raises
    ------
    FacerecError
        If the run has no usable weights, or nobody is enrolled.
    """

    def __init__(self, run: Run) -> None:
        self._network = run.config.entry
        self._arrange = self._network.batch_arranger()
        # Captum needs gradients at that layer only.
        module = _deciding(run).requires_grad_(False)
        maps = last_feature_maps(module, self._network.size)
        self._attribution = LayerGradientXActivation(module, maps)
        # Captum adds hooks to the network while it works, so only one thread may use it.
        self._alone = Lock()

    def heat(self, faces: np.ndarray, targets: Sequence[int]) -> np.ndarray:
        """Heat maps of faces: how much each place speaks for a class.

        Parameters
        ----------
        faces : numpy.ndarray
            RGB uint8, shape (faces, 224, 224, 3).
        targets : sequence of int
            Class to explain for each face, as an index into the run's classes.

        Returns
        -------
        numpy.ndarray
            Float32, shape (faces, 224, 224), 0 to 1, interpolated from at most 14 x 14 fields. The
            hottest place of each face is 1; if nothing speaks for the class, all are 0.
        """
        if not len(faces):
            return np.empty((0, FACE_SIZE, FACE_SIZE), np.float32)
        images = self._network.prepare(torch.from_numpy(self._arrange(faces)).permute(0, 3, 1, 2))
        with self._alone:
            maps = self._attribution.attribute(images, torch.tensor(targets)).detach()
        places = maps.sum(dim=1, keepdim=True).relu()
        fields = functional.adaptive_avg_pool2d(places, min(_MOST_FIELDS, places.shape[-1]))
        side = self._network.size if self._network.mean_face else FACE_SIZE
        fine = LayerAttribution.interpolate(fields, (side, side), "bilinear")[:, 0].numpy()
        if mean_face := self._network.mean_face:
            pairs = zip(faces, fine, strict=True)
            fine = np.stack([unaligned(face, places, mean_face) for face, places in pairs])
        hottest = fine.max(axis=(1, 2), keepdims=True)
        return fine / np.where(hottest > 0, hottest, 1)


class _Similarities(nn.Module):
    """Network whose outputs are the similarities to the class means of a gallery."""

    def __init__(
        self, network: FaceModule, metric: Metric, space: FaceSpace | None, means: np.ndarray
    ) -> None:
        super().__init__()
        self._network = network
        self._metric = metric
        self._space = space and [torch.from_numpy(p) for p in (space.projection, space.offset)]
        self._means = torch.from_numpy(means)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        embeddings = self._network.embedding(self._network.features(images))
        if self._space:
            projection, offset = self._space
            embeddings = functional.normalize(embeddings) @ projection + offset
        embeddings = self._metric.scaled_tensor(embeddings)
        squares = [vectors.square().sum(dim=1) / 2 for vectors in (embeddings, self._means)]
        return embeddings @ self._means.T + (1 - squares[0][:, None] - squares[1])


def _deciding(run: Run) -> nn.Module:
    """Network whose outputs are explained: logits or, with a gallery, similarities."""
    network = run.load_network()
    if not run.is_enrolled:
        return network
    gallery = run.gallery
    if not len(gallery):
        raise FacerecError(f"Nobody is enrolled in {run.name} yet.")
    means = matcher_of(gallery).means
    return _Similarities(network, gallery.metric, run.face_space(), means).eval()


def last_feature_maps(module: nn.Module, side: int = FACE_SIZE) -> nn.Module:
    """The last part of a network with convolutions whose feature maps are fine enough.

    ``side`` is the side of the network's input, in pixels.
    """
    done: list[nn.Module] = []

    def note(part: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        own = set(part.modules())
        if output.ndim != 4 or not any(isinstance(layer, nn.Conv2d) for layer in own):
            return
        if output.shape[-1] >= _FEWEST_FIELDS:
            done.append(part)
        else:
            # Parts inside it do not count: one may be a single branch of what it computes.
            done[:] = [earlier for earlier in done if earlier not in own]

    hooks = [part.register_forward_hook(note) for part in module.modules()]
    with torch.inference_mode():
        module(torch.zeros(1, 3, side, side))
    for hook in hooks:
        hook.remove()
    return done[-1]


def overlaid(face: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """A face in grey under its heat map.

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
