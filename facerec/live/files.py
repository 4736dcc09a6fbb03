"""Recognition in an image or video file, and a labelled copy with boxes and names."""

import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from facerec.decisions.operating_point import OperatingPoint
from facerec.errors import FacerecError
from facerec.faces import images, videos
from facerec.faces.detection import FaceDetector
from facerec.live.pipeline import LivePipeline, draw_faces
from facerec.recognition.named_faces import RecognizedFace
from facerec.recognition.recogniser import Recogniser

FRAMES_PER_SECOND = 15  # of labelled videos


@dataclass(frozen=True)
class LabelledFrame:
    """A frame of a file, after recognition.

    Parameters
    ----------
    number, total : int
        Index of the frame, from 0, and number of frames.
    faces : list of RecognizedFace
        Named by the pipeline's first recogniser, the largest first.
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
    recognisers: Mapping[str, Recogniser],
    points: Mapping[str, OperatingPoint],
) -> LivePipeline:
    """A pipeline that recognises every face of every frame by itself.

    Parameters as for ``LivePipeline``.
    """
    return LivePipeline(detector, recognisers, points, looks=1, recognise_every=0.0)


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
        One that no stream uses, such as a ``file_pipeline``, and a new one for each file. Frames
        reach it at the times of the labelled video.
    on_frame : callable
        Called with each ``LabelledFrame``; may raise to stop. During the call, the pipeline's
        ``faces`` gives the names by the other recognisers.
    output : pathlib.Path, optional
        File for the labelled image, or for the video as MP4. It is written whole or not at all.

    Raises
    ------
    FacerecError
        If the source cannot be read, or the first recogniser has no score of the kind that its
        operating point uses.
    """
    if isinstance(source, Path) and not source.is_file():
        raise FacerecError(f"There is no file {source}.")
    video = images.is_video(source.name)
    frames = videos.video_frames(source) if video else [images.read(source)]
    total = videos.frame_count(source) if video else 1
    with ExitStack() as stack:
        writer = (
            stack.enter_context(videos.VideoWriter(output, FRAMES_PER_SECOND))
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
    """Content of the labelled MP4 file; parameters and errors as ``label_file``."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "labelled.mp4"
        label_file(source, pipeline, on_frame, output)
        return output.read_bytes()
