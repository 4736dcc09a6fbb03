"""Enrolment of people from the stream, with undo."""

import threading
from typing import NamedTuple

import numpy as np

from facerec.collecting import guidance
from facerec.collecting.guidance import Hint
from facerec.datasets.folder import FaceFolder
from facerec.faces.detection import Face
from facerec.faces.preprocessing import FaceImage
from facerec.live.frames import FacesFound, SeenFace
from facerec.recognition import enrolment
from facerec.recognition.enrolment import Changed
from facerec.runs.run import Run
from facerec.system import paths
from facerec.system.progress import Progress

ANOTHER_FACE = Hint("Another face came: begun anew")
# A face smaller than this share of the largest face's side belongs to the back of the room.
_AS_NEAR = 0.5
# Seconds. The tracker may lose a face that moves fast, but nobody changes places so quickly.
_CHANGING_PLACES = 1.0
# The hint that taking began anew stays for so many pictures.
_TOLD = 5
_MOST_CHANGES = 20


class FaceTaking:
    """Takes pictures of the one face before the camera, spaced in time so that they differ.

    It waits while there is no face, or more than one near the camera. It begins anew if another
    face may have taken the place of the first, so that all pictures are of one person. All methods
    may be called from any thread.

    Parameters
    ----------
    wanted : int
        Number of pictures.
    interval : float
        Shortest time between two pictures, in seconds.
    """

    def __init__(self, wanted: int = enrolment.USUAL_FACES, interval: float = 0.2) -> None:
        self.wanted = wanted
        self._interval = interval
        self._person: str | None = None
        self._hint = Hint()
        self._track: int | None = None
        self._seen = float("-inf")
        self._crowded = False
        self._begun_anew = False
        self._taken: list[np.ndarray] = []
        self._last = float("-inf")
        self._lock = threading.Lock()

    @property
    def person(self) -> str | None:
        """The person of these pictures; None before ``begin`` and after ``stop``."""
        return self._person

    @property
    def hint(self) -> Hint:
        """Hint for the person before the camera."""
        return self._hint

    @property
    def taken(self) -> int:
        """Number of pictures so far."""
        return len(self._taken)

    @property
    def complete(self) -> bool:
        """Whether there are as many pictures as wanted."""
        return self.taken >= self.wanted

    def begin(self, person: str) -> None:
        """Start to take pictures of this person, and forget all earlier pictures.

        Raises
        ------
        FacerecError
            If the name is unusable.
        """
        name = paths.safe_name(person)
        with self._lock:
            self._forget()
            self._person = name

    def stop(self) -> None:
        """Stop, and forget the pictures."""
        with self._lock:
            self._forget()

    def faces(self) -> np.ndarray:
        """The pictures so far, at least one: RGB uint8, shape (pictures, 224, 224, 3)."""
        return np.stack(self._taken)

    def watch(self, found: FacesFound) -> None:
        """Take a picture from a frame if it is time; to subscribe to a ``LivePipeline``."""
        faces = found.faces
        with self._lock:
            if self._person is None or self.complete:
                return
            near = [face for face in faces if _side(face) >= _AS_NEAR * _side(faces[0])]
            images = [FaceImage(Face(face.box), face.pixels) for face in near]
            self._hint = guidance.picture_hint(images, found.frame)
            self._crowded |= self._hint is guidance.SEVERAL
            if not self._hint.stops:
                self._take(found.time, near[0])

    def _take(self, time: float, face: SeenFace) -> None:
        away = time - self._seen > _CHANGING_PLACES
        if self._track not in (None, face.track) and (self._crowded or away):
            self._taken, self._begun_anew = [], True
        if self._begun_anew and self.taken < _TOLD:
            self._hint = ANOTHER_FACE
        elif not self._hint.text:
            self._hint = guidance.ANY_TURN
        self._track, self._seen, self._crowded = face.track, time, False
        if time - self._last >= self._interval:
            self._taken.append(face.pixels)
            self._last = time

    def _forget(self) -> None:
        self._person, self._track, self._hint = None, None, Hint()
        self._taken, self._last, self._seen = [], float("-inf"), float("-inf")
        self._crowded, self._begun_anew = False, False


class Change(NamedTuple):
    """A change of a gallery, in words and with what its undo needs."""

    words: str
    changed: Changed


class GalleryChanges:
    """Changes the gallery of a run, and undoes the changes, the last one first.

    Parameters
    ----------
    run : Run
        A run with a gallery.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self._changes: list[Change] = []

    @property
    def last(self) -> str | None:
        """The change that ``undo`` would take back, in words; None if there is none."""
        return self._changes[-1].words if self._changes else None

    def enrol(self, person: str, faces: np.ndarray) -> None:
        """Enrol a person with faces; parameters and errors as ``enrolment.enrol``."""
        words = f"{len(faces)} {'face' if len(faces) == 1 else 'faces'} of {person}"
        self._note(words, enrolment.enrol(self.run, person, faces))

    def enrol_class(self, dataset: FaceFolder, class_name: str, progress: Progress) -> None:
        """Enrol a class of a data set; parameters and errors as ``enrolment.enrol_class``."""
        changed = enrolment.enrol_class(self.run, dataset, class_name, progress)
        self._note(f"{class_name} from {dataset.name}", changed)

    def remove(self, person: str) -> None:
        """Remove a person; errors as ``enrolment.remove``."""
        self._note(f"removing {person}", enrolment.remove(self.run, person))

    def change_matcher(self, matcher: str) -> None:
        """Change how faces are compared; errors as ``enrolment.change_matcher``."""
        self._note("how faces are compared", enrolment.change_matcher(self.run, matcher))

    def undo(self) -> None:
        """Undo the last change, if there is one; if that fails, all changes are forgotten.

        Raises
        ------
        FacerecError
            If somebody else has changed the gallery since.
        """
        if not self._changes:
            return
        last = self._changes.pop()
        try:
            enrolment.undo(self.run, last.changed)
        except BaseException:
            self._changes.clear()
            raise

    def _note(self, words: str, changed: Changed) -> None:
        self._changes.append(Change(words, changed))
        del self._changes[:-_MOST_CHANGES]


def _side(face: SeenFace) -> int:
    return max(face.box.width, face.box.height)
