"""What the live pipeline hands on: faces seen and named, and the events that it tells."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from facerec.decisions.scores import Outputs
from facerec.faces.detection import Box
from facerec.recognition.named_faces import RecognizedFace


class SeenFace(NamedTuple):
    """A face found in a frame: its track, its box in the frame, its RGB uint8 (224, 224, 3)."""

    track: int
    box: Box
    pixels: np.ndarray


@dataclass(frozen=True)
class LiveFace:
    """A face in front of the camera now.

    Parameters
    ----------
    track : int
        Id of the face's track, the same from frame to frame.
    box : Box
        In pixels of the frame.
    recognized : RecognizedFace or None
        None until the face was looked at often enough, and if the outputs lack the operating
        point's score.
    pixels : numpy.ndarray
        Input of the network: RGB uint8, shape (224, 224, 3).
    """

    track: int
    box: Box
    recognized: RecognizedFace | None
    pixels: np.ndarray


@dataclass(frozen=True)
class FrameDrawn:
    """Event of each frame on its way back to the browser, on the video thread.

    Parameters
    ----------
    raw, annotated : numpy.ndarray
        RGB uint8, shape (height, width, 3). They must not be changed.
    """

    raw: np.ndarray
    annotated: np.ndarray


@dataclass(frozen=True)
class FacesFound:
    """Event of each detection, on the detection thread.

    Parameters
    ----------
    time : float
        Arrival of the frame, in seconds of a monotonic clock.
    frame : numpy.ndarray
        RGB uint8, shape (height, width, 3).
    faces : tuple of SeenFace
        All faces of the frame, the largest first.
    """

    time: float
    frame: np.ndarray
    faces: tuple[SeenFace, ...]


@dataclass(frozen=True)
class LiveLook:
    """Event of each recognition, on the recognition thread.

    Parameters
    ----------
    time : float
        Arrival of the frame, in seconds of a monotonic clock.
    frame : numpy.ndarray
        RGB uint8, shape (height, width, 3).
    faces : tuple of SeenFace
        The faces recognised in this frame; the first is always the frame's largest face.
    outputs : dict of str to Outputs
        Outputs of each recogniser for this look alone, by its name; a row for each of ``faces``.
    """

    time: float
    frame: np.ndarray
    faces: tuple[SeenFace, ...]
    outputs: dict[str, Outputs]


LiveEvent = FrameDrawn | FacesFound | LiveLook
