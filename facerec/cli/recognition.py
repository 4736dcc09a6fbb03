"""Commands about runs that recognise: embed, enrol, forget, evaluate, recognize, runs."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from facerec.cli.arguments import add_detector
from facerec.cli.command import Command
from facerec.cli.output import bar, quiet, tell, tell_notice, tell_rejected
from facerec.collecting.importing import faces_of
from facerec.datasets.folder import FaceFolder
from facerec.decisions.matchers import MATCHERS
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.second_opinion import SCORE
from facerec.evaluation.judging import evaluate
from facerec.evaluation.thresholds import summary_words
from facerec.faces.detection import detector
from facerec.live.files import LabelledFrame, damage_words, file_pipeline, label_file
from facerec.recognition import enrolment, new_gallery
from facerec.recognition.recogniser import Recogniser
from facerec.recognition.second_opinions import make_second_opinion
from facerec.runs import catalogue
from facerec.runs.history import kept_record
from facerec.runs.run import Run
from facerec.training import job as training_jobs


def _embed_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset", required=True, help="whose people are enrolled, and judge it")
    seen_by = parser.add_mutually_exclusive_group(required=True)
    seen_by.add_argument("--embedder", metavar="RUN", help="a trained run whose network is taken")
    seen_by.add_argument(
        "--pretrained",
        choices=list(new_gallery.PRETRAINED),
        help="; ".join(f"{name}: {title}" for name, (title, _) in new_gallery.PRETRAINED.items()),
    )
    parser.add_argument(
        "--matcher",
        choices=list(MATCHERS),
        default="means",
        help="; ".join(f"{name}: {item.description}" for name, item in MATCHERS.items()),
    )
    parser.add_argument("--run", help="its name; made up from the data set's by default")
    parser.add_argument("--nobody", action="store_true", help="enrol nobody at first")


def _embed(options: argparse.Namespace) -> None:
    dataset = FaceFolder.open(options.dataset)
    embedder = options.pretrained or Run.open(options.embedder)
    name = options.run or catalogue.numbered_name(dataset.reference, "embedding")
    with bar(options, "Looking at the faces") as progress:
        run = new_gallery.create(
            name, embedder, dataset, options.matcher, not options.nobody, progress
        )
    tell(options, f"{run.name} knows {_known_words(run)}", _known(run))


def _enrol_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument(
        "source", metavar="SRC", type=Path, help="an image, a folder of images, a ZIP or a video"
    )
    parser.add_argument("--person", required=True, help="whose faces they are")
    add_detector(parser)


def _enrol(options: argparse.Namespace) -> None:
    run, chosen = Run.open(options.run), detector(options.detector)
    with bar(options, "Looking at the faces") as progress:
        found = faces_of(options.source, chosen, progress)
    enrolment.enrol(run, options.person, found.pixels)
    faces = len(found.pixels)
    text = f"faces enrolled: {faces}; {run.name} knows {_known_words(run)}"
    rejected = {"rejected": [item.as_dict() for item in found.rejected]}
    tell(options, text, {"enrolled": faces, **_known(run), **rejected})
    tell_rejected(options, found.rejected)
    tell_notice(chosen)


def _forget_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--person", required=True)


def _forget(options: argparse.Namespace) -> None:
    run = Run.open(options.run)
    enrolment.remove(run, options.person)
    tell(options, f"{run.name} knows {_known_words(run)}", _known(run))


def _known(run: Run) -> dict[str, Any]:
    """The people in a run's gallery and their numbers of faces, for JSON."""
    return {"run": run.name, "people": run.gallery.counts()}


def _known_words(run: Run) -> str:
    counts = run.gallery.counts().items()
    return ", ".join(f"{name} ({faces})" for name, faces in counts) or "nobody yet"


def _evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument(
        "--dataset", help="held-out images; the run's validation images if not given"
    )
    parser.add_argument("--strangers", help="a data set of people the run never saw")
    _add_suggested(parser)


def _evaluate(options: argparse.Namespace) -> None:
    run = Run.open(options.run)
    with bar(options, "Judging") as progress:
        found = evaluate(
            run,
            FaceFolder.open(options.dataset) if options.dataset else None,
            FaceFolder.open(options.strangers) if options.strangers else None,
            progress,
        )
    summary = found.summary(_point(run, options))
    tell(options, "\n".join(summary_words(summary)), summary.as_dict())


def _add_suggested(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--suggested",
        action="store_true",
        help="use the suggested score and threshold, for a trained run the second opinion of SFace",
    )


def _point(run: Run, options: argparse.Namespace) -> OperatingPoint:
    """The run's own operating point, or the suggested one."""
    if not options.suggested:
        return run.operating_point
    make_second_opinion(run)
    return run.suggested_point()


def _recognize_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("source", metavar="SOURCE", type=Path)
    parser.add_argument("--threshold", type=float, help="the run's own by default")
    parser.add_argument("--output", type=Path, help="also write it with boxes and names")
    _add_suggested(parser)
    add_detector(parser)


def _recognize(options: argparse.Namespace) -> None:
    run = Run.open(options.run)
    point = _point(run, options)
    if options.threshold is not None:
        point = replace(point, threshold=options.threshold)
    recogniser = Recogniser(run, asks_sface=point.score == SCORE)
    chosen = detector(options.detector)
    pipeline = file_pipeline(chosen, {run.name: recogniser}, {run.name: point})
    with tqdm(unit=" frames", disable=quiet(options)) as frames:

        def show(frame: LabelledFrame) -> None:
            names = ", ".join(f"{face.label} {face.confidence:.0%}" for face in frame.faces)
            record = {"frame": frame.number, "faces": [vars(face) for face in frame.faces]}
            tell(options, f"frame {frame.number}: {names or 'no face'}", record)
            frames.total = frame.total
            frames.update()

        damaged = label_file(options.source, pipeline, show, options.output)
    tell_notice(chosen)
    if damaged:
        print(damage_words(damaged), file=sys.stderr)


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
            tell(options, f"{run.name:40} {'embedding':12} knows {people}", record)
            continue
        figures = (
            f"accuracy {record['validation_accuracy']:.3f}, "
            f"macro F1 {record['validation_macro_f1']:.3f}"
            if history
            else "not trained yet"
        )
        tell(
            options,
            f"{run.name:40} {record['state']:12} {record['epochs']:3} epochs  {figures}",
            record,
        )


COMMANDS = (
    Command(
        "embed",
        "Make an embedding recogniser, which knows people without training.",
        "embed --dataset class-7b --embedder class-7b-custom_cnn-1 --nobody",
        _embed,
        _embed_arguments,
    ),
    Command(
        "enrol",
        "Let an embedding recogniser know somebody, or more of somebody's faces.",
        "enrol class-7b-embedding-1 ada.mp4 --person Ada",
        _enrol,
        _enrol_arguments,
    ),
    Command(
        "forget",
        "Let an embedding recogniser forget somebody.",
        "forget class-7b-embedding-1 --person Ada",
        _forget,
        _forget_arguments,
    ),
    Command(
        "evaluate",
        "Judge a run on held-out images and on strangers.",
        "evaluate class-7b-custom_cnn-1 --strangers visitors",
        _evaluate,
        _evaluate_arguments,
    ),
    Command(
        "recognize",
        "Name the faces in an image or a video.",
        "recognize class-7b-custom_cnn-1 party.mp4 --output labelled.mp4",
        _recognize,
        _recognize_arguments,
    ),
    Command(
        "runs",
        "List the runs and their headline figures.",
        "runs --json",
        _runs,
    ),
)
