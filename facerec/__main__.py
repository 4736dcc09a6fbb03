"""The command line: the whole application without a browser."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from optuna.trial import FrozenTrial
from tqdm import tqdm

from facerec.augmentation import saved as recipes
from facerec.augmentation.copies import write_augmented_copies
from facerec.augmentation.recipe import PRESETS as AUGMENTATIONS
from facerec.collecting import samples
from facerec.collecting.importing import faces_of, import_faces, import_unknown, unknown_wanted
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.decisions.matchers import MATCHERS
from facerec.errors import FacerecError
from facerec.evaluation.judging import evaluate
from facerec.evaluation.thresholds import summary_words
from facerec.faces.detection import DETECTORS, FaceDetector, detector
from facerec.live.files import LabelledFrame, file_pipeline, label_file
from facerec.networks.catalogue import NETWORKS
from facerec.recognition import enrolment, new_gallery
from facerec.recognition.recogniser import Recogniser
from facerec.runs import catalogue, creating
from facerec.runs.history import kept_record
from facerec.runs.run import Run
from facerec.runs.settings import PRESETS, TrainingConfig, preset, setting_fields
from facerec.system import paths
from facerec.system.accelerator import this_process
from facerec.system.processor import keep_freed_memory
from facerec.training import job as training_jobs
from facerec.training import learning_rate_finder
from facerec.training.events import BatchEnd, EpochEnd, Event
from facerec.tuning import study as tuning
from facerec.tuning import workers as tuning_jobs
from facerec.tuning.search_space import Search, in_words
from facerec.tuning.storage import STORAGE_VARIABLE


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return the exit code.

    The code is 0; 2 after bad input, with one line on standard error that says what is wrong; 130
    after Ctrl+C.
    """
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except (FacerecError, OSError) as error:
        print(f"facerec: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("facerec: stopped", file=sys.stderr)
        return 130
    return 0


def _sample_data(options: argparse.Namespace) -> None:
    with _bar(options, "Drawing") as progress:
        drawn = samples.draw_files(options.destination, progress)
    _tell(
        options,
        f"{drawn.photographs} photographs in {drawn.folder}, and the video {drawn.video.name}",
        {"folder": str(drawn.folder), "photographs": drawn.photographs, "video": str(drawn.video)},
    )


def _import(options: argparse.Namespace) -> None:
    if options.unknown and (options.class_name or options.session or options.raw):
        raise FacerecError("--unknown goes without --class, --session and --raw.")
    folder = FaceFolder(paths.dataset_folder(options.dataset))
    chosen = detector(options.detector)
    with _bar(options, "Importing") as progress:
        if options.unknown:
            wanted = unknown_wanted(folder)
            report = import_unknown([options.source], folder, chosen, wanted, progress)
        else:
            report = import_faces(
                [options.source],
                folder,
                chosen,
                options.class_name,
                options.session,
                options.raw,
                progress,
            )
    text = f"{report.added.total()} faces came in"
    if report.rejected:
        reasons = ", ".join(f"{count} {reason}" for reason, count in report.reasons().items())
        text += f"; {len(report.rejected)} images did not: {reasons}"
    record = {"added": report.added, "rejected": [item.as_dict() for item in report.rejected]}
    _tell(options, text, record)
    _tell_notice(chosen)


def _augment(options: argparse.Namespace) -> None:
    source, recipe = FaceFolder.open(options.dataset), recipes.named(options.recipe)
    with _bar(options, "Augmenting") as progress:
        count = write_augmented_copies(
            source, options.into, recipe, options.copies, options.seed, progress
        )
    _tell(options, f"{count} images in {options.into}", {"images": count})


def _train(options: argparse.Namespace) -> None:
    keep_freed_memory()
    # torchrun and accelerate launch start several processes: only the first may create the run.
    process = this_process()
    with process.main_process_first():
        run = _run_to_train(options, process.is_main_process)
    with tqdm(desc="Training", unit=" batches", disable=_quiet(options)) as bar:

        def show(event: Event) -> None:
            match event:
                case BatchEnd():
                    bar.total = event.total
                    bar.update(event.done - bar.n)
                case EpochEnd():
                    _tell(options, _epoch_line(event.record), event.record)

        done = training_jobs.run_training(run, show, options.alongside)
    if process.is_main_process:
        outcome = "finished" if done else f"stopped; go on with: train --run {run.name} --resume"
        _tell(options, f"{run.name}: {outcome}", {"run": run.name, "finished": done})


def _run_to_train(options: argparse.Namespace, creates: bool) -> Run:
    if options.resume:
        if not options.run:
            raise FacerecError("--resume needs --run: the name of the run to go on with.")
        run = Run.open(options.run)
        if run.is_enrolled:
            raise FacerecError(f"{run.name} is an embedding recogniser: it is not trained.")
        return run
    config = _config(options)
    name = options.run or catalogue.free_name(config.dataset, config.network)
    return creating.create(name, config) if creates else Run.open(name)


def _config(options: argparse.Namespace) -> TrainingConfig:
    """The training settings from the flags of ``_add_settings``; the preset fills the rest."""
    if not options.dataset:
        raise FacerecError("Name the data set to train on: --dataset D.")
    config = preset(options.preset, FaceFolder.open(options.dataset).reference, options.network)
    given = {item.name: getattr(options, item.name) for item in setting_fields()}
    if options.continue_from:
        config = creating.continuing(config, options.continue_from)
    given["augmentation"] = recipes.named(options.augmentation) if options.augmentation else None
    return replace(config, **{name: value for name, value in given.items() if value is not None})


def _find_learning_rate(options: argparse.Namespace) -> None:
    keep_freed_memory()
    if options.settings:
        config = learning_rate_finder.read_settings(options.settings.read_text(encoding="utf-8"))
    else:
        config = _config(options)
    with _bar(options, "Testing") as progress:
        found = learning_rate_finder.run_test(config, progress)
    if found is None:
        _tell(options, "stopped", {"suggestion": None})
        return
    record = {"suggestion": found.suggestion, "rates": found.rates, "losses": found.losses}
    _tell(options, f"Suggested learning rate: {found.suggestion:g}", record)


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
        _tell(options, f"trial {trial.number}: {state}  {words}", record)

    worker = options.worker or f"worker-{os.getpid()}"
    tuning_jobs.work(study, worker, options.threads or 0, show)
    best = study.best()
    record = {"study": study.name, "best": best and best.params, "macro_f1": best and best.value}
    text = "no trial was completed"
    if best:
        text = f"best macro F1 {best.value:.3f} with {in_words(best.params, network)}"
    if not made and why_none:
        text += f"\n{why_none} To go on: tune --study {study.name} --trials N --minutes M"
    _tell(options, f"{study.name}: {text}", record)


def _study(options: argparse.Namespace) -> tuning.Study:
    """A new study where ``--search`` is given; otherwise the existing one of that name."""
    if options.search is not None:
        names = tuple(name.strip() for name in options.search.split(","))
        trials = 20 if options.trials is None else options.trials
        minutes = 30.0 if options.minutes is None else options.minutes
        return tuning.Study.create(options.study, Search(_config(options), names, trials, minutes))
    settings = {item.name for item in setting_fields()} - {"threads"}
    for name in ("dataset", "continue_from", "augmentation", *sorted(settings)):
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


def _epoch_line(record: dict[str, float]) -> str:
    return (
        f"epoch {record['epoch']}: loss {record['train_loss']:.3f}, "
        f"validation loss {record['validation_loss']:.3f}, "
        f"accuracy {record['validation_accuracy']:.3f}, "
        f"macro F1 {record['validation_macro_f1']:.3f}, "
        f"{record['images_per_second']:.1f} images/s"
    )


def _embed(options: argparse.Namespace) -> None:
    dataset = FaceFolder.open(options.dataset)
    embedder = options.pretrained or Run.open(options.embedder)
    name = options.run or catalogue.free_name(dataset.reference, "embedding")
    with _bar(options, "Looking at the faces") as progress:
        run = new_gallery.create(
            name, embedder, dataset, options.matcher, not options.nobody, progress
        )
    _tell(options, f"{run.name} knows {_known_words(run)}", _known(run))


def _enrol(options: argparse.Namespace) -> None:
    run, chosen = Run.open(options.run), detector(options.detector)
    with _bar(options, "Looking at the faces") as progress:
        found = faces_of(options.source, chosen, progress)
    enrolment.enrol(run, options.person, found)
    _tell(
        options,
        f"faces enrolled: {len(found)}; {run.name} knows {_known_words(run)}",
        {"enrolled": len(found), **_known(run)},
    )
    _tell_notice(chosen)


def _forget(options: argparse.Namespace) -> None:
    run = Run.open(options.run)
    enrolment.remove(run, options.person)
    _tell(options, f"{run.name} knows {_known_words(run)}", _known(run))


def _known(run: Run) -> dict[str, Any]:
    """The people in a run's gallery and their numbers of faces, for JSON."""
    return {"run": run.name, "people": run.gallery.counts()}


def _known_words(run: Run) -> str:
    counts = run.gallery.counts().items()
    return ", ".join(f"{name} ({faces})" for name, faces in counts) or "nobody yet"


def _evaluate(options: argparse.Namespace) -> None:
    run = Run.open(options.run)
    with _bar(options, "Judging") as progress:
        found = evaluate(
            run,
            FaceFolder.open(options.dataset) if options.dataset else None,
            FaceFolder.open(options.strangers) if options.strangers else None,
            progress,
        )
    summary = found.summary(run.operating_point)
    _tell(options, "\n".join(summary_words(summary)), summary.as_dict())


def _recognize(options: argparse.Namespace) -> None:
    run = Run.open(options.run)
    point = run.operating_point
    if options.threshold is not None:
        point = replace(point, threshold=options.threshold)
    classifier, chosen = Recogniser(run), detector(options.detector)
    pipeline = file_pipeline(chosen, {run.name: classifier}, {run.name: point})
    with tqdm(unit=" frames", disable=_quiet(options)) as bar:

        def show(frame: LabelledFrame) -> None:
            names = ", ".join(f"{face.label} {face.confidence:.0%}" for face in frame.faces)
            record = {"frame": frame.number, "faces": [vars(face) for face in frame.faces]}
            _tell(options, f"frame {frame.number}: {names or 'no face'}", record)
            bar.total = frame.total
            bar.update()

        label_file(options.source, pipeline, show, options.output)
    _tell_notice(chosen)


def _runs(options: argparse.Namespace) -> None:
    found = catalogue.list_runs()
    if not found and not options.json:
        print("There are no runs yet: begin with 'python -m facerec train'.")
    for run in found:
        history = run.history()
        kept = kept_record(history, run.config.keep) if history else {}
        record = {
            "run": run.name,
            "network": run.config.network,
            "dataset": run.config.dataset,
            "state": training_jobs.status(run).state,
            "epochs": len(history),
            "validation_accuracy": kept.get("validation_accuracy"),
            "validation_macro_f1": kept.get("validation_macro_f1"),
            "embedder": run.info.embedder,
            "people": run.gallery.counts() if run.is_enrolled else None,
        }
        if run.is_enrolled:
            people = f"{len(run.gallery.people)} people, {len(run.gallery)} faces"
            _tell(options, f"{run.name:40} {'embedding':12} knows {people}", record)
            continue
        figures = (
            f"accuracy {record['validation_accuracy']:.3f}, "
            f"macro F1 {record['validation_macro_f1']:.3f}"
            if history
            else "not trained yet"
        )
        _tell(
            options,
            f"{run.name:40} {record['state']:12} {record['epochs']:3} epochs  {figures}",
            record,
        )


def _tell_notice(chosen: FaceDetector) -> None:
    if chosen.notice:
        print(f"facerec: {chosen.notice}", file=sys.stderr)


def _tell(options: argparse.Namespace, text: str, record: dict[str, Any]) -> None:
    """Print a result as a JSON line or as text, above a progress bar if there is one."""
    if this_process().is_main_process:
        tqdm.write(json.dumps(record, ensure_ascii=False) if options.json else text)
        sys.stdout.flush()


def _quiet(options: argparse.Namespace) -> bool:
    """Whether progress bars are hidden: they are for people at a terminal, in one process."""
    return options.json or not sys.stderr.isatty() or not this_process().is_main_process


@contextmanager
def _bar(options: argparse.Namespace, title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar as the callback that facerec's long functions take."""
    with tqdm(desc=title, unit=" images", disable=_quiet(options)) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield progress


class _Parser(argparse.ArgumentParser):
    """An argument parser that reports wrong arguments in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"facerec: {message} (see {self.prog} --help)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m facerec", description="Collect faces, train, compare, recognise."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace], None], summary: str, example: str
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name, help=summary, description=summary, epilog=f"Example: python -m facerec {example}"
        )
        added.set_defaults(command=run)
        added.add_argument("--json", action="store_true", help="print one JSON object a line")
        return added

    sample = command(
        "sample-data", _sample_data, "Draw the built-in data set and its video.", "sample-data demo"
    )
    sample.add_argument("destination", metavar="DEST", type=Path)

    importing = command(
        "import",
        _import,
        "Bring in faces from images, a folder of class folders, a ZIP or a video.",
        "import ada.mp4 --dataset class-7b --class Ada",
    )
    importing.add_argument("source", metavar="SRC", type=Path)
    importing.add_argument("--dataset", required=True, help="made if it is new")
    importing.add_argument("--class", dest="class_name", help="whose faces they are")
    importing.add_argument("--session", help="name of the capture session")
    importing.add_argument(
        "--unknown",
        action="store_true",
        help=f"fill {UNKNOWN} from assorted people in SRC, up to the size of the other classes",
    )
    importing.add_argument("--raw", action="store_true", help="also keep the whole images")
    _add_detector(importing)

    recipe_help = f"one of {', '.join(AUGMENTATIONS)}, the name of a saved recipe, or a JSON file"
    augment = command(
        "augment",
        _augment,
        "Write a data set with augmented copies of another's images.",
        "augment --dataset class-7b --into class-7b-more --copies 3",
    )
    augment.add_argument("--dataset", required=True)
    augment.add_argument("--into", required=True, metavar="D2", help="the new data set")
    augment.add_argument("--copies", required=True, type=int, help="of each image")
    augment.add_argument("--recipe", default="Webcam", metavar="NAME_OR_FILE", help=recipe_help)
    augment.add_argument("--seed", type=int, default=0)

    training = command(
        "train",
        _train,
        "Train a network on a data set, or go on with a run.",
        "train --dataset class-7b --network custom_cnn --epochs 12",
    )
    training.add_argument("--run", help="name of the run; made up from the others by default")
    training.add_argument("--resume", action="store_true", help="go on with --run")
    training.add_argument(
        "--alongside", action="store_true", help="train although something else is being trained"
    )
    _add_settings(training, recipe_help)

    testing = command(
        "find-learning-rate",
        _find_learning_rate,
        "Try growing learning rates on a data set, and suggest one.",
        "find-learning-rate --dataset class-7b --network custom_cnn",
    )
    testing.add_argument(
        "--settings", metavar="FILE", type=Path, help="all settings as JSON, instead of flags"
    )
    _add_settings(testing, recipe_help)

    search = command(
        "tune",
        _tune,
        "Search for good settings, or join a search that is under way.",
        "tune --study first --dataset class-7b --search learning_rate,dropout --trials 20",
    )
    search.add_argument("--study", required=True, help="name of the search")
    search.add_argument(
        "--search", metavar="NAMES", help="settings to search, with commas; joins without it"
    )
    search.add_argument("--trials", type=int, help="how many trials there are to be in all")
    search.add_argument("--minutes", type=float, help="after how long it ends")
    search.add_argument(
        "--storage",
        metavar="URL",
        help=f"database of the searches; {STORAGE_VARIABLE}, or a file under models/, without it",
    )
    search.add_argument("--worker", metavar="NAME", help="name of this worker of the search")
    _add_settings(search, recipe_help)

    embedding = command(
        "embed",
        _embed,
        "Make an embedding recogniser, which knows people without training.",
        "embed --dataset class-7b --embedder class-7b-custom_cnn-1 --nobody",
    )
    embedding.add_argument(
        "--dataset", required=True, help="whose people are enrolled, and judge it"
    )
    seen_by = embedding.add_mutually_exclusive_group(required=True)
    seen_by.add_argument("--embedder", metavar="RUN", help="a trained run whose network is taken")
    seen_by.add_argument(
        "--pretrained",
        choices=list(new_gallery.PRETRAINED),
        help="; ".join(f"{name}: {title}" for name, (title, _) in new_gallery.PRETRAINED.items()),
    )
    embedding.add_argument(
        "--matcher",
        choices=list(MATCHERS),
        default="means",
        help="; ".join(f"{name}: {item.description}" for name, item in MATCHERS.items()),
    )
    embedding.add_argument("--run", help="its name; made up from the data set's by default")
    embedding.add_argument("--nobody", action="store_true", help="enrol nobody at first")

    enrolling = command(
        "enrol",
        _enrol,
        "Let an embedding recogniser know somebody, or more of somebody's faces.",
        "enrol class-7b-embedding-1 ada.mp4 --person Ada",
    )
    enrolling.add_argument("run", metavar="RUN")
    enrolling.add_argument(
        "source", metavar="SRC", type=Path, help="an image, a folder of images, a ZIP or a video"
    )
    enrolling.add_argument("--person", required=True, help="whose faces they are")
    _add_detector(enrolling)

    forgetting = command(
        "forget",
        _forget,
        "Let an embedding recogniser forget somebody.",
        "forget class-7b-embedding-1 --person Ada",
    )
    forgetting.add_argument("run", metavar="RUN")
    forgetting.add_argument("--person", required=True)

    evaluation = command(
        "evaluate",
        _evaluate,
        "Judge a run on held-out images and on strangers.",
        "evaluate class-7b-custom_cnn-1 --strangers visitors",
    )
    evaluation.add_argument("run", metavar="RUN")
    evaluation.add_argument(
        "--dataset", help="held-out images; the run's validation images if not given"
    )
    evaluation.add_argument("--strangers", help="a data set of people the run never saw")

    recognition = command(
        "recognize",
        _recognize,
        "Name the faces in an image or a video.",
        "recognize class-7b-custom_cnn-1 party.mp4 --output labelled.mp4",
    )
    recognition.add_argument("run", metavar="RUN")
    recognition.add_argument("source", metavar="SOURCE", type=Path)
    recognition.add_argument("--threshold", type=float, help="the run's own by default")
    recognition.add_argument("--output", type=Path, help="also write it with boxes and names")
    _add_detector(recognition)

    command("runs", _runs, "List the runs and their headline figures.", "runs --json")
    return parser


def _add_settings(parser: argparse.ArgumentParser, recipe_help: str) -> None:
    """Add a flag for each training setting; the preset gives the values of missing flags."""
    parser.add_argument("--dataset", help="name of a data set, or a folder of class folders")
    parser.add_argument("--network", choices=list(NETWORKS), default="custom_cnn")
    parser.add_argument("--preset", choices=list(PRESETS), default="In class")
    parser.add_argument(
        "--continue-from", metavar="RUN", help="start from the weights of a run of this network"
    )
    parser.add_argument("--augmentation", metavar="NAME_OR_FILE", help=recipe_help)
    for item in setting_fields():
        parser.add_argument(
            "--" + item.name.replace("_", "-"),
            type=item.type,
            choices=list(item.metadata["choices"]) if item.metadata["choices"] else None,
            help=item.metadata["help"].replace("%", "%%"),
        )


def _add_detector(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--detector",
        choices=list(DETECTORS),
        default="auto",
        help="; ".join(f"{name}: {text}" for name, text in DETECTORS.items()),
    )


if __name__ == "__main__":
    sys.exit(main())
