"""Bad input is refused with a clear message, and nothing that was there is lost."""

import errno
import os
import stat
import struct
import threading
import zipfile
import zlib
from collections import Counter
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from facerec.collecting.importing import import_faces
from facerec.collecting.sources import named
from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.faces import images
from facerec.faces.detection import WholeImage
from tests.examples import COLORS, noisy_color
from tests.waiting import LONG, joined

WHOLE = WholeImage()
FACE = noisy_color(COLORS["Ada"], 0)
PNG = images.encode(FACE, ".png")


@pytest.fixture
def folder(home: Path) -> FaceFolder:
    """A data set that has an image, which nothing may harm."""
    folder = FaceFolder.create("class 7b")
    import_faces([named("kept_0001.png", images.encode(FACE[::-1], ".png"))], folder, WHOLE, "Ada")
    return folder


def state(folder: FaceFolder) -> dict[str, bytes]:
    """Content of every file of the data set, and the names of all that lies beside it."""
    content = {
        path.relative_to(folder.path).as_posix(): path.read_bytes()
        for path in folder.path.rglob("*")
        if path.is_file() and path.name != ".lock"
    }
    beside = sorted(path.name for path in folder.path.parent.iterdir())
    above = sorted(path.name for path in folder.path.parent.parent.iterdir())
    return {**content, "beside": repr(beside).encode(), "above": repr(above).encode()}


def archive(*members: tuple[str | zipfile.ZipInfo, bytes]) -> BytesIO:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, content in members:
            packed.writestr(name, content)
    return named("faces.zip", buffer.getvalue())


@pytest.mark.parametrize(
    "name",
    ["../x", "..", "a/b", "a\\b", "C:", "CON", "con.txt", "", "   ", "a" * 300, ".x", "_x", "x.",
     "a\0b", "line\nbreak", "\ud800"],
)  # fmt: skip
def test_a_name_that_is_no_folder_s_is_refused(folder: FaceFolder, name: str) -> None:
    before = state(folder)
    with pytest.raises(FacerecError, match="class name"):
        import_faces([named("a.png", PNG)], folder, WHOLE, name)
    assert state(folder) == before


@pytest.mark.parametrize("name", ["Ελένη", "🙂", "José María", "王芳", "a.b"])
def test_names_of_any_script_work(folder: FaceFolder, name: str) -> None:
    assert import_faces([named("a.png", PNG)], folder, WHOLE, name).added == {name: 1}
    (face,) = FaceFolder.open("class 7b").face_files(name)
    assert face.path.is_file() and face.key in folder.details()


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ("../Ada/a.png", "leaves it"),
        ("Ada/../../a.png", "leaves it"),
        ("/etc/a.png", "leaves it"),
        ("..\\..\\a.png", "leaves it"),
        ("C:\\Ada\\a.png", "leaves it"),
        (link("Ada/a.png"), "a link"),
    ],
)
def test_a_zip_that_leads_out_of_itself_is_refused(folder: FaceFolder, member, message) -> None:
    before = state(folder)
    with pytest.raises(FacerecError, match=message):
        import_faces([archive(("Ada/fine.png", PNG), (member, PNG))], folder, WHOLE)
    assert state(folder) == before


def test_an_encrypted_zip_is_refused(folder: FaceFolder) -> None:
    content = bytearray(archive(("Ada/a.png", PNG)).getvalue())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(FacerecError, match="encrypted: unpack it first"):
        import_faces([named("faces.zip", bytes(content))], folder, WHOLE)


def test_a_zip_within_a_zip_is_told_of(folder: FaceFolder) -> None:
    inner = archive(("Ada/b.png", PNG)).getvalue()
    report = import_faces([archive(("Ada/a.png", PNG), ("inner.zip", inner))], folder, WHOLE)
    assert report.added == {"Ada": 1}
    assert [(item.name, item.reason) for item in report.rejected] == [("inner.zip", "not an image")]
    assert "unpack it" in report.rejected[0].detail


