from pathlib import Path

import pytest

from facerec import sample_data, sample_sets
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.faces import videos
from facerec.faces.detection import WholeImage
from facerec.system import paths

PICTURES = 2 * (len(sample_data.PEOPLE) + 2) + 3


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pictures a class and three frames, so that drawing is quick."""
    monkeypatch.setattr(sample_sets, "IMAGES_PER_CLASS", 2)
    monkeypatch.setattr(sample_sets, "VIDEO_FRAMES", 3)


def test_load_draws_people_strangers_and_a_video(home: Path) -> None:
    assert not sample_sets.loaded()
    seen: list[tuple[int, int]] = []
    sample_sets.load(WholeImage(), lambda done, total: seen.append((done, total)))
    assert sample_sets.loaded()
    assert seen == [(done, PICTURES) for done in range(1, PICTURES + 1)]
    people = FaceFolder.open(sample_sets.PEOPLE)
    assert people.counts() == dict.fromkeys({*sample_data.PEOPLE, UNKNOWN}, 2)
    assert set(people.details()) == {face.key for face in people.face_files()}
    assert sum(FaceFolder.open(sample_sets.STRANGERS).counts().values()) == 2
    assert len(list(videos.video_frames(paths.sample_video()))) == 3


def test_load_again_draws_what_is_missing_only(home: Path) -> None:
    sample_sets.load(WholeImage())
    before = FaceFolder.open(sample_sets.PEOPLE).content_hash()
    FaceFolder.open(sample_sets.STRANGERS).delete()
    sample_sets.load(WholeImage())
    assert FaceFolder.open(sample_sets.PEOPLE).content_hash() == before
    assert sample_sets.loaded()


def test_stopping_leaves_no_half_data_set(home: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sample_sets.load(WholeImage(), stop)
    assert not paths.dataset_folder(sample_sets.PEOPLE).exists()
    assert not sample_sets.loaded()
    sample_sets.load(WholeImage())
    assert sample_sets.loaded()


def test_draw_files_can_be_imported_like_one_s_own(tmp_path: Path) -> None:
    drawn = sample_sets.draw_files(tmp_path / "demo")
    written = sorted(path for path in drawn.folder.rglob("*.jpg"))
    assert drawn.photographs == len(written) == PICTURES - 3
    assert {path.relative_to(drawn.folder).parts[0] for path in written} == {"people", "strangers"}
    people = FaceFolder(drawn.folder / "people")
    assert len(people.class_names()) == len(sample_data.PEOPLE) + 1
    assert len(list(videos.video_frames(drawn.video))) == 3
