"""Looking at pictures on all cores: their faces, or why there is nothing to take."""

import hashlib
import os
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import cv2
import numpy as np

from facerec.collecting.sources import Picture
from facerec.errors import FacerecError
from facerec.faces import images
from facerec.faces.detection import FaceDetector
from facerec.faces.preprocessing import FaceImage, extract_faces
from facerec.system.processor import opencv_on_one_thread

SMALLEST_FACE = 40
NO_FACE = "no face found"
_SHOWN_SIDE = 160
# So many pictures are decoded ahead that no worker waits while a file is written.
_AHEAD = 16


@dataclass(frozen=True)
class Seen:
    """A picture after detection: its faces, or why it has none to import."""

    picture: Picture
    digest: str = ""
    small: np.ndarray | None = None
    raw: np.ndarray | None = None
    faces: tuple[FaceImage, ...] = ()
    reason: str = ""
    detail: str = ""


def look_at(pictures: Iterable[Picture], detector: FaceDetector, keep_raw: bool) -> Generator[Seen]:
    """Pictures after detection, in their order; all cores work ``_AHEAD`` pictures ahead."""
    pool = ThreadPoolExecutor(os.cpu_count())
    with opencv_on_one_thread():
        try:
            waiting = deque()
            for picture in pictures:
                waiting.append(pool.submit(_look, picture, detector, keep_raw))
                if len(waiting) > _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _look(picture: Picture, detector: FaceDetector, keep_raw: bool) -> Seen:
    try:
        content = picture.read()
        pixels = images.decode(content, "it") if isinstance(content, bytes) else content
    except (FacerecError, OSError) as error:
        return Seen(picture, reason="unreadable", detail=str(error))
    # A phone's picture takes 36 MB and more, so only the parts needed later are kept.
    seen = Seen(picture, digest_of(content), _small(pixels), pixels if keep_raw else None)
    faces = extract_faces(pixels, detector)
    if not faces:
        return replace(seen, reason=NO_FACE)
    large = [item for item in faces if _side(item) >= SMALLEST_FACE]
    if not large:
        side = _side(faces[0])
        detail = f"the face has {side} pixels, of {SMALLEST_FACE} at least"
        return replace(seen, reason="too small", detail=detail)
    for item in large:
        # Cached properties: computed here on all cores, and read by the writer.
        _ = item.jpeg, item.measures
    return replace(seen, faces=tuple(large))


def digest_of(content: bytes | np.ndarray) -> str:
    data = content if isinstance(content, bytes) else content.data
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _side(item: FaceImage) -> int:
    return max(item.face.box.width, item.face.box.height)


def _small(pixels: np.ndarray) -> np.ndarray:
    scale = min(1.0, _SHOWN_SIDE / max(pixels.shape[:2]))
    size = [max(1, round(side * scale)) for side in pixels.shape[1::-1]]
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
