import json
import os
from io import BytesIO
from pathlib import Path

import pytest

from facerec.__main__ import main
from facerec.collecting.importing import import_faces
from facerec.collecting.sources import folder_levels, named
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.errors import FacerecError
from facerec.faces import images, videos
from facerec.faces.detection import WholeImage
from tests.examples import COLORS, noisy_color, zipped
from tests.unit.collecting.conftest import names

WHOLE = WholeImage()
PNG, SECOND = (images.encode(noisy_color(COLORS["Ada"], seed), ".png") for seed in (0, 1))


def test_a_flat_folder_with_a_class(folder: FaceFolder, drawn_classes: Path) -> None:
    report = import_faces([drawn_classes / "Ada"], folder, WHOLE, "Grace", "lesson 1")
    assert report.added == {"Grace": 8}
    assert folder.sessions() == {"Grace": ["lesson 1"]}


def test_a_flat_folder_without_a_class_is_refused(folder: FaceFolder, drawn_classes: Path) -> None:
    with pytest.raises(FacerecError, match="lies in no class folder of Ada"):
        import_faces([drawn_classes / "Ada"], folder, WHOLE)
    assert names(folder) == set()


def test_the_present_folder(
    folder: FaceFolder, drawn_classes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.path.parent / "loose").mkdir()
    (folder.path.parent / "loose" / "face.png").write_bytes(PNG)
    monkeypatch.chdir(folder.path.parent / "loose")
    import_faces([Path(".")], folder, WHOLE, "Ada")
    assert names(folder) == {"Ada/loose_0001.jpg"}


@pytest.mark.parametrize("inside", ["", "class 7b/"])
def test_a_zip_of_classes(folder: FaceFolder, inside: str) -> None:
    packed = zipped(
        {
            f"{inside}Ada/a.png": PNG,
            f"{inside}Γιώργος/b_0001.png": SECOND,
            f"__MACOSX/{inside}Ada/._a.png": b"junk",
        }
    )
    report = import_faces([packed], folder, WHOLE)
    assert report.added == {"Ada": 1, "Γιώργος": 1} and not report.rejected
    assert names(folder) == {"Ada/faces_0001.jpg", "Γιώργος/b_0001.jpg"}


@pytest.mark.parametrize(
    ("name", "adapted"),
    [
        ("CON", "CON-"), ("con.txt", "con-txt-"), ("Dr. X.", "Dr. X"), ("_Ada", "Ada"),
        ("Ada?", "Ada-"), ("Ada\u200b", "Ada"), ("a" * 120, "a" * 80), ("__", "Somebody"),
    ],
)  # fmt: skip
def test_a_name_that_no_class_can_have_is_adapted_and_told(
    folder: FaceFolder, name: str, adapted: str
) -> None:
    report = import_faces([zipped({f"{name}/a.png": PNG, "Zoë/b.png": SECOND})], folder, WHOLE)
    assert report.added == {adapted: 1, "Zoë": 1}
    assert report.adapted == {name: adapted}
    assert set(folder.class_names()) == {adapted, "Zoë"}


@pytest.mark.parametrize("name", ["unknown", "UNKNOWN"])
def test_unknown_is_one_class_however_it_is_written(folder: FaceFolder, name: str) -> None:
    report = import_faces([zipped({f"{name}/a.png": PNG})], folder, WHOLE)
    assert report.added == {UNKNOWN: 1} and report.adapted == {name: UNKNOWN}
    assert import_faces([named("b.png", SECOND)], folder, WHOLE, name).added == {UNKNOWN: 1}


def test_names_that_differ_in_case_are_one_class(folder: FaceFolder) -> None:
    report = import_faces([zipped({"Ann/a.png": PNG, "ann/b.png": SECOND})], folder, WHOLE)
    assert report.added == {"Ann": 2} and report.adapted == {"ann": "Ann"}
    third = images.encode(noisy_color(COLORS["Ada"], 2), ".png")
    assert import_faces([zipped({"ANN/c.png": third})], folder, WHOLE).added == {"Ann": 1}


def test_loose_pictures_are_named_and_the_others_come_in(folder: FaceFolder) -> None:
    report = import_faces([zipped({"Ada/a.png": PNG, "loose.png": SECOND})], folder, WHOLE)
    assert report.added == {"Ada": 1}
    assert [(item.name, item.reason) for item in report.rejected] == [("loose.png", "in no folder")]


