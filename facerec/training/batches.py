"""Batches of decoded faces, augmented and shuffled reproducibly."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from accelerate import Accelerator

from facerec.augmentation.recipe import Augmentation
from facerec.datasets.decoded import decoded_faces
from facerec.datasets.folder import FaceFile, FaceFolder
from facerec.faces.preprocessing import FACE_SIZE
from facerec.runs.held_out import split_of
from facerec.runs.run import Run
from facerec.training.events import Decoding, Event
from facerec.training.spoiling import Spoiling, with_wrong_labels


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
    others : int
        Number of strangers' images, which follow those with labels in ``rows`` and ``images``.
    draw : int or None
        Number of the version in which the images come, which comes again in other epochs: 0 without
        augmentation. None if this epoch has its own. Images of known versions have no pixels.
    """

    rows: list[int]
    images: torch.Tensor
    labels: torch.Tensor
    size: int
    counts: bool = True
    others: int = 0
    draw: int | None = None


def nothing_known(row: int, draw: int) -> bool:
    """Whether a row's version is known already: none is."""
    return False


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
    side_in : callable, optional
        Gives the side of the images in an epoch, by its number: where it is smaller, they are
        shrunk before augmentation.
    others : numpy.ndarray, optional
        Strangers' images, RGB uint8, shape (images, 224, 224, 3). Each image of an epoch comes with
        a random one of them.
    begin_with : callable
        What is done before augmentation to an image, which is given with its row.
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
        side_in: Callable[[int], int] | None = None,
        others: np.ndarray | None = None,
        begin_with: Callable[[np.ndarray, int], np.ndarray] = lambda face, row: face,
    ) -> None:
        self._begin_with = begin_with
        self._pixels = pixels
        self._others = others
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
        self._side_in = side_in or (lambda epoch: side)

    def __len__(self) -> int:
        return -(-len(self._rows) // self._batch_size)

    @property
    def images(self) -> int:
        """Number of images of an epoch, in all processes."""
        return len(self._rows)

    def epoch(
        self,
        number: int = 0,
        skip: int = 0,
        draws: int = 0,
        is_known: Callable[[int, int], bool] = nothing_known,
    ) -> Iterator[Batch]:
        """The batches of epoch ``number``, without the first ``skip``.

        Parameters
        ----------
        number, skip : int
        draws : int
            Number of augmented versions of each image, which take turns; 0 makes a new one in each
            epoch.
        is_known : callable
            Whether a row's version, given by its number, needs no pixels any more.
        """
        draw, side = 0, self._side_in(number)
        if side != self._side:
            # What a network makes of shrunk images is none of the versions that come again.
            draw = None
        elif self._augmentation.active():
            draw = (number - 1) % draws + 1 if draws else None
        places = np.arange(len(self._rows))
        if self._seed is not None:
            places = np.random.default_rng((self._seed, number)).permutation(places)
        partners = np.empty(0, int)
        if self._others is not None:
            generator = np.random.default_rng((self._seed or 0, number, len(self._others)))
            partners = generator.integers(len(self._others), size=len(places))
        following: tuple[Batch, list[Future]] | None = None
        for start in range(skip * self._batch_size, len(places), self._batch_size):
            current, following = (
                following,
                self._begin(
                    number,
                    side,
                    draw,
                    is_known,
                    places[start : start + self._batch_size],
                    partners[start : start + self._batch_size],
                ),
            )
            if current:
                yield _ready(*current)
        if following:
            yield _ready(*following)

    def _begin(
        self,
        epoch: int,
        side: int,
        draw: int | None,
        is_known: Callable[[int, int], bool],
        places: np.ndarray,
        partners: np.ndarray,
    ) -> tuple[Batch, list[Future]]:
        own = places[self._process :: self._processes]
        others = partners[self._process :: self._processes] + len(self._pixels)
        counts = len(own) > 0
        if not counts:
            own = places[:1]
        rows = self._rows[own].tolist() + others.tolist()
        pixels = np.empty((len(rows), side, side, 3), np.uint8)
        version = epoch if draw is None else draw

        def make(index: int) -> None:
            face = self._begin_with(self._image(rows[index]), rows[index])
            if side != self._side:
                face = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
            face = self._augmentation.apply(face, (self._seed or 0, version, rows[index]))
            pixels[index] = self._arrange(face)

        pending = [
            self._pool.submit(make, index)
            for index, row in enumerate(rows)
            if draw is None or not is_known(row, draw)
        ]
        images = torch.from_numpy(pixels).permute(0, 3, 1, 2)
        labels = torch.from_numpy(self._labels[own])
        return Batch(rows, images, labels, len(places), counts, len(others), draw), pending

    def _image(self, row: int) -> np.ndarray:
        """An image of the data set, or of ``others``, whose rows follow."""
        if self._others is None or row < len(self._pixels):
            return self._pixels[row]
        return self._others[row - len(self._pixels)]


def _ready(batch: Batch, pending: list[Future]) -> Batch:
    for future in pending:
        future.result()
    return batch


def prepared_batches(
    run: Run, pool: Executor, accelerator: Accelerator, report: Callable[[Event], None]
) -> tuple[FaceBatches, FaceBatches, list[int]]:
    """A run's training and validation batches, and the labels of the training images.

    Raises
    ------
    FacerecError
        As ``split_of``, or if an image cannot be read.
    """
    config, classes = run.config, run.info.classes
    training, validation = split_of(run)
    folder = FaceFolder.open(config.dataset)
    pixels = decoded_faces(
        folder, run.info.dataset_hash, lambda done, total: report(Decoding(done, total))
    )
    rows = {face.key: row for row, face in enumerate(folder.face_files())}
    labels = [classes.index(face.class_name) for face in training]
    learned_labels = with_wrong_labels(labels, len(classes), config.wrong_labels, config.seed)
    network = config.entry
    arrange = network.arranger()
    spoil = Spoiling(
        [rows[face.key] for face in training], config.blurred, config.dark, config.seed
    )
    # A face is aligned after augmentation, which moves its eyes; it is shrunk before, since small
    # images take less time.
    shrinks = network.mean_face is None

    def begin_with(face: np.ndarray, row: int) -> np.ndarray:
        return arrange(spoil(face, row)) if shrinks else spoil(face, row)

    def batches(faces: list[FaceFile], labels: Sequence[int], **more: Any) -> FaceBatches:
        return FaceBatches(
            pixels,
            [rows[face.key] for face in faces],
            labels,
            config.batch_size,
            pool,
            process=accelerator.process_index,
            processes=accelerator.num_processes,
            arrange=(lambda face: face) if shrinks else arrange,
            side=network.arranged_size,
            **more,
        )

    others = None
    if config.strangers:
        strangers = FaceFolder.open(config.strangers)
        others = decoded_faces(
            strangers,
            strangers.content_hash(),
            lambda done, total: report(Decoding(done, total)),
        )
    learned = batches(
        training,
        learned_labels,
        augmentation=config.augmentation.scaled(config.augmentation_strength),
        shuffle_seed=config.seed,
        others=others,
        begin_with=begin_with,
        side_in=config.side_in if config.grows else None,
    )
    right = [classes.index(face.class_name) for face in validation]
    unchanged = batches(
        validation, right, begin_with=lambda face, row: arrange(face) if shrinks else face
    )
    return learned, unchanged, learned_labels
