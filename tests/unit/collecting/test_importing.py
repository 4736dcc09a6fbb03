import os
import threading
from collections import Counter
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from facerec.augmentation.copies import write_augmented_copies
from facerec.augmentation.recipe import PRESETS
from facerec.cleaning import editing
from facerec.collecting import importing
from facerec.collecting.importing import import_faces, import_unknown, unknown_wanted
from facerec.collecting.sources import named
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.errors import FacerecError
from facerec.faces import images
from facerec.faces.detection import Box, WholeImage
from tests.examples import CLASSES, COLORS, FixedDetector, noisy_color, zipped
from tests.unit.collecting.conftest import names
from tests.waiting import LONG, joined

WHOLE = WholeImage()
PNG, SECOND = (images.encode(noisy_color(COLORS["Ada"], seed), ".png") for seed in (0, 1))


def test_a_folder_of_classes(folder: FaceFolder, drawn_classes: Path) -> None:
    report = import_faces([drawn_classes], folder, WHOLE)
    assert report.added == dict.fromkeys(CLASSES, 8) and not report.rejected
    assert folder.sessions() == dict.fromkeys(CLASSES, ["session0", "session1"])
    details = folder.details()
    assert set(details) == names(folder)
    assert details["Ada/session0_0001.jpg"]["source"] == "Ada/session0_0000.jpg"
    assert details["Ada/session0_0001.jpg"]["detector"] == "none"


@pytest.mark.parametrize(
    ("boxes", "reason"),
    [
        ([], "no face found"),
        ([Box(900, 900, 20, 20)], "no face found"),
        ([Box(10, 10, 50, 50), Box(100, 100, 50, 50)], "several faces"),
    ],
)
def test_only_images_with_one_face_come_in(
    folder: FaceFolder, boxes: list[Box], reason: str
) -> None:
    report = import_faces([named("a.png", PNG)], folder, FixedDetector(boxes), "Ada")
    assert not report.added and names(folder) == set()
    assert [(item.name, item.reason) for item in report.rejected] == [("a.png", reason)]


def test_a_broken_image_is_rejected_and_the_rest_comes_in(folder: FaceFolder) -> None:
    uploads = [named("a.png", PNG), named("broken.jpg", b"broken"), named("b.png", SECOND)]
    report = import_faces(uploads, folder, WHOLE, "Ada")
    assert report.added == {"Ada": 2}
    assert report.reasons() == {"unreadable": 1}


def test_reasons_begin_with_the_most_frequent() -> None:
    report = importing.ImportReport(
        rejected=[importing.Rejection("x", reason) for reason in ("one", "two", "two")]
    )
    assert list(report.reasons().items()) == [("two", 2), ("one", 1)]


def test_stopping_keeps_what_came_in_and_its_index(folder: FaceFolder, drawn_classes: Path) -> None:
    def progress(done: int, total: int) -> None:
        assert total == 24
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_faces([drawn_classes], folder, WHOLE, progress=progress)
    assert len(names(folder)) == 3
    assert set(folder.details()) == names(folder)


def test_the_whole_image_is_kept_where_asked(folder: FaceFolder) -> None:
    frame = np.full((100, 140, 3), 90, np.uint8)
    upload = named("frame.png", images.encode(frame, ".png"))
    detector = FixedDetector([Box(20, 20, 50, 50)])
    import_faces([upload], folder, detector, "Ada", keep_raw=True)
    assert images.read(folder.path / "_raw" / "Ada" / "frame_0001.jpg").shape == frame.shape
    assert folder.counts() == {"Ada": 1}


def test_importing_again_adds_another_session(folder: FaceFolder) -> None:
    for content in (PNG, SECOND):
        import_faces([named("lesson.png", content)], folder, WHOLE, "Ada")
    assert folder.sessions() == {"Ada": ["lesson", "lesson-2"]}


@pytest.mark.parametrize(("class_name", "session"), [("../x", None), ("Ada", "a/b")])
def test_unsafe_names_are_refused(folder: FaceFolder, class_name: str, session: str | None) -> None:
    with pytest.raises(FacerecError):
        import_faces([named("a.png", PNG)], folder, WHOLE, class_name, session)


def test_a_picture_comes_in_once(folder: FaceFolder) -> None:
    uploads = [named("a.png", PNG), named("b.png", PNG), named("c.png", SECOND)]
    report = import_faces(uploads, folder, WHOLE, "Ada")
    assert report.added == {"Ada": 2}
    assert [(item.name, item.reason, item.detail) for item in report.rejected] == [
        ("b.png", "duplicate", "already here as Ada/a_0001.jpg")
    ]
    again = import_faces(uploads, folder, WHOLE, "Zoë")
    assert not again.added and again.reasons() == {"duplicate": 3}, "nor under another name"
    folder.face_files("Ada")[0].path.unlink()
    assert import_faces(uploads, folder, WHOLE, "Ada").added == {"Ada": 1}, "it was gone"