def test_the_level_of_folders_with_the_people(folder: FaceFolder) -> None:
    packed = {f"{part}/{name}/2024/{number}.png": images.encode(noisy_color(COLORS["Ada"], seed))
              for seed, (part, name, number) in enumerate(
                  (part, name, number)
                  for part in ("train", "test") for name in ("Ada", "Ben") for number in (1, 2))
              }  # fmt: skip
    levels = folder_levels(zipped(packed))
    assert levels.names == (("test", "train"), ("Ada", "Ben"), ("2024",)) and levels.proposed == 1
    report = import_faces([zipped(packed)], folder, WHOLE)
    assert report.added == {"Ada": 4, "Ben": 4}
    assert {face.session for face in folder.face_files()} == {"2024"}
    other = FaceFolder.create("by year")
    assert import_faces([zipped(packed)], other, WHOLE, level=2).added == {"2024": 8}


def test_linked_folders_are_followed_once(folder: FaceFolder, tmp_path: Path) -> None:
    source, elsewhere = tmp_path / "class", tmp_path / "elsewhere"
    for place in (source, elsewhere):
        place.mkdir()
    (elsewhere / "a.png").write_bytes(PNG)
    try:
        (source / "Ada").symlink_to(elsewhere, target_is_directory=True)
        (elsewhere / "back").symlink_to(source, target_is_directory=True)
    except OSError:
        pytest.skip("this computer makes no links")
    report = import_faces([source], folder, WHOLE)
    assert report.added == {"Ada": 1} and not report.rejected


def test_pictures_of_cameras_and_hidden_ones_do_not_vanish(folder: FaceFolder) -> None:
    packed = zipped({"Ada/_MG_1234.JPG": PNG, "Ada/.b.png": SECOND, ".git/Ada/c.png": PNG})
    report = import_faces([packed], folder, WHOLE)
    assert report.added == {"Ada": 1}
    assert {item.name: item.reason for item in report.rejected} == {
        "Ada/.b.png": "hidden",
        ".git/Ada/c.png": "hidden",
    }


def test_a_data_set_s_whole_frames_and_copies_are_known(folder: FaceFolder, tmp_path: Path) -> None:
    own, foreign = tmp_path / "own", tmp_path / "foreign"
    for source in (own, foreign):
        for name, content in (("Ada/a_0001.png", PNG), ("Ada/a_0001-copy01.png", SECOND)):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes(content)
    (own / "dataset.json").write_text("{}")
    (own / "_raw" / "Ada").mkdir(parents=True)
    (own / "_raw" / "Ada" / "a_0001.png").write_bytes(PNG)
    assert import_faces([own], folder, WHOLE).added == {"Ada": 2}
    assert [face.is_copy for face in folder.face_files()] == [True, False]
    other = FaceFolder.create("other")
    assert import_faces([foreign], other, WHOLE).added == {"Ada": 2}
    assert not any(face.is_copy for face in other.face_files())


def test_a_file_is_what_its_content_says(folder: FaceFolder, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    with videos.VideoWriter(film) as writer:
        writer.write(noisy_color(COLORS["Ada"], 0))
    sources = [
        named("picture.mp4", PNG),
        named("film.jpg", film.read_bytes()),
        named("packed.png", zipped({"a.txt": SECOND}).getvalue()),
    ]
    report = import_faces(sources, folder, WHOLE, "Ada")
    assert report.added == {"Ada": 3} and not report.rejected


def test_a_large_file_is_not_read(folder: FaceFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facerec.collecting.sources.MOST_BYTES", len(PNG))
    report = import_faces([zipped({"Ada/a.png": PNG, "Ada/b.png": PNG + b"0"})], folder, WHOLE)
    assert report.added == {"Ada": 1}
    assert [(item.name, item.reason) for item in report.rejected] == [("Ada/b.png", "unreadable")]


def damaged(content: bytes) -> bytes:
    """The archive with the first member's content changed, so that its checksum is wrong."""
    at = content.index(PNG[:40]) + 60
    return content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :]


def test_a_damaged_member_of_a_zip_is_rejected(folder: FaceFolder) -> None:
    packed = zipped({"Ada/a.png": PNG, "Ada/b.png": SECOND})
    report = import_faces([named("faces.zip", damaged(packed.getvalue()))], folder, WHOLE)
    assert report.added == {"Ada": 1}
    assert [(item.name, item.reason) for item in report.rejected] == [("Ada/a.png", "unreadable")]
    assert "a.png in faces.zip is damaged" in report.rejected[0].detail


@pytest.mark.parametrize("in_memory", [False, True])
def test_a_video(
    folder: FaceFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_memory: bool
) -> None:
    path = tmp_path / "ada lesson.mp4"
    with videos.VideoWriter(path) as writer:
        for seed in range(7):
            writer.write(noisy_color(COLORS["Ada"], seed))
    monkeypatch.setattr("facerec.collecting.sources.MOST_VIDEO_FRAMES", 4)
    seen = []
    source = named(path.name, path.read_bytes()) if in_memory else path
    report = import_faces(
        [source], folder, WHOLE, "Ada", progress=lambda done, total: seen.append((done, total))
    )
    assert report.added == {"Ada": 4}
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert folder.sessions() == {"Ada": ["ada lesson"]}
    sources = [entry["source"] for entry in folder.details().values()]
    assert sources == [f"ada lesson.mp4, frame {number}" for number in (0, 2, 4, 6)]


def test_loose_uploads_of_one_person(folder: FaceFolder) -> None:
    uploads = [named("photo one.png", PNG), named("lesson_0007.png", SECOND)]
    report = import_faces(uploads, folder, WHOLE, "Ada")
    assert report.added == {"Ada": 2}
    assert names(folder) == {"Ada/photo one_0001.jpg", "Ada/lesson_0001.jpg"}


@pytest.mark.parametrize("name", ["a.png", "film.mp4"])
def test_a_loose_file_needs_a_class(folder: FaceFolder, name: str) -> None:
    with pytest.raises(FacerecError, match="needs a class name"):
        import_faces([named(name, PNG)], folder, WHOLE)


@pytest.mark.parametrize(
    "name", ["what is it?_0001.png", "a" * 120 + "_0001.png", "Dr._0001.png", "con_0001.png"]
)
def test_an_odd_file_name_does_not_keep_a_face_out(folder: FaceFolder, name: str) -> None:
    report = import_faces([zipped({f"Ada/{name}": PNG})], folder, WHOLE)
    assert report.added == {"Ada": 1}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (Path("missing.zip"), "no file or folder missing.zip"),
        (named("notes.txt", b"text"), "no image, video, ZIP archive or folder"),
        (zipped({"readme.txt": b"text"}), "no images or videos"),
    ],
)
def test_what_cannot_be_imported_says_why(
    folder: FaceFolder, source: Path | BytesIO, message: str
) -> None:
    with pytest.raises(FacerecError, match=message):
        import_faces([source], folder, WHOLE, "Ada")


