import json
import os
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from facerec.collecting.importing import import_faces
from facerec.collecting.sources import named
from facerec.datasets.exchange import export_dataset, open_dataset
from facerec.datasets.folder import FaceFolder, list_datasets
from facerec.errors import FacerecError
from facerec.faces import images
from facerec.faces.detection import WholeImage
from facerec.system.archives import Archive
from tests.examples import COLORS, noisy_color

PNG = images.encode(noisy_color(COLORS["Ada"], 0), ".png")
INDEX = json.dumps({"images": {}, "sessions": {}}).encode()


def packed(members: dict[str, bytes], name: str = "class.zip") -> BytesIO:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return named(name, buffer.getvalue())


@pytest.fixture
def imported(home: Path, drawn_classes: Path) -> FaceFolder:
    """A data set with details, raw frames, and things of our own beside the classes."""
    folder = FaceFolder.create("class 7b")
    import_faces([drawn_classes], folder, WholeImage(), keep_raw=True)
    images.write(folder.path / "_undo" / "Ada" / "gone_0001.jpg", noisy_color(COLORS["Ada"], 0))
    return folder


def exported(folder: FaceFolder, with_raw: bool = False) -> BytesIO:
    buffer = BytesIO()
    export_dataset(folder, buffer, with_raw)
    return named("export.zip", buffer.getvalue())


def test_members_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "some.zip"
    path.write_bytes(packed({"a/b.txt": b"text", "a/c/": b"", "d\\e.txt": b"more"}).getvalue())
    with Archive(path) as archive:
        assert [str(member) for member in archive.members] == ["a/b.txt", "d/e.txt"]
        assert [archive.read(member) for member in archive.members] == [b"text", b"more"]


@pytest.mark.parametrize("with_raw", [False, True])
def test_an_exported_data_set_opens_as_it_was(imported: FaceFolder, with_raw: bool) -> None:
    content = exported(imported, with_raw)
    seen = []
    opened = open_dataset(content, "elsewhere", lambda done, total: seen.append((done, total)))
    assert opened.name == "elsewhere"
    assert opened.content_hash() == imported.content_hash()
    assert opened.details() == imported.details()
    assert opened.read_index() == imported.read_index()
    raw = sorted(path.name for path in (opened.path / "_raw").rglob("*.jpg"))
    assert len(raw) == (24 if with_raw else 0)
    assert not (opened.path / "_undo").exists()
    total = 24 * (2 if with_raw else 1) + 1
    assert seen == [(number, total) for number in range(1, total + 1)]


def test_a_data_set_keeps_its_name_and_is_not_overwritten(imported: FaceFolder) -> None:
    content = exported(imported)
    with pytest.raises(FacerecError, match="There is a data set class 7b already"):
        open_dataset(content)
    imported.delete()
    assert open_dataset(content).name == "class 7b"


def test_odd_files_of_a_data_set_are_exported_as_well(imported: FaceFolder) -> None:
    """A name that begins like a folder of ours, and the date of a camera without a clock."""
    first = imported.face_files("Ada")[0].path
    os.utime(first.rename(first.with_name("_DSC0001.jpg")), (0, 0))
    assert open_dataset(exported(imported), "new").content_hash() == imported.content_hash()


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


def test_stopping_leaves_nothing(imported: FaceFolder) -> None:
    def stop(done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    before = set(imported.path.parent.iterdir())
    with pytest.raises(KeyboardInterrupt):
        open_dataset(exported(imported), "new", stop)
    assert set(imported.path.parent.iterdir()) == before


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"Ada/a.jpg": PNG}, "use Import"),
        ({"x/dataset.json": INDEX, "y/Ada/a.jpg": PNG}, "use Import"),
        ({"x/dataset.json": b"[]"}, "dataset.json in class.zip is damaged"),
        ({"x/dataset.json": b"{broken"}, "dataset.json in class.zip is damaged"),
        ({"x/dataset.json": b'{"images": {"a": 1}, "sessions": {}}'}, "is damaged"),
        ({"x/dataset.json": b"[" * 100_000}, "is damaged"),
        ({"x/dataset.json": b'{"images": {}, "sessions": {"Ada": [[]]}}'}, "is damaged"),
        ({"x/dataset.json": b'{"images": {"Ada/a.jpg": {"digest": []}}, "sessions": {}}'}, "damag"),
        ({"x/dataset.json": b'{"images": {"a": {"hash": "zz"}}, "sessions": {}}'}, "is damaged"),
        ({"x/dataset.json": b'{"images": {"a": {"sharpness": "1"}}, "sessions": {}}'}, "is damag"),
        ({"x/dataset.json": INDEX, "x/CON/a.jpg": PNG}, "'CON' is reserved"),
        ({"x/dataset.json": INDEX, "x/Ada/a.exe": PNG}, "a.exe in it is no image"),
        ({"x/dataset.json": INDEX, "x/Ada/.a.jpg": PNG}, "no image of a data set"),
        ({"x/dataset.json": INDEX, "x/Ada/b/c/d.jpg": PNG}, "no part of a data set"),
        ({"x/dataset.json": INDEX, "x/_undo/Ada/d.jpg": PNG}, "no part of a data set"),
        ({"x/dataset.json": INDEX, "x/Ada/a.jpg": b"broken"}, "cannot be read: it is no image"),
        ({"CON/dataset.json": INDEX}, "reserved"),
    ],
)
def test_what_is_no_export_is_refused_and_leaves_nothing(
    home: Path, members: dict[str, bytes], message: str
) -> None:
    with pytest.raises(FacerecError, match=message):
        open_dataset(packed(members))
    assert not list_datasets()
    assert not (home / "data").exists() or not list((home / "data").iterdir())
