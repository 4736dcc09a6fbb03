import json
from pathlib import Path

import numpy as np
import pytest

from facerec.datasets.folder import FaceFile, FaceFolder
from facerec.datasets.writer import FaceWriter, Origin
from facerec.errors import FacerecError
from facerec.faces import images, quality
from facerec.faces.detection import Box, Face
from facerec.faces.preprocessing import FaceImage
from tests.examples import COLORS, noisy_color

ORIGIN = Origin("test.png", "fixed")
FACE = FaceImage(Face(Box(5, 6, 70, 90), 0.87654), noisy_color(COLORS["Ada"], 0))


def test_a_writer_saves_the_face_the_frame_and_what_is_known(home: Path) -> None:
    folder = FaceFolder.create("new")
    raw = np.zeros((30, 40, 3), np.uint8)
    with FaceWriter(folder) as writer:
        path = writer.add("Ada", "morning", FACE, ORIGIN, images.encode(raw))
        assert path == folder.path / "Ada" / "morning_0001.jpg"
        assert images.read(path).shape == (224, 224, 3)
        assert folder.details() == {}
    assert images.read(folder.path / "_raw" / "Ada" / path.name).shape == raw.shape
    details = folder.details()["Ada/morning_0001.jpg"]
    assert details.pop("time").startswith("20")
    assert details.pop("brightness") == pytest.approx(100, abs=15)
    assert details.pop("sharpness") > 0
    assert details.pop("hash") == quality.measures(FACE.pixels)["hash"]
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
