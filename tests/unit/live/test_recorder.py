import gc
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest

from facerec.errors import FacerecError
from facerec.faces import images, videos
from facerec.live import recorder
from facerec.live.frames import FrameDrawn
from facerec.live.recorder import Recorder
from facerec.system import paths
from tests.waiting import LONG, joined, until

HEIGHT, WIDTH = 48, 64
GREY, RED = (128, 128, 128), (220, 30, 30)


class Clock:
    """A clock that stands where it is put."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(home: Path) -> Path:
    """The folder of the recordings."""
    folder = paths.recordings_folder()
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def recording(clock: Clock, folder: Path):
    made = Recorder(clock=clock)
    yield made
    made.close()


def picture(color: tuple[int, int, int], height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    return np.full((height, width, 3), color, np.uint8)


def written(made: Recorder) -> None:
    """Wait until no frame waits for being written."""
    until(lambda: not made._film._waiting)


def play(made: Recorder, clock: Clock, *times: float) -> None:
    for moment in times:
        clock.now = 100.0 + moment
        made.add(FrameDrawn(picture(GREY), picture(RED)))
        written(made)


def shown_at(video: Path) -> list[float]:
    with av.open(str(video)) as container:
        return [frame.time for frame in container.decode(video=0)]


def test_both_films_have_every_frame_at_its_time(recording, clock) -> None:
    times = [0.0, 0.04, 0.1, 0.5, 2.25, 2.2501]
    recording.start()
    play(recording, clock, *times)
    assert recording.recording and recording.seconds == pytest.approx(2.2501)
    found = recording.stop()
    assert not recording.recording and recording.error is None
    assert (found.frames, found.dropped) == (6, 0)
    assert found.seconds == pytest.approx(2.2501)
    for video, color in ((found.raw, GREY), (found.annotated, RED)):
        np.testing.assert_allclose(shown_at(video), times, atol=0.001)
        for frame in videos.video_frames(video):
            assert frame.shape == (HEIGHT, WIDTH, 3)
            np.testing.assert_allclose(frame[20, 30], color, atol=12)


def test_two_frames_at_one_moment_are_both_kept(recording, clock) -> None:
    recording.start()
    play(recording, clock, 0.0, 0.0, 0.0)
    assert videos.frame_count(recording.stop().raw) == 3


def test_only_what_comes_between_start_and_stop(recording, clock) -> None:
    play(recording, clock)
    recording.add(FrameDrawn(picture(GREY), picture(RED)))
    assert not recording.recording and not recording.unsaved
    recording.start()
    assert recording.unsaved
    play(recording, clock, 5.0, 5.5)
    found = recording.stop()
    recording.add(FrameDrawn(picture(GREY), picture(RED)))
    assert shown_at(found.raw) == pytest.approx([0.0, 0.5]) and not recording.unsaved
    with pytest.raises(FacerecError, match="Nothing is being recorded"):
        recording.stop()


def test_the_next_recording_deletes_the_last_and_closing_deletes_all(
    recording, clock, folder: Path
) -> None:
    for frames in (2, 3):
        recording.start()
        assert list(folder.rglob("*.mp4")) == []
        play(recording, clock, *range(frames))
        found = recording.stop()
        assert sorted(folder.rglob("*.mp4")) == [found.annotated, found.raw]
        assert videos.frame_count(found.annotated) == frames
    recording.close()
    recording.close()
    assert list(folder.iterdir()) == []


def test_closing_in_the_midst_leaves_nothing(recording, clock, folder: Path) -> None:
    before = set(threading.enumerate())
    recording.start()
    play(recording, clock, 0.0, 1.0)
    recording.close()
    assert list(folder.iterdir()) == [] and set(threading.enumerate()) <= before
    assert not recording.recording
    with pytest.raises(FacerecError, match="Nothing is being recorded"):
        recording.stop()


def test_no_frame_is_no_recording(recording, folder: Path) -> None:
    recording.start()
    with pytest.raises(FacerecError, match="already"):
        recording.start()
    with pytest.raises(FacerecError, match="No picture came"):
        recording.stop()
    assert list(folder.iterdir()) == []
    recording.start()
    assert recording.recording


def test_it_ends_by_itself_when_it_gets_too_long(home, clock) -> None:
    made = Recorder(longest=10, clock=clock)
    made.start()
    play(made, clock, 0.0, 9.0, 10.5, 11.0)
    assert not made.recording and made.unsaved
    found = made.stop()
    assert (found.frames, found.seconds) == (2, 9.0)
    made.close()


def test_it_ends_by_itself_when_no_frame_comes_any_more(home, clock) -> None:
    made = Recorder(clock=clock)
    made.start()
    play(made, clock, 0.0)
    # From the next frame on, so that a busy computer does not end it before that one.
    made._film._longest = 0.05
    play(made, clock, 0.01)
    joined([made._film._thread])
    assert not made.recording
    assert made.stop().frames == 2
    made.close()


def test_a_forgotten_recorder_s_files_are_deleted(clock, folder: Path) -> None:
    made = Recorder(clock=clock)
    made.start()
    play(made, clock, 0.0)
    made.stop()
    assert list(folder.rglob("*.mp4"))
    with pytest.warns(ResourceWarning):
        del made
        gc.collect()
    assert list(folder.iterdir()) == []


def test_a_slow_disk_drops_frames_and_never_keeps_the_stream_waiting(
    recording, clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    free, writing = threading.Event(), threading.Event()
    write = videos.VideoWriter.write

    def slow(writer: videos.VideoWriter, *arguments: object) -> None:
        writing.set()
        assert free.wait(LONG)
        write(writer, *arguments)

    monkeypatch.setattr(videos.VideoWriter, "write", slow)
    recording.start()
    recording.add(FrameDrawn(picture(GREY), picture(RED)))
    assert writing.wait(LONG)
    began = time.monotonic()
    for moment in range(1, 41):
        clock.now = 100.0 + moment
        recording.add(FrameDrawn(picture(GREY), picture(RED)))
    assert time.monotonic() - began < LONG / 2
    assert recording.dropped == 40 - recorder.WAITING_FRAMES
    free.set()
    found = recording.stop()
    assert found.frames == 1 + recorder.WAITING_FRAMES
    assert found.frames == videos.frame_count(found.raw) == videos.frame_count(found.annotated)
    assert (found.dropped, found.seconds) == (40 - recorder.WAITING_FRAMES, 8.0)


@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_full_disk_interrupts_it_and_leaves_no_file(
    recording, clock, folder: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    write, calls = videos.VideoWriter.write, []

    def fails(writer: videos.VideoWriter, *arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == number:
            raise OSError(28, "No space left on device")
        write(writer, *arguments)

    monkeypatch.setattr(videos.VideoWriter, "write", fails)
    recording.start()
    play(recording, clock, *range(4))
    joined([recording._film._thread])
    play(recording, clock, 5.0)
    assert not recording.recording and recording.unsaved
    assert "disk is full" in recording.error
    with pytest.raises(FacerecError, match="The recording failed: .*disk is full"):
        recording.stop()
    assert list(folder.iterdir()) == []
    recording.start()
    play(recording, clock, 0.0)
    assert recording.stop().frames == 1


@pytest.mark.parametrize(
    ("height", "width", "inside", "outside"),
    [(24, 32, (24, 32), None), (64, 48, (24, 32), (24, 5)), (20, 64, (24, 32), (4, 32))],
)
def test_a_camera_that_changes_its_size_is_fitted_in(
    recording, clock, height, width, inside, outside
) -> None:
    recording.start()
    play(recording, clock, 0.0)
    clock.now += 1
    recording.add(FrameDrawn(picture(GREY, height, width), picture(RED, height, width)))
    found = recording.stop()
    frames = list(videos.video_frames(found.annotated))
    assert [frame.shape for frame in frames] == [(HEIGHT, WIDTH, 3)] * 2
    np.testing.assert_allclose(frames[1][inside], RED, atol=16)
    if outside:
        np.testing.assert_allclose(frames[1][outside], (0, 0, 0), atol=16)


def test_a_snapshot_is_the_latest_frame_exactly(recording) -> None:
    with pytest.raises(FacerecError, match="No picture"):
        recording.snapshot()
    noise = np.random.default_rng(0).integers(0, 256, (2, HEIGHT, WIDTH, 3)).astype(np.uint8)
    recording.add(FrameDrawn(picture(GREY), picture(GREY)))
    recording.add(FrameDrawn(*noise))
    found = recording.snapshot()
    np.testing.assert_array_equal(images.decode(found.raw), noise[0])
    np.testing.assert_array_equal(images.decode(found.annotated), noise[1])


RECORDING = """
import sys, time
import numpy as np
from facerec.live.frames import FrameDrawn
from facerec.live.recorder import Recorder

