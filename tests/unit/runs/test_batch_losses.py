from pathlib import Path

import pytest

from facerec.runs import history as batch_losses
from facerec.runs.history import BatchLosses, read_batch_losses


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
    losses.flush()
    assert read(file) == [(1, 1, 1.94591, 1e-4), (1, 2, 1.5, 0.00013)]


def test_resuming_cuts_what_will_be_trained_again(file: Path) -> None:
    losses = BatchLosses(file)
    losses.cut(1, 1)
    for epoch in (1, 2):
        for batch in (1, 2, 3):
            losses.add(epoch, batch, 1.0, 0.1)
    losses.flush()
    again = BatchLosses(file)
    again.cut(2, 2)
    assert [row[:2] for row in read(file)] == [(1, 1), (1, 2), (1, 3), (2, 1)]
    again.add(2, 2, 0.5, 0.1)
    again.flush()
    assert read(file)[-1] == (2, 2, 0.5, 0.1)


@pytest.mark.parametrize("rest", ["2,", "2,1,0.4", "2,1,0.4,0.1,7\n", "what\n"])
def test_a_line_that_was_cut_off_is_left_out(file: Path, rest: str) -> None:
    losses = BatchLosses(file)
    losses.cut(1, 1)
    losses.add(1, 1, 1.0, 0.1)
    losses.flush()
    with file.open("a") as output:
        output.write(rest)
    assert read(file)[:1] == [(1, 1, 1.0, 0.1)] and len(read(file)) == 1


def test_losses_are_written_while_training_goes_on(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(batch_losses.time, "monotonic", lambda: now[0])
    losses = BatchLosses(file)
    losses.cut(1, 1)
    losses.add(1, 1, 1.0, 0.1)
    assert read(file) == []
    now[0] = 1.0
    losses.add(1, 2, 1.0, 0.1)
    assert len(read(file)) == 2
