"""Batches of decoded faces, augmented and shuffled reproducibly."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass

import numpy as np
import torch

from facerec.augmentation import Augmentation
from facerec.preprocessing import FACE_SIZE


@dataclass(frozen=True)
class Batch:
    """This process's part of a batch.

    Parameters
    ----------
    rows : list of int
        Rows of the images in the data set.
    images : torch.Tensor
        RGB uint8, shape (images, 3, side, side), in channels-last memory format.
    labels : torch.Tensor
        Int64, shape (images,): indices of classes.
    size : int
        Number of images of the batch in all processes.
    counts : bool
        Whether the images count in loss and metrics. A batch may have fewer images than there are
        processes; a process without a share then gets one image that does not count.
    """

    rows: list[int]
    images: torch.Tensor
    labels: torch.Tensor
    size: int
    counts: bool = True


class FaceBatches:
    """Images of a data set in batches.

    Order and augmentation depend on seed, epoch and image alone. The number of processes or
    threads and an interruption do not change them.

    Parameters
    ----------
    pixels : numpy.ndarray
        RGB uint8, shape (images of the data set, 224, 224, 3).
    rows : sequence of int
        Rows of the images to use.
    labels : sequence of int
        Indices of classes, one for each of these rows.
    batch_size : int
        Number of images of a batch in all processes.
    pool : concurrent.futures.Executor
        Threads that prepare the next batch while the network works on this one.
    augmentation : Augmentation
        By default one that changes nothing.
    shuffle_seed : int, optional
        With it, each epoch has another order; without it, the order is that of ``rows``.
    process, processes : int
        This process's number, from 0, and the number of processes that share each batch.
    arrange : callable
        The last step for each image: RGB uint8 (224, 224, 3) to (side, side, 3).
    side : int
        Side of the arranged images, in pixels.
    """

    def __init__(
        self,
        pixels: np.ndarray,
        rows: Sequence[int],
        labels: Sequence[int],
        batch_size: int,
        pool: Executor,
        augmentation: Augmentation = Augmentation(),
        shuffle_seed: int | None = None,
        process: int = 0,
        processes: int = 1,
        arrange: Callable[[np.ndarray], np.ndarray] = lambda face: face,
        side: int = FACE_SIZE,
    ) -> None:
        self._pixels = pixels
        self._rows = np.array(rows)
        self._labels = np.array(labels)
        self._batch_size = batch_size
        self._pool = pool
        self._augmentation = augmentation
        self._seed = shuffle_seed
        self._process = process
        self._processes = processes
        self._arrange = arrange
        self._side = side

    def __len__(self) -> int:
        return -(-len(self._rows) // self._batch_size)

    @property
    def images(self) -> int:
        """Number of images of an epoch, in all processes."""
        return len(self._rows)

    def epoch(self, number: int = 0, skip: int = 0) -> Iterator[Batch]:
        """The batches of epoch ``number``, without the first ``skip``."""
        places = np.arange(len(self._rows))
        if self._seed is not None:
            places = np.random.default_rng((self._seed, number)).permutation(places)
        following: tuple[Batch, list[Future]] | None = None
        for start in range(skip * self._batch_size, len(places), self._batch_size):
            current, following = (
                following,
                self._begin(number, places[start : start + self._batch_size]),
            )
            if current:
                yield _ready(*current)
        if following:
            yield _ready(*following)

    def _begin(self, epoch: int, places: np.ndarray) -> tuple[Batch, list[Future]]:
        own = places[self._process :: self._processes]
        counts = len(own) > 0
        if not counts:
            own = places[:1]
        rows = self._rows[own].tolist()
        pixels = np.empty((len(rows), self._side, self._side, 3), np.uint8)

        def draw(index: int) -> None:
            face = self._augmentation.apply(
                self._pixels[rows[index]], (self._seed or 0, epoch, rows[index])
            )
            pixels[index] = self._arrange(face)

        pending = [self._pool.submit(draw, index) for index in range(len(rows))]
        images = torch.from_numpy(pixels).permute(0, 3, 1, 2)
        labels = torch.from_numpy(self._labels[own])
        return Batch(rows, images, labels, len(places), counts), pending


def _ready(batch: Batch, pending: list[Future]) -> Batch:
    for future in pending:
        future.result()
    return batch
