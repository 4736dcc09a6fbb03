"""Two people of a video assessed live: the same numbers as ``recognize`` on the same frames."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from facerec.collecting.importing import import_faces
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.decisions.operating_point import OperatingPoint
from facerec.faces import images, videos
from facerec.faces.detection import detector
from facerec.live import kept_assessments
from facerec.live.assessment import STRANGER, LiveCounts
from facerec.live.files import label_file
from facerec.live.frames import LiveLook
from facerec.live.pipeline import LivePipeline
from facerec.recognition.recogniser import Recogniser
from facerec.runs import creating
from facerec.runs.run import Run
from facerec.runs.settings import TrainingConfig
from facerec.training.loop import train
from tests.acceptance.test_video_line import facerec
from tests.looking import faces_named

DATASET, FRAMES = "pair", 56
PEOPLE = ("woman", "man")


def write_faces(shared: Path, folder: Path) -> None:
    """Some of the two people's frames, each from a video of their own."""
    for person, sex, every in (("woman", "female", 2), ("man", "male", 5)):
        video = shared / "data" / "video" / f"head-pose-face-detection-{sex}.gif"
        for number, frame in enumerate(videos.video_frames(video)):
            if number % every == 0:
                images.write(folder / person / f"alone_{number:04d}.png", frame)


def write_halves(shared: Path, folder: Path) -> dict[str, Path]:
    """The third video in two, with one person in each."""
    source = shared / "data" / "video" / "head-pose-face-detection-female-and-male.gif"
    frames = list(videos.video_frames(source))
    assert len(frames) == FRAMES
    # The woman sits on the left in every frame, the man on the right.
    middle = frames[0].shape[1] // 2
    halves = {"woman": slice(None, middle), "man": slice(middle, None)}
    for person, columns in halves.items():
        with videos.VideoWriter(folder / f"{person}.mp4") as writer:
            for frame in frames:
                writer.write(frame[:, columns])
    return {person: folder / f"{person}.mp4" for person in halves}


def recognized(run: Run, video: Path) -> Counter[str]:
    """What the command calls the largest face of each frame."""
    lines = facerec("recognize", run.name, video, "--detector", "yunet")
    assert len(lines) == FRAMES
    return Counter(
        max(line["faces"], key=lambda face: face["box"][2] * face["box"][3])["label"]
        for line in lines
        if line["faces"]
    )


@pytest.fixture
def run(yunet: Path, shared: Path, tmp_path: Path) -> Run:
    """A network that has learned little of the two, so that it also errs."""
    folder = FaceFolder.create(DATASET)
    write_faces(shared, tmp_path / "alone")
    import_faces([tmp_path / "alone"], folder, detector("yunet"))
    others = sorted((shared / "data" / "faces" / UNKNOWN).iterdir())[::6]
    import_faces(others, folder, detector("yunet"), class_name=UNKNOWN)
    run = creating.create(
        "hasty", TrainingConfig(DATASET, epochs=3, batch_size=8, learning_rate=1e-4)
    )
    train(run)
    return run


def test_both_people_get_the_numbers_of_recognize(run: Run, shared: Path, tmp_path: Path) -> None:
    films = write_halves(shared, tmp_path)
    classifier, finder = Recogniser(run), detector("yunet")
    # Where about half of the faces are refused, so that all figures have something to tell.
    scores = [
        max(face.probabilities.values())
        for video in films.values()
        for frame in list(videos.video_frames(video))[::5]
        for face in faces_named(classifier, finder, frame, OperatingPoint())
    ]
    point = OperatingPoint(float(np.median(scores)))
    run.save_operating_point(point)
    expected = {person: recognized(run, video) for person, video in films.items()}
    assert len(set().union(*expected.values())) > 1, expected

    # Once both by name, and once the man as a stranger.
    counts, of_one = (LiveCounts({run.name: point}, {run.name: run.info.classes}) for _ in range(2))
    for person, video in films.items():
        # Several looks steady what is shown; counted is what the network says of each frame.
        pipeline = LivePipeline(
            finder, {run.name: classifier}, {run.name: point}, looks=3, recognise_every=0
        )
        for listener in (counts, of_one):
            pipeline.subscribe(LiveLook, listener.count)
        counts.begin(person)
        of_one.begin(person if person == "woman" else STRANGER)
        label_file(video, pipeline, lambda frame: None)
        counts.stop()
        of_one.stop()
    found = counts.assessment(run.name)
    assert found.people == expected
    frames = sum(map(Counter.total, expected.values()))
    assert 2 * FRAMES - 2 <= frames <= 2 * FRAMES and found.frames == frames
    assert found.right == sum(expected[person][person] for person in PEOPLE)
    refused = sum(expected[person][UNKNOWN] for person in PEOPLE)
    assert found.false_rejection_rate == refused / frames and 0 < refused < frames
    assert found.false_acceptance_rate is None
    over_time = counts.over_time(run.name)
    assert over_time.frames.sum() == frames and over_time.so_far[-1] == found.accuracy

    with_stranger = of_one.assessment(run.name)
    assert with_stranger.people == {"woman": expected["woman"]}
    assert with_stranger.strangers == expected["man"]
    named = expected["man"].total() - expected["man"][UNKNOWN]
    assert with_stranger.false_acceptance_rate == pytest.approx(named / expected["man"].total())

    kept_assessments.add(run, found)
    assert kept_assessments.assessments(Run.open(run.name)) == [found]
