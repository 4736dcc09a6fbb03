"""Comparison of runs: figures and costs side by side, and tests whether two runs differ."""

import itertools
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from facerec import metrics
from facerec.evaluation.evaluation import Evaluation, Summary
from facerec.faces.preprocessing import FACE_SIZE
from facerec.metrics import Difference, PeopleRate
from facerec.recognition.recogniser import Recogniser
from facerec.runs.history import Record, best_record
from facerec.runs.run import Run

_FEWEST_SHARED = 20
_TIMED_FACES = 7
_SIGNIFICANT = 0.05


Value = float | str | PeopleRate | None


@dataclass(frozen=True)
class Contender:
    """A run that is compared.

    Parameters
    ----------
    run : Run
    evaluation : Evaluation or None
        None if the run was not evaluated with its present weights.
    milliseconds : float, optional
        Time for one face on this computer; None as long as it is not measured.
    seconds_to_enrol : float, optional
        Time to enrol a new person on this computer; None if the run has to be trained again, or
        as long as it is not measured.
    """

    run: Run
    evaluation: Evaluation | None
    milliseconds: float | None = None
    seconds_to_enrol: float | None = None

    @property
    def last_evaluation(self) -> Evaluation:
        """The evaluation of a run that was judged."""
        assert self.evaluation is not None
        return self.evaluation

    @cached_property
    def history(self) -> list[Record]:
        return self.run.history()

    def at_best(self, name: str) -> float | None:
        """A figure of the epoch with the best macro F1; None without a history."""
        return best_record(self.history)[name] if self.history else None

    def over_history(self, of: Callable[[list[Record]], Value]) -> Value:
        """The value of a function of the whole history; None without a history."""
        return of(self.history) if self.history else None

    @property
    def training_seconds(self) -> float | None:
        """Training time of all epochs together, in seconds; None without a history."""
        return sum(record["seconds"] for record in self.history) if self.history else None

    @property
    def seconds_for_a_person(self) -> float | None:
        """Time until a new person is known, in seconds: to enrol, or to train everything again."""
        if self.seconds_to_enrol is not None:
            return self.seconds_to_enrol
        return self.training_seconds

    @cached_property
    def summary(self) -> Summary | None:
        """Headline figures at the run's operating point; None if not evaluated."""
        return self.evaluation.summary(self.run.operating_point) if self.evaluation else None

    def at_its_point(self, of: Callable[[Summary], Value]) -> Value:
        """The value of a function of the summary; None if not evaluated."""
        return of(self.summary) if self.summary else None


@dataclass(frozen=True)
class Line:
    """A line of the table: a text for each run, and the indices of the best runs."""

    title: str
    help: str
    cells: list[str]
    best: set[int]


def table(contenders: Sequence[Contender]) -> list[Line]:
    """Figures and costs of runs, one line for each measure, the most important first."""
    return [_line(measure, contenders) for measure in _MEASURES]


@dataclass(frozen=True)
class _Measure:
    """A measure of the table: its value for a run, its format, and its better direction.

    ``best`` is ``min`` or ``max``; None where no value is better than another. ``alike`` says
    whether runs were measured on the same images: of others, none is the best.
    """

    title: str
    help: str
    of: Callable[[Contender], Value]
    written: Callable[[Any], str] = str
    best: Callable | None = None
    alike: Callable[[Sequence[Contender]], bool] = lambda contenders: True


def judged_alike(contenders: Sequence[Contender]) -> bool:
    """Whether all judged runs were judged on the same images of the same people and strangers."""
    return _all_equal(
        (
            item.evaluation.held_out.dataset,
            frozenset(item.evaluation.held_out.keys),
            item.evaluation.strangers
            and (item.evaluation.strangers.dataset, frozenset(item.evaluation.strangers.keys)),
        )
        for item in contenders
        if item.evaluation
    )


def validated_alike(contenders: Sequence[Contender]) -> bool:
    """Whether all trained runs were validated on the same images in training."""
    return _all_equal(
        (config.dataset, config.split, config.seed, config.validation, config.share)
        for config in (item.run.config for item in contenders if item.history)
    )


