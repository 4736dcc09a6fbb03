from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np
import pytest
import torch

from facerec.augmentation.recipe import PRESETS, Augmentation
from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.runs import creating
from facerec.training.batches import Batch, FaceBatches
from facerec.training.loop import train
from tests.examples import COLORS, noisy_color, tiny_config

PIXELS = np.stack([noisy_color(COLORS["Ada"], seed) for seed in range(10)])
ROWS, LABELS = [9, 2, 4, 7, 0, 5, 6], [0, 1, 2, 0, 1, 2, 0]


@pytest.fixture(params=[1, 3], ids=["1 thread", "3 threads"])
def pool(request: pytest.FixtureRequest) -> Iterator[Executor]:
    with ThreadPoolExecutor(request.param) as pool:
        yield pool


def rows(batches: list[Batch]) -> list[list[int]]:
    return [batch.rows for batch in batches]


def test_without_a_seed_images_come_as_they_are_and_in_order(pool: Executor) -> None:
    batches = FaceBatches(PIXELS, ROWS, LABELS, 3, pool)
    found = list(batches.epoch())
    assert len(batches) == len(found) == 3 and batches.images == 7
    assert rows(found) == [[9, 2, 4], [7, 0, 5], [6]]
    assert [batch.labels.tolist() for batch in found] == [[0, 1, 2], [0, 1, 2], [0]]
    assert [batch.size for batch in found] == [3, 3, 1]
    for batch in found:
        assert batch.images.dtype == torch.uint8
        assert batch.images.is_contiguous(memory_format=torch.channels_last)
        np.testing.assert_array_equal(batch.images.permute(0, 2, 3, 1), PIXELS[batch.rows])


def test_each_epoch_has_its_order_and_its_draws(pool: Executor) -> None:
    batches = FaceBatches(PIXELS, ROWS, LABELS, 3, pool, PRESETS["Webcam"], shuffle_seed=5)
    first, again, second = (list(batches.epoch(number)) for number in (1, 1, 2))
    assert sorted(sum(rows(first), [])) == sorted(ROWS)
    assert rows(first) == rows(again) != rows(second)
    for one, other in zip(first, again, strict=True):
        torch.testing.assert_close(one.images, other.images)
    draws = [
        {row: image for batch in epoch for row, image in zip(batch.rows, batch.images, strict=True)}
        for epoch in (first, second)
    ]
    assert all(torch.any(draws[0][row] != draws[1][row]) for row in ROWS)


def test_so_many_versions_take_turns(pool: Executor) -> None:
    batches = FaceBatches(PIXELS, ROWS, LABELS, 3, pool, PRESETS["Webcam"], shuffle_seed=5)

    def versions(epoch: int, draws: int) -> dict[int, torch.Tensor]:
        found = list(batches.epoch(epoch, draws=draws))
        assert {batch.draw for batch in found} == {(epoch - 1) % draws + 1 if draws else None}
        return {
            row: image for one in found for row, image in zip(one.rows, one.images, strict=True)
        }

    first, second, third = (versions(epoch, 2) for epoch in (1, 2, 3))
    anew = versions(1, 0)
    for row in ROWS:
        assert torch.equal(first[row], third[row]) and torch.equal(first[row], anew[row])
        assert not torch.equal(first[row], second[row])


def test_faces_grow_from_epoch_to_epoch(pool: Executor) -> None:
    sides = {1: 56, 2: 224}
    batches = FaceBatches(
        PIXELS, ROWS, LABELS, 3, pool, PRESETS["Webcam"], shuffle_seed=5, side_in=sides.__getitem__
    )
    for epoch, side in sides.items():
        found = list(batches.epoch(epoch, draws=2))
        assert {one.images.shape[1:] for one in found} == {(3, side, side)}
        # Small faces are no version that comes again.
        assert {one.draw for one in found} == {None if side == 56 else 2}


def test_known_versions_are_not_made_again(pool: Executor, monkeypatch) -> None:
    batches = FaceBatches(PIXELS, ROWS, LABELS, 3, pool, PRESETS["Webcam"], shuffle_seed=5)
    made = []
    monkeypatch.setattr(batches, "_arrange", lambda face: made.append(1) or face)
    list(batches.epoch(1, draws=2, is_known=lambda row, draw: row != 9))
    assert len(made) == 1
    list(batches.epoch(1, is_known=lambda row, draw: True))
    assert len(made) == 1 + len(ROWS), "new versions are never known"


def test_labels_stay_with_their_images(pool: Executor) -> None:
    batches = FaceBatches(PIXELS, ROWS, LABELS, 2, pool, shuffle_seed=1)
    for batch in batches.epoch(1):
        assert batch.labels.tolist() == [LABELS[ROWS.index(row)] for row in batch.rows]


