"""Frames of a camera, a video or a picture, and a file for frames: BGR uint8."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np


class Problem(Exception):
    """Something that the user can mend; the text says what."""


class Source:
    """Frames of a camera, a video or a picture."""

    def __init__(self, file: Path | None, camera: int) -> None:
        self.name = str(file) if file else f"Camera {camera}"
        if file and not file.is_file():
            raise Problem(f"There is no file {file}.")
        content = np.fromfile(file, np.uint8) if file else np.empty(0, np.uint8)
        self.picture = cv2.imdecode(content, cv2.IMREAD_COLOR) if content.size else None
        self.is_camera, self.is_picture = file is None, self.picture is not None
        if self.is_picture:
            return
        self.capture = cv2.VideoCapture(str(file) if file else camera)
        if file and not self.capture.isOpened():
            raise Problem(f"{file} is no picture and no video that OpenCV can read.")
        if not self.capture.isOpened():
            raise Problem(f"No camera {camera} answers, or another program uses it.")

    def frames(self) -> Iterator[np.ndarray]:
        if self.picture is not None:
            yield self.picture
            return
        frame = self.capture.read()[1]
        if frame is None:
            raise Problem(f"{self.name} gives no picture.")
        while frame is not None:
            yield frame
            frame = self.capture.read()[1]


class Output:
    """A file for the labelled frames."""

    def __init__(self, file: Path, source: Source) -> None:
        self.file, self.source, self.video = file, source, None

    def add(self, frame: np.ndarray) -> None:
        if self.source.is_picture:
            if not cv2.haveImageWriter(str(self.file)):
                raise Problem(f"{self.file} cannot be written: a name that ends in .jpg can.")
            self.file.write_bytes(cv2.imencode(self.file.suffix, frame)[1].tobytes())
            return
        if self.video is None:
            rate = self.source.capture.get(cv2.CAP_PROP_FPS) or 25
            code = cv2.VideoWriter.fourcc(*"mp4v")
            self.video = cv2.VideoWriter(str(self.file), code, rate, frame.shape[1::-1])
            if not self.video.isOpened():
                raise Problem(f"{self.file} cannot be written: a name that ends in .mp4 can.")
        self.video.write(frame)
