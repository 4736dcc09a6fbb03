"""Drawn portraits of invented people: sample pictures that need no camera and no real person.

A head is a small solid (``geometry``) with painted skin (``painting``) and a shell of hair
(``hair``); ``head`` lights it in a pose, ``portrait`` sets it on a ``body`` in a room
(``scenes``), and ``collection`` and ``video`` make data sets and films of that.
"""

from .collection import SamplePhotograph, photographs, strangers
from .people import PEOPLE, Person, stranger
from .portrait import draw_frame
from .scenes import Scene, scene
from .video import video_frames

__all__ = [
    "PEOPLE",
    "Person",
    "SamplePhotograph",
    "Scene",
    "draw_frame",
    "photographs",
    "scene",
    "stranger",
    "strangers",
    "video_frames",
]
