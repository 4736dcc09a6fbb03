"""Files as real cameras, phones and computers write them, through every door."""

import io
import json
import zipfile
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from facerec.__main__ import main
from facerec.datasets.folder import FaceFolder

REPORTS = (
    "class_of_underscore_names.zip", "damaged_middle.mp4", "enrol_folder.zip",
    "finder_noflag_nfd.zip", "fps30.mp4", "frag_face.mp4", "heic_named.jpg",
    "one_class_named_copy.zip", "phone_portrait_640.mp4", "photo.jfif", "portrait1080x1920.mp4",
    "w854.mp4",
)  # fmt: skip
CLASSES = {
    "class_of_underscore_names.zip": {"Ada": 2, "Bruno": 1},
    "finder_noflag_nfd.zip": {"Jörg Müller": 1, "山田": 1},
    "one_class_named_copy.zip": {"Ada": 6, "Bruno": 6},
}


def facerec(*arguments: object) -> list[dict]:
    """Run a command; the JSON lines it prints."""
    with redirect_stdout(io.StringIO()) as output:
        assert main([*map(str, arguments), "--json"]) == 0
    return [json.loads(line) for line in output.getvalue().splitlines()]


def pictures_in(file: Path) -> int:
    """Number of pictures in a ZIP archive, without what a computer adds by itself."""
    with zipfile.ZipFile(file) as archive:
        return sum(
            not entry.is_dir() and not entry.filename.endswith("\\")
            and not entry.filename.startswith("__MACOSX")
            for entry in archive.infolist()
        )  # fmt: skip


@pytest.mark.parametrize("name", REPORTS)
def test_nothing_that_is_brought_is_lost_unnamed(
    name: str, yunet: Path, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = shared / "data" / "reports" / name
    person = [] if name in CLASSES else ["--class", "Ada"]
    (report,) = facerec("import", source, "--dataset", "brought", *person)
    folder = FaceFolder.open("brought")
    added = sum(report["added"].values())
    if name in CLASSES:
        assert report["added"] == CLASSES[name] == folder.counts()
    assert added == len(folder.face_files()) > 0
    if source.suffix == ".zip":
        assert added + len(report["rejected"]) == pictures_in(source)
    assert all(item["name"] and item["reason"] for item in report["rejected"])
    assert not any(face.is_copy for face in folder.face_files())
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name == "frag_face.mp4" else [])
        for name in REPORTS
        if name not in CLASSES
    ],
)
def test_everything_is_enrolled_and_recognised(
    name: str, yunet: Path, shared: Path, tmp_path: Path
) -> None:
    source = shared / "data" / "reports" / name
    facerec("import", shared / "data" / "reports" / "one_class_named_copy.zip", "--dataset", "two")
    facerec("embed", "--dataset", "two", "--pretrained", "sface", "--run", "two")
    (enrolled,) = facerec("enrol", "two", source, "--person", "Zoë")
    assert enrolled["enrolled"] > 0
    if source.suffix == ".zip":
        assert enrolled["enrolled"] + len(enrolled["rejected"]) == pictures_in(source)
        return
    output = tmp_path / ("out.jpg" if source.suffix in (".jpg", ".jfif") else "out.mp4")
    frames = facerec("recognize", "two", source, "--output", output)
    assert output.stat().st_size and sum(len(frame["faces"]) for frame in frames) > 0
