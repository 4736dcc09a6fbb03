"""The drawn sample people: shapes, determinism, and whether face detectors find them."""

import collections
import dataclasses
import itertools
import pathlib

import cv2
import numpy as np
import pytest

from facerec.sample_data.collection import photographs, strangers
from facerec.sample_data.people import PEOPLE, stranger
from facerec.sample_data.portrait import draw_frame
from facerec.sample_data.scenes import scene
from facerec.sample_data.video import video_frames

YUNET = "face_detection_yunet_2026may.onnx"


@pytest.fixture(scope="module")
def assorted():
    """A quarter of the usual number of photographs: all classes and sessions."""
    return list(photographs(images_per_class=15, sessions=3, seed=0))


def overlap(first, second):
    """Intersection over union of two boxes (x, y, width, height)."""
    width = min(first[0] + first[2], second[0] + second[2]) - max(first[0], second[0])
    height = min(first[1] + first[3], second[1] + second[3]) - max(first[1], second[1])
    shared = max(width, 0) * max(height, 0)
    return shared / (first[2] * first[3] + second[2] * second[3] - shared)


def share_found(photographs, detect):
    """Share of photographs in which ``detect`` finds exactly one face over the true one."""
    found = 0
    for photograph in photographs:
        boxes = [box for box in detect(photograph.frame) if overlap(box, photograph.box) > 0.3]
        found += len(boxes) == 1
    return found / len(photographs)


def haar_detector():
    cascade = cv2.CascadeClassifier(
        str(pathlib.Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml")
    )

    def detect(frame):
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        return cascade.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=4, minSize=(48, 48))

    return detect


def yunet_detector(shared):
    path = shared / "models" / YUNET
    model = cv2.FaceDetectorYN.create(str(path), "", (480, 360), 0.7, 0.3)

    def detect(frame):
        model.setInputSize(frame.shape[1::-1])
        faces = model.detect(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))[1]
        return [] if faces is None else [face[:4] for face in faces]

    return detect


def test_draw_frame_gives_rgb_frame_and_box_inside_it():
    person = next(iter(PEOPLE.values()))
    frame, box = draw_frame(person, scene(5), np.random.default_rng(0), (400, 300))
    assert frame.shape == (300, 400, 3)
    assert frame.dtype == np.uint8
    x, y, width, height = box
    assert width > 48 and height > 48
    assert x >= 0 and y >= 0 and x + width <= 400 and y + height <= 300


def test_box_covers_skin_of_the_person():
    person = PEOPLE["Chen"]
    frame, (x, y, width, height) = draw_frame(person, scene(6), np.random.default_rng(3))
    middle = frame[y + height // 2 : y + 3 * height // 4, x + width // 4 : x + 3 * width // 4]
    red, green, blue = middle.reshape(-1, 3).mean(axis=0)
    assert red > green > blue


def test_same_seed_gives_same_pictures():
    first, second = (list(photographs(3, 3, seed=4)) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert one.box == other.box
        assert np.array_equal(one.frame, other.frame)


def test_other_seed_gives_other_pictures():
    first, second = (next(photographs(3, 3, seed=seed)) for seed in (4, 5))
    assert not np.array_equal(first.frame, second.frame)


def test_class_counts_and_session_names(assorted):
    names = [*PEOPLE, "Unknown"]
    assert len(PEOPLE) >= 4
    assert collections.Counter(p.class_name for p in assorted) == dict.fromkeys(names, 15)
    for name in PEOPLE:
        sessions = collections.Counter(p.session for p in assorted if p.class_name == name)
        assert sessions == {"session-1": 5, "session-2": 5, "session-3": 5}
    unknown = collections.Counter(p.session for p in assorted if p.class_name == "Unknown")
    assert unknown == {f"stranger-{number:02}": 3 for number in range(1, 6)}


def test_images_that_do_not_divide_evenly_are_all_drawn():
    drawn = itertools.islice(photographs(4, 3), 4)
    assert [p.session for p in drawn] == ["session-1", "session-1", "session-2", "session-3"]


def test_scenes_are_reproducible_and_differ():
    scenes = [scene(seed) for seed in range(3)]
    assert len(set(scenes)) == 3
    assert scene(1) == scenes[1]


def test_strangers_are_reproducible_and_differ():
    people = [stranger(seed) for seed in range(12)]
    assert people == [stranger(seed) for seed in range(12)]
    assert len(set(people)) == 12
    assert not set(people) & set(PEOPLE.values())


def test_people_are_plain_values():
    person = stranger(0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        person.beard = 1.0


def test_strangers_name_class_and_person():
    drawn = list(strangers(images=7))
    assert {p.class_name for p in drawn} == {"Strangers"}
    assert len({p.session for p in drawn}) == 3
    assert all(p.frame.shape == (360, 480, 3) for p in drawn)


def test_haar_cascade_finds_the_faces(assorted):
    assert share_found(assorted, haar_detector()) >= 0.9


def test_yunet_finds_the_faces(assorted, shared):
    assert share_found(assorted, yunet_detector(shared)) >= 0.9


def test_video_frames_move_smoothly_and_show_three_faces():
    frames = list(video_frames(frames=16))
    assert all(frame.shape == (360, 640, 3) and frame.dtype == np.uint8 for frame in frames)
    changes = [np.abs(one.astype(int) - other).mean() for one, other in itertools.pairwise(frames)]
    assert 0 < min(changes) and max(changes) < 12
    detect = haar_detector()
    assert np.mean([len(detect(frame)) >= 3 for frame in frames[::3]]) >= 0.8


def test_video_shows_the_people_asked_for():
    (frame,) = video_frames([PEOPLE["Dalia"]], frames=1, size=(320, 240))
    assert frame.shape == (240, 320, 3)
