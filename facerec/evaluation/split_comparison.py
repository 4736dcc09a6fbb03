"""Comparison of two runs with the same settings, split by image and by capture session."""

import math
from dataclasses import dataclass, replace

from facerec import metrics
from facerec.runs import creating
from facerec.runs.catalogue import free_name, list_runs
from facerec.runs.held_out import leaking_sessions, split_of
from facerec.runs.history import kept_record
from facerec.runs.run import Run
from facerec.runs.settings import TrainingConfig
from facerec.system import jobs

OTHER_SPLIT = {"random": "session", "session": "random"}
SPLIT_WORDS = {"random": "by image", "session": "by session"}


@dataclass(frozen=True)
class HeldOut:
    """Validation images of a run, in numbers.

    Parameters
    ----------
    images : int
        Number of validation images.
    sessions : int
        Number of capture sessions that they come from, counted by class.
    leaking : float
        Share of the images, 0 to 1, whose session has training images too.
    """

    images: int
    sessions: int
    leaking: float


@dataclass(frozen=True)
class SplitResult:
    """Validation result of a run with its split.

    Parameters
    ----------
    run_name : str
    split : str
        A name of ``splits.SPLITS``.
    accuracy, macro_f1 : float
        Validation accuracy and macro F1 of the epoch whose weights are kept, 0 to 1.
    held_out : HeldOut or None
        None if the data set is gone or has changed.
    """

    run_name: str
    split: str
    accuracy: float
    macro_f1: float
    held_out: HeldOut | None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % confidence interval of the accuracy; None without ``held_out``."""
        if self.held_out is None:
            return None
        images = self.held_out.images
        return metrics.share_interval(round(self.accuracy * images), images)


@dataclass(frozen=True)
class SplitDifference:
    """Accuracy by image minus accuracy by session, with its 95 % confidence interval or None."""

    accuracy: float
    interval: tuple[float, float] | None

    @property
    def real(self) -> bool | None:
        """Whether the difference is significant at 5 %; None without an interval."""
        if self.interval is None:
            return None
        low, high = self.interval
        return low > 0 or high < 0


def held_out(run: Run) -> HeldOut:
    """Numbers of the run's validation images; reads the whole data set, errors as ``split_of``."""
    training, validation = split_of(run)
    sessions = {(face.class_name, face.session) for face in validation}
    return HeldOut(len(validation), len(sessions), leaking_sessions(training, validation))


def split_result(run: Run, validated_on: HeldOut | None) -> SplitResult:
    """Validation result of a run that has finished an epoch.

    ``validated_on`` is its ``held_out``, or None if the data set is gone or has changed.
    """
    kept = kept_record(run.history(), run.config.keep)
    return SplitResult(
        run.name,
        run.config.split,
        kept["validation_accuracy"],
        kept["validation_macro_f1"],
        validated_on,
    )


def counterpart(run: Run) -> Run | None:
    """The run with the same settings and images but the other split, or None.

    If there are several, runs that have finished an epoch come first, then the newest.
    """
    config = with_other_split(run.config)
    found = [
        other
        for other in list_runs()
        if other.kind == run.kind
        and other.config == config
        and other.info.dataset_hash == run.info.dataset_hash
    ]
    return max(found, key=lambda other: other.trained, default=None)


def with_other_split(config: TrainingConfig) -> TrainingConfig:
    """The same settings with the other split: by session instead of by image, or vice versa."""
    return replace(config, split=OTHER_SPLIT[config.split])


def create_counterpart(run: Run) -> Run:
    """A new, untrained run with the same settings and images but the other split.

    Raises
    ------
    FacerecError
        If a job is running, the data set is gone or has changed since, or as ``creating.create``:
        the other split fails if a class has one capture session only.
    """
    jobs.refuse_if_busy()
    # If the data set has changed, the two runs would not use the same images.
    split_of(run)
    config = with_other_split(run.config)
    return creating.create(
        free_name(run.name, f"-{SPLIT_WORDS[config.split]}".replace(" ", "-")), config
    )


def difference(by_image: SplitResult, by_session: SplitResult) -> SplitDifference:
    """Difference in accuracy between the two splits.

    The validation images differ, so the confidence interval is that of two independent proportions:
    Newcombe, Interval estimation for the difference between independent proportions, 1998,
    method 10.
    """
    apart = by_image.accuracy - by_session.accuracy
    if by_image.interval is None or by_session.interval is None:
        return SplitDifference(apart, None)
    (low_1, high_1), (low_2, high_2) = by_image.interval, by_session.interval
    below = math.hypot(by_image.accuracy - low_1, high_2 - by_session.accuracy)
    above = math.hypot(high_1 - by_image.accuracy, by_session.accuracy - low_2)
    return SplitDifference(apart, (apart - below, apart + above))


def in_words(by_image: SplitResult, by_session: SplitResult) -> str:
    """Meaning of the two accuracies, in sentences."""
    found = difference(by_image, by_session)
    points = _points(found)
    one, other = by_image.held_out, by_session.held_out
    if found.real is None or one is None or other is None:
        return f"They are {points} apart. Its images have changed, so chance cannot be ruled out."
    if not found.real:
        return (
            f"**No real difference to see** on {one.images} and "
            f"{other.images} images: they are {points} apart, which chance alone can "
            "bring about. Images from more occasions would show a smaller difference."
        )
    if found.accuracy < 0:
        return (
            f"**By session it does better, by {points}.** The occasions kept apart happen to be "
            "the easier ones: another seed keeps others apart."
        )
    return (
        f"**By image it looks better than it is, by {points}.** Of the images that judged it, "
        f"{one.leaking:.0%} come from captures that it had learned from. Frames of "
        "one capture are nearly the same, so the network may recognise the occasion (the light, "
        "the clothes, the wall behind) and not the person. That is leakage. The honest number is "
        "the one by session, since live is another occasion too."
    )


def _points(found: SplitDifference) -> str:
    """Absolute difference in percentage points, with its interval turned the same way."""
    words = f"{abs(found.accuracy) * 100:.0f} points"
    if found.interval is None:
        return words
    low, high = sorted(math.copysign(100, found.accuracy) * end for end in found.interval)
    return f"{words} (95 % interval {low:.0f} to {high:.0f})"
