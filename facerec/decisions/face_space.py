"""Face space: embeddings after within-class covariance normalisation."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import scipy

from facerec.decisions.fitted import load_fitted, save_fitted
from facerec.networks.metric import of_length_one

# Cross-validation over people: all values from 0.03 to 0.2 reject strangers equally well.
_SHRINKAGE = 0.1
_NOTHING = 1e-9


@dataclass(frozen=True)
class FaceSpace:
    """An affine map of a network's embeddings that gives less weight to variation within a class.

    This is within-class covariance normalisation: Hatch, Kajarekar and Stolcke, Within-class
    Covariance Normalization for SVM-based Speaker Recognition, 2006. Faces are compared by the
    cosine similarity of their mapped embeddings.

    Parameters
    ----------
    projection : numpy.ndarray
        Linear part of the map: float32, shape (embedding, dimensions).
    offset : numpy.ndarray
        Constant part of the map: float32, shape (dimensions,).
    centres : numpy.ndarray
        Class means of the classes that the space was fitted to: float32, shape (classes,
        dimensions), each row of length 1.

    Raises
    ------
    ValueError
        If a value is not finite, or the shapes do not fit each other.
    """

    projection: np.ndarray
    offset: np.ndarray
    centres: np.ndarray

    def __post_init__(self) -> None:
        parts = (self.projection, self.offset, self.centres)
        if [part.ndim for part in parts] != [2, 1, 2] or len(
            {part.shape[-1] for part in parts}
        ) > 1:
            raise ValueError("the shapes of a face space do not fit each other")
        if not all(np.isfinite(part).all() for part in parts):
            raise ValueError("a face space has parts that are no numbers")

    @property
    def shape(self) -> tuple[int, int]:
        """Number of classes, and size of an embedding."""
        return len(self.centres), len(self.projection)

    def places(self, embeddings: np.ndarray) -> np.ndarray:
        """Embeddings mapped into the face space.

        Parameters
        ----------
        embeddings : numpy.ndarray
            Float32, shape (faces, embedding).

        Returns
        -------
        numpy.ndarray
            Float32, shape (faces, dimensions), each row of length 1.
        """
        return of_length_one(embeddings @ self.projection + self.offset)

    def similarities(self, embeddings: np.ndarray) -> np.ndarray:
        """Cosine similarity of each face to each class mean.

        Parameters
        ----------
        embeddings : numpy.ndarray
            Float32, shape (faces, embedding).

        Returns
        -------
        numpy.ndarray
            Float32, shape (faces, classes), -1 to 1.
        """
        return self.places(embeddings) @ self.centres.T

    def save(self, path: Path, weights_hash: str) -> None:
        """Write it to a file in one step.

        ``weights_hash`` is the hash of the weights that it was fitted with.
        """
        save_fitted(path, asdict(self), weights_hash)


def load_face_space(path: Path) -> tuple[FaceSpace, str]:
    """The face space in a file, and the hash of its weights: see ``load_fitted``."""
    return load_fitted(path, _face_space)


def _face_space(arrays: Mapping[str, np.ndarray]) -> FaceSpace:
    return FaceSpace(**{name: arrays[name] for name in FaceSpace.__annotations__})


def fit_face_space(embeddings: np.ndarray, labels: np.ndarray) -> FaceSpace | None:
    """Fit a face space, in which the shrunk within-class covariance of these faces is the identity.

    Parameters
    ----------
    embeddings : numpy.ndarray
        Float32, shape (faces, embedding).
    labels : numpy.ndarray
        Class of each face: int, shape (faces,). Classes count from 0, and each occurs.

    Returns
    -------
    FaceSpace or None
        None if all faces of each class have the same embedding, since their covariance is then 0.
    """
    # scikit-learn takes a second to import, which no page that fits nothing spends.
    from sklearn.covariance import shrunk_covariance
    from sklearn.decomposition import PCA

    within = embeddings - class_means(embeddings, labels)[labels]
    if np.var(within) <= _NOTHING * np.var(embeddings):
        return None
    found = PCA(random_state=0).fit(embeddings)
    varying = found.explained_variance_ > _NOTHING * found.explained_variance_[0]
    components = found.components_[varying].T
    within = within @ components
    covariance = shrunk_covariance(within.T @ within / len(within), shrinkage=_SHRINKAGE)
    variances, directions = scipy.linalg.eigh(covariance)
    projection = components @ (directions / np.sqrt(variances))
    offset = -found.mean_ @ projection
    places = of_length_one(embeddings @ projection + offset)
    centres = of_length_one(class_means(places, labels))
    return FaceSpace(*(part.astype(np.float32) for part in (projection, offset, centres)))


def class_means(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Class means, shape (classes, ...), of values, shape (faces, ...).

    ``labels`` holds the class of each face, from 0.
    """
    return np.stack([values[labels == label].mean(axis=0) for label in np.unique(labels)])
