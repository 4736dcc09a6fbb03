"""Saying to the person before the camera what to do next, one thing at a time."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from facerec.faces import quality
from facerec.faces.detection import Box, Face
from facerec.faces.preprocessing import FaceImage

# Turned or raised further than this, in degrees, is no longer "straight". Looked up in videos of
# turning heads and in photographs, of which the nod's limit calls 2 % "up" and 7 % "down".
TURNED, NODDED = 20.0, 10.0
# Of a face seen straight on: where the nose tip lies between the eyes (0) and the mouth (1), and
# how far it stands out, against the distance of the eyes and against that of eyes and mouth.
_NOSE_HEIGHT, _NOSE_OUT, _NOSE_OUT_UPRIGHT = 0.57, 0.46, 0.45
# Sides of a face: in pixels, and as a share of the picture's height.
SMALLEST_FACE, NEAR_ENOUGH = 64, 0.25
# Beyond these, one photograph of a hundred is darker, and one brighter.
DARK, BRIGHT = 55.0, 190.0


POSES = {
    "straight": "Look straight at the camera",
    "left": "Turn your head to your left",
    "right": "Turn your head to your right",
    "up": "Raise your chin a little",
    "down": "Lower your chin a little",
}


@dataclass(frozen=True)
class Pose:
    """How a head is held, estimated roughly from five points of its face.

    Parameters
    ----------
    yaw : float
        Degrees by which it is turned to the subject's own left, which is the right of a picture
        that is not mirrored; negative to the right.
    pitch : float
        Degrees by which it is raised; negative where lowered. It differs between people by about
        as much as by a slight nod.
    roll : float
        Degrees by which it leans to the subject's own left shoulder; negative to the right one.
        YuNet's points follow a leaning head by less than half.
    """

    yaw: float
    pitch: float
    roll: float

    @classmethod
    def of(cls, face: Face) -> "Pose | None":
        """The pose of a face; None where the detector found no landmarks in it."""
        if face.landmarks is None:
            return None
        right_eye, left_eye, nose, *mouth_corners = face.landmarks.astype(float)
        eyes = (right_eye + left_eye) / 2
        downwards = np.mean(mouth_corners, axis=0) - eyes
        height = max(float(np.linalg.norm(downwards)), 1.0)
        width = max(float(np.linalg.norm(left_eye - right_eye)), 1.0)
        down = downwards / height
        across = np.array([down[1], -down[0]])
        sideways, along = (nose - eyes) @ across / width, (nose - eyes) @ down / height
        return cls(
            yaw=math.degrees(math.atan(sideways / _NOSE_OUT)),
            pitch=math.degrees(math.atan((_NOSE_HEIGHT - along) / _NOSE_OUT_UPRIGHT)),
            roll=math.degrees(math.atan2(-downwards[0], downwards[1])),
        )

    @property
    def name(self) -> str:
        """The one of ``POSES`` that it is: by what stands out more, the turn or the nod."""
        turn, nod = abs(self.yaw) / TURNED, abs(self.pitch) / NODDED
        if max(turn, nod) < 1:
            return "straight"
        if turn >= nod:
            return "left" if self.yaw > 0 else "right"
        return "up" if self.pitch > 0 else "down"


@dataclass(frozen=True)
class Hint:
    """What the person should do, in words; empty where all is well.

    Parameters
    ----------
    text : str
    stops : bool
        Whether no image can be taken until it is done.
    """

    text: str = ""
    stops: bool = False


NO_FACE = Hint("No face found: look at the camera", stops=True)
SEVERAL = Hint("Only one person in the picture, please", stops=True)
TOO_FAR = Hint("Too far away: come closer", stops=True)
COME_CLOSER = Hint("Come closer")
OUTSIDE = Hint("Move to the middle of the picture")
TOO_DARK = Hint("Too dark: turn to the light")
TOO_BRIGHT = Hint("Too bright: turn away from the light")
ANY_TURN = Hint("Turn your head a little, slowly")
COVERED = Hint("Good! Keep moving a little")


def picture_hint(found: list[FaceImage], frame: np.ndarray) -> Hint:
    """The most urgent thing that is wrong with what the camera sees.

    Parameters
    ----------
    found : list of FaceImage
        The faces in the frame.
    frame : numpy.ndarray
        RGB uint8, shape (height, width, 3).
    """
    if not found:
        return NO_FACE
    if len(found) > 1:
        return SEVERAL
    box = found[0].face.box
    side = max(box.width, box.height)
    if side < SMALLEST_FACE:
        return TOO_FAR
    if side < NEAR_ENOUGH * frame.shape[0]:
        return COME_CLOSER
    if _reaches_out(box, frame):
        return OUTSIDE
    brightness = quality.brightness(found[0].pixels)
    if brightness < DARK:
        return TOO_DARK
    return TOO_BRIGHT if brightness > BRIGHT else Hint()


def pose_hint(face: Face, poses: Mapping[str, int], saved: int, wanted: int) -> Hint:
    """How to hold the head next, so that all poses come to be among the images.

    Each pose is asked for in its turn, a fifth of the images each, unless there are enough of it: a
    tenth of the images. So a pose that somebody cannot take, or that is not recognised, is not
    asked for until the end.

    Parameters
    ----------
    poses : mapping
        Number of images by name of the pose.
    saved, wanted : int
        Number of images taken and to take.
    """
    if face.landmarks is None:
        return ANY_TURN
    names = list(POSES)
    turn = min(len(names) * saved // wanted, len(names) - 1)
    for name in names[turn:] + names[:turn]:
        if poses.get(name, 0) < max(1, wanted // 10):
            return Hint(POSES[name])
    return COVERED


def _reaches_out(box: Box, frame: np.ndarray) -> bool:
    """Whether more than a twentieth of the face's width or height is beyond the border."""
    height, width = frame.shape[:2]
    across, down = box.width / 20, box.height / 20
    return (
        box.x < -across
        or box.y < -down
        or box.x + box.width > width + across
        or box.y + box.height > height + down
    )
