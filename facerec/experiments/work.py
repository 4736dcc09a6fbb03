"""Carrying out an experiment: its trials are trained and judged one after another."""

import time
from collections.abc import Callable
from dataclasses import replace

from facerec.datasets.folder import FaceFile, FaceFolder
from facerec.datasets.reading import CountedFaces
from facerec.datasets.splits import evenly_drawn
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import Outputs
from facerec.errors import FacerecError
from facerec.evaluation.evaluation import Evaluation, Judged
from facerec.experiments.experiment import Experiment, Outcome, Result
from facerec.experiments.plan import Plan
from facerec.recognition.recogniser import Recogniser
from facerec.runs import creating
from facerec.runs.held_out import held_out_of
from facerec.runs.history import exhausted, kept_record
from facerec.runs.run import Run
from facerec.system.jobs import JobReporter
from facerec.training import worker
from facerec.training.events import BatchEnd, Event
from facerec.training.loop import Diverged

_MOST_STRANGERS = 500


def start(experiment: Experiment) -> None:
    """Carry out an experiment in a separate process, from where it was stopped.

    Raises
    ------
    FacerecError
        If another job is running.
    """
    experiment.job.start(
        _activity(experiment), ["experiment", "--name", experiment.name, "--resume", "--json"]
    )


def carry_out(
    experiment: Experiment, on_result: Callable[[Result], None] = lambda result: None
) -> bool:
    """Train and judge the trials that have no outcome yet, in this process.

    A trial whose training was killed goes on from its checkpoint. A trial that cannot be trained,
    such as for a learning rate that is too high, is a result too.

    Parameters
    ----------
    experiment : Experiment
    on_result : callable
        Called with each trial that has ended.

    Returns
    -------
    bool
        True if all trials have ended, False if it was stopped.

    Raises
    ------
    FacerecError
        If another job is running, the data set has changed or is gone, or a file cannot be written.
    """
    reporter = JobReporter(experiment.job, _activity(experiment))
    results = experiment.results()
    clock = _Clock(len(results), sum(result.ended for result in results))
    judge = _Judge(experiment.plan)
    with reporter.errors_kept():
        reporter.tell(at_once=True, state="training", done=clock.done, total=len(results))
        try:
            for result in results:
                if result.ended:
                    continue
                if experiment.job.stop_file.exists():
                    break

                def tell(event: Event, result: Result = result) -> None:
                    reporter.need_folder()
                    if isinstance(event, BatchEnd):
                        left = clock.seconds_left(event.done / event.total)
                        words = experiment.plan.in_words(result.trial)
                        reporter.tell(message=words, seconds_left=left)
                    if experiment.job.stop_file.exists():
                        Run.open(result.run).job.stop()

                ended = _ended(experiment, result, judge, tell)
                if ended is None:
                    break
                experiment.save(ended)
                clock.next()
                reporter.tell(at_once=True, done=clock.done)
                on_result(ended)
        except KeyboardInterrupt:
            reporter.end("stopped")
            raise
    done = experiment.done
    reporter.end("finished" if done else "stopped")
    return done


class _Clock:
    """Time left, from how long the trials of this process took."""

    def __init__(self, total: int, done: int) -> None:
        self.done = done
        self._total = total
        self._first = done
        self._began = time.monotonic()

    def next(self) -> None:
        self.done += 1

    def seconds_left(self, part: float) -> float:
        """Time left when the present trial has done a part of its batches, 0 to 1."""
        behind = self.done - self._first + part
        return (time.monotonic() - self._began) / behind * (self._total - self.done - part)


def _ended(
    experiment: Experiment, result: Result, judge: "_Judge", tell: Callable[[Event], None]
) -> Result | None:
    """A trial's result after its training; None if it was stopped."""
    began = time.monotonic()
    try:
        run, before = _run(experiment, result)
        if _is_done(run):
            # Trained for another threshold, or killed before it was judged.
            before = 0.0
        elif not worker.run_training(run, tell, alongside=True):
            return None
        outcome = judge.outcome(run, experiment.plan.threshold_of(result.trial))
        outcome = replace(outcome, seconds=round(before + time.monotonic() - began, 2))
    except Diverged as error:
        return Result(result.trial, result.run, problem=str(error))
    return Result(result.trial, result.run, outcome)


def _run(experiment: Experiment, result: Result) -> tuple[Run, float]:
    """A trial's run, and the seconds that earlier processes have trained it."""
    config = experiment.plan.config_of(result.trial)
    try:
        run = Run.open(result.run)
    except FacerecError:
        return creating.create(result.run, config, experiment=experiment.name), 0.0
    if run.info.experiment != experiment.name:
        raise FacerecError(
            f"There is a run named {run.name} that is not of the experiment {experiment.name}: "
            "rename it, or begin a new experiment."
        )
    return run, sum(record["seconds"] for record in run.history())


def _is_done(run: Run) -> bool:
    history = run.history()
    return len(history) == run.config.epochs or exhausted(history, run.config.patience)


class _Judge:
    """Judges trained runs; trials that differ in the threshold alone share a look at the images."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._evaluations: dict[str, Evaluation] = {}

    def outcome(self, run: Run, threshold: float) -> Outcome:
        """The outcome of a run at a threshold, without its time."""
        if run.name not in self._evaluations:
            self._evaluations[run.name] = self._evaluation(run)
        found = self._evaluations[run.name].summary(OperatingPoint(threshold))
        history = run.history()
        return Outcome(
            accuracy=found.accuracy,
            macro_f1=found.macro_f1,
            train_accuracy=kept_record(history, run.config.keep)["train_accuracy"],
            people_refused=found.false_rejection_rate,
            strangers_named=found.false_acceptance_rate,
            epochs=len(history),
            seconds=0.0,
        )

    def _evaluation(self, run: Run) -> Evaluation:
        plan, recogniser = self._plan, Recogniser(run)
        strangers = None
        if plan.strangers:
            folder = FaceFolder.open(plan.strangers)
            strangers = _outputs(recogniser, folder, judged_strangers(folder))
        dataset = FaceFolder.open(plan.config.dataset)
        return Evaluation(run.classes, _outputs(recogniser, dataset, held_out_of(run)), strangers)


def judged_strangers(folder: FaceFolder) -> list[FaceFile]:
    """The strangers' images that trials are judged on: a sample that is always the same."""
    return evenly_drawn(folder.face_files(), _MOST_STRANGERS)


def _outputs(recogniser: Recogniser, folder: FaceFolder, faces: list[FaceFile]) -> Judged:
    batches = CountedFaces(lambda done, total: None, len(faces)).batches(faces)
    outputs = Outputs.joined([recogniser.outputs(batch) for batch in batches])
    return Judged(
        folder.reference,
        tuple(face.key for face in faces),
        tuple(face.class_name for face in faces),
        outputs,
    )


def _activity(experiment: Experiment) -> str:
    return f"The experiment {experiment.name} is under way"
