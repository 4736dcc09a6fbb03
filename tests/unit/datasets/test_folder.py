import os
from collections import Counter
from pathlib import Path

import pytest

from facerec.datasets.folder import UNKNOWN, FaceFile, FaceFolder, list_datasets
from facerec.datasets.splits import people_taken, split
from facerec.errors import FacerecError
from tests.examples import CLASSES, DATASET


def faces(classes: int = 2, sessions: int = 3, each: int = 4) -> list[FaceFile]:
    return [
        FaceFile.from_path(Path(f"class{c}/s{s}_{n:04d}.jpg"))
        for c in range(classes)
        for s in range(sessions)
        for n in range(each)
    ]


@pytest.mark.parametrize(
    ("name", "session", "original"),
    [
        ("morning_0001.jpg", "morning", "morning_0001"),
        ("with_parts_0001.jpg", "with_parts", "with_parts_0001"),
        ("plain.png", "", "plain"),
        ("morning_0001-copy03.jpg", "morning", "morning_0001"),
    ],
)
def test_session_and_original_are_in_the_name(name: str, session: str, original: str) -> None:
    face = FaceFile.from_path(Path("Ada") / name)
    assert (face.class_name, face.session, face.original) == ("Ada", session, original)
    assert face.key == f"Ada/{name}"


def test_counts_sessions_and_classes(small_dataset: FaceFolder) -> None:
    (small_dataset.path / "Empty").mkdir()
    (small_dataset.path / "_raw" / "Ada").mkdir(parents=True)
    (small_dataset.path / "Ada" / "notes.txt").touch()
    (small_dataset.path / "Ada" / ".hidden.jpg").touch()
    assert small_dataset.class_names() == sorted([*CLASSES, "Empty"])
    assert small_dataset.counts() == {**dict.fromkeys(CLASSES, 8), "Empty": 0}
    assert small_dataset.sessions()["Zoë"] == ["session0", "session1"]
    assert small_dataset.sessions()["Empty"] == []
    assert len(small_dataset.face_files("Ada")) == 8


def test_reference_finds_the_data_set_again(small_dataset: FaceFolder, drawn_classes: Path) -> None:
    assert small_dataset.reference == DATASET
    assert [folder.name for folder in list_datasets()] == [DATASET]
    elsewhere = FaceFolder(drawn_classes)
    assert FaceFolder.open(elsewhere.reference).content_hash() == small_dataset.content_hash()


def test_delete_takes_it_off_the_list(small_dataset: FaceFolder) -> None:
    small_dataset.delete()
    assert list_datasets() == []
    assert not small_dataset.path.exists()


@pytest.mark.parametrize("change", ["content", "rename", "move", "add", "remove"])
def test_content_hash_tells_of_every_change(small_dataset: FaceFolder, change: str) -> None:
    before = small_dataset.content_hash()
    first = small_dataset.face_files("Ada")[0].path
    match change:
        case "content":
            first.write_bytes(first.read_bytes() + b" ")
        case "rename":
            first.rename(first.with_name("other_0001.jpg"))
        case "move":
            first.rename(small_dataset.path / "Zoë" / "new_0001.jpg")
        case "add":
            (first.parent / "more_0001.jpg").write_bytes(first.read_bytes())
        case "remove":
            first.unlink()
    assert small_dataset.content_hash() != before


def test_content_hash_reads_again_only_if_a_file_has_changed(
    small_dataset: FaceFolder, hashed: list[Path], a_minute_later: None
) -> None:
    first, *_, last = (face.path for face in small_dataset.face_files())
    before = small_dataset.content_hash()
    assert len(hashed) == 24
    assert FaceFolder.open(DATASET).content_hash() == before and len(hashed) == 24
    # Another image in its place, as long as it, with its time.
    content, state = first.read_bytes(), first.stat()
    while first.stat().st_ctime_ns == state.st_ctime_ns:
        first.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        os.utime(first, ns=(state.st_atime_ns, state.st_mtime_ns))
    changed = small_dataset.content_hash()
    assert changed != before and len(hashed) == 48
    os.utime(last.parent, ns=(0, 10**18))
    last.unlink()
    assert small_dataset.content_hash() not in (before, changed)


def test_content_hash_is_not_kept_of_files_that_changed_just_now(
    small_dataset: FaceFolder, hashed: list[Path]
) -> None:
    """A second change within the same tick of the clock leaves no trace."""
    assert small_dataset.content_hash() == small_dataset.content_hash()
    assert len(hashed) == 48


def test_content_hash_does_not_hang_on_the_place(
    small_dataset: FaceFolder, drawn_classes: Path
) -> None:
    (small_dataset.path / "dataset.json").write_text("{}")
    assert small_dataset.content_hash() == FaceFolder(drawn_classes).content_hash()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("how", ["random", "session"])
def test_a_split_parts_every_class_and_loses_nothing(how: str, seed: int) -> None:
    everything = faces(classes=3, sessions=5)
    training, validating = split(everything, how, 0.2, seed)
    assert Counter([*training, *validating]) == Counter(everything)
    assert Counter(face.class_name for face in validating) == dict.fromkeys(
        ("class0", "class1", "class2"), 4
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_split_by_session_shares_no_session(seed: int) -> None:
    training, validating = split(faces(sessions=4), "session", 0.25, seed)
    on_each_side = [
        {(face.class_name, face.session) for face in part} for part in (training, validating)
    ]
    assert not on_each_side[0] & on_each_side[1]


def test_a_split_by_image_spreads_sessions() -> None:
    training, validating = split(faces(sessions=2, each=20), "random", 0.5, 0)
    assert {face.session for face in training} == {face.session for face in validating}


def test_the_seed_decides_the_split() -> None:
    everything = faces(each=20)
    assert split(everything, "random", 0.2, 1) == split(everything, "random", 0.2, 1)
    assert split(everything, "random", 0.2, 1) != split(everything, "random", 0.2, 2)


@pytest.mark.parametrize(
    ("everything", "how", "message"),
    [
        ([], "random", "there are none"),
        (faces(classes=1), "random", "there is one"),
        (faces(sessions=1, each=1), "random", "class0 has one image only"),
        (faces(sessions=1), "session", "class0 has one capture session only"),
    ],
)
def test_what_cannot_be_split_says_why(everything: list[FaceFile], how: str, message: str) -> None:
    with pytest.raises(FacerecError, match=message):
        split(everything, how, 0.2, 0)


def test_fewer_people_are_drawn_by_the_seed_and_unknown_stays() -> None:
    names = ["Ada", "Bo", "Cy", "Di", UNKNOWN]
    drawn = [people_taken(names, 2, seed) for seed in range(20)]
    assert all(len(taken) == 3 and UNKNOWN in taken for taken in drawn)
    assert len({frozenset(taken) for taken in drawn}) > 2
    assert people_taken(names, 2, 1) == people_taken(names[::-1], 2, 1)
    assert people_taken(names, 0, 1) == people_taken(names, 9, 1) == set(names)


def test_one_class_loses_training_images_only() -> None:
    whole, validated = split(faces(sessions=4), "random", 0.25, 3)
    cut, same = split(faces(sessions=4), "random", 0.25, 3, imbalance=0.5)
    assert same == validated
    before, after = (Counter(face.class_name for face in part) for part in (whole, cut))
    (rare,) = [name for name in before if after[name] < before[name]]
    assert after[rare] == -(-before[rare] // 2)