def test_an_epoch_can_be_gone_on_with(pool: Executor) -> None:
    batches = FaceBatches(PIXELS, ROWS, LABELS, 3, pool, shuffle_seed=1)
    assert rows(list(batches.epoch(4, skip=1))) == rows(list(batches.epoch(4)))[1:]
    assert list(batches.epoch(4, skip=3)) == []


@pytest.mark.parametrize("processes", [2, 3])
def test_several_processes_share_each_batch(pool: Executor, processes: int) -> None:
    recipe = Augmentation(brightness=0.5)
    alone = list(FaceBatches(PIXELS, ROWS, LABELS, 3, pool, recipe, shuffle_seed=1).epoch(1))
    parts = [
        list(
            FaceBatches(
                PIXELS, ROWS, LABELS, 3, pool, recipe, 1, process=process, processes=processes
            ).epoch(1)
        )
        for process in range(processes)
    ]
    for number, whole in enumerate(alone):
        shared = [part[number] for part in parts]
        own = [batch for batch in shared if batch.counts]
        assert sorted(sum(rows(own), [])) == sorted(whole.rows)
        assert {batch.size for batch in shared} == {whole.size}
        drawn = dict(zip(whole.rows, whole.images, strict=True))
        for batch in shared:
            assert len(batch.rows) >= 1, "with nothing to do, a process would hold up the others"
            for row, image in zip(batch.rows, batch.images, strict=True):
                torch.testing.assert_close(image, drawn[row])
    # The last batch has one image only.
    assert [batch.counts for batch in (part[-1] for part in parts)] == [True] + [False] * (
        processes - 1
    )


def test_an_image_that_cannot_be_drawn_is_told_of(pool: Executor) -> None:
    batches = FaceBatches(PIXELS, [3, 42], [0, 0], 2, pool)
    with pytest.raises(IndexError):
        list(batches.epoch())


def test_an_unreadable_image_is_named(small_dataset: FaceFolder) -> None:
    (small_dataset.path / "Ada" / "session0_0000.jpg").write_bytes(b"broken")
    run = creating.create("unreadable", tiny_config())
    with pytest.raises(FacerecError, match="session0_0000.jpg cannot be read"):
        train(run)
    assert not run.trained and run.history() == []


OTHERS = np.random.default_rng(9).integers(0, 256, (5, 224, 224, 3), np.uint8)


def test_each_image_comes_with_a_stranger_s(pool: Executor) -> None:
    batches = FaceBatches(PIXELS, ROWS, LABELS, 3, pool, shuffle_seed=1, others=OTHERS)
    plain = FaceBatches(PIXELS, ROWS, LABELS, 3, pool, shuffle_seed=1)
    first, second = list(batches.epoch(1)), list(batches.epoch(2))
    for batch, alone in zip(first, plain.epoch(1), strict=True):
        count = len(batch.labels)
        assert batch.others == count == len(alone.rows) and batch.size == alone.size
        assert batch.rows[:count] == alone.rows
        assert torch.equal(batch.images[:count], alone.images)
        for row, image in zip(batch.rows[count:], batch.images[count:], strict=True):
            expected = OTHERS[row - len(PIXELS)]
            np.testing.assert_array_equal(image.permute(1, 2, 0).numpy(), expected)
    drawn = [[row for batch in epoch for row in batch.rows[len(batch.labels) :]] for epoch in
             (first, second, list(batches.epoch(1)))]  # fmt: skip
    assert drawn[0] == drawn[2] != drawn[1]


def test_processes_share_the_strangers_of_a_batch(pool: Executor) -> None:
    def strangers(process: int, processes: int) -> list[list[int]]:
        parts = FaceBatches(
            PIXELS, ROWS, LABELS, 3, pool, shuffle_seed=1, process=process, processes=processes,
            others=OTHERS,
        )  # fmt: skip
        return [batch.rows[len(batch.labels) :] for batch in parts.epoch(1, skip=1)]

    together = zip(strangers(0, 1), strangers(0, 2), strangers(1, 2), strict=True)
    for every, even, odd in together:
        assert every[::2] == even and every[1::2] == odd


def test_images_are_begun_with_what_is_asked(pool) -> None:
    rows = []

    def half(face, row):
        rows.append(row)
        return face[::2, ::2]

    batches = FaceBatches(PIXELS, ROWS, LABELS, 3, pool, side=112, begin_with=half)
    for batch in batches.epoch():
        wanted = PIXELS[batch.rows][:, ::2, ::2]
        assert np.array_equal(batch.images.permute(0, 2, 3, 1).numpy(), wanted)
    assert sorted(rows) == sorted(ROWS)