def test_a_still_video_gives_one_image(folder: FaceFolder, tmp_path: Path) -> None:
    path = tmp_path / "still.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width = stream.height = 224
        stream.pix_fmt = "bgr0"
        for _ in range(4):
            frame = av.VideoFrame.from_ndarray(noisy_color(COLORS["Ada"], 0), format="rgb24")
            container.mux(stream.encode(frame.reformat(format="bgr0")))
        container.mux(stream.encode())
    report = import_faces([path], folder, WHOLE, "Ada")
    assert report.added == {"Ada": 1}
    assert report.reasons() == {"duplicate": 3}


def test_faces_that_are_too_small_are_left_out(folder: FaceFolder) -> None:
    small = FixedDetector([Box(10, 10, 39, 30)])
    report = import_faces([named("a.png", PNG)], folder, small, "Ada")
    assert report.reasons() == {"too small": 1}
    assert report.rejected[0].detail == "the face has 39 pixels, of 40 at least"
    beside = FixedDetector([Box(100, 100, 40, 40), Box(10, 10, 39, 30)])
    assert import_faces([named("a.png", PNG)], folder, beside, "Ada").added == {"Ada": 1}


def test_rejected_images_can_be_shown(folder: FaceFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MOST_REJECTED_SHOWN", 2)
    wide = images.encode(np.full((100, 640, 3), 90, np.uint8), ".png")
    uploads = [named("broken.jpg", b""), *(named(f"{n}.png", wide) for n in range(3))]
    report = import_faces(uploads, folder, FixedDetector([]), "Ada")
    shapes = [item.picture.shape if item.picture is not None else None for item in report.rejected]
    assert shapes == [None, (25, 160, 3), (25, 160, 3), None]


@pytest.mark.parametrize("with_original", [True, False])
def test_augmented_copies_stay_tied_to_their_original(
    folder: FaceFolder, small_dataset: FaceFolder, with_original: bool
) -> None:
    write_augmented_copies(small_dataset, "augmented", PRESETS["Webcam"], 2)
    augmented = FaceFolder.open("augmented")
    if not with_original:
        augmented.face_files("Ada")[2].path.write_bytes(b"broken")
        assert not augmented.face_files("Ada")[2].is_copy
    import_faces([augmented.path], folder, WHOLE, session="second life")
    families = Counter((face.class_name, face.original) for face in folder.face_files())
    assert set(families.values()) == ({3} if with_original else {3, 2})
    assert len(families) == 24
    assert sum(face.is_copy for face in folder.face_files()) == 48


def test_two_images_of_one_name_are_not_mixed_up(folder: FaceFolder, tmp_path: Path) -> None:
    (tmp_path / "Ada").mkdir()
    (tmp_path / "Ada" / "a.png").write_bytes(PNG)
    (tmp_path / "Ada" / "a.jpg").write_bytes(SECOND)
    assert import_faces([tmp_path], folder, WHOLE).added == {"Ada": 2}
    assert len(folder.face_files()) == 2


def test_what_was_not_noted_does_not_come_in_again(folder: FaceFolder) -> None:
    """As after a full disk, where the index could not be written, or a computer switched off."""
    uploads = [named("a.png", PNG), named("b.png", SECOND)]
    import_faces(uploads[:1], folder, WHOLE, "Ada")
    (folder.path / "dataset.json").unlink()
    report = import_faces(uploads, folder, WHOLE, "Zoë")
    assert report.added == {"Zoë": 1}
    assert report.rejected[0].detail == "already here as Ada/a_0001.jpg"


def test_many_workers_give_what_one_gives(
    home: Path, drawn_classes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = []
    for workers in (1, 7):
        monkeypatch.setattr(os, "cpu_count", lambda workers=workers: workers)
        folder = FaceFolder.create(f"by {workers}")
        report = import_faces([drawn_classes], folder, FixedDetector([Box(20, 20, 90, 90)]))
        sources = {key: details["source"] for key, details in folder.details().items()}
        results.append((report, sources, folder.content_hash()))
    assert results[0] == results[1]


def test_imports_at_once_and_stopped_ones_leave_opencv_as_it_was(folder: FaceFolder) -> None:
    """The first begins before the second and ends before it; the third is stopped midway."""
    uploads = [[named(f"{n}.png", PNG) for n in range(4)] for _ in range(3)]
    first_began, second_began, first_ended = (threading.Event() for _ in range(3))

    def in_first(done: int, total: int) -> None:
        first_began.set()
        assert second_began.wait(LONG)

    def in_second(done: int, total: int) -> None:
        second_began.set()
        assert first_ended.wait(LONG)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    def first() -> None:
        import_faces(uploads[0], folder, WHOLE, "Ada", progress=in_first)
        first_ended.set()

    threads = cv2.getNumThreads()
    cv2.setNumThreads(3)
    try:
        beside = threading.Thread(target=first)
        beside.start()
        assert first_began.wait(LONG)
        import_faces(uploads[1], folder, WHOLE, "Zoë", progress=in_second)
        joined([beside])
        assert cv2.getNumThreads() == 3
        with pytest.raises(KeyboardInterrupt):
            import_faces(uploads[2], folder, WHOLE, "Ben", progress=stop)
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(threads)


def people(folder: Path, **counts: int) -> Path:
    """A folder for each person, with so many pictures."""
    for number, (name, count) in enumerate(counts.items()):
        for index in range(count):
            pixels = noisy_color((120, 120, 120), 100 * number + index)
            images.write(folder / "faces" / name / f"{index}.png", pixels)
    return folder


def test_unknown_is_spread_over_people(folder: FaceFolder, tmp_path: Path) -> None:
    source = people(tmp_path / "assorted", Ann=10, Ben=2, Cid=10)
    seen = []
    report = import_unknown(
        [source], folder, WHOLE, 8, lambda done, total: seen.append((done, total))
    )
    assert report.added == {UNKNOWN: 8}
    assert Counter(face.session for face in folder.face_files()) == {"Ann": 3, "Ben": 2, "Cid": 3}
    assert seen[-1] == (8, 8)


def test_unknown_tells_people_apart_whose_pictures_are_called_alike(folder: FaceFolder) -> None:
    cameras = zipped(
        {
            f"{place}/IMG_{number:04d}.png": images.encode(noisy_color((120, 120, 120), seed))
            for seed, (place, number) in enumerate(
                (place, number) for place in ("Ann", "7b/Ben", UNKNOWN) for number in range(3)
            )
        }
    )
    import_unknown([cameras], folder, WHOLE, 6)
    assert Counter(face.session for face in folder.face_files()) == {"Ann": 2, "Ben": 2, "IMG": 2}


def test_unknown_takes_what_there_is(folder: FaceFolder, tmp_path: Path) -> None:
    source = people(tmp_path / "assorted", Ann=2, Ben=1)
    assert import_unknown([source], folder, WHOLE, 8).added == {UNKNOWN: 3}


def test_unknown_takes_every_face_of_a_picture(folder: FaceFolder, tmp_path: Path) -> None:
    source = people(tmp_path / "assorted", Ann=2)
    group = FixedDetector([Box(10, 10, 60, 60), Box(90, 90, 60, 60)])
    assert import_unknown([source], folder, group, 3).added == {UNKNOWN: 3}
    assert len(folder.face_files(UNKNOWN)) == 3


def test_unknown_is_made_of_pictures(folder: FaceFolder) -> None:
    with pytest.raises(FacerecError, match="film.mp4 is a video"):
        import_unknown([named("film.mp4", b"")], folder, WHOLE, 3)
    with pytest.raises(FacerecError, match="as large as"):
        import_unknown([named("a.png", PNG)], folder, WHOLE, 0)


def test_unknown_is_to_be_as_large_as_the_others(small_dataset: FaceFolder) -> None:
    assert unknown_wanted(small_dataset) == 0
    for face in small_dataset.face_files(UNKNOWN)[:5]:
        face.path.unlink()
    assert unknown_wanted(small_dataset) == 5
    assert unknown_wanted(FaceFolder.create("empty")) == 0


def test_a_class_renamed_in_mid_import_is_not_split(folder: FaceFolder, tmp_path: Path) -> None:
    for number in range(6):
        name = f"{'first' if number < 3 else 'second'}_{number}.png"
        images.write(tmp_path / "Ada" / name, noisy_color((200, 60, 60), number))

    def rename(done: int, total: int) -> None:
        if done == 2:
            editing.rename_class(folder, "Ada", "Bea")

    with pytest.raises(FacerecError, match="2 images came in before, and stay"):
        import_faces([tmp_path], folder, WHOLE, progress=rename)
    assert folder.counts() == {"Bea": 2}