def with_declared_size(content: bytes, size: int) -> bytes:
    """The archive whose first member says that it has so many bytes unpacked."""
    forged = bytearray(content)
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", forged, content.index(signature) + offset, size)
    return bytes(forged)


def test_a_zip_of_ten_gigabytes_is_refused_without_unpacking(folder: FaceFolder) -> None:
    three = [(f"Ada/{number}.bin", b"x") for number in range(3)]
    bomb = archive(("Ada/a.png", PNG), *three).getvalue()
    for number in range(3):
        at = bomb.rindex(f"Ada/{number}.bin".encode())
        header = bomb.rindex(b"PK\x01\x02", 0, at)
        bomb = bomb[: header + 24] + struct.pack("<I", 3_600_000_000) + bomb[header + 28 :]
    before = state(folder)
    with pytest.raises(FacerecError, match="more than 4 GB"):
        import_faces([named("bomb.zip", bomb)], folder, WHOLE)
    assert state(folder) == before


def test_a_member_larger_than_it_says_is_not_unpacked_further(folder: FaceFolder) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("Ada/a.png", PNG + bytes(50_000_000))
    forged = named("bomb.zip", with_declared_size(packed.getvalue(), 1000))
    report = import_faces([forged], folder, WHOLE)
    assert not report.added and report.reasons() == {"unreadable": 1}


def jpeg(pixels: np.ndarray = FACE, **options: object) -> bytes:
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95, **options)
    return buffer.getvalue()