now = 0.0
made = Recorder(clock=lambda: now)
made.start()
noise = np.random.default_rng(0).integers(0, 256, (2, 96, 128, 3)).astype(np.uint8)
for number in range(120):
    now = number / 15
    made.add(FrameDrawn(*np.roll(noise, number, 2)))
    while made._film._waiting:
        time.sleep(0.001)
print("recorded", flush=True)
sys.stdin.read()
"""


def test_a_killed_app_leaves_what_it_had_recorded(home: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RECORDING],
        env={**os.environ, "FACEREC_HOME": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "recorded\n"
        assert recorder.left_over() == []
        process.kill()
    [found] = recorder.left_over()
    assert found.began == found.raw.parent.name[:16].replace(".", ":")
    for film in (found.annotated, found.raw):
        assert 120 - 4 * 15 < videos.frame_count(film) <= 120
        shown = [frame.seconds for frame in videos.timed_frames(film) if frame.pixels is not None]
        np.testing.assert_allclose(shown, np.arange(len(shown)) / 15, atol=0.001)
    found.delete()
    assert recorder.left_over() == [] and list(paths.recordings_folder().iterdir()) == []


def test_what_is_open_is_not_left_over_and_what_has_no_frame_is_deleted(
    recording, clock, folder: Path
) -> None:
    recording.start()
    play(recording, clock, 0.0, 0.1)
    recording.stop()
    [kept] = folder.iterdir()
    assert recorder.left_over() == []
    crashed = folder / "2026-01-31 12.30.59 abc"
    shutil.copytree(kept, crashed)
    assert [item.began for item in recorder.left_over()] == ["2026-01-31 12:30"]
    (crashed / recorder.RAW).write_bytes(b"")
    assert recorder.left_over() == [] and crashed.is_dir()
    os.utime(crashed, (0, 0))
    assert recorder.left_over() == [] and not crashed.exists()
    assert kept.is_dir()
