from datetime import date
from pathlib import Path

import numpy as np
import pytest

from facerec.cleaning import editing
from facerec.datasets import splits
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.errors import FacerecError
from facerec.faces import images
from facerec.faces.detection import Box
from facerec.live.corrections import Corrections
from facerec.live.frames import LiveFace
from facerec.runs.run import Run
from facerec.system import files
from tests.examples import COLORS, noisy_color

SESSION = f"corrections-{date.today().isoformat()}"


def face(seed: int = 500, name: str = "Ada") -> LiveFace:
    return LiveFace(7, Box(10, 20, 70, 90), None, noisy_color(COLORS[name], seed))


def files_of(folder: FaceFolder) -> dict[str, bytes]:
    return {item.key: item.path.read_bytes() for item in folder.face_files()}


def test_a_face_goes_to_its_class_as_a_session_of_its_own(small_dataset: FaceFolder) -> None:
    before = small_dataset.counts()
    corrections = Corrections(small_dataset)
    first = corrections.add("Ada", face(), "yunet")
    second = corrections.add("Ada", face(501), "yunet")
    other = corrections.add(UNKNOWN, face(502), "haar")
    assert corrections.saved == (first, second, other)
    assert [item.file.key for item in corrections.saved] == [
        f"Ada/{SESSION}_0001.jpg", f"Ada/{SESSION}_0002.jpg", f"{UNKNOWN}/{SESSION}_0001.jpg"
    ]  # fmt: skip
    assert small_dataset.counts() == {**before, "Ada": before["Ada"] + 2, UNKNOWN: 9}
    assert SESSION in small_dataset.sessions()["Ada"]
    np.testing.assert_allclose(images.read(first.file.path), face().pixels, atol=40)
    details = small_dataset.details()[first.file.key]
    assert (details["source"], details["detector"], details["face_size"]) == ("Live", "yunet", 90)
    assert details["session"] == SESSION and details["sharpness"] > 0
    assert list(small_dataset.path.rglob("_raw")) == []


def test_they_are_ready_to_train_on_and_stay_together(trained_run: Run) -> None:
    folder = FaceFolder.open(trained_run.config.dataset)
    corrections = Corrections(folder)
    for seed in range(4):
        corrections.add("Ada", face(500 + seed), "yunet")
    train, validation = splits.split(folder.face_files(), "session", 0.3, 0)
    sides = [
        {item.session for item in side if item.session == SESSION} for side in (train, validation)
    ]
    assert sorted(map(len, sides)) == [0, 1]


def test_another_page_s_corrections_are_another_session(small_dataset: FaceFolder) -> None:
    Corrections(small_dataset).add("Ada", face(), "yunet")
    again = Corrections(small_dataset).add("Ada", face(501), "yunet")
    assert again.file.session == f"{SESSION}-2"


def test_undo_takes_the_last_back_and_the_one_before(small_dataset: FaceFolder) -> None:
    before = files_of(small_dataset)
    corrections = Corrections(small_dataset)
    corrections.add("Ada", face(), "yunet")
    one = files_of(small_dataset)
    last = corrections.add("Zoë", face(501), "yunet")
    assert corrections.undo() == last
    assert files_of(small_dataset) == one and last.file.key not in small_dataset.details()
    corrections.undo()
    assert files_of(small_dataset) == before and small_dataset.details() == {}
    assert corrections.saved == ()
    with pytest.raises(FacerecError, match="no correction to undo"):
        corrections.undo()


def test_after_undo_it_may_be_saved_to_another_class(small_dataset: FaceFolder) -> None:
    corrections = Corrections(small_dataset)
    corrections.add("Ada", face(), "yunet")
    for name in ("Ada", "Zoë"):
        with pytest.raises(FacerecError, match="saved as Ada already"):
            corrections.add(name, face(), "yunet")
    assert len(corrections.saved) == 1
    corrections.undo()
    again = corrections.add("Zoë", face(), "yunet")
    assert again.file.class_name == "Zoë" and again.file.path.exists()


def test_an_image_that_is_gone_is_told_and_the_one_before_is_next(
    small_dataset: FaceFolder,
) -> None:
    corrections = Corrections(small_dataset)
    first = corrections.add("Ada", face(), "yunet")
    second = corrections.add("Ada", face(501), "yunet")
    editing.move_images(small_dataset, {second.file: "Zoë"})
    moved = files_of(small_dataset)
    with pytest.raises(FacerecError, match="not there any more"):
        corrections.undo()
    assert files_of(small_dataset) == moved
    assert corrections.undo() == first


def test_no_class_comes_into_being(small_dataset: FaceFolder) -> None:
    before = files_of(small_dataset)
    corrections = Corrections(small_dataset)
    for name in ("Grace", "../Ada", ""):
        with pytest.raises(FacerecError, match="is no class of colours"):
            corrections.add(name, face(), "yunet")
    assert files_of(small_dataset) == before and corrections.saved == ()


@pytest.mark.parametrize("suffix", [".jpg", ".json"])
def test_a_full_disk_is_told_and_the_next_try_goes_on(
    small_dataset: FaceFolder, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    before = files_of(small_dataset)
    corrections = Corrections(small_dataset)
    corrections.add("Ada", face(499), "yunet")
    corrections.undo()
    write = files.write_bytes

    def full(path: Path, content: bytes, **options: bool) -> None:
        if path.suffix == suffix:
            raise OSError(28, "No space left on device")
        write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(files, "write_bytes", full)
        with pytest.raises(FacerecError, match="No space left"):
            corrections.add("Ada", face(), "yunet")
    assert files_of(small_dataset) == before and corrections.saved == ()
    corrections.add("Ada", face(), "yunet")
    assert len(files_of(small_dataset)) == len(before) + 1