def huge_png(side: int = 50_000) -> bytes:
    """A PNG file that says it is so large; its data would unpack to gigabytes of black."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(10_000))) + chunk(b"IEND", b"")
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "detail"),
    [
        ("cut.jpg", jpeg()[: len(jpeg()) // 2], "cut off or damaged"),
        ("cut.png", PNG[: len(PNG) // 2], "cut off or damaged"),
        ("huge.png", huge_png(), "million pixels"),
        ("large.png", huge_png(12_000), "12000 x 12000 pixels, more than 89 million"),
        ("notes.jpg", b"Dear Sir or Madam", "it is no image"),
        ("page.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "it is no image"),
        ("empty.jpg", b"", "it is no image"),
    ],
)
def test_an_image_that_is_none_is_rejected_with_the_reason(
    folder: FaceFolder, name: str, content: bytes, detail: str
) -> None:
    report = import_faces([named(name, content), named("fine.png", PNG)], folder, WHOLE, "Ada")
    assert report.added == {"Ada": 1}, "the others come in"
    (rejected,) = report.rejected
    assert (rejected.name, rejected.reason) == (name, "unreadable")
    assert detail in rejected.detail


def imported(folder: FaceFolder, name: str, content: bytes) -> np.ndarray:
    """The pixels of the one image that an import brings in."""
    assert import_faces([named(name, content)], folder, WHOLE, "new").added == {"new": 1}
    return images.read(folder.face_files("new")[0].path)


def test_a_cmyk_jpeg_keeps_its_colours(folder: FaceFolder) -> None:
    buffer = BytesIO()
    Image.fromarray(FACE).convert("CMYK").save(buffer, "JPEG", quality=95)
    difference = imported(folder, "print.jpg", buffer.getvalue()).astype(int) - FACE
    assert np.abs(difference).mean() < 6


def test_16_bits_of_grey_are_scaled_not_cut_off(folder: FaceFolder) -> None:
    gray = np.tile(np.linspace(0, 65535, 224).astype(np.uint16), (224, 1))
    buffer = BytesIO()
    Image.fromarray(gray).save(buffer, "PNG")
    pixels = imported(folder, "deep.png", buffer.getvalue()).astype(int)
    assert np.abs(pixels[100, :, 0] - np.linspace(0, 255, 224)).max() < 4


def test_16_bits_of_colour_become_8(folder: FaceFolder) -> None:
    deep = FACE[:, :, ::-1].astype(np.uint16) * 257
    content = cv2.imencode(".png", deep)[1].tobytes()
    difference = imported(folder, "deep.png", content).astype(int) - FACE
    assert np.abs(difference).mean() < 4


def test_transparent_parts_become_white(folder: FaceFolder) -> None:
    alpha = np.zeros((224, 224, 4), np.uint8)
    alpha[:112, :, :] = (200, 60, 60, 255)
    buffer = BytesIO()
    Image.fromarray(alpha).save(buffer, "PNG")
    pixels = imported(folder, "sticker.png", buffer.getvalue())
    np.testing.assert_allclose(pixels[50, 100], (200, 60, 60), atol=8)
    np.testing.assert_allclose(pixels[200, 100], (255, 255, 255), atol=8)


@pytest.mark.parametrize(("orientation", "turns"), [(3, 2), (6, 3), (8, 1)])
def test_a_photograph_that_was_turned_comes_in_upright(
    folder: FaceFolder, orientation: int, turns: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = jpeg(FACE, exif=exif)
    difference = imported(folder, "phone.jpg", content).astype(int) - np.rot90(FACE, turns)
    assert np.abs(difference).mean() < 6


def test_an_animated_gif_comes_in_as_a_video(folder: FaceFolder) -> None:
    frames = [Image.fromarray(noisy_color(COLORS["Ada"], seed)) for seed in range(3)]
    buffer = BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=100)
    report = import_faces([named("dance.gif", buffer.getvalue())], folder, WHOLE, "new")
    assert report.added == {"new": 3}


def test_a_full_disk_in_mid_import_loses_nothing(
    folder: FaceFolder, drawn_classes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file after the sixth image is refused, the index too."""
    replace, before = os.replace, state(folder)
    room = iter(range(10))

    def full(source: Path, target: Path) -> None:
        if next(room, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(FacerecError, match="disk is full.* came in before, and stay"):
            import_faces([drawn_classes], folder, WHOLE)
    came_in = len(folder.face_files()) - 1
    assert 0 < came_in < 24
    assert {key: value for key, value in state(folder).items() if "kept_0001" in key} == {
        key: value for key, value in before.items() if "kept_0001" in key
    }
    assert folder.details()["Ada/kept_0001.jpg"], "what was known is still known"
    assert not [path for path in folder.path.rglob(".*.jpg")], "no half files"
    again = import_faces([drawn_classes], FaceFolder.open("class 7b"), WHOLE)
    assert again.added.total() == 24 - came_in, "only the rest comes in"
    assert again.reasons() == {"duplicate": came_in}


def test_two_tabs_may_import_into_one_class_at_once(folder: FaceFolder) -> None:
    """The same session name in both; every image must be there, each once, with its details."""
    uploads = [
        [named("lesson_0001.png", images.encode(noisy_color(COLORS["Ada"], seed), ".png"))
         for seed in range(first, first + 20)]
        for first in (100, 200)
    ]  # fmt: skip
    ready = threading.Barrier(2, timeout=LONG)
    reports = []

    def tab(sources: list[BytesIO]) -> None:
        ready.wait()
        own = FaceFolder.open("class 7b")
        reports.append(import_faces(sources, own, WHOLE, "Ada", "lesson"))

    threads = [threading.Thread(target=tab, args=(sources,)) for sources in uploads]
    for thread in threads:
        thread.start()
    joined(threads)
    assert [report.added for report in reports] == [{"Ada": 20}] * 2
    sessions = Counter(face.session for face in folder.face_files("Ada"))
    assert sessions == {"kept": 1, "lesson": 20, "lesson-2": 20}
    assert set(folder.details()) == {face.key for face in folder.face_files()}
    assert len({face.path.read_bytes() for face in folder.face_files()}) == 41
