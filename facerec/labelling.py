"""Naming the faces in an image or video file, and a copy of it with boxes and names."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from facerec import images
from facerec.errors import FacerecError
from facerec.recognition import RecognizedFace, Recognizer, draw_recognized
from facerec.scores import OperatingPoint


@dataclass(frozen=True)
class LabelledFrame:
    """A frame of a file, after recognition.

    Parameters
    ----------
    number, total : int
        Which frame it is, from 0, and of how many.
    faces : list of RecognizedFace
        The largest first.
    pixels : numpy.ndarray
        RGB uint8, shape (height, width, 3), with boxes and names drawn in.
    """

    number: int
    total: int
    faces: list[RecognizedFace]
    pixels: np.ndarray


OnFrame = Callable[[LabelledFrame], None]


def label_file(
    source: Path | BinaryIO,
    recognizer: Recognizer,
    point: OperatingPoint,
    on_frame: OnFrame,
    output: Path | None = None,
) -> None:
    """Recognise the faces in every frame of a video, or in an image.

    Parameters
    ----------
    source : pathlib.Path or binary file with a ``name``
    recognizer : Recognizer
    point : OperatingPoint
    on_frame : callable
        Called with each ``LabelledFrame``; may raise to stop.
    output : pathlib.Path, optional
        Where to write the labelled image, or the video as MP4; complete or not there.

    Raises
    ------
    FacerecError
        If the source cannot be read.
    """
    if isinstance(source, Path) and not source.is_file():
        raise FacerecError(f"There is no file {source}.")
    video = images.is_video(source.name)
    frames = images.video_frames(source) if video else [images.read(source)]
    total = images.frame_count(source) if video else 1
    with ExitStack() as stack:
        writer = stack.enter_context(images.VideoWriter(output)) if output and video else None
        for number, frame in enumerate(frames):
            faces = recognizer.recognize(frame, point)
            draw_recognized(frame, faces)
            if writer:
                writer.write(frame)
            elif output:
                images.write(output, frame)
            on_frame(LabelledFrame(number, total, faces, frame))


def labelled_video(
    source: Path | BinaryIO, recognizer: Recognizer, point: OperatingPoint, on_frame: OnFrame
) -> bytes:
    """The content of an MP4 file with boxes and names; parameters as ``label_file``."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "labelled.mp4"
        label_file(source, recognizer, point, on_frame, output)
        return output.read_bytes()
