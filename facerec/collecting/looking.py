"""Looking at pictures on all cores: their faces, or why there is nothing to take."""

import hashlib
import os
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from io import BytesIO

import cv2
import numpy as np

from facerec.collecting.sources import NOT_AN_IMAGE, UNREADABLE, Picture
from facerec.errors import FacerecError
from facerec.faces import images, media
from facerec.faces.detection import FaceDetector
from facerec.faces.preprocessing import FaceImage, extract_faces
from facerec.system.budget import Budget
from facerec.system.processor import opencv_on_one_thread

SMALLEST_FACE = 40
NO_FACE = "no face found"
_SHOWN_SIDE = 160
# So many pictures are decoded ahead that no worker waits while a file is written.
_AHEAD = 16
_MOST_WAITING_BYTES = 2**27  # of a video's frames
# Pixels that are decoded at once: decoding takes about nine bytes for each.
_decoding = Budget(2**25)


@dataclass(frozen=True)
class Seen:
    """A picture after detection: its faces, or why it has none to import.

    ``small`` is a thumbnail, RGB uint8 (height, width, 3); ``raw`` the whole picture as JPEG.
    """

    picture: Picture
    digest: str = ""
    small: np.ndarray | None = None
    raw: bytes | None = None
    faces: tuple[FaceImage, ...] = ()
    reason: str = ""
    detail: str = ""


def look_at(pictures: Iterable[Picture], detector: FaceDetector, keep_raw: bool) -> Generator[Seen]:
    """Pictures after detection, in their order; all cores work ``_AHEAD`` pictures ahead."""
    pool = ThreadPoolExecutor(os.cpu_count())
    with opencv_on_one_thread():
        try:
            waiting: deque[tuple[int, Future[Seen]]] = deque()
            for picture in pictures:
                waiting.append((picture.size, pool.submit(_look, picture, detector, keep_raw)))
                del picture
                while _too_many([size for size, _ in waiting]):
                    yield waiting.popleft()[1].result()
            while waiting:
                yield waiting.popleft()[1].result()
        finally:
            pool.shutdown(cancel_futures=True)


def _too_many(sizes: Sequence[int]) -> bool:
    """Whether so many pictures wait, of these sizes in bytes, that no more may."""
    return len(sizes) > _AHEAD or sum(sizes) > _MOST_WAITING_BYTES


def _look(picture: Picture, detector: FaceDetector, keep_raw: bool) -> Seen:
    try:
        content = picture.read()
    except (FacerecError, OSError) as error:
        return Seen(picture, reason=UNREADABLE, detail=str(error))
    if not isinstance(content, bytes):
        return _looked(picture, digest_of(content), content, detector, keep_raw)
    try:
        with _decoding.of(images.pixel_count(content)):
            pixels = images.decode(content, "it")
            return _looked(picture, digest_of(content), pixels, detector, keep_raw)
    except FacerecError as error:
        known = images.is_readable(BytesIO(content)) or media.is_image(picture.name)
        return Seen(picture, reason=UNREADABLE if known else NOT_AN_IMAGE, detail=str(error))


def _looked(
    picture: Picture, digest: str, pixels: np.ndarray, detector: FaceDetector, keep_raw: bool
) -> Seen:
    # A phone's picture takes 36 MB and more, so only the parts needed later are kept.
    raw = images.encode(pixels) if keep_raw else None
    seen = Seen(picture, digest, _small(pixels), raw)
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