def _all_equal(values: Iterable[object]) -> bool:
    return len(set(values)) <= 1


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _length(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds >= 90 else f"{seconds:.0f} s"


_MEASURES = (
    _Measure(
        "Strangers named (FAR)",
        "Share of strangers' faces that get somebody's name, at the run's threshold.",
        lambda item: item.at_its_point(lambda found: found.strangers_named),
    ),
    _Measure(
        "Your people refused (FRR)",
        "Share of known people's held-out faces that are called Unknown, at the run's threshold.",
        lambda item: item.at_its_point(lambda found: found.people_refused),
    ),
    _Measure(
        "Threshold",
        "The run's operating point.",
        lambda item: item.run.operating_point.threshold, "{:.3g}".format,
    ),
    _Measure(
        "Accuracy",
        "On held-out images, by the likeliest class, whatever the threshold.",
        lambda item: item.at_its_point(lambda found: found.accuracy), _percent, max,
        judged_alike,
    ),
    _Measure(
        "Macro F1",
        "F1 on held-out images averaged over the classes, so that small ones count as much as "
        "large ones.",
        lambda item: item.at_its_point(lambda found: found.macro_f1), _percent, max,
        judged_alike,
    ),
    _Measure(
        "Accuracy, best epoch",
        "On the validation images, in the epoch with the best macro F1.",
        lambda item: item.at_best("validation_accuracy"), _percent, max,
        validated_alike,
    ),
    _Measure(
        "Accuracy, last epoch",
        "On the validation images.",
        lambda item: item.over_history(lambda history: history[-1]["validation_accuracy"]),
        _percent, max, validated_alike,
    ),
    _Measure(
        "Macro F1, best epoch",
        "F1 averaged over the classes, so that small ones count as much as large ones.",
        lambda item: item.at_best("validation_macro_f1"), _percent, max,
        validated_alike,
    ),
    _Measure(
        "Loss, best epoch",
        "Cross-entropy on the validation images.",
        lambda item: item.at_best("validation_loss"), "{:.3f}".format, min,
        validated_alike,
    ),
    _Measure(
        "Best epoch",
        "Of how many there were.",
        lambda item: item.over_history(
            lambda history: f"{best_record(history)['epoch']} of {len(history)}"
        ),
    ),
    _Measure(
        "A new person takes",
        "Until somebody new is recognised: enrolled with 20 pictures on this computer, or, of a "
        "network that has to be trained again, its training time.",
        lambda item: item.seconds_for_a_person, _length,
    ),
    _Measure(
        "Training time",
        "All epochs together, on the computer that trained it.",
        lambda item: item.training_seconds, _length,
    ),
    _Measure(
        "Training images/s",
        "On the computer that trained it.",
        lambda item: item.over_history(
            lambda history: statistics.mean(record["images_per_second"] for record in history)
        ),
        "{:.1f}".format,
    ),
    _Measure(
        "Time for a face",
        "On this computer, one face at a time. What else it does meanwhile sways this, so none is "
        "the best.",
        lambda item: item.milliseconds, "{:.1f} ms".format,
    ),
    _Measure(
        "Parameters",
        "Numbers that the network consists of.",
        lambda item: item.run.info.parameters, "{:,}".format, min,
    ),
    _Measure(
        "Size on disk",
        "Of the weights, which recognition needs.",
        lambda item: item.run.weights_file.stat().st_size / 1e6, "{:.1f} MB".format, min,
    ),
    _Measure("Network", "What recognises.", lambda item: item.run.kind_title),
    _Measure("Data set", "That it was trained on.", lambda item: item.run.dataset_name),
    _Measure(
        "Split",
        "How validation images were chosen: by image (random) or by capture session.",
        lambda item: item.run.config.split,
    ),
)  # fmt: skip


def _line(measure: _Measure, contenders: Sequence[Contender]) -> Line:
    values = [measure.of(item) for item in contenders]
    cells = ["–" if value is None else measure.written(value) for value in values]
    known = [value for value in values if value is not None]
    best: set[int] = set()
    if measure.best and len(set(known)) > 1 and measure.alike(contenders):
        best = {place for place, value in enumerate(values) if value == measure.best(known)}
    return Line(measure.title, measure.help, cells, best)


def milliseconds_per_face(recogniser: Recogniser) -> float:
    """Median time that this computer takes to recognise one face image, in milliseconds."""
    face = np.random.default_rng(0).integers(0, 256, (1, FACE_SIZE, FACE_SIZE, 3), np.uint8)
    # With an empty gallery, ``outputs`` skips the network, which is what costs time.
    empty = recogniser.gallery is not None and not len(recogniser.gallery)
    work = recogniser.embeddings if empty else recogniser.outputs
    times = []
    for _ in range(_TIMED_FACES):
        began = time.perf_counter()
        work(face)
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


@dataclass(frozen=True)
class Pair:
    """Two runs on their shared held-out images.

    ``shared`` is the number of these images. ``difference`` is None if they are too few to test.
    """

    first: str
    second: str
    shared: int
    difference: Difference | None

    def words(self) -> str:
        """The difference and its significance, in a sentence or two of Markdown."""
        if self.difference is None:
            return (
                f"**{self.first}** and **{self.second}** share {self.shared} held-out images: too "
                "few to compare. Make them of the same data set, with the same split and seed."
            )
        found = self.difference
        ahead, behind = (
            (self.first, self.second) if found.accuracy >= 0 else (self.second, self.first)
        )
        low, high = (found.low, found.high) if found.accuracy >= 0 else (-found.high, -found.low)
        measured = (
            f"{abs(found.accuracy) * 100:.1f} points of accuracy (95 % interval "
            f"{low * 100:+.1f} to {high * 100:+.1f}; McNemar p = {found.p_value:.2g})"
        )
        if found.p_value >= _SIGNIFICANT:
            return (
                f"**No real difference** on {found.images} images between **{ahead}** and "
                f"**{behind}**: {measured}."
            )
        return (
            f"**{ahead} is really better than {behind}** on {found.images} images, by {measured}."
        )


def pairs(evaluations: dict[str, Evaluation]) -> list[Pair]:
    """All pairs of runs, compared on the held-out images that they share.

    ``evaluations`` holds the evaluation of each run, by its name.
    """
    return [
        _pair(first, second, evaluations[first], evaluations[second])
        for first, second in itertools.combinations(evaluations, 2)
    ]


def _pair(first: str, second: str, one: Evaluation, other: Evaluation) -> Pair:
    if one.held_out.dataset != other.held_out.dataset:
        return Pair(first, second, 0, None)
    rights = [dict(zip(item.held_out.keys, item.right, strict=True)) for item in (one, other)]
    shared = sorted(rights[0].keys() & rights[1].keys())
    if len(shared) < _FEWEST_SHARED:
        return Pair(first, second, len(shared), None)
    right_one, right_other = (np.array([right[key] for key in shared]) for right in rights)
    return Pair(first, second, len(shared), metrics.difference(right_one, right_other))
