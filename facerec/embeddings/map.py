"""Faces as points on a plane: those that a network finds alike lie near each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from facerec.datasets.folder import UNKNOWN
from facerec.errors import FacerecError

MOST_FACES = 600
FEWEST_FACES = 3
UNKNOWN_COLOR, STRANGER_COLOR = "#7b8794", "#64748b"
# To be told apart from the back of a classroom; after twelve people they begin anew.
_COLORS = (
    "#2563eb", "#d97706", "#16a34a", "#c026d3", "#0891b2", "#dc2626",
    "#7c3aed", "#65a30d", "#be185d", "#0f766e", "#92400e", "#475bd8",
)  # fmt: skip
_NEIGHBOURS = 5
_PERPLEXITY = 30
_SEED = 0
_NOTHING = 1e-6


class EmbeddingMap(Protocol):
    """Where known faces lie on the plane, and where others would.

    Parameters
    ----------
    places : numpy.ndarray
        Float32, shape (faces, 2): of those that the map was made of.
    """

    places: np.ndarray

    def place(self, embeddings: np.ndarray) -> np.ndarray:
        """Where further faces lie.

        Parameters
        ----------
        embeddings : numpy.ndarray
            Float32, shape (faces, dimensions), each row of length 1.

        Returns
        -------
        numpy.ndarray
            Float32, shape (faces, 2).
        """
        ...


class PCAMap:
    """The two directions in which the faces differ most (principal component analysis).

    Every face has its exact place there, also one that comes later.

    Pearson, On lines and planes of closest fit to systems of points in space, 1901.

    Parameters
    ----------
    embeddings : numpy.ndarray
        Float32, shape (faces, dimensions), each row of length 1.

    Raises
    ------
    FacerecError
        If there are less than ``FEWEST_FACES``, or all are the same to the network.
    """

    def __init__(self, embeddings: np.ndarray) -> None:
        _need_different(embeddings)
        self._directions = PCA(n_components=min(2, embeddings.shape[1]), svd_solver="full")
        self._directions.fit(embeddings)
        self.places = self.place(embeddings)

    @property
    def shown(self) -> float:
        """The share of all differences between the faces (variance) that the plane shows."""
        return float(np.nan_to_num(self._directions.explained_variance_ratio_).sum())

    def place(self, embeddings: np.ndarray) -> np.ndarray:
        """As ``EmbeddingMap.place``: exact."""
        places = np.zeros((len(embeddings), 2), np.float32)
        found = self._directions.transform(embeddings)
        places[:, : found.shape[1]] = found
        return places


class TSNEMap:
    """Neighbours stay neighbours (t-SNE); how far clusters lie from each other means little.

    It cannot place a face that comes later: such a one is put among the known faces that it is
    most like, at the mean of their places weighted by similarity.

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
        # On busy cores, threads wait for each other ten times longer than one of them computes.
        with threadpool_limits(1):
            self.places: np.ndarray = method.fit_transform(embeddings)

    def place(self, embeddings: np.ndarray) -> np.ndarray:
        """As ``EmbeddingMap.place``: among the five faces that each is most like."""
        similarities = embeddings @ self._embeddings.T
        nearest = np.argsort(-similarities, axis=1)[:, :_NEIGHBOURS]
        # Never nothing, also for a face that is like nobody.
        weights = np.maximum(np.take_along_axis(similarities, nearest, axis=1), 1e-6)
        weights /= weights.sum(axis=1, keepdims=True)
        return np.einsum("fn,fnd->fd", weights, self.places[nearest])


@dataclass(frozen=True)
class Method:
    """A way to make a map.

    Parameters
    ----------
    title, description : str
        For people.
    to_scale : bool
        Whether distances mean something, so that the plane must not be stretched.
    make : callable
        From embeddings to the map.
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
    """A colour for each class, as ``#rrggbb``, by its place among them; ``Unknown`` is grey."""
    people = [name for name in classes if name != UNKNOWN]
    colors = {name: _COLORS[place % len(_COLORS)] for place, name in enumerate(people)}
    return {name: colors.get(name, UNKNOWN_COLOR) for name in classes}


def middle(places: np.ndarray) -> np.ndarray:
    """The middle of some faces' places, float32 (faces, 2), which few far away do not move."""
    return np.median(places, axis=0)


def _need_different(embeddings: np.ndarray) -> None:
    if len(embeddings) < FEWEST_FACES:
        raise FacerecError(
            f"A map wants at least {FEWEST_FACES} faces, and there "
            f"{'is' if len(embeddings) == 1 else 'are'} {len(embeddings)}: add more."
        )
    # Written so that it holds for what is no number, too: scikit-learn's t-SNE crashes on that.
    if not np.ptp(embeddings, axis=0).max() > _NOTHING:
        raise FacerecError(
            "There is no map: the network sees no difference between these faces. Train it "
            "longer, or with a lower learning rate."
        )
