"""Accuracy of a run in front of the camera: counts of frames, kept with the run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from facerec import metrics
from facerec.datasets.folder import UNKNOWN
from facerec.decisions.operating_point import OperatingPoint
from facerec.errors import FacerecError
from facerec.metrics import PeopleRate
from facerec.runs.run import Run
from facerec.system import files

Counts = Mapping[str, int]


@dataclass(frozen=True)
class LiveAssessment:
    """Labels that a run gave to the people before the camera, counted in frames.

    Parameters
    ----------
    point : OperatingPoint
        The operating point at which the run named them.
    people : mapping of str to mapping of str to int
        Number of frames by label (a class or ``Unknown``) for each person of the run's classes.
    strangers : mapping of str to int
        Number of frames by label for all other people; those in ``Unknown`` are among them.
    time : str
        ISO 8601, UTC; by default now.
    each_stranger : sequence of mapping of str to int
        ``strangers`` by person: one who came twice as a stranger counts as two. Earlier versions
        did not keep it, and all their strangers count as one.

    Raises
    ------
    FacerecError
        If there is no frame, a number is no count, or ``people`` has ``Unknown``.
    """

    point: OperatingPoint
    people: Mapping[str, Counts] = field(default_factory=dict)
    strangers: Counts = field(default_factory=dict)
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    each_stranger: Sequence[Counts] = ()

    def __post_init__(self) -> None:
        if UNKNOWN in self.people:
            raise FacerecError(
                f"Whoever is in {UNKNOWN} counts as a stranger: nobody is to be named."
            )
        for counts in (*self.people.values(), self.strangers):
            if any(type(count) is not int or count < 0 for count in counts.values()):
                raise FacerecError("The frames of a live assessment are counts, from 0 on.")
        if not self.frames:
            raise FacerecError("A live assessment needs at least one frame with a face.")

    @property
    def known_frames(self) -> int:
        """Number of frames with people of the run's classes."""
        return sum(sum(counts.values()) for counts in self.people.values())

    @property
    def stranger_frames(self) -> int:
        """Number of frames with strangers."""
        return sum(self.strangers.values())

    @property
    def frames(self) -> int:
        """Number of all counted frames."""
        return self.known_frames + self.stranger_frames

    @property
    def right(self) -> int:
        """Number of frames labelled right: a person's own name, or ``Unknown`` for a stranger."""
        named = sum(counts.get(name, 0) for name, counts in self.people.items())
        return named + self.strangers.get(UNKNOWN, 0)

    @property
    def accuracy(self) -> float:
        """Share of all frames with the right label, 0 to 1."""
        return self.right / self.frames

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % confidence interval of the accuracy, as ``metrics.share_interval``."""
        return metrics.share_interval(self.right, self.frames)

    @property
    def strangers_named(self) -> PeopleRate | None:
        """False acceptance rate with its bounds over people; None without strangers."""
        found = self.each_stranger or [self.strangers]
        return _rate((counts, sum(counts.values()) - counts.get(UNKNOWN, 0)) for counts in found)

    @property
    def people_refused(self) -> PeopleRate | None:
        """False rejection rate with its bounds over people; None without known people."""
        return _rate((counts, counts.get(UNKNOWN, 0)) for counts in self.people.values())

    @property
    def false_acceptance_rate(self) -> float | None:
        """False acceptance rate: share of strangers' frames with a name; None without strangers."""
        if not self.stranger_frames:
            return None
        return 1 - self.strangers.get(UNKNOWN, 0) / self.stranger_frames

    @property
    def false_rejection_rate(self) -> float | None:
        """False rejection rate: share of known people's frames called Unknown; None without any."""
        if not self.known_frames:
            return None
        refused = sum(counts.get(UNKNOWN, 0) for counts in self.people.values())
        return refused / self.known_frames


def _rate(people: Iterable[tuple[Counts, int]]) -> PeopleRate | None:
    """Share of frames from the counts of each person, and how many of these frames are hit."""
    frames, hits = [], []
    for person, (counts, hit) in enumerate(people):
        number = sum(counts.values())
        frames += [str(person)] * number
        hits += [True] * hit + [False] * (number - hit)
    return metrics.people_rate(np.array(hits, bool), frames)


def add(run: Run, assessment: LiveAssessment) -> None:
    """Save an assessment with the run, for its present weights and gallery.

    Raises
    ------
    FacerecError
        If it counts people or labels that are no classes of the run, or the file with earlier
        assessments is damaged.
    """
    labels = {*assessment.strangers, *assessment.people}.union(*assessment.people.values())
    if foreign := labels - {*run.classes, UNKNOWN}:
        raise FacerecError(f"{', '.join(sorted(foreign))}: no class of the run {run.name}.")
    record = {"weights": run.knowledge_hash, **asdict(assessment)}
    with run.lock():
        files.write_json(run.assessments_file, [*_records(run), record])


def assessments(run: Run) -> list[LiveAssessment]:
    """Assessments of the run's present weights and gallery, the oldest first.

    An untrained run has none.

    Raises
    ------
    FacerecError
        If the file is damaged.
    """
    if not run.trained:
        return []
    try:
        known = run.knowledge_hash
        return [_assessment(record) for record in _records(run) if record["weights"] == known]
    except (KeyError, TypeError, AttributeError) as error:
        raise _damaged(run) from error


def _assessment(record: dict[str, Any]) -> LiveAssessment:
    values = {name: record[name] for name in ("people", "strangers", "time")}
    values["each_stranger"] = tuple(record.get("each_stranger", ()))
    return LiveAssessment(OperatingPoint(**record["point"]), **values)


def _records(run: Run) -> list[dict[str, Any]]:
    return (
        files.read_as(run.assessments_file, list[dict[str, Any]])
        if run.assessments_file.exists()
        else []
    )


def _damaged(run: Run) -> FacerecError:
    return FacerecError(f"{run.assessments_file} is damaged: delete it.")
