import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from facerec import images, importing
from facerec.dataset import FaceFolder
from facerec.detection import Box, WholeImage
from facerec.errors import FacerecError
from facerec.importing import import_faces, named
from tests.examples import CLASSES, COLORS, FixedDetector, noisy_color

WHOLE = WholeImage()
PNG = images.encode(noisy_color(COLORS["Ada"], 0), ".png")


@pytest.fixture
def folder(home: Path) -> FaceFolder:
    return FaceFolder.create("imported")


def archive(members: dict[str, bytes], name: str = "faces.zip") -> BytesIO:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for member, content in members.items():
            packed.writestr(member, content)
    return named(name, buffer.getvalue())


def names(folder: FaceFolder) -> set[str]:
    return {face.key for face in folder.face_files()}


def test_a_folder_of_classes(folder: FaceFolder, drawn_classes: Path) -> None:
    report = import_faces([drawn_classes], folder, WHOLE)
    assert report.added == dict.fromkeys(CLASSES, 8) and not report.rejected
    assert folder.sessions() == dict.fromkeys(CLASSES, ["session0", "session1"])
    details = folder.details()
    assert set(details) == names(folder)
    assert details["Ada/session0_0001.jpg"]["source"] == "Ada/session0_0000.jpg"
    assert details["Ada/session0_0001.jpg"]["detector"] == "none"


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
    packed = archive(
        {
            f"{inside}Ada/a.png": PNG,
            f"{inside}Γιώργος/b_0001.png": PNG,
            f"{inside}Ada/readme.txt": b"text",
            f"__MACOSX/{inside}Ada/._a.png": b"junk",
        }
    )
    report = import_faces([packed], folder, WHOLE)
    assert report.added == {"Ada": 1, "Γιώργος": 1} and not report.rejected
    assert names(folder) == {"Ada/faces_0001.jpg", "Γιώργος/b_0001.jpg"}


@pytest.mark.parametrize("path", ["../Ada/a.png", "Ada/../../a.png", "/etc/a.png"])
def test_a_zip_that_leaves_its_place_is_refused(folder: FaceFolder, path: str) -> None:
    with pytest.raises(FacerecError, match="leaves it"):
        import_faces([archive({"Ada/ok.png": PNG, path: PNG})], folder, WHOLE)
    assert names(folder) == set()


def test_a_zip_with_an_unsafe_class_is_refused(folder: FaceFolder) -> None:
    with pytest.raises(FacerecError, match="'CON' is reserved"):
        import_faces([archive({"CON/a.png": PNG})], folder, WHOLE)


def test_what_is_no_zip_is_refused(folder: FaceFolder) -> None:
    with pytest.raises(FacerecError, match="faces.zip is no ZIP archive"):
        import_faces([named("faces.zip", b"no archive")], folder, WHOLE)


def test_a_zip_of_too_much_is_refused(folder: FaceFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "LARGEST_ARCHIVE_BYTES", len(PNG))
    with pytest.raises(FacerecError, match="more than"):
        import_faces([archive({"Ada/a.png": PNG, "Ada/b.png": PNG})], folder, WHOLE)


def damaged(content: bytes) -> bytes:
    """The archive with the first member's content changed, so that its checksum is wrong."""
    at = content.index(PNG[:40]) + 60
    return content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :]


def encrypted(content: bytes) -> bytes:
    """The archive with its members marked as encrypted."""
    marked = bytearray(content)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := content.find(signature, at + 1)) >= 0:
            marked[at + offset] |= 1
    return bytes(marked)


@pytest.mark.parametrize("spoil", [damaged, encrypted])
def test_unreadable_members_of_a_zip_are_rejected(folder: FaceFolder, spoil) -> None:
    packed = archive({"Ada/a.png": PNG})
    report = import_faces([named("faces.zip", spoil(packed.getvalue()))], folder, WHOLE)
    assert report.reasons() == {"cannot be read as an image": 1}


