"""Maps of embeddings: faces as points on a plane, by PCA or t-SNE."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from facerec.datasets.folder import UNKNOWN
from facerec.errors import FacerecError
from facerec.networks.metric import similarities

MOST_FACES = 600
FEWEST_FACES = 3
UNKNOWN_COLOR, STRANGER_COLOR = "#7b8794", "#64748b"
# The colours can be told apart from the back of a classroom. They repeat after twelve people.
_COLORS = (
    "#2563eb", "#d97706", "#16a34a", "#c026d3", "#0891b2", "#dc2626",
    "#7c3aed", "#65a30d", "#be185d", "#0f766e", "#92400e", "#475bd8",
)  # fmt: skip
_NEIGHBOURS = 5
_PERPLEXITY = 30
_SEED = 0
_NOTHING = 1e-6


class EmbeddingMap(Protocol):
    """A map from embeddings to places on a plane.

    Parameters
    ----------
    places : numpy.ndarray
        Places of the faces that the map was made from: float32, shape (faces, 2).
    """

    places: np.ndarray

    def place(self, embeddings: np.ndarray) -> np.ndarray:
        """Places of further faces.

        Parameters
        ----------
        embeddings : numpy.ndarray
            Float32, shape (faces, dimensions), as the network's metric compares them.

        Returns
        -------
        numpy.ndarray
            Float32, shape (faces, 2).
        """
        ...


class PCAMap:
    """Principal component analysis: the two directions with the most variance.

    Every face has an exact place, also a further face.

    Pearson, On lines and planes of closest fit to systems of points in space, 1901.

    Parameters
    ----------
    embeddings : numpy.ndarray
        Float32, shape (faces, dimensions), as the network's metric compares them.

    Raises
    ------
    FacerecError
        If there are less than ``FEWEST_FACES``, or all have the same embedding.
    """

    def __init__(self, embeddings: np.ndarray) -> None:
        _need_different(embeddings)
        self._directions = PCA(n_components=min(2, embeddings.shape[1]), svd_solver="full")
        self._directions.fit(embeddings)
        self.places = self.place(embeddings)

    @property
    def shown(self) -> float:
        """Share of the variance of the embeddings that the plane shows, 0 to 1."""
        return float(np.nan_to_num(self._directions.explained_variance_ratio_).sum())

    def place(self, embeddings: np.ndarray) -> np.ndarray:
        """As ``EmbeddingMap.place``: exact."""
        places = np.zeros((len(embeddings), 2), np.float32)
        found = self._directions.transform(embeddings)
        places[:, : found.shape[1]] = found
        return places


class TSNEMap:
    """t-SNE: neighbours stay neighbours, but distances between clusters mean little.

    t-SNE has no place for a further face. Such a face gets the mean of the places of its nearest
    known faces, weighted by their similarity.

    Van der Maaten and Hinton, Visualizing Data using t-SNE, 2008.

    Parameters, Raises
        As ``PCAMap``.
    """

    def __init__(self, embeddings: np.ndarray) -> None:
        _need_different(embeddings)
        self._embeddings = embeddings
        method = TSNE(
            perplexity=min(_PERPLEXITY, (len(embeddings) - 1) / 3),
            init="pca" if embeddings.shape[1] > 1 else "random",
            random_state=_SEED,
        )
        # On busy cores, several threads take ten times as long, since they wait for each other.
        with threadpool_limits(1):
            self.places: np.ndarray = method.fit_transform(embeddings)

    def place(self, embeddings: np.ndarray) -> np.ndarray:
        """As ``EmbeddingMap.place``: the weighted mean of the places of the five nearest faces."""
        found = similarities(embeddings, self._embeddings)
        nearest = np.argsort(-found, axis=1)[:, :_NEIGHBOURS]
        # Weights stay positive also for a face that is similar to nobody.
        weights = np.maximum(np.take_along_axis(found, nearest, axis=1), 1e-6)
        weights /= weights.sum(axis=1, keepdims=True)
        return np.einsum("fn,fnd->fd", weights, self.places[nearest])


@dataclass(frozen=True)
class Method:
    """A kind of map.

    Parameters
    ----------
    title, description : str
        Name and explanation on pages.
    to_scale : bool
        Whether both axes have the same scale, so that the plane must not be stretched.
    make : callable
        Makes the map from embeddings.
    """

    title: str
    description: str
    to_scale: bool
    make: Callable[[np.ndarray], EmbeddingMap]


METHODS = {
    "tsne": Method(
        "t-SNE",
        "Keeps neighbours together: the groups are seen best, but how far two groups lie from each "
        "other means little.",
        False,
        TSNEMap,
    ),
    "pca": Method(
        "PCA",
        "Looks at the faces from the side from which they differ most, like the shadow of a cloud "
        "of points: it is to scale, but faces that differ in other directions fall on each other.",
        True,
        PCAMap,
    ),
}


def class_colors(classes: Sequence[str]) -> dict[str, str]:
    """Colour of each class as ``#rrggbb``, by the order of the classes; ``Unknown`` is grey."""
    people = [name for name in classes if name != UNKNOWN]
    colors = {name: _COLORS[place % len(_COLORS)] for place, name in enumerate(people)}
    return {name: colors.get(name, UNKNOWN_COLOR) for name in classes}


def middle(places: np.ndarray) -> np.ndarray:
    """Median of places, float32 (faces, 2), which a few outliers do not move."""
    return np.median(places, axis=0)


def _need_different(embeddings: np.ndarray) -> None:
    if len(embeddings) < FEWEST_FACES:
        raise FacerecError(
            f"A map wants at least {FEWEST_FACES} faces, and there "
            f"{'is' if len(embeddings) == 1 else 'are'} {len(embeddings)}: add more."
        )
    # "not >" also catches NaN, on which scikit-learn's t-SNE crashes.
    if not np.ptp(embeddings, axis=0).max() > _NOTHING:
        raise FacerecError(
            "There is no map: the network sees no difference between these faces. Train it "
            "longer, or with a lower learning rate."
        )
