from pathlib import Path

import av
import numpy as np
import pytest

from facerec.collecting import guidance
from facerec.collecting.guidance import POSES, Hint, Pose, picture_hint, pose_hint
from facerec.faces.detection import Box, Face, detector
from facerec.faces.preprocessing import FaceImage

FRAME = np.zeros((360, 640, 3), np.uint8)
BOX = Box(260, 120, 120, 120)
LANDMARKS = np.array([[290, 160], [350, 160], [320, 194], [296, 220], [344, 220]], np.float32)


def pose(nose: tuple[float, float] = (0, 0), leaning: float = 0) -> Pose:
    """The pose of a face with its nose moved by pixels, leaning by degrees to its own left."""
    points = LANDMARKS.copy()
    points[2] += nose
    angle = np.radians(leaning)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return Pose.of(Face(BOX, landmarks=points @ turn))


def face(box: Box = BOX, brightness: int = 128) -> FaceImage:
    return FaceImage(Face(box), np.full((224, 224, 3), brightness, np.uint8))


def test_a_face_seen_straight_on() -> None:
    straight = pose()
    assert abs(straight.yaw) < 1 and abs(straight.pitch) < 1 and abs(straight.roll) < 1
    assert straight.name == "straight"


@pytest.mark.parametrize(
    ("nose", "name"),
    [((15, 0), "left"), ((-15, 0), "right"), ((0, -10), "up"), ((0, 10), "down"),
     ((4, 3), "straight"), ((30, -6), "left"), ((6, -20), "up")],
)  # fmt: skip
def test_the_nose_tells_where_the_head_is_turned(nose: tuple[int, int], name: str) -> None:
    assert pose(nose).name == name
    assert pose(nose, leaning=25).name == name


@pytest.mark.parametrize("leaning", [-30, 20])
def test_leaning_is_to_the_subject_s_own_left(leaning: float) -> None:
    # In the picture, a head that leans to its own left leans to the right: clockwise.
    assert pose(leaning=leaning).roll == pytest.approx(leaning, abs=0.1)


def test_haar_s_faces_have_no_pose() -> None:
    assert Pose.of(Face(BOX)) is None


def test_all_landmarks_in_one_point_are_no_error() -> None:
    assert Pose.of(Face(BOX, landmarks=np.zeros((5, 2), np.float32))) is not None


def test_a_woman_who_turns_her_head(shared: Path, yunet: Path) -> None:
    found = {}
    video = shared / "data" / "video" / "head-pose-face-detection-female.gif"
    with av.open(str(video)) as source:
        for number, frame in enumerate(source.decode(video=0)):
            (seen,) = detector("yunet").detect(frame.to_ndarray(format="rgb24"))
            found[number] = Pose.of(seen).name
    # Seen in the video: from her right over straight on to her left, and back.
    assert [found[number] for number in (0, 5, 9, 10, 12, 18)] == [
        "right", "right", "straight", "straight", "left", "straight"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], guidance.NO_FACE),
        ([face(), face()], guidance.SEVERAL),
        ([face(Box(300, 100, 40, 50), brightness=0)], guidance.TOO_FAR),
        ([face(Box(300, 100, 60, 80), brightness=0)], guidance.COME_CLOSER),
        ([face(Box(-20, 100, 120, 120), brightness=0)], guidance.OUTSIDE),
        ([face(Box(540, 100, 120, 120))], guidance.OUTSIDE),
        ([face(Box(100, -20, 120, 120))], guidance.OUTSIDE),
        ([face(Box(100, 260, 120, 120))], guidance.OUTSIDE),
        ([face(brightness=30)], guidance.TOO_DARK),
        ([face(brightness=230)], guidance.TOO_BRIGHT),
        ([face()], Hint()),
        ([face(Box(0, 0, 120, 120))], Hint()),
    ],
)
def test_what_is_most_urgent_is_said(found: list[FaceImage], expected: Hint) -> None:
    assert picture_hint(found, FRAME) == expected


def test_only_what_makes_an_image_impossible_stops_recording() -> None:
    hints = [hint for hint in vars(guidance).values() if isinstance(hint, Hint)]
    assert {hint for hint in hints if hint.stops} == {
        guidance.NO_FACE, guidance.SEVERAL, guidance.TOO_FAR
    }  # fmt: skip


WITH_LANDMARKS = Face(BOX, landmarks=LANDMARKS)


def test_each_pose_is_asked_for_until_there_is_enough_of_it() -> None:
    counts = dict.fromkeys(POSES, 0)
    asked = []
    for saved in range(60):
        hint = pose_hint(WITH_LANDMARKS, counts, saved, 60)
        asked.append(hint.text)
        counts[next((name for name, text in POSES.items() if text == hint.text), "straight")] += 1
    assert list(dict.fromkeys(asked)) == [*POSES.values(), guidance.COVERED.text]
    assert min(counts.values()) == 6


def test_a_pose_that_is_never_seen_is_not_asked_for_until_the_end() -> None:
    asked = [pose_hint(WITH_LANDMARKS, {"straight": n}, n, 60).text for n in range(60)]
    assert list(dict.fromkeys(asked)) == list(POSES.values())
    assert max(asked.count(text) for text in POSES.values()) <= 18


@pytest.mark.parametrize(("saved", "wanted"), [(0, 1), (1, 1), (70, 60)])
def test_few_images_and_more_than_wanted(saved: int, wanted: int) -> None:
    assert pose_hint(WITH_LANDMARKS, {}, saved, wanted).text in POSES.values()


def test_without_landmarks_the_hint_is_a_general_one() -> None:
    assert pose_hint(Face(BOX), {}, 0, 60) == guidance.ANY_TURN