@pytest.mark.parametrize("in_memory", [False, True])
def test_a_video(
    folder: FaceFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_memory: bool
) -> None:
    path = tmp_path / "ada lesson.mp4"
    with images.VideoWriter(path) as writer:
        for seed in range(7):
            writer.write(noisy_color(COLORS["Ada"], seed))
    monkeypatch.setattr(importing, "MOST_VIDEO_FRAMES", 4)
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
    uploads = [named("photo one.png", PNG), named("lesson_0007.png", PNG)]
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
    report = import_faces([archive({f"Ada/{name}": PNG})], folder, WHOLE)
    assert report.added == {"Ada": 1}


@pytest.mark.parametrize(
    ("boxes", "reason"),
    [
        ([], "no face found"),
        ([Box(900, 900, 20, 20)], "no face found"),
        ([Box(10, 10, 50, 50), Box(100, 100, 50, 50)], "several faces"),
    ],
)
def test_only_images_with_one_face_come_in(
    folder: FaceFolder, boxes: list[Box], reason: str
) -> None:
    report = import_faces([named("a.png", PNG)], folder, FixedDetector(boxes), "Ada")
    assert not report.added and names(folder) == set()
    assert [(item.name, item.reason) for item in report.rejected] == [("a.png", reason)]


def test_a_broken_image_is_rejected_and_the_rest_comes_in(folder: FaceFolder) -> None:
    uploads = [named("a.png", PNG), named("broken.jpg", b"broken"), named("b.png", PNG)]
    report = import_faces(uploads, folder, WHOLE, "Ada")
    assert report.added == {"Ada": 2}
    assert report.reasons() == {"cannot be read as an image": 1}


def test_reasons_begin_with_the_most_frequent() -> None:
    report = importing.ImportReport(
        rejected=[importing.Rejection("x", reason) for reason in ("one", "two", "two")]
    )
    assert list(report.reasons().items()) == [("two", 2), ("one", 1)]


def test_stopping_keeps_what_came_in_and_its_index(folder: FaceFolder, drawn_classes: Path) -> None:
    def progress(done: int, total: int) -> None:
        assert total == 24
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_faces([drawn_classes], folder, WHOLE, progress=progress)
    assert len(names(folder)) == 3
    assert set(folder.details()) == names(folder)


def test_the_whole_image_is_kept_where_asked(folder: FaceFolder) -> None:
    frame = np.full((100, 140, 3), 90, np.uint8)
    upload = named("frame.png", images.encode(frame, ".png"))
    detector = FixedDetector([Box(20, 20, 50, 50)])
    import_faces([upload], folder, detector, "Ada", keep_raw=True)
    assert images.read(folder.path / "_raw" / "Ada" / "frame_0001.jpg").shape == frame.shape
    assert folder.counts() == {"Ada": 1}


def test_importing_again_adds_another_session(folder: FaceFolder) -> None:
    for _ in range(2):
        import_faces([named("lesson.png", PNG)], folder, WHOLE, "Ada")
    assert folder.sessions() == {"Ada": ["lesson", "lesson-2"]}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (Path("missing.zip"), "no file or folder missing.zip"),
        (named("notes.txt", b"text"), "no image, video, ZIP archive or folder"),
        (archive({"readme.txt": b"text"}), "no images or videos"),
    ],
)
def test_what_cannot_be_imported_says_why(
    folder: FaceFolder, source: Path | BytesIO, message: str
) -> None:
    with pytest.raises(FacerecError, match=message):
        import_faces([source], folder, WHOLE, "Ada")


@pytest.mark.parametrize(("class_name", "session"), [("../x", None), ("Ada", "a/b")])
def test_unsafe_names_are_refused(folder: FaceFolder, class_name: str, session: str | None) -> None:
    with pytest.raises(FacerecError):
        import_faces([named("a.png", PNG)], folder, WHOLE, class_name, session)
