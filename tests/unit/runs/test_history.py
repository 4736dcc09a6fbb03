import json
from pathlib import Path

import pytest

from facerec.errors import FacerecError
from facerec.runs.history import (
    BatchLosses,
    best_record,
    exhausted,
    kept_record,
    read_batch_losses,
    read_history,
)


def history(*merits: tuple[float, float]) -> list[dict[str, float]]:
    return [
        {"epoch": epoch, "validation_macro_f1": score, "validation_loss": loss}
        for epoch, (score, loss) in enumerate(merits, start=1)
    ]


@pytest.mark.parametrize(
    ("merits", "epoch"),
    [
        ([(0.5, 1.0)], 1),
        ([(0.5, 1.0), (0.7, 2.0), (0.6, 0.1)], 2),
        ([(0.5, 1.0), (0.5, 0.8), (0.5, 0.9)], 2),
        ([(0.5, 1.0), (0.5, 1.0)], 1),
    ],
    ids=["one", "highest score", "lowest loss among equals", "the earlier of equals"],
)
def test_the_best_epoch(merits: list[tuple[float, float]], epoch: int) -> None:
    records = history(*merits)
    assert best_record(records)["epoch"] == epoch
    assert kept_record(records, "best")["epoch"] == epoch
    assert kept_record(records, "last")["epoch"] == len(merits)


def test_patience_ends_when_so_many_epochs_were_no_better() -> None:
    records = history((0.5, 1.0), (0.6, 1.0), (0.6, 1.0), (0.4, 1.0))
    assert [exhausted(records[:count], 2) for count in range(5)] == [False] * 4 + [True]
    assert not exhausted(records, 3) and not exhausted(records, 0) and not exhausted([], 1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "batch_losses.csv"


def read(file: Path) -> list[tuple]:
    return list(read_batch_losses(file).itertuples(index=False, name=None))


def test_losses_come_back_as_they_were(file: Path) -> None:
    assert read(file) == []
    losses = BatchLosses(file)
    losses.cut(1, 1)
    assert read(file) == []
    losses.add(1, 1, 1.9459101, 1e-4)
    losses.add(1, 2, 1.5, 0.00013)
    assert read(file) == [(1, 1, 1.94591, 1e-4), (1, 2, 1.5, 0.00013)]


def test_resuming_cuts_what_will_be_trained_again(file: Path) -> None:
    losses = BatchLosses(file)
    losses.cut(1, 1)
    for epoch in (1, 2):
        for batch in (1, 2, 3):
            losses.add(epoch, batch, 1.0, 0.1)
    again = BatchLosses(file)
    again.cut(2, 2)
    assert [row[:2] for row in read(file)] == [(1, 1), (1, 2), (1, 3), (2, 1)]
    again.add(2, 2, 0.5, 0.1)
    assert read(file)[-1] == (2, 2, 0.5, 0.1)


@pytest.mark.parametrize("rest", ["2,", "2,1,0.4", "2,1,0.4,0.1,7\n", "what\n"])
def test_a_line_that_was_cut_off_is_left_out(file: Path, rest: str) -> None:
    losses = BatchLosses(file)
    losses.cut(1, 1)
    losses.add(1, 1, 1.0, 0.1)
    with file.open("a") as output:
        output.write(rest)
    assert read(file)[:1] == [(1, 1, 1.0, 0.1)] and len(read(file)) == 1


def test_a_loss_is_in_the_file_as_soon_as_it_is_added(file: Path) -> None:
    losses = BatchLosses(file)
    losses.cut(1, 1)
    losses.add(1, 1, 1.0, 0.1)
    assert read(file) == [(1, 1, 1.0, 0.1)]


@pytest.mark.parametrize(
    "line", ["", "{", "5", "[]", "[" * 3000, '{"epoch": 1}', '{"epoch": "1"}', "{}"]
)
def test_a_line_that_is_no_epoch_is_named(tmp_path: Path, line: str) -> None:
    whole = {"epoch": 1} | {
        f"{part}_{name}": 0.5
        for part in ("train", "validation")
        for name in ("loss", "accuracy", "macro_f1")
    }
    file = tmp_path / "history.jsonl"
    file.write_text(f"{json.dumps(whole)}\n{line}\n")
    with pytest.raises(FacerecError, match="Line 2 of .*history.jsonl is damaged"):
        read_history(file)
    file.write_text(f"{json.dumps(whole)}\n")
    assert read_history(file) == [whole]
