import gc
import weakref
from pathlib import Path

import numpy as np
import pytest

from facerec.collecting.sources import named
from facerec.datasets.folder import UNKNOWN
from facerec.decisions.operating_point import OperatingPoint
from facerec.faces import drawing, videos
from facerec.live.film import Film, Looking
from facerec.live.pipeline import LivePipeline
from tests.examples import FixedDetector, scene
from tests.unit.live.test_files import BOX, Bright, Sure, outline
from tests.waiting import until

POINT = OperatingPoint()


def pipeline_of(recogniser: Sure | Bright, looks: int = 1) -> LivePipeline:
    return LivePipeline(FixedDetector([BOX]), {"run": recogniser}, {"run": POINT}, looks, 0.0)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "video.mp4"
    with videos.VideoWriter(path) as writer:
        for number in range(4):
            writer.write(scene(), number / 2)
    return path


def looked_through(source, pipeline: LivePipeline) -> Film:
    looking = Looking(source, pipeline)
    until(lambda: looking.film or looking.error)
    assert looking.error is None
    assert looking.progress == (len(looking.film.frames),) * 2
    return looking.film


def test_faces_are_named_at_any_threshold_after_one_look(video: Path) -> None:
    film = looked_through(video, pipeline_of(Sure()))
    assert [frame.seconds for frame in film.frames] == pytest.approx([0, 0.5, 1, 1.5])
    assert film.size == (scene().shape[1], scene().shape[0])
    scored = film.scored("run", Sure.classes, POINT)
    np.testing.assert_allclose(scored.acceptance, 0.8, atol=1e-6)
    (track,) = film.longest(3)
    assert scored.names(track, Sure.classes, 0.79) == {"Ada": 1.0}
    assert scored.names(track, Sure.classes, 0.81) == {UNKNOWN: 1.0}


def test_a_face_has_no_name_before_its_last_look(video: Path) -> None:
    film = looked_through(video, pipeline_of(Sure(), looks=3))
    scored = film.scored("run", Sure.classes, POINT)
    assert scored.frames.tolist() == [2, 3]
    assert [len(frame.faces) for frame in film.frames] == [1] * 4


def test_the_film_plays_without_boxes_and_is_saved_with_them(video: Path) -> None:
    film = looked_through(named("video.mp4", video.read_bytes()), pipeline_of(Sure()))
    plain = list(videos.video_frames(named("film.mp4", film.content)))
    assert len(plain) == 4
    np.testing.assert_allclose(outline(plain[0]), outline(scene()), atol=60)
    for threshold, color in ((0.5, drawing.GREEN), (0.9, drawing.RED)):
        content = film.labelled("run", Sure.classes, OperatingPoint(threshold))
        frames = list(videos.timed_frames(named("labelled.mp4", content)))
        assert [frame.seconds for frame in frames] == pytest.approx([0, 0.5, 1, 1.5])
        np.testing.assert_allclose(outline(frames[0].pixels), color, atol=60)


def test_a_large_video_plays_reduced_with_boxes_in_their_place(tmp_path: Path) -> None:
    large = np.kron(scene(), np.ones((8, 8, 1), np.uint8))
    video = tmp_path / "large.mp4"
    with videos.VideoWriter(video) as writer:
        writer.write(large)
    box = type(BOX)(*(8 * value for value in BOX))
    pipeline = LivePipeline(FixedDetector([box]), {"run": Sure()}, {"run": POINT}, 1, 0.0)
    film = looked_through(video, pipeline)
    (pixels,) = videos.video_frames(named("film.mp4", film.content))
    assert pixels.shape[1] == 1280 and film.size[0] == large.shape[1] > 1280
    (labelled,) = videos.video_frames(
        named("labelled.mp4", film.labelled("run", Sure.classes, POINT))
    )
    scale = 1280 / large.shape[1]
    edge = labelled[round((box.y + box.height / 2) * scale), round(box.x * scale)]
    np.testing.assert_allclose(edge, drawing.GREEN, atol=60)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    looking = Looking(broken, pipeline_of(Sure()))
    until(lambda: looking.error)
    assert "broken.mp4 cannot be read" in looking.error and looking.film is None


@pytest.mark.parametrize("how", ["stop", "forget"])
def test_the_work_ends_when_nobody_wants_it_any_more(video: Path, how: str) -> None:
    class Slow(Sure):
        looks = 0

        def outputs(self, faces: np.ndarray):
            type(self).looks += 1
            until(lambda: ended.is_set())
            return super().outputs(faces)

    looking = Looking(video, pipeline_of(Slow()))
    ended = looking._state.stopped
    until(lambda: Slow.looks == 1)
    if how == "stop":
        looking.stop()
    gone = weakref.ref(looking)
    del looking
    gc.collect()
    assert gone() is None and ended.is_set()
    assert Slow.looks == 1
