from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

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
