import pytest

from facerec.runs.history import best_record, exhausted, kept_record


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
