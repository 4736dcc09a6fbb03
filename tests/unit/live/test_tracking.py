from collections.abc import Sequence
from pathlib import Path

import pytest

from facerec.faces import videos
from facerec.faces.detection import Box, detector
from facerec.live.tracking import Track, Tracker

LEFT, RIGHT = Box(20, 40, 80, 80), Box(200, 40, 80, 80)


def ids(tracks: Sequence[Track]) -> list[int]:
    return [track.id for track in tracks]


def moved(box: Box, x: float) -> Box:
    return box._replace(x=round(x))


def test_a_face_that_stays_keeps_its_track() -> None:
    tracker = Tracker()
    assert tracker.update([LEFT], 10.0) == [Track(1, LEFT)]
    assert tracker.update([moved(LEFT, 25)], 10.5) == [Track(1, moved(LEFT, 25))]


def test_tracks_come_in_the_order_of_the_boxes() -> None:
    tracker = Tracker()
    assert ids(tracker.update([LEFT, RIGHT], 0.0)) == [1, 2]
    assert ids(tracker.update([RIGHT, LEFT], 0.1)) == [2, 1]
    assert [track.box for track in tracker.update([RIGHT, LEFT], 0.2)] == [RIGHT, LEFT]


def test_a_face_elsewhere_is_another_one() -> None:
    tracker = Tracker()
    assert ids(tracker.update([LEFT], 0.0)) == [1]
    assert ids(tracker.update([RIGHT], 0.1)) == [2]
    assert tracker.ids == {1, 2}


def test_no_two_faces_share_a_track() -> None:
    tracker = Tracker()
    tracker.update([LEFT], 0.0)
    found = tracker.update([moved(LEFT, 30), LEFT], 0.1)
    assert ids(found) == [2, 1], "the nearer one is the known one"


def test_the_faces_are_given_out_so_that_overlaps_are_largest_together() -> None:
    tracker = Tracker()
    first, second = Box(0, 0, 100, 100), Box(60, 0, 100, 100)
    tracker.update([first, second], 0.0)
    # One by one, the first would take the box at 50, and leave nothing to the second.
    assert ids(tracker.update([Box(50, 0, 100, 100), Box(-40, 0, 100, 100)], 0.1)) == [2, 1]


def test_a_face_is_expected_where_its_motion_leads() -> None:
    """At 60 pixels a frame, the overlap with the last box is under the least that counts."""
    tracker = Tracker()
    for number, x in enumerate((0, 20, 50, 90, 140, 200, 260, 320)):
        assert ids(tracker.update([moved(LEFT, x)], number / 10)) == [1]
    still = Tracker()
    assert ids(still.update([moved(LEFT, 260)], 0.0)) == [1]
    assert ids(still.update([moved(LEFT, 320)], 0.1)) == [2]


def test_two_who_pass_each_other_stay_who_they_are() -> None:
    tracker = Tracker()
    for number in range(21):
        boxes = [moved(LEFT, 20 + 15 * number), moved(LEFT, 320 - 15 * number)._replace(y=55)]
        assert ids(tracker.update(boxes, number / 10)) == [1, 2], number


@pytest.mark.parametrize(("missed", "expected"), [(0.9, 1), (1.1, 2)])
def test_a_face_that_is_not_found_is_remembered_for_a_second(missed: float, expected: int) -> None:
    tracker = Tracker(keep_seconds=1.0)
    tracker.update([LEFT], 0.0)
    assert tracker.update([], missed / 2) == []
    assert ids(tracker.update([LEFT], missed)) == [expected]
    assert tracker.ids == {expected}


def test_a_face_found_again_is_where_its_motion_led() -> None:
    tracker = Tracker()
    for number in range(4):
        tracker.update([moved(LEFT, 20 + 30 * number)], number / 10)
    for number in range(4, 8):
        tracker.update([], number / 10)
    assert ids(tracker.update([moved(LEFT, 20 + 30 * 8)], 0.8)) == [1]


def test_an_earlier_time_begins_a_new_video() -> None:
    tracker = Tracker()
    tracker.update([LEFT], 5.0)
    assert ids(tracker.update([LEFT], 0.0)) == [2]
    assert tracker.ids == {2}


def test_two_frames_of_one_moment() -> None:
    tracker = Tracker()
    tracker.update([LEFT], 1.0)
    assert ids(tracker.update([moved(LEFT, 30)], 1.0)) == [1]


def test_boxes_without_area_overlap_nothing() -> None:
    tracker = Tracker()
    tracker.update([Box(5, 5, 0, 0)], 0.0)
    assert ids(tracker.update([Box(5, 5, 0, 0), LEFT], 0.1)) == [2, 3]


def test_nothing_is_kept_of_a_thousand_passers_by() -> None:
    tracker = Tracker()
    for number in range(1000):
        tracker.update([moved(LEFT, 1000 * (number % 2))], 2.0 * number)
        assert len(tracker.ids) == 1


def test_two_people_in_a_video_are_two_tracks(yunet: Path, shared: Path) -> None:
    tracker, finder = Tracker(), detector("yunet")
    video = shared / "data" / "video" / "head-pose-face-detection-female-and-male.gif"
    sides: dict[int, set[bool]] = {}
    for number, frame in enumerate(videos.video_frames(video)):
        boxes = [face.box for face in finder.detect(frame)]
        for track in tracker.update(boxes, number / 15):
            left = track.box.x + track.box.width / 2 < frame.shape[1] / 2
            sides.setdefault(track.id, set()).add(left)
    assert sides == {1: {True}, 2: {False}} or sides == {1: {False}, 2: {True}}
