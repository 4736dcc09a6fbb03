import os
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from facerec.collecting.sources import named
from facerec.errors import FacerecError
from facerec.faces import images
from facerec.system.archives import Archive
from tests.examples import COLORS, noisy_color, zipped

PNG = images.encode(noisy_color(COLORS["Ada"], 0), ".png")


def test_members_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "some.zip"
    path.write_bytes(zipped({"a/b.txt": b"text", "a/c/": b"", "d\\e.txt": b"more"}).getvalue())
    with Archive(path) as archive:
        assert [str(member) for member in archive.members] == ["a/b.txt", "d/e.txt"]
        assert [archive.read(member) for member in archive.members] == [b"text", b"more"]


def packed(name: bytes) -> BytesIO:
    """An archive of one file whose name is these bytes."""
    stand_in = "x" * len(name)
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(stand_in, b"text")
    return named("some.zip", buffer.getvalue().replace(stand_in.encode(), name))


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("Jörg/a.jpg".encode(), "Jörg/a.jpg"),
        ("Jörg/a.jpg".encode("cp850"), "Jörg/a.jpg"),
        ("Ødegård/ÁÀÂ.jpg".encode("cp850"), "Ødegård/ÁÀÂ.jpg"),
        ("Müller Öz/ä.jpg".encode("cp437"), "Müller Öz/ä.jpg"),
        ("山田/a.jpg".encode(), "山田/a.jpg"),
        ("山田 太郎/顔.jpg".encode("cp932"), "山田 太郎/顔.jpg"),
        ("さくら.jpg".encode("cp932"), "さくら.jpg"),
        (b"plain.jpg", "plain.jpg"),
    ],
)
def test_names_without_the_mark_of_utf_8_are_read_as_they_were_packed(
    content: bytes, name: str
) -> None:
    with Archive(packed(content)) as archive:
        assert [str(member) for member in archive.members] == [name]
        assert archive.read(archive.members[0]) == b"text"


def test_a_folder_may_end_in_a_backslash() -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("sub\\", "sub\\a.jpg"):
            info = zipfile.ZipInfo("x")
            info.filename = name
            archive.writestr(info, b"")
    with Archive(named("some.zip", buffer.getvalue())) as opened:
        assert [str(member) for member in opened.members] == ["sub/a.jpg"]
        assert opened.size(opened.members[0]) == 0


@pytest.mark.parametrize("name", ["", "."])
def test_a_file_without_a_name_is_refused(tmp_path: Path, name: str) -> None:
    info = zipfile.ZipInfo("a")
    info.filename = name
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("Ada/a.jpg", PNG)
        archive.writestr(info, b"x")
    with pytest.raises(FacerecError, match="without a name"):
        Archive(named("class.zip", buffer.getvalue()))


def test_an_archive_whose_name_is_no_utf_8_can_be_spoken_of(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.zip")
    with pytest.raises(FacerecError) as refusal:
        Archive(path)
    assert str(refusal.value).encode("utf-8")
