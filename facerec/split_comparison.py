"""The same settings with both splits: by image, and by capture session."""

import math
from dataclasses import dataclass, replace

from facerec import jobs, metrics
from facerec.advice import leaking_sessions
from facerec.history import kept_record
from facerec.paths import LONGEST_NAME
from facerec.runs import Run, list_runs
from facerec.settings import TrainingConfig
from facerec.training import split_of

OTHER_SPLIT = {"random": "session", "session": "random"}
SPLIT_WORDS = {"random": "by image", "session": "by session"}


@dataclass(frozen=True)
class HeldOut:
    """What a run was validated on.

    Parameters
    ----------
    images : int
    sessions : int
        Capture sessions of the classes that they come from.
    leaking : float
        Share of the images, 0 to 1, whose session has images in training too.
    """

    images: int
    sessions: int
    leaking: float


@dataclass(frozen=True)
class SplitResult:
    """How well a run did on the images that its split kept apart.

    Parameters
    ----------
    run_name : str
    split : str
        A name of ``splits.SPLITS``.
    accuracy, macro_f1 : float
        Of the epoch whose weights are kept, 0 to 1.
    held_out : HeldOut or None
        None where the data set is gone or has changed, so that it is not known any more.
    """

    run_name: str
    split: str
    accuracy: float
    macro_f1: float
    held_out: HeldOut | None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the accuracy; None where the number of images is not known."""
        if self.held_out is None:
            return None
        images = self.held_out.images
        return metrics.share_interval(round(self.accuracy * images), images)


@dataclass(frozen=True)
class SplitDifference:
    """Accuracy by image minus accuracy by session, with its 95 % interval where it is known."""

    accuracy: float
    interval: tuple[float, float] | None

    @property
    def real(self) -> bool | None:
        """Whether it is more than chance would bring about; None where that cannot be told."""
        if self.interval is None:
            return None
        low, high = self.interval
        return low > 0 or high < 0


def held_out(run: Run) -> HeldOut:
    """What the run is validated on; reads the whole data set, and errors as ``split_of``."""
    training, validation = split_of(run)
    sessions = {(face.class_name, face.session) for face in validation}
    return HeldOut(len(validation), len(sessions), leaking_sessions(training, validation))


def split_result(run: Run, validated_on: HeldOut | None) -> SplitResult:
    """The figures of a run that has finished an epoch; ``held_out`` tells what they rest on."""
    kept = kept_record(run.history(), run.config.keep)
    return SplitResult(
        run.name,
        run.config.split,
        kept["validation_accuracy"],
        kept["validation_macro_f1"],
        validated_on,
    )


def counterpart(run: Run) -> Run | None:
    """The run of the same settings on the same images with the other split, if there is one.

    Of several, one that has finished an epoch, and the newest.
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
    """The same settings, but split by session instead of by image, or the other way round."""
    return replace(config, split=OTHER_SPLIT[config.split])


def create_counterpart(run: Run) -> Run:
    """A new run of the same settings on the same images with the other split; not trained yet.

    Raises
    ------
    FacerecError
        If something else is at work, the data set is gone, has changed since or cannot be split
        so, as when a class has one capture session only, or as ``Run.create``.
    """
    jobs.refuse_if_busy()
    # Of a data set that has changed, the two would not be about the same images.
    split_of(run)
    config = with_other_split(run.config)
    return Run.create(_free_name(run.name, SPLIT_WORDS[config.split].replace(" ", "-")), config)


def difference(by_image: SplitResult, by_session: SplitResult) -> SplitDifference:
    """How far the two are apart.

    The images are not the same, so the interval is that of two independent shares: Newcombe,
    Interval estimation for the difference between independent proportions, 1998, method 10.
    """
    apart = by_image.accuracy - by_session.accuracy
    if by_image.interval is None or by_session.interval is None:
        return SplitDifference(apart, None)
    (low_1, high_1), (low_2, high_2) = by_image.interval, by_session.interval
    below = math.hypot(by_image.accuracy - low_1, high_2 - by_session.accuracy)
    above = math.hypot(high_1 - by_image.accuracy, by_session.accuracy - low_2)
    return SplitDifference(apart, (apart - below, apart + above))


def in_words(by_image: SplitResult, by_session: SplitResult) -> str:
    """What the two figures mean, in sentences."""
    found = difference(by_image, by_session)
    points = _points(found)
    if found.real is None:
        return f"They are {points} apart. Its images have changed, so chance cannot be ruled out."
    if not found.real:
        return (
            f"**No real difference to see** on {by_image.held_out.images} and "
            f"{by_session.held_out.images} images: they are {points} apart, which chance alone can "
            "bring about. Images from more occasions would show a smaller difference."
        )
    if found.accuracy < 0:
        return (
            f"**By session it does better, by {points}.** The occasions kept apart happen to be "
            "the easier ones: another seed keeps others apart."
        )
    return (
        f"**By image it looks better than it is, by {points}.** Of the images that judged it, "
        f"{by_image.held_out.leaking:.0%} come from captures that it had learned from. Frames of "
        "one capture are nearly the same, so the network may recognise the occasion (the light, "
        "the clothes, the wall behind) and not the person. That is leakage. The honest number is "
        "the one by session, since live is another occasion too."
    )


def _points(found: SplitDifference) -> str:
    """The difference in percentage points, with its interval seen from the larger side."""
    words = f"{abs(found.accuracy) * 100:.0f} points"
    if found.interval is None:
        return words
    low, high = sorted(math.copysign(100, found.accuracy) * end for end in found.interval)
    return f"{words} (95 % interval {low:.0f} to {high:.0f})"


def _free_name(name: str, ending: str) -> str:
    taken = {run.name for run in list_runs()}
    number = 1
    while True:
        end = f"-{ending}" + (f"-{number}" if number > 1 else "")
        if (found := name[: LONGEST_NAME - len(end)] + end) not in taken:
            return found
        number += 1
