from pathlib import Path

import pytest

from facerec.datasets.folder import FaceFile, FaceFolder
from facerec.errors import FacerecError
from facerec.runs import creating, held_out
from facerec.runs.held_out import leaking_sessions
from facerec.runs.run import Run
from facerec.training.loop import train
from tests.examples import RUN, tiny_config


def test_a_share_of_the_data_trains_on_less(small_dataset: FaceFolder) -> None:
    run = creating.create("part", tiny_config(share=0.5, epochs=1))
    assert sum(map(len, held_out.split_of(run))) == 12
    assert train(run)


@pytest.mark.parametrize("change", ["added", "removed", "overwritten"])
def test_a_changed_data_set_is_refused(
    trained_run: Run, small_dataset: FaceFolder, change: str
) -> None:
    path = small_dataset.face_files()[0].path
    match change:
        case "added":
            path.with_name("more_0001.jpg").write_bytes(path.read_bytes())
        case "removed":
            path.unlink()
        case "overwritten":
            path.write_bytes(small_dataset.face_files()[1].path.read_bytes())
    with pytest.raises(FacerecError, match=f"has changed since the run {RUN} began"):
        train(trained_run)


def test_a_data_set_that_is_gone_is_named(trained_run: Run, small_dataset: FaceFolder) -> None:
    small_dataset.delete()
    with pytest.raises(FacerecError, match="no data set 'colours'"):
        train(trained_run)


def face(class_name: str, session: str, number: int) -> FaceFile:
    return FaceFile.from_path(Path(class_name) / f"{session}_{number:04d}.jpg")


def test_shared_sessions_are_counted_by_class() -> None:
    training = [face("Ada", "one", 1), face("Zoë", "two", 1)]
    validation = [face("Ada", "one", 2), face("Ada", "two", 2), face("Zoë", "two", 2)]
    assert leaking_sessions(training, validation) == pytest.approx(2 / 3)
    assert leaking_sessions(training, []) == 0
