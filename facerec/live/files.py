"""Recognition in an image or video file, and a labelled copy with boxes and names."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from facerec.decisions.operating_point import OperatingPoint
from facerec.errors import FacerecError
from facerec.faces import images, media, videos
from facerec.faces.detection import FaceDetector
from facerec.faces.media import Kind
from facerec.live.pipeline import LivePipeline, draw_faces
from facerec.recognition.named_faces import RecognizedFace
from facerec.recognition.recogniser import Recogniser


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
) -> int:
    """Recognise the faces in every frame of a video, or in an image.

    Damaged frames of a video are left out; the others keep their times.

    Parameters
    ----------
    source : pathlib.Path or binary file with a ``name``
    pipeline : LivePipeline
        One that no stream uses, such as a ``file_pipeline``, and a new one for each file. Frames
        reach it at their times in the video.
    on_frame : callable
        Called with each ``LabelledFrame``; may raise to stop. During the call, the pipeline's
        ``faces`` gives the names by the other recognisers.
    output : pathlib.Path, optional
        File for the labelled image, or for the video as MP4. It is written whole or not at all.

    Returns
    -------
    int
        Number of places at which a video is damaged.

    Raises
    ------
    FacerecError
        If the source cannot be read, the output is the source or is no file of its kind, or the
        first recogniser has no score of the kind that its operating point uses.
    """
    if isinstance(source, Path) and not source.is_file():
        raise FacerecError(f"There is no file {source}.")
    video = _is_video(source)
    if output:
        _check_output(output, source, video)
    frames = enumerate(videos.timed_frames(source) if video else [_still(source)])
    count = videos.frame_count(source) if video else 1
    damaged = 0
    with ExitStack() as stack:
        writer = stack.enter_context(videos.VideoWriter(output)) if output and video else None
        for number, frame in frames:
            if frame.pixels is None:
                damaged += 1
                continue
            faces = pipeline.look(frame.pixels, frame.seconds)
            shown = frame.pixels.copy()
            draw_faces(shown, faces)
            if writer:
                writer.write(shown, frame.seconds)
            elif output:
                images.write(output, shown)
            named = [face.recognized for face in faces if face.recognized]
            # The decoder may give more frames than the file has packets.
            on_frame(LabelledFrame(number, max(count, number + 1), named, shown))
    return damaged


def damage_words(damaged: int) -> str:
    """What ``label_file`` could not read, in words."""
    places = "one place" if damaged == 1 else f"{damaged} places"
    return f"The video is damaged in {places}: what could be read before and after is shown."


def _is_video(source: Path | BinaryIO) -> bool:
    match media.kind_of(source):
        case Kind.VIDEO:
            return True
        case Kind.IMAGE:
            return False
    raise FacerecError(f"{Path(source.name).name} cannot be read: it is no image and no video.")


def _check_output(output: Path, source: Path | BinaryIO, video: bool) -> None:
    if isinstance(source, Path) and output.exists() and output.samefile(source):
        raise FacerecError(f"{output} is the file to recognise: name another for the result.")
    if video and output.suffix.lower() not in videos.WRITTEN_SUFFIXES:
        raise FacerecError(f"{output.name}: a labelled video is an MP4 file. Let it end in .mp4.")
    if not video:
        images.check_name(output)


def _still(source: Path | BinaryIO) -> videos.VideoFrame:
    return videos.VideoFrame(0.0, images.read(source))
