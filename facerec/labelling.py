"""Naming the faces in an image or video file, and a copy of it with boxes and names."""

import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from facerec import images
from facerec.detection import FaceDetector
from facerec.errors import FacerecError
from facerec.live import LivePipeline, draw_faces
from facerec.recognition import Classifier, RecognizedFace
from facerec.scores import OperatingPoint

FRAMES_PER_SECOND = 15  # of labelled videos


@dataclass(frozen=True)
class LabelledFrame:
    """A frame of a file, after recognition.

    Parameters
    ----------
    number, total : int
        Which frame it is, from 0, and of how many.
    faces : list of RecognizedFace
        As the pipeline's first contender names them, the largest first.
    pixels : numpy.ndarray
        RGB uint8, shape (height, width, 3), with boxes and names drawn in.
    """

    number: int
    total: int
    faces: list[RecognizedFace]
    pixels: np.ndarray


OnFrame = Callable[[LabelledFrame], None]


def file_pipeline(
    detector: FaceDetector,
    contenders: Mapping[str, Classifier],
    points: Mapping[str, OperatingPoint],
) -> LivePipeline:
    """A pipeline that recognises each face in each frame by itself; parameters as there."""
    return LivePipeline(detector, contenders, points, smoothing=0.0, recognise_every=0.0)


def label_file(
    source: Path | BinaryIO,
    pipeline: LivePipeline,
    on_frame: OnFrame,
    output: Path | None = None,
) -> None:
    """Recognise the faces in every frame of a video, or in an image.

    Parameters
    ----------
    source : pathlib.Path or binary file with a ``name``
    pipeline : LivePipeline
        One that no stream uses, such as a ``file_pipeline``, and a new one for each file. Its
        seconds are those of the labelled video.
    on_frame : callable
        Called with each ``LabelledFrame``; may raise to stop. What other contenders say of the
        frame is in the pipeline's ``faces`` then.
    output : pathlib.Path, optional
        Where to write the labelled image, or the video as MP4; complete or not there.

    Raises
    ------
    FacerecError
        If the source cannot be read, or the first contender's score cannot be told.
    """
    if isinstance(source, Path) and not source.is_file():
        raise FacerecError(f"There is no file {source}.")
    video = images.is_video(source.name)
    frames = images.video_frames(source) if video else [images.read(source)]
    total = images.frame_count(source) if video else 1
    with ExitStack() as stack:
        writer = (
            stack.enter_context(images.VideoWriter(output, FRAMES_PER_SECOND))
            if output and video
            else None
        )
        for number, frame in enumerate(frames):
            faces = pipeline.look(frame, number / FRAMES_PER_SECOND)
            shown = frame.copy()
            draw_faces(shown, faces)
            if writer:
                writer.write(shown)
            elif output:
                images.write(output, shown)
            named = [face.recognized for face in faces if face.recognized]
            on_frame(LabelledFrame(number, total, named, shown))


def labelled_video(source: Path | BinaryIO, pipeline: LivePipeline, on_frame: OnFrame) -> bytes:
    """The content of an MP4 file with boxes and names; parameters as ``label_file``."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "labelled.mp4"
        label_file(source, pipeline, on_frame, output)
        return output.read_bytes()
