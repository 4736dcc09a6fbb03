import json
import os
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
from tests.examples import COLORS, noisy_color, zipped

PNG = images.encode(noisy_color(COLORS["Ada"], 0), ".png")
INDEX = json.dumps({"images": {}, "sessions": {}}).encode()


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
    with pytest.raises(FacerecError, match="There is a data set named class 7b already"):
        open_dataset(content)
    imported.delete()
    assert open_dataset(content).name == "class 7b"


def test_odd_files_of_a_data_set_are_exported_as_well(imported: FaceFolder) -> None:
    """A name that begins like a folder of ours, and the date of a camera without a clock."""
    first = imported.face_files("Ada")[0].path
    os.utime(first.rename(first.with_name("_DSC0001.jpg")), (0, 0))
    assert open_dataset(exported(imported), "new").content_hash() == imported.content_hash()


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
        open_dataset(zipped(members, "class.zip"))
    assert not list_datasets()
    assert not (home / "data").exists() or not list((home / "data").iterdir())
