"""Counts of the labels that each run gives to the person before the camera, frame by frame.

Each counted frame keeps the outputs of the networks, before any threshold. So every figure covers
all frames at one operating point, even if the threshold was moved meanwhile. The figures at any
other threshold come from the same frames.
"""

import math
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from facerec import metrics
from facerec.datasets.folder import UNKNOWN
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import Outputs
from facerec.errors import FacerecError
from facerec.live.frames import LiveLook
from facerec.live.kept_assessments import LiveAssessment

# No class can have this name.
STRANGER = ""
Rate = Callable[[np.ndarray, float], float | None]
_THRESHOLDS = 201


@dataclass(frozen=True)
class Stretch:
    """A time in which one person stood before the camera.

    Parameters
    ----------
    person : str
        A class, or ``STRANGER``.
    start, end : float
        Seconds of the assessment; its clock stands still between stretches.
    frames : int
        Number of counted frames.
    changes : int
        How often the largest face was another one than in the frame before. If this is not rare,
        somebody else stood as near, and the counts are of two people.
    """

    person: str
    start: float
    end: float
    frames: int = 1
    changes: int = 0


@dataclass(frozen=True)
class OverTime:
    """Accuracy of a run second by second; seconds without a frame are left out.

    All arrays have the shape (seconds,).

    Parameters
    ----------
    seconds : numpy.ndarray
        End of each second: float, ascending.
    frames : numpy.ndarray
        Number of frames in each second: int64.
    accuracy : numpy.ndarray
        Accuracy on the frames of each second: float, 0 to 1.
    so_far : numpy.ndarray
        Accuracy on all frames up to the end of each second: float, 0 to 1.
    """

    seconds: np.ndarray
    frames: np.ndarray
    accuracy: np.ndarray
    so_far: np.ndarray


@dataclass(frozen=True)
class OverThresholds:
    """Accuracy and error rates on the counted frames, over the thresholds of the point's slider.

    Parameters
    ----------
    thresholds : numpy.ndarray
        Float, ascending, shape (thresholds,): evenly spaced, and the point's own threshold.
    accuracy : numpy.ndarray
        As ``LiveAssessment.accuracy``: float, 0 to 1, of the same shape.
    far, frr : numpy.ndarray or None
        False acceptance rate and false rejection rate: float, 0 to 1, of the same shape. ``far`` is
        None without strangers, ``frr`` None without known people.
    """

    thresholds: np.ndarray
    accuracy: np.ndarray
    far: np.ndarray | None
    frr: np.ndarray | None


@dataclass(frozen=True)
class _Frame:
    """A counted frame: its stretch, its second, and the recognisers' outputs for its face."""

    stretch: int
    second: float
    outputs: Mapping[str, Outputs]


@dataclass(frozen=True)
class _Frames:
    """All counted frames of a recogniser: the people before the camera, times and outputs.

    ``stretches`` is the number of the stretch of each frame.
    """

    people: np.ndarray
    stretches: np.ndarray
    seconds: np.ndarray
    outputs: Outputs


