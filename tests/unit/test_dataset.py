import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from facerec import images, quality
from facerec.dataset import FaceFile, FaceFolder, list_datasets
from facerec.detection import Box, Face
from facerec.errors import FacerecError
from facerec.face_writer import FaceWriter, Origin
from facerec.preprocessing import FaceImage
from facerec.splits import split
from tests.examples import CLASSES, COLORS, DATASET, noisy_color

ORIGIN = Origin("test.png", "fixed")
FACE = FaceImage(Face(Box(5, 6, 70, 90), 0.87654), noisy_color(COLORS["Ada"], 0))


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


def test_content_hash_does_not_hang_on_the_place(
    small_dataset: FaceFolder, drawn_classes: Path
) -> None:
    (small_dataset.path / "dataset.json").write_text("{}")
    assert small_dataset.content_hash() == FaceFolder(drawn_classes).content_hash()


def test_a_writer_saves_the_face_the_frame_and_what_is_known(home: Path) -> None:
    folder = FaceFolder.create("new")
    raw = np.zeros((30, 40, 3), np.uint8)
    with FaceWriter(folder) as writer:
        path = writer.add("Ada", "morning", FACE, ORIGIN, raw)
        assert path == folder.path / "Ada" / "morning_0001.jpg"
        assert images.read(path).shape == (224, 224, 3)
        assert folder.details() == {}
    assert images.read(folder.path / "_raw" / "Ada" / path.name).shape == raw.shape
    details = folder.details()["Ada/morning_0001.jpg"]
    assert details.pop("time").startswith("20")
    assert details.pop("brightness") == pytest.approx(100, abs=15)
    assert details.pop("sharpness") > 0
    assert details.pop("hash") == quality.perceptual_hash(FACE.pixels)
    assert details == {
        "source": "test.png", "detector": "fixed", "session": "morning", "face_size": 90,
        "score": 0.877, "digest": "",
    }  # fmt: skip


def test_two_writers_never_share_a_session(home: Path) -> None:
    folder = FaceFolder.create("new")
    with FaceWriter(folder) as first, FaceWriter(folder) as second:
        paths = [
            writer.add("Ada", "morning", FACE, ORIGIN).name
            for _ in range(2)
            for writer in (first, second)
        ]
    assert paths == [
        "morning_0001.jpg", "morning-2_0001.jpg", "morning_0002.jpg", "morning-2_0002.jpg"
    ]  # fmt: skip
    assert len(folder.details()) == 4
    with FaceWriter(folder) as third:
        assert third.add("Ada", "morning", FACE, ORIGIN).name == "morning-3_0001.jpg"
        assert third.add("Zoë", "morning", FACE, ORIGIN).name == "morning_0001.jpg"


def test_a_writer_goes_round_sessions_of_files_it_does_not_know(small_dataset: FaceFolder) -> None:
    with FaceWriter(small_dataset) as writer:
        assert writer.add("Ada", "session0", FACE, ORIGIN).name == "session0-2_0001.jpg"


def test_the_index_is_written_when_the_block_fails(home: Path) -> None:
    folder = FaceFolder.create("new")
    with pytest.raises(RuntimeError), FaceWriter(folder) as writer:
        writer.add("Ada", "morning", FACE, ORIGIN)
        raise RuntimeError
    assert list(folder.details()) == ["Ada/morning_0001.jpg"]
    assert json.loads((folder.path / "dataset.json").read_text("utf-8"))["sessions"]


@pytest.mark.parametrize(("class_name", "session"), [("../x", "s"), ("Ada", "a/b"), ("", "s")])
def test_unsafe_names_are_not_written(home: Path, class_name: str, session: str) -> None:
    folder = FaceFolder.create("new")
    with pytest.raises(FacerecError), FaceWriter(folder) as writer:
        writer.add(class_name, session, FACE, ORIGIN)
    assert not list(home.rglob("*.jpg"))


def test_a_session_named_like_a_copy_is_none(home: Path) -> None:
    with FaceWriter(FaceFolder.create("new")) as writer:
        face = FaceFile.from_path(writer.add("Ada", "my-copy-2", FACE, ORIGIN))
    assert face.original == face.path.stem


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
