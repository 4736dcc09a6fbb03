from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from facerec.errors import FacerecError
from facerec.faces import alignment, videos
from facerec.faces.detection import YUNET_FILE, Box, Face, detector
from facerec.faces.preprocessing import extract_faces
from facerec.networks.catalogue import network_named

# Right eye, left eye, nose tip, right and left corner of the mouth of an upright face.
LANDMARKS = np.array([(78, 104), (146, 104), (112, 148), (83, 178), (141, 178)], np.float32)
SIDE = 150
EYES = np.array([(0.2282 + 0.25) * 100, (0.7521 + 0.25) * 100])
MEAN_FACE = network_named("dlib_resnet").mean_face


def turned(degrees: float, scale: float = 1.0) -> np.ndarray:
    """The matrix that turns a face image about its middle."""
    return cv2.getRotationMatrix2D((112, 112), degrees, scale)


def moved(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return cv2.transform(points[None].astype(np.float64), matrix)[0]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """In place of YuNet: the landmarks that it finds at its first look, or none; then none."""
    found = SimpleNamespace(landmarks=LANDMARKS, looks=0)

    def detect(image: np.ndarray) -> list[Face]:
        found.looks += 1
        if found.landmarks is None or found.looks % 2 == 0:
            return []
        return [Face(Box(0, 0, 224, 224), 0.9, found.landmarks.astype(np.float32))]

    monkeypatch.setattr(alignment, "find_yunet", lambda: Path("yunet"))
    monkeypatch.setattr(alignment, "_detector", lambda file: SimpleNamespace(detect=detect))
    return found


def spotted(points: np.ndarray) -> np.ndarray:
    """A grey face image with white spots."""
    face = np.full((224, 224, 3), 40, np.uint8)
    for x, y in np.round(points).astype(int):
        cv2.circle(face, (int(x), int(y)), 4, (255, 255, 255), -1)
    return face


def spots(image: np.ndarray) -> np.ndarray:
    """The middles of the white spots, from left to right."""
    _, _, _, middles = cv2.connectedComponentsWithStats((image[..., 0] > 150).astype(np.uint8))
    return middles[1:][np.argsort(middles[1:, 0])]


@pytest.mark.parametrize("degrees", [0, 25, -40])
@pytest.mark.parametrize("scale", [1.0, 0.7])
def test_eyes_come_to_their_places(seen, degrees: float, scale: float) -> None:
    seen.landmarks = moved(LANDMARKS, turned(degrees, scale))
    face = alignment.aligner(SIDE, MEAN_FACE)(spotted(seen.landmarks[:2]))
    assert face.shape == (SIDE, SIDE, 3) and face.dtype == np.uint8
    left, right = spots(face)
    assert [left[0], right[0]] == pytest.approx(EYES, abs=4)
    assert left[1] == pytest.approx(right[1], abs=1.5)
    assert left[1] == pytest.approx((0.2155 + 0.25) * 100, abs=6)


def test_left_stays_left_and_up_stays_up(seen) -> None:
    corner = spotted(np.array([(90, 100)]))
    (found,) = spots(alignment.aligner(SIDE, MEAN_FACE)(corner))
    assert found[0] < SIDE / 2 and found[1] < SIDE / 2


def test_where_nothing_is_found_a_face_is_taken_as_they_usually_lie(seen) -> None:
    face = spotted(LANDMARKS[:2])
    aligned = alignment.aligner(SIDE, MEAN_FACE)(face)
    seen.landmarks = None
    np.testing.assert_array_equal(alignment.aligner(SIDE, MEAN_FACE)(face), aligned)


def test_places_go_back_to_where_they_were(seen) -> None:
    seen.landmarks = moved(LANDMARKS, turned(20))
    face = spotted(seen.landmarks[[0]])
    aligned = alignment.aligner(SIDE, MEAN_FACE)(face)
    back = alignment.unaligned(face, aligned[..., 0].astype(np.float32), MEAN_FACE)
    assert back.shape == (224, 224) and back.dtype == np.float32
    (before,), (after,) = spots(face), spots(back[..., None])
    assert after == pytest.approx(before, abs=1)
    assert back[0, 0] == 0, "beyond what was seen"


def test_without_yunet_it_says_so(home: Path, uninstalled: None) -> None:
    with pytest.raises(
        FacerecError, match="To turn faces upright, YuNet is needed. The YuNet face detector"
    ):
        alignment.aligner(SIDE, MEAN_FACE)


@pytest.mark.parametrize("degrees", [20, -20])
def test_a_leaning_head_is_set_upright(yunet: Path, shared: Path, degrees: int) -> None:
    video = shared / "data" / "video" / "head-pose-face-detection-male.gif"
    face = extract_faces(next(iter(videos.video_frames(video))), detector("yunet"))[0].pixels
    leaning = cv2.warpAffine(face, turned(degrees), (224, 224), borderMode=cv2.BORDER_REPLICATE)
    finder = alignment._detector(yunet / YUNET_FILE)
    upright, again = (
        alignment._matrix(finder, image, SIDE, MEAN_FACE) for image in (face, leaning)
    )
    by = [np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])) for matrix in (upright, again)]
    # YuNet's points alone say 13 of 20 degrees.
    assert by[1] - by[0] == pytest.approx(degrees, abs=4)
