from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from facerec.collecting.sources import named
from facerec.errors import FacerecError
from facerec.faces import images, media, videos
from facerec.faces.media import Kind, kind_of
from tests.examples import zipped
from tests.unit.faces.conftest import halves


def saved(kind: str) -> bytes:
    buffer = BytesIO()
    Image.fromarray(halves(64, 64)).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "WEBP", "TIFF", "HEIF", "AVIF"])
@pytest.mark.parametrize("name", ["face", "face.mp4", "face.zip"])
def test_an_image_is_known_by_its_content(kind: str, name: str, tmp_path: Path) -> None:
    assert kind_of(named(name, saved(kind))) == Kind.IMAGE
    (tmp_path / name).write_bytes(saved(kind))
    assert kind_of(tmp_path / name) == Kind.IMAGE


def test_videos_and_archives_are_known_by_their_content(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    with videos.VideoWriter(film) as writer:
        writer.write(halves(64, 64))
    assert kind_of(named("film.jpg", film.read_bytes())) == Kind.VIDEO
    assert kind_of(film.rename(tmp_path / "film")) == Kind.VIDEO
    assert kind_of(named("dance.png", saved("GIF"))) == Kind.VIDEO
    assert kind_of(named("faces.jpg", zipped({"a": b"b"}).getvalue())) == Kind.ARCHIVE


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.jpg", Kind.IMAGE), ("a.MP4", Kind.VIDEO), ("a.Zip", Kind.ARCHIVE), ("a.txt", None)],
)
def test_a_damaged_file_is_what_its_name_says(name: str, kind: Kind | None) -> None:
    assert kind_of(named(name, b"damaged")) == kind


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FacerecError, match="none.jpg cannot be read: No such file"):
        kind_of(tmp_path / "none.jpg")


def test_what_is_read_by_name_in_a_data_set_is_offered_for_upload() -> None:
    assert {f".{suffix}" for suffix in media.suffixes(Kind.IMAGE)} == media.IMAGE_SUFFIXES
    assert set(images.WRITTEN_SUFFIXES) <= media.IMAGE_SUFFIXES
    assert set(videos.WRITTEN_SUFFIXES) <= media.VIDEO_SUFFIXES
    assert media.suffixes(Kind.ARCHIVE) == ["zip"]