class LiveCounts:
    """Counts the labels that runs give to the person whom the presenter has named.

    Each look counts its largest face, whoever it belongs to; ``Stretch.changes`` tells how often
    that was another face than before. A look without a face is not counted. A person whom a
    recogniser does not know is a stranger to it. All methods may be called from any thread.

    Parameters
    ----------
    points : mapping of str to OperatingPoint
        Operating points by recogniser. The mapping may be replaced at any time, and acts on all
        frames counted so far.
    classes : mapping of str to sequence of str
        Classes by recogniser.
    """

    def __init__(
        self, points: Mapping[str, OperatingPoint], classes: Mapping[str, Sequence[str]]
    ) -> None:
        self.points = points
        self.classes = classes
        self._person: str | None = None
        self._limit = math.inf
        self._began: float | None = None
        self._track: int | None = None
        # Pairs of tracks that were in one picture.
        self._together: set[frozenset[int | None]] = set()
        self._stretches: list[Stretch] = []
        self._frames: list[_Frame] = []
        self._lock = threading.Lock()

    @property
    def people(self) -> list[str]:
        """All people whom at least one recogniser knows, sorted."""
        return sorted({name for classes in self.classes.values() for name in classes} - {UNKNOWN})

    @property
    def person(self) -> str | None:
        """The person who is counted now: a name, ``STRANGER``, or None while nobody is."""
        return self._person

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """The stretches in order; those without a counted frame are left out."""
        return tuple(self._stretches)

    def begin(self, person: str, seconds: float | None = None) -> None:
        """Start to count, with this person before the camera.

        Parameters
        ----------
        person : str
            One of ``people``, or ``STRANGER``.
        seconds : float, optional
            Seconds after the first counted frame at which counting stops by itself.

        Raises
        ------
        FacerecError
            If no recogniser knows the person, or the time is not above 0.
        """
        if person == UNKNOWN:
            raise FacerecError(f"Whoever is in {UNKNOWN} counts as a stranger: choose that.")
        if person != STRANGER and person not in self.people:
            raise FacerecError(f"None of the runs knows {person}: let them count as a stranger.")
        if seconds is not None and not seconds > 0:
            raise FacerecError(f"It cannot count for {seconds:g} seconds: more than 0.")
        with self._lock:
            self._end()
            self._person = person
            self._limit = math.inf if seconds is None else seconds

    def stop(self) -> None:
        """Stop counting; the counts stay."""
        with self._lock:
            self._end()

    def drop_last(self) -> None:
        """Forget the last stretch and stop, for example if somebody else came into the picture."""
        with self._lock:
            self._end()
            if self._stretches:
                self._stretches.pop()
                last = len(self._stretches)
                self._frames = [frame for frame in self._frames if frame.stretch < last]

    def clear(self) -> None:
        """Forget everything and stop."""
        with self._lock:
            self._end()
            self._stretches, self._frames = [], []

    def count(self, look: LiveLook) -> None:
        """Count a look; to subscribe to a ``LivePipeline``."""
        outputs = {name: said[:1] for name, said in look.outputs.items() if name in self.classes}
        with self._lock:
            if self._person is None or not look.faces or not outputs:
                return
            if self._began is not None and look.time - self._began >= self._limit:
                self._end()
                return
            tracks = [face.track for face in look.faces]
            # A person who is lost and found again has a new track, but never two at once.
            self._together |= {frozenset((tracks[0], other)) for other in tracks[1:]}
            self._add(self._person, look.time, tracks[0], outputs)

    def _add(self, person: str, time: float, track: int, outputs: Mapping[str, Outputs]) -> None:
        if self._began is None:
            # A stretch starts on a whole second, so that no second has frames of two people.
            start = math.floor(self._stretches[-1].end) + 1 if self._stretches else 0
            self._began = time
            self._stretches.append(Stretch(person, start, start))
        else:
            stretch = self._stretches[-1]
            self._stretches[-1] = replace(
                stretch,
                end=stretch.start + time - self._began,
                frames=stretch.frames + 1,
                changes=stretch.changes + (frozenset((track, self._track)) in self._together),
            )
        self._track = track
        number = len(self._stretches) - 1
        self._frames.append(_Frame(number, self._stretches[number].end, outputs))

    def _end(self) -> None:
        self._person, self._began, self._track = None, None, None
        self._together = set()

    @property
    def so_far(self) -> dict[str, LiveAssessment]:
        """Assessments of all counted frames by recogniser, each at its present operating point.

        A recogniser without a counted frame is left out.

        Raises
        ------
        FacerecError
            If a recogniser's outputs lack its point's score.
        """
        return {name: self.assessment(name) for name in self.classes if self._of(name)}

    def assessment(self, name: str, point: OperatingPoint | None = None) -> LiveAssessment:
        """Assessment of a recogniser on all counted frames, to be kept with its run.

        Parameters
        ----------
        name : str
            The recogniser.
        point : OperatingPoint, optional
            The operating point for its names; by default its present one.

        Raises
        ------
        FacerecError
            If no frame was counted, or the recogniser's outputs lack the point's score.
        """
        frames, point = self._of(name), point or self.points[name]
        if frames is None:
            raise FacerecError("No frame with a face was counted yet.")
        labels = self._labels(name, frames, point)
        # Each stretch with a stranger is another one; a person with a name is the same in all.
        who = [
            f"{STRANGER} {stretch:06}" if person == STRANGER else person
            for person, stretch in zip(frames.people.tolist(), frames.stretches, strict=True)
        ]
        people: dict[str, dict[str, int]] = {}
        each_stranger: dict[str, dict[str, int]] = {}
        for (person, label), number in sorted(
            Counter(zip(who, labels.tolist(), strict=True)).items()
        ):
            counts = people if self._is_known(name, person) else each_stranger
            counts.setdefault(person, {})[label] = number
        strangers: Counter[str] = Counter()
        for counts in each_stranger.values():
            strangers.update(counts)
        return LiveAssessment(
            point,
            people,
            dict(sorted(strangers.items())),
            each_stranger=tuple(each_stranger.values()),
        )

    def over_time(self, name: str) -> OverTime | None:
        """A recogniser's accuracy second by second at its present point; None before a frame.

        Errors as ``assessment``.
        """
        frames = self._of(name)
        if frames is None:
            return None
        labels = self._labels(name, frames, self.points[name])
        right = labels == self._right_labels(name, frames)
        seconds, places = np.unique(np.floor(frames.seconds), return_inverse=True)
        counted, correct = np.bincount(places), np.bincount(places, weights=right)
        return OverTime(
            seconds + 1, counted, correct / counted, np.cumsum(correct) / np.cumsum(counted)
        )

    def over_thresholds(self, name: str) -> OverThresholds | None:
        """A recogniser's accuracy and error rates over thresholds, with its present point's score.

        None before a first frame; errors as ``assessment``.
        """
        frames, point = self._of(name), self.points[name]
        if frames is None:
            return None
        acceptance = point.acceptance(self.classes[name], frames.outputs)
        likeliest = np.array(self.classes[name])[frames.outputs.predictions]
        known = np.array([self._is_known(name, person) for person in frames.people])
        thresholds = np.union1d(np.linspace(point.low, point.high, _THRESHOLDS), point.threshold)
        named = acceptance > thresholds[:, None]
        right = np.where(known, named & (likeliest == frames.people), ~named)
        strangers, own = acceptance[~known], acceptance[known]
        return OverThresholds(
            thresholds,
            right.mean(axis=1),
            _rates(metrics.false_acceptance_rate, strangers, thresholds),
            _rates(metrics.false_rejection_rate, own, thresholds),
        )

    def _of(self, name: str) -> _Frames | None:
        """A recogniser's frames; None before the first."""
        with self._lock:
            stretches = self.stretches
            counted = [frame for frame in self._frames if name in frame.outputs]
        if not counted:
            return None
        return _Frames(
            np.array([stretches[frame.stretch].person for frame in counted]),
            np.array([frame.stretch for frame in counted]),
            np.array([frame.second for frame in counted]),
            Outputs.joined([frame.outputs[name] for frame in counted]),
        )

    def _is_known(self, name: str, person: str) -> bool:
        return person != UNKNOWN and person in self.classes[name]

    def _labels(self, name: str, frames: _Frames, point: OperatingPoint) -> np.ndarray:
        """Label that a recogniser gives to each frame's face: str, shape (frames,)."""
        classes = self.classes[name]
        likeliest = np.array(classes)[frames.outputs.predictions]
        return np.where(point.is_named(classes, frames.outputs), likeliest, UNKNOWN)

    def _right_labels(self, name: str, frames: _Frames) -> np.ndarray:
        """Right label of each frame's face for a recogniser: str, shape (frames,)."""
        return np.array(
            [person if self._is_known(name, person) else UNKNOWN for person in frames.people]
        )


def _rates(rate: Rate, scores: np.ndarray, thresholds: np.ndarray) -> np.ndarray | None:
    if not len(scores):
        return None
    return np.array([rate(scores, threshold) for threshold in thresholds])
