import socket
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from facerec.collecting.sources import named
from facerec.errors import FacerecError
from facerec.faces import videos
from tests.unit.faces.conftest import BLUE, GREEN, RED, halves


def gif(colors: list[tuple[int, int, int]]) -> bytes:
    frames = [Image.new("RGB", (64, 48), color) for color in colors]
    buffer = BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=100)
    return buffer.getvalue()


def test_gif_frames_are_rgb(tmp_path: Path) -> None:
    path = tmp_path / "ö.gif"
    path.write_bytes(gif([RED, GREEN, BLUE]))
    frames = list(videos.video_frames(path))
    assert videos.frame_count(path) == 3
    for frame, color in zip(frames, (RED, GREEN, BLUE), strict=True):
        np.testing.assert_allclose(frame[24, 32], color, atol=8)


def test_written_video_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "Ω" / "film.mp4"
    with videos.VideoWriter(path) as writer:
        for color in (RED, GREEN, BLUE):
            writer.write(np.full((49, 65, 3), color, np.uint8))
    frames = list(videos.video_frames(path))
    assert [frame.shape for frame in frames] == [(48, 64, 3)] * 3
    assert videos.frame_count(path) == 3
    for frame, color in zip(frames, (RED, GREEN, BLUE), strict=True):
        np.testing.assert_allclose(frame[24, 32], color, atol=16)
    with path.open("rb") as upload:
        assert len(list(videos.video_frames(upload))) == 3


@pytest.mark.parametrize("frames", [0, 2])
def test_a_failed_video_leaves_no_file(tmp_path: Path, frames: int) -> None:
    with pytest.raises(RuntimeError), videos.VideoWriter(tmp_path / "film.mp4") as writer:
        for _ in range(frames):
            writer.write(halves(48, 64))
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["film.mp4", "film.gif"])
def test_what_is_no_video_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"no video at all")
    with pytest.raises(FacerecError, match=f"{name} cannot be read as a video"):
        videos.frame_count(path)
    with pytest.raises(FacerecError, match=f"{name} cannot be read as a video"):
        list(videos.video_frames(path))


@pytest.mark.parametrize("width", [854, 540, 498, 1080, 66])
def test_frames_of_any_width_are_contiguous(tmp_path: Path, width: int) -> None:
    path = tmp_path / "film.mp4"
    with videos.VideoWriter(path) as writer:
        writer.write(halves(96, width))
    (frame,) = videos.video_frames(path)
    assert frame.shape == (96, width, 3) and frame.flags.c_contiguous
    np.testing.assert_allclose(frame[10, width - 3], RED, atol=16)


@pytest.mark.parametrize(
    ("rotation", "corner"),
    [(0, (0, 0)), (90, (1, 0)), (-90, (0, 1)), (180, (1, 1)), (-180, (1, 1))],
)
def test_a_frame_is_turned_upright(rotation: int, corner: tuple[int, int]) -> None:
    lying = np.zeros((40, 60, 3), np.uint8)
    lying[0, 0] = RED
    frame = SimpleNamespace(rotation=rotation, to_ndarray=lambda format: lying, width=60, height=40)
    upright = videos.pixels_of(frame)
    assert upright.shape == ((60, 40, 3) if abs(rotation) == 90 else (40, 60, 3))
    assert upright.flags.c_contiguous
    np.testing.assert_array_equal(upright[-corner[0], -corner[1]], RED)


def test_a_phone_s_video_stands_upright(shared: Path) -> None:
    frames = list(videos.video_frames(shared / "data" / "reports" / "phone_portrait_640.mp4"))
    assert {frame.shape for frame in frames} == {(640, 352, 3)} and len(frames) == 20


def test_frames_come_at_their_times(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    times = [0.0, 0.1, 0.5, 0.55, 2.0]
    with videos.VideoWriter(path) as writer:
        for seconds in times:
            writer.write(halves(48, 64), 7 + seconds)
    found = [frame.seconds for frame in videos.timed_frames(path)]
    np.testing.assert_allclose(found, times, atol=0.001)


def test_a_container_s_count_is_not_believed(shared: Path) -> None:
    path = shared / "data" / "reports" / "frag_face.mp4"
    assert videos.frame_count(path) == len(list(videos.timed_frames(path))) == 600


def test_damage_in_the_middle_leaves_what_is_around_it(shared: Path) -> None:
    frames = list(videos.timed_frames(shared / "data" / "reports" / "damaged_middle.mp4"))
    intact = [frame.pixels is not None for frame in frames]
    assert intact[:5] == [True] * 5 and intact[-8:] == [True] * 8 and intact.count(False) == 4
    assert frames[0].seconds == 0 and frames[-1].seconds == pytest.approx(3.8)


def test_a_file_that_ends_early_says_so(tmp_path: Path, shared: Path) -> None:
    path = tmp_path / "cut.mp4"
    path.write_bytes((shared / "data" / "reports" / "frag_face.mp4").read_bytes()[:60_000])
    frames = list(videos.timed_frames(path))
    assert frames[-1].pixels is None
    assert all(frame.pixels is not None for frame in frames[:-1]) and len(frames) > 300


def test_a_frame_of_another_size_is_fitted_into_the_first(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with videos.VideoWriter(path) as writer:
        writer.write(halves(48, 64))
        writer.write(np.full((64, 48, 3), RED, np.uint8))
    _, fitted = videos.video_frames(path)
    assert fitted.shape == (48, 64, 3)
    np.testing.assert_allclose(fitted[24, 32], RED, atol=20)
    np.testing.assert_allclose(fitted[24, 2], (0, 0, 0), atol=20)


def test_a_playlist_opens_no_other_file_and_no_connection(tmp_path: Path) -> None:
    with videos.VideoWriter(tmp_path / "secret.mp4") as writer:
        writer.write(halves(48, 64))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.mp4"
        for number, content in enumerate(
            (
                f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}\n#EXT-X-ENDLIST\n",
                f"#EXTM3U\n#EXTINF:9,\n{tmp_path / 'secret.mp4'}\n#EXT-X-ENDLIST\n",
                f"ffconcat version 1.0\nfile {tmp_path / 'secret.mp4'}\n",
                f"ffconcat version 1.0\nfile {address}\n",
            )
        ):
            path = tmp_path / f"film{number}.mp4"
            path.write_text(content)
            with pytest.raises(FacerecError, match="cannot be read as a video"):
                list(videos.video_frames(path))
        with pytest.raises(TimeoutError):
            server.accept()


def test_frames_with_too_many_pixels_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(videos, "MOST_PIXELS", 64 * 48 - 1)
    with pytest.raises(FacerecError, match="64 x 48 pixels, more than"):
        list(videos.video_frames(named("dance.gif", gif([RED, GREEN]))))
    monkeypatch.setattr(videos, "MOST_PIXELS", 64 * 48)
    assert videos.frame_count(named("dance.gif", gif([RED, GREEN]))) == 2


def test_very_large_frames_are_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(videos, "MOST_PIXELS_KEPT", 64 * 48 - 1)
    frames = list(videos.video_frames(named("dance.gif", gif([RED, GREEN]))))
    assert [frame.shape for frame in frames] == [(24, 32, 3)] * 2
    np.testing.assert_allclose(frames[1][12, 16], GREEN, atol=12)
