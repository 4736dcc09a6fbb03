from pathlib import Path

import pytest

from facerec.collecting import samples
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.faces import videos
from facerec.faces.detection import WholeImage
from facerec.sample_data.people import PEOPLE
from facerec.system import paths

PICTURES = 2 * (len(PEOPLE) + 2) + 3


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pictures a class and three frames, so that drawing is quick."""
    monkeypatch.setattr(samples, "IMAGES_PER_CLASS", 2)
    monkeypatch.setattr(samples, "VIDEO_FRAMES", 3)


def test_load_draws_people_strangers_and_a_video(home: Path) -> None:
    assert not samples.loaded()
    seen: list[tuple[int, int]] = []
    samples.load(WholeImage(), lambda done, total: seen.append((done, total)))
    assert samples.loaded()
    assert seen == [(done, PICTURES) for done in range(1, PICTURES + 1)]
    people = FaceFolder.open(samples.PEOPLE)
    assert people.counts() == dict.fromkeys({*PEOPLE, UNKNOWN}, 2)
    assert set(people.details()) == {face.key for face in people.face_files()}
    assert sum(FaceFolder.open(samples.STRANGERS).counts().values()) == 2
    assert len(list(videos.video_frames(paths.sample_video()))) == 3


def test_load_again_draws_what_is_missing_only(home: Path) -> None:
    samples.load(WholeImage())
    before = FaceFolder.open(samples.PEOPLE).content_hash()
    FaceFolder.open(samples.STRANGERS).delete()
    samples.load(WholeImage())
    assert FaceFolder.open(samples.PEOPLE).content_hash() == before
    assert samples.loaded()


def test_stopping_leaves_no_half_data_set(home: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        samples.load(WholeImage(), stop)
    assert not paths.dataset_folder(samples.PEOPLE).exists()
    assert not samples.loaded()
    samples.load(WholeImage())
    assert samples.loaded()


def test_draw_files_can_be_imported_like_one_s_own(tmp_path: Path) -> None:
    drawn = samples.draw_files(tmp_path / "demo")
    written = sorted(path for path in drawn.folder.rglob("*.jpg"))
    assert drawn.photographs == len(written) == PICTURES - 3
    assert {path.relative_to(drawn.folder).parts[0] for path in written} == {"people", "strangers"}
    people = FaceFolder(drawn.folder / "people")
    assert len(people.class_names()) == len(PEOPLE) + 1
    assert len(list(videos.video_frames(drawn.video))) == 3