def test_files_that_are_no_images_are_told_of(folder: FaceFolder, tmp_path: Path) -> None:
    source = tmp_path / "class"
    for name in ("a.png", "more.zip", "film.mp4", "notes.txt", "Thumbs.db"):
        (source / "Ada").mkdir(parents=True, exist_ok=True)
        (source / "Ada" / name).write_bytes(PNG if name == "a.png" else b"text")
    (source / "dataset.json").write_text("{}")
    report = import_faces([source], folder, WHOLE)
    assert report.added == {"Ada": 1}
    assert {item.name: item.reason for item in report.rejected} == dict.fromkeys(
        ("Ada/more.zip", "Ada/film.mp4", "Ada/notes.txt"), "not an image"
    )
    details = {item.name: item.detail for item in report.rejected}
    assert "unpack it" in details["Ada/more.zip"] and "a video" in details["Ada/film.mp4"]
    assert "it is no image" in details["Ada/notes.txt"]


def named_in_latin_1(folder: Path, content: bytes, suffix: str) -> Path:
    """A file as an old system names it, which Linux takes and UTF-8 does not."""
    path = folder / os.fsdecode(b"caf\xe9" + suffix.encode())
    path.parent.mkdir(exist_ok=True)
    try:
        path.write_bytes(content)
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    return path


def test_names_that_are_not_utf_8_do_no_harm(
    folder: FaceFolder, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    named_in_latin_1(tmp_path / "Ada", PNG, ".png")
    named_in_latin_1(tmp_path / "Ada", b"text", ".txt")
    report = import_faces([tmp_path], folder, WHOLE)
    assert report.added == {"Ada": 1}
    (details,) = folder.details().values()
    assert details["source"] == "Ada/caf\N{REPLACEMENT CHARACTER}.png"
    assert main(["import", str(tmp_path), "--dataset", "new", "--detector", "none", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["rejected"][0]["name"] == "Ada/caf\N{REPLACEMENT CHARACTER}.txt"


def test_a_video_s_and_an_archive_s_name_may_be_no_utf_8(
    folder: FaceFolder, tmp_path: Path
) -> None:
    film = tmp_path / "film.mp4"
    with videos.VideoWriter(film) as writer:
        writer.write(noisy_color(COLORS["Ada"], 0))
    film = named_in_latin_1(tmp_path, film.read_bytes(), ".mp4")
    assert import_faces([film], folder, WHOLE, "Ada").added == {"Ada": 1}
    assert FaceFolder.open("imported").details()
    packed = damaged(zipped({"Ada/a.png": PNG}).getvalue())
    report = import_faces([named_in_latin_1(tmp_path, packed, ".zip")], folder, WHOLE)
    assert json.dumps(report.rejected[0].as_dict(), ensure_ascii=False).encode("utf-8")


def test_an_open_file_is_read(folder: FaceFolder, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    with (tmp_path / "a.png").open("rb") as file:
        assert import_faces([file], folder, WHOLE, "Ada").added == {"Ada": 1}
