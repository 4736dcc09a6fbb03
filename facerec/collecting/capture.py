"""Collection of faces from a stream of frames, one person after the other."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import av
import numpy as np

from facerec.collecting import guidance
from facerec.collecting.guidance import Hint, Pose
from facerec.collecting.sources import ClassNames
from facerec.datasets.folder import FaceFolder
from facerec.datasets.writer import FaceWriter, Origin
from facerec.errors import FacerecError
from facerec.faces import drawing, images, videos
from facerec.faces.boxes import mirrored
from facerec.faces.detection import Face, FaceDetector
from facerec.faces.preprocessing import FaceImage, extract_faces
from facerec.system import paths
from facerec.system.newest_frame import NewestFrameWorker

SHOWN = 6


@dataclass(frozen=True)
class Person:
    """One of the people to record, and the progress so far.

    Parameters
    ----------
    name : str
    wanted, saved : int
        Number of images to take, and number of images taken.
    poses : mapping
        Number of images taken, by name of the pose; empty where the detector finds no landmarks.
    last : tuple of numpy.ndarray
        The last ``SHOWN`` images taken: RGB uint8, shape (224, 224, 3), the newest last.
    """

    name: str
    wanted: int
    saved: int = 0
    poses: Mapping[str, int] = field(default_factory=dict)
    last: tuple[np.ndarray, ...] = field(default=(), compare=False, repr=False)

    @property
    def complete(self) -> bool:
        return self.saved >= self.wanted


@dataclass(frozen=True)
class CaptureState:
    """The immutable state of a collector: whom it records, and what it saw last.

    Parameters
    ----------
    people : tuple of Person
    current : int
        Index of the person who is recorded now, or will be next.
    recording : bool
    faces : tuple of Face
        Faces in the last frame, in its pixels.
    hint : Hint
        What the person before the camera should do.
    error : str or None
        Why recording was interrupted, for example by a full disk.
    """

    people: tuple[Person, ...]
    current: int = 0
    recording: bool = False
    faces: tuple[Face, ...] = ()
    hint: Hint = field(default_factory=Hint)
    error: str | None = None

    @property
    def person(self) -> Person:
        """The person who is recorded now, or will be next."""
        return self.people[self.current]

    @property
    def done(self) -> bool:
        """Whether there are enough images of everybody."""
        return all(person.complete for person in self.people)

    @property
    def following(self) -> int | None:
        """Index of the next incomplete person, after the last from the start; None if none is left.

        The current person is left out.
        """
        count = len(self.people)
        others = [(self.current + step) % count for step in range(1, count)]
        return next((other for other in others if not self.people[other].complete), None)


class FaceCollector:
    """Saves faces from a stream of frames, spaced in time, for one person after the other.

    A frame is saved only if it shows exactly one face of usable size. When a person is complete,
    the next one becomes current and waits for ``record``. Detection and writing run in a worker
    thread beside the video thread; ``close`` ends it and completes the data set's index. The
    methods may be called from any thread. A failure, such as a full disk, interrupts recording;
    ``error`` then holds its message.

    Parameters
    ----------
    folder : FaceFolder
    people : sequence of (str, int)
        Names, and the number of images wanted of each. A name that equals an existing class, upper
        and lower case aside, adds a session to that class.
    session : str
    detector : FaceDetector
    interval : float
        Least time between two images, in seconds, so that they differ.
    keep_raw : bool
        Whether the whole frames are kept as well.

    Raises
    ------
    FacerecError
        If there is nobody to record, a name comes twice or cannot be a folder's, or fewer than one
        image is wanted of somebody.
    """

    def __init__(
        self,
        folder: FaceFolder,
        people: Sequence[tuple[str, int]],
        session: str,
        detector: FaceDetector,
        interval: float = 0.2,
        keep_raw: bool = True,
    ) -> None:
        self.folder = folder
        self.session = paths.safe_name(session, "session name")
        self.state = CaptureState(_people(folder, people))
        self._wanted = [person.wanted for person in self.state.people]
        self.closed = False
        self.detector = detector
        self._interval = interval
        self._keep_raw = keep_raw
        self._writer = FaceWriter(folder)
        self._last_saved = float("-inf")
        # Guards the state and the writer against concurrent changes. The video thread only reads
        # the state, so it never waits.
        self._lock = threading.RLock()
        self._worker = NewestFrameWorker(self.collect)

    @property
    def error(self) -> str | None:
        """Why recording was interrupted or the last frame failed; ``record`` clears the first."""
        return self.state.error or self._worker.error

    def collect(self, frame: np.ndarray) -> CaptureState:
        """Detect faces in a frame and save the face when one is due.

        ``frame`` is RGB uint8, shape (height, width, 3). The new state comes back.
        """
        found = extract_faces(frame, self.detector)
        hint = guidance.picture_hint(found, frame)
        with self._lock:
            self._change(faces=tuple(item.face for item in found))
            now = time.monotonic()
            due = now - self._last_saved >= self._interval
            if self.state.recording and due and not hint.stops:
                with self._failures_told():
                    self._save(found[0], frame)
                self._last_saved = now
            if self.state.recording and not hint.text:
                person = self.state.person
                hint = guidance.pose_hint(found[0].face, person.poses, person.saved, person.wanted)
            self._change(hint=hint)
            return self.state

    def video_frame(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The stream's callback: submit a frame, and return it mirrored with boxes and the hint."""
        if self.closed:
            return frame
        pixels = videos.pixels_of(frame)
        self._worker.submit(pixels)
        # A mirror image helps people to turn to the side that the hint names.
        shown = _mirrored(pixels)
        state = self.state
        color = drawing.RED if state.hint.stops else drawing.GREEN
        for face in state.faces:
            box = mirrored(face.box, shown.shape[1])
            text = f"{state.person.saved} of {state.person.wanted}"
            drawing.draw_face(shown, box, "" if state.hint.stops else text, color)
        ready = "" if state.recording else f"{state.person.name}: ready to record"
        banner = state.hint.text or ready
        drawing.draw_banner(shown, banner, drawing.RED if state.hint.stops else drawing.BLUE)
        return av.VideoFrame.from_ndarray(shown, format="rgb24")

    def record(self) -> None:
        """Take images of the current person; a complete person gets as many again."""
        with self._lock:
            if self.state.person.complete:
                more = self._wanted[self.state.current]
                self._replace_person(wanted=self.state.person.saved + more)
            self._change(recording=not self.closed, error=None)

    def pause(self) -> None:
        """Take no more images for now, and write the details of the saved ones to the index."""
        with self._lock:
            self._change(recording=False, hint=Hint())
            with self._failures_told():
                self._writer.close()

    def choose(self, number: int) -> None:
        """Make the person with this index the current one, and wait for ``record``."""
        with self._lock:
            self.pause()
            self._change(current=number)

    def close(self) -> None:
        """Stop, and write the details of the saved images to the index; may be called again."""
        if not self.closed:
            self.closed = True
            self._worker.close()
            self.pause()

    def _save(self, face: FaceImage, frame: np.ndarray) -> None:
        person = self.state.person
        origin = Origin("webcam", self.detector.name)
        raw = images.encode(frame) if self._keep_raw else None
        self._writer.add(person.name, self.session, face, origin, raw)
        pose = Pose.of(face.face)
        poses = Counter(person.poses) + Counter([pose.name] if pose else [])
        last = (*person.last, face.pixels)[-SHOWN:]
        self._replace_person(saved=person.saved + 1, poses=poses, last=last)
        if self.state.person.complete:
            self.pause()
            if self.state.following is not None:
                self._change(current=self.state.following)

    @contextmanager
    def _failures_told(self) -> Iterator[None]:
        """Interrupt recording if writing fails, and keep the reason in ``error``."""
        try:
            yield
        except FacerecError as error:
            self._change(recording=False, error=str(error))
        except OSError as error:
            message = f"The images cannot be saved: {error.strerror}."
            self._change(recording=False, error=message)

    def _replace_person(self, **changes: object) -> None:
        people = list(self.state.people)
        people[self.state.current] = replace(self.state.person, **changes)
        self._change(people=tuple(people))

    def _change(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)


def _mirrored(pixels: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(pixels[:, ::-1])


def _people(folder: FaceFolder, wanted: Sequence[tuple[str, int]]) -> tuple[Person, ...]:
    """The people to record, checked; errors as ``FaceCollector``."""
    if not wanted:
        raise FacerecError("Nobody is to be recorded: please name somebody.")
    classes = ClassNames(folder.class_names())
    people: dict[str, Person] = {}
    for name, count in wanted:
        name = paths.safe_name(name, "name")
        # Names that differ only in case are one folder on Windows and macOS.
        key = name.casefold()
        if key in people:
            raise FacerecError(f"{name} is in the list twice: please give each their own name.")
        if count < 1:
            raise FacerecError(f"No images are wanted of {name}: at least 1.")
        people[key] = Person(classes.of(name), count)
    return tuple(people.values())
