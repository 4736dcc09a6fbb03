"""Hints that tell the person in front of the camera what to do next, one at a time."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from facerec.faces import quality
from facerec.faces.detection import Box, Face
from facerec.faces.preprocessing import FaceImage

# A head that is turned or nodded by more degrees is no longer "straight". The limits come from
# videos of turning heads and from photographs: 2 % of the photographs count as "up", 7 % as "down".
TURNED, NODDED = 20.0, 10.0
# Measures of a face from the front: the height of the nose tip between the eyes (0) and the mouth
# (1), and the length of the nose, divided by the distance between the eyes and by the distance
# from the eyes to the mouth.
_NOSE_HEIGHT, _NOSE_OUT, _NOSE_OUT_UPRIGHT = 0.57, 0.46, 0.45
# Smallest sides of a face: in pixels, and as a share of the frame's height.
SMALLEST_FACE, NEAR_ENOUGH = 64, 0.25
# 1 % of photographs have a darker face than the first limit, and 1 % a brighter one than the other.
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
    """Pose of a head, estimated roughly from five landmarks of its face.

    Parameters
    ----------
    yaw : float
        Turn in degrees, positive to the subject's own left, which is the right of a frame that is
        not mirrored.
    pitch : float
        Nod in degrees, positive upwards. The estimate differs between people by about as much as a
        slight nod.
    roll : float
        Lean in degrees, positive to the subject's own left shoulder. YuNet's landmarks show less
        than half of it.
    """

    yaw: float
    pitch: float
    roll: float

    @classmethod
    def of(cls, face: Face) -> "Pose | None":
        """The pose of a face; None if the detector gave no landmarks."""
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
        """Name of the pose in ``POSES``, by the larger of turn and nod relative to their limits."""
        turn, nod = abs(self.yaw) / TURNED, abs(self.pitch) / NODDED
        if max(turn, nod) < 1:
            return "straight"
        if turn >= nod:
            return "left" if self.yaw > 0 else "right"
        return "up" if self.pitch > 0 else "down"


@dataclass(frozen=True)
class Hint:
    """A hint for the person in front of the camera.

    Parameters
    ----------
    text : str
        What the person should do; empty if all is well.
    stops : bool
        Whether no image can be taken until the person has done it.
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
    """Hint for the most urgent fault of a frame.

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
    """Hint for the next pose, so that the images show all poses.

    Each of the five poses is asked for during a fifth of the images, one after the other. It is
    not asked for any more once a tenth of the images show it. A pose that somebody cannot take, or
    that is not recognised, therefore does not hold up the other poses.

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
    """Whether more than a twentieth of the face's width or height is outside the frame."""
    height, width = frame.shape[:2]
    across, down = box.width / 20, box.height / 20
    return (
        box.x < -across
        or box.y < -down
        or box.x + box.width > width + across
        or box.y + box.height > height + down
    )
