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
