"""Commands about data sets: sample data, import, augment."""

import argparse
from pathlib import Path

from facerec.augmentation import saved as recipes
from facerec.augmentation.copies import write_augmented_copies
from facerec.cli.arguments import RECIPE_HELP, add_detector
from facerec.cli.command import Command
from facerec.cli.output import bar, tell, tell_notice, tell_rejected
from facerec.collecting import samples
from facerec.collecting.importing import import_faces, import_unknown, unknown_wanted
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.errors import FacerecError
from facerec.faces.detection import detector
from facerec.system import paths


def _sample_data_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("destination", metavar="DEST", type=Path)


def _sample_data(options: argparse.Namespace) -> None:
    with bar(options, "Drawing") as progress:
        drawn = samples.draw_files(options.destination, progress)
    tell(
        options,
        f"{drawn.photographs} photographs in {drawn.folder}, and the video {drawn.video.name}",
        {"folder": str(drawn.folder), "photographs": drawn.photographs, "video": str(drawn.video)},
    )


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SRC", type=Path)
    parser.add_argument("--dataset", required=True, help="made if it is new")
    parser.add_argument("--class", dest="class_name", help="whose faces they are")
    parser.add_argument("--session", help="name of the capture session")
    parser.add_argument(
        "--unknown",
        action="store_true",
        help=f"fill {UNKNOWN} from assorted people in SRC, up to the size of the other classes",
    )
    parser.add_argument(
        "--people-level",
        type=int,
        metavar="N",
        help="which folders have the people's names, from 0 outside; the likeliest by default",
    )
    parser.add_argument("--raw", action="store_true", help="also keep the whole images")
    add_detector(parser)


def _import(options: argparse.Namespace) -> None:
    if options.unknown and (options.class_name or options.session or options.raw):
        raise FacerecError("--unknown goes without --class, --session and --raw.")
    folder = FaceFolder(paths.dataset_folder(options.dataset))
    chosen = detector(options.detector)
    with bar(options, "Importing") as progress:
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
                options.people_level,
            )
    text = f"{report.added.total()} faces came in"
    if report.rejected:
        text += f"; {len(report.rejected)} images did not: {report.reasons_in_words()}"
    record = {
        "added": report.added,
        "rejected": [item.as_dict() for item in report.rejected],
        "adapted": report.adapted,
    }
    tell(options, text, record)
    tell_rejected(options, report.rejected)
    if not options.json:
        for name, class_name in report.adapted.items():
            print(f"  the pictures of {name!r} are in the class {class_name}")
    tell_notice(chosen)


def _augment_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--into", required=True, metavar="D2", help="the new data set")
    parser.add_argument("--copies", required=True, type=int, help="of each image")
    parser.add_argument("--recipe", default="Webcam", metavar="NAME_OR_FILE", help=RECIPE_HELP)
    parser.add_argument("--seed", type=int, default=0)


def _augment(options: argparse.Namespace) -> None:
    source, recipe = FaceFolder.open(options.dataset), recipes.named(options.recipe)
    with bar(options, "Augmenting") as progress:
        count = write_augmented_copies(
            source, options.into, recipe, options.copies, options.seed, progress
        )
    tell(options, f"{count} images in {options.into}", {"images": count})


COMMANDS = (
    Command(
        "sample-data",
        "Draw the built-in data set and its video.",
        "sample-data demo",
        _sample_data,
        _sample_data_arguments,
    ),
    Command(
        "import",
        "Bring in faces from images, a folder of class folders, a ZIP or a video.",
        "import ada.mp4 --dataset class-7b --class Ada",
        _import,
        _import_arguments,
    ),
    Command(
        "augment",
        "Write a data set with augmented copies of another's images.",
        "augment --dataset class-7b --into class-7b-more --copies 3",
        _augment,
        _augment_arguments,
    ),
)
