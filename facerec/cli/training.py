"""Commands that train: train, find-learning-rate, tune."""

import argparse
import os
from pathlib import Path
from typing import assert_never

from optuna.trial import FrozenTrial
from tqdm import tqdm

from facerec.cli.arguments import add_settings, training_config
from facerec.cli.command import Command
from facerec.cli.output import bar, quiet, tell
from facerec.errors import FacerecError
from facerec.runs import catalogue, creating
from facerec.runs.run import Run
from facerec.runs.settings import training_settings
from facerec.system.accelerator import this_process
from facerec.system.processor import keep_freed_memory
from facerec.training import learning_rate_finder, worker
from facerec.training.events import BatchEnd, Decoding, EpochEnd, Event, TrainingStart
from facerec.tuning import study as tuning
from facerec.tuning import workers as tuning_jobs
from facerec.tuning.search_space import Search, in_words
from facerec.tuning.storage import STORAGE_VARIABLE


def _train_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", help="name of the run; made up from the others by default")
    parser.add_argument("--resume", action="store_true", help="go on with --run")
    parser.add_argument(
        "--alongside", action="store_true", help="train although something else is being trained"
    )
    add_settings(parser)


def _train(options: argparse.Namespace) -> None:
    keep_freed_memory()
    # torchrun and accelerate launch start several processes: only the first may create the run.
    process = this_process()
    with process.main_process_first():
        run = _run_to_train(options, process.is_main_process)
    with tqdm(desc="Training", unit=" batches", disable=quiet(options)) as batches:

        def show(event: Event) -> None:
            match event:
                case BatchEnd():
                    batches.total = event.total
                    batches.update(event.done - batches.n)
                case EpochEnd():
                    tell(options, _epoch_line(event.record), event.record)
                case Decoding() | TrainingStart():
                    pass
                case unknown:
                    assert_never(unknown)

        done = worker.run_training(run, show, options.alongside)
    if process.is_main_process:
        outcome = "finished" if done else f"stopped; go on with: train --run {run.name} --resume"
        tell(options, f"{run.name}: {outcome}", {"run": run.name, "finished": done})


def _run_to_train(options: argparse.Namespace, creates: bool) -> Run:
    if options.resume:
        if not options.run:
            raise FacerecError("--resume needs --run: the name of the run to go on with.")
        run = Run.open(options.run)
        if run.is_enrolled:
            raise FacerecError(f"{run.name} is an embedding recogniser: it is not trained.")
        return run
    config = training_config(options)
    name = options.run or catalogue.numbered_name(config.dataset, config.network)
    return creating.create(name, config) if creates else Run.open(name)


def _epoch_line(record: dict[str, float]) -> str:
    return (
        f"epoch {record['epoch']}: loss {record['train_loss']:.3f}, "
        f"validation loss {record['validation_loss']:.3f}, "
        f"accuracy {record['validation_accuracy']:.3f}, "
        f"macro F1 {record['validation_macro_f1']:.3f}, "
        f"{record['images_per_second']:.1f} images/s"
    )


def _find_learning_rate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--settings", metavar="FILE", type=Path, help="all settings as JSON, instead of flags"
    )
    add_settings(parser)


def _find_learning_rate(options: argparse.Namespace) -> None:
    keep_freed_memory()
    if options.settings:
        config = learning_rate_finder.read_settings(options.settings.read_text(encoding="utf-8"))
    else:
        config = training_config(options)
    with bar(options, "Testing") as progress:
        found = learning_rate_finder.run_test(config, progress)
    if found is None:
        tell(options, "stopped", {"suggestion": None})
        return
    record = {"suggestion": found.suggestion, "rates": found.rates, "losses": found.losses}
    tell(options, f"Suggested learning rate: {found.suggestion:g}", record)


def _tune_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--study", required=True, help="name of the search")
    parser.add_argument(
        "--search", metavar="NAMES", help="settings to search, with commas; joins without it"
    )
    parser.add_argument("--trials", type=int, help="how many trials there are to be in all")
    parser.add_argument("--minutes", type=float, help="after how long it ends")
    parser.add_argument(
        "--storage",
        metavar="URL",
        help=f"database of the searches; {STORAGE_VARIABLE}, or a file under models/, without it",
    )
    parser.add_argument("--worker", metavar="NAME", help="name of this worker of the search")
    add_settings(parser)


def _tune(options: argparse.Namespace) -> None:
    keep_freed_memory()
    if options.storage:
        os.environ[STORAGE_VARIABLE] = options.storage
    study = _study(options)
    network = study.search.config.network
    why_none, made = study.end(), 0

    def show(trial: FrozenTrial) -> None:
        nonlocal made
        made += 1
        score = f"macro F1 {trial.value:.3f}" if trial.value is not None else ""
        reason = tuning.why_without_result(trial)
        record = {
            "trial": trial.number,
            "state": trial.state.name.lower(),
            "macro_f1": trial.value,
            "settings": trial.params,
            "reason": reason,
        }
        state = f"{trial.state.name.lower():8} {score or reason}"
        words = in_words(trial.params, network)
        tell(options, f"trial {trial.number}: {state}  {words}", record)

    worker = options.worker or f"worker-{os.getpid()}"
    tuning_jobs.work(study, worker, options.threads or 0, show)
    best = study.best()
    record = {"study": study.name, "best": best and best.params, "macro_f1": best and best.value}
    text = "no trial was completed"
    if best:
        text = f"best macro F1 {best.value:.3f} with {in_words(best.params, network)}"
    if not made and why_none:
        text += f"\n{why_none} To go on: tune --study {study.name} --trials N --minutes M"
    tell(options, f"{study.name}: {text}", record)


def _study(options: argparse.Namespace) -> tuning.Study:
    """A new study where ``--search`` is given; otherwise the existing one of that name."""
    if options.search is not None:
        names = tuple(name.strip() for name in options.search.split(","))
        trials = 20 if options.trials is None else options.trials
        minutes = 30.0 if options.minutes is None else options.minutes
        return tuning.Study.create(
            options.study, Search(training_config(options), names, trials, minutes)
        )
    settings = {item.name for item in training_settings()} - {"threads"}
    for name in ("dataset", "continue_from", "strangers", "augmentation", *sorted(settings)):
        if getattr(options, name) is not None:
            raise FacerecError(
                f"--{name.replace('_', '-')} goes with --search: without it, a search is joined "
                "as it is."
            )
    study = tuning.Study(options.study)
    if options.trials is not None or options.minutes is not None:
        search = study.search
        trials = search.trials if options.trials is None else options.trials
        study.go_on(trials, search.minutes if options.minutes is None else options.minutes)
    return study


COMMANDS = (
    Command(
        "train",
        "Train a network on a data set, or go on with a run.",
        "train --dataset class-7b --network custom_cnn --epochs 12",
        _train,
        _train_arguments,
    ),
    Command(
        "find-learning-rate",
        "Try growing learning rates on a data set, and suggest one.",
        "find-learning-rate --dataset class-7b --network custom_cnn",
        _find_learning_rate,
        _find_learning_rate_arguments,
    ),
    Command(
        "tune",
        "Search for good settings, or join a search that is under way.",
        "tune --study first --dataset class-7b --search learning_rate,dropout --trials 20",
        _tune,
        _tune_arguments,
    ),
)
