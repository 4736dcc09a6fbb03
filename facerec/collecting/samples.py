"""The drawn faces of ``sample_data`` as data sets and files, without download or camera."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from facerec.datasets.folder import FaceFolder
from facerec.datasets.writer import FaceWriter, Origin
from facerec.faces import images, videos
from facerec.faces.detection import FaceDetector
from facerec.faces.preprocessing import extract_faces
from facerec.sample_data import collection, people
from facerec.sample_data.collection import SamplePhotograph
from facerec.sample_data.video import video_frames
from facerec.system import files, paths
from facerec.system.progress import Progress

PEOPLE = "sample"
STRANGERS = "sample-strangers"
IMAGES_PER_CLASS = 60
VIDEO_FRAMES = 90


@dataclass(frozen=True)
class DrawnFiles:
    """Files written by ``draw_files``: their folder, number of photographs, and the video."""

    folder: Path
    photographs: int
    video: Path


def loaded() -> bool:
    """Whether both sample data sets and the sample video are there."""
    return not _missing() and paths.sample_video().exists()


def load(detector: FaceDetector, progress: Progress = lambda done, total: None) -> None:
    """Draw the sample video, and those of the two sample data sets under ``data`` that are missing.

    The photographs go through detector and preprocessing like any others. ``progress`` is called
    with the number of pictures done and in all. It may raise to stop; no half data set is left.
    """
    counter = _Counter(progress, _missing())
    for name in _missing():
        with (
            files.arriving(paths.dataset_folder(name), "data set") as folder,
            FaceWriter(FaceFolder(folder)) as writer,
        ):
            for photograph in counter.count(_photographs(name)):
                faces = extract_faces(photograph.frame, detector)
                if len(faces) == 1:
                    origin = Origin("drawn by facerec", detector.name)
                    writer.add(photograph.class_name, photograph.session, faces[0], origin)
    _write_video(paths.sample_video(), counter)


def draw_files(folder: Path, progress: Progress = lambda done, total: None) -> DrawnFiles:
    """Write the photographs and the video as files, to be imported or shown like the user's own.

    The files are ``people/<Class>/<session>_<nnnn>.jpg``, ``strangers/...`` and ``video.mp4``.
    ``progress`` is called with the number of pictures done and in all; it may raise to stop.
    """
    counter = _Counter(progress, [PEOPLE, STRANGERS])
    for name, part in ((PEOPLE, "people"), (STRANGERS, "strangers")):
        numbers: Counter[tuple[str, str]] = Counter()
        for photograph in counter.count(_photographs(name)):
            key = photograph.class_name, photograph.session
            numbers[key] += 1
            file = f"{photograph.session}_{numbers[key]:04d}.jpg"
            images.write(folder / part / photograph.class_name / file, photograph.frame)
    photographs = counter.done
    video = folder / "video.mp4"
    _write_video(video, counter)
    return DrawnFiles(folder, photographs, video)


def _missing() -> list[str]:
    return [name for name in (PEOPLE, STRANGERS) if not paths.dataset_folder(name).exists()]


def _photographs(name: str) -> Iterator[SamplePhotograph]:
    if name == PEOPLE:
        return collection.photographs(IMAGES_PER_CLASS)
    return collection.strangers(IMAGES_PER_CLASS)


def _write_video(path: Path, counter: "_Counter") -> None:
    with videos.VideoWriter(path) as writer:
        for frame in counter.count(video_frames(frames=VIDEO_FRAMES)):
            writer.write(frame)


class _Counter:
    """Reports the progress over several series of pictures together."""

    def __init__(self, progress: Progress, names: list[str]) -> None:
        self.done = 0
        self._progress = progress
        classes = {PEOPLE: len(people.PEOPLE) + 1, STRANGERS: 1}
        self._total = IMAGES_PER_CLASS * sum(classes[name] for name in names) + VIDEO_FRAMES

    def count(self, pictures: Iterable) -> Iterator:
        for picture in pictures:
            yield picture
            self.done += 1
            self._progress(self.done, self._total)
