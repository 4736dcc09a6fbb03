"""How long an act was said to take, beside how long it took.

    python -m benchmarks.promises [FOLDER]

Predicts each act as the pages do, and then carries it out in the same process: trainings first,
then all that is done with a data set or a run. Wanted are nine of ten within a factor of 1.3.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.live import SHARED
from benchmarks.table import show
from benchmarks.training import FACES
from facerec.augmentation.copies import write_augmented_copies
from facerec.augmentation.recipe import PRESETS, Augmentation
from facerec.cleaning.findings import doubted
from facerec.collecting.importing import import_faces
from facerec.datasets.folder import FaceFolder
from facerec.evaluation.judging import evaluate, judging_seconds
from facerec.evaluation.robustness import measure_robustness
from facerec.faces.detection import YuNetDetector, find_yunet
from facerec.recognition import new_gallery
from facerec.recognition.recogniser import Recogniser
from facerec.runs import creating
from facerec.runs.run import Run
from facerec.runs.settings import EXPERIMENT, USUAL, TrainingConfig, preset
from facerec.system.pace import predicted_seconds
from facerec.training.forecast import training_seconds
from facerec.training.loop import train

WITHIN = 1.3

Act = Callable[..., object]


def tries(dataset: str) -> dict[str, TrainingConfig]:
    """Trainings of all kinds, by what they are. None may end early: the promise is the most."""
    small = preset(EXPERIMENT, dataset, "custom_cnn")
    usual = replace(preset(USUAL, dataset, "custom_cnn"), patience=0)
    sface = replace(preset(USUAL, dataset, "sface"), patience=0)
    return {
        "Experiment": small,
        "Experiment, batches of 8": replace(small, batch_size=8),
        "Experiment, 48 filters": replace(small, filters=48),
        "Experiment, a quarter of the images": replace(small, share=0.25, epochs=40),
        "Experiment, not augmented": replace(small, augmentation=Augmentation(), epochs=40),
        "In class": usual,
        "224 pixels, 4 epochs": replace(usual, side=224, epochs=4),
        "In class, growing faces": replace(usual, first_side=0.5),
        "ResNet50 from scratch, 4 epochs": replace(
            preset(USUAL, dataset, "resnet50_scratch"), epochs=4, patience=0
        ),
        "SFace, In class": sface,
        "SFace, new versions in 4 epochs": replace(sface, draws=0, epochs=4),
    }


def acts(dataset: str, strangers: str) -> dict[str, tuple[Callable[[], float], Act]]:
    """Other acts, by what they are: how each is predicted, and the act."""
    own, others = FaceFolder.open(dataset), FaceFolder.open(strangers)
    small = creating.create("judged", replace(preset(EXPERIMENT, dataset, "custom_cnn"), epochs=3))
    large = creating.create(
        "judged large", replace(preset(USUAL, dataset, "resnet50_scratch"), epochs=1, share=0.1)
    )
    for run in (small, large):
        train(run)
    places = count()

    def imported(**options: Any) -> None:
        folder = FaceFolder(Path(os.environ["FACEREC_HOME"]) / f"imported {next(places)}")
        import_faces([own.path], folder, YuNetDetector(find_yunet()), **options)

    def enrolled(embedder: Run | str, **options: Any) -> None:
        new_gallery.create(f"enrolled {next(places)}", embedder, own, **options)

    def copied(**options: Any) -> None:
        write_augmented_copies(own, f"copies {next(places)}", PRESETS["Webcam"], 3, **options)

    found: dict[str, Act] = {
        "import, YuNet": imported,
        "3 augmented copies of each": copied,
        "enrol, SFace": partial(enrolled, "sface"),
        "wrong classes, ResNet50": lambda **options: doubted(
            Recogniser(large), own.face_files(), **options
        ),
    }
    judged: dict[str, tuple[Callable[[], float], Act]] = {
        f"judge {title}": (
            partial(judging_seconds, run, strangers=others),
            partial(evaluate, run, strangers=others),
        )
        for title, run in {"custom CNN": small, "ResNet50": large}.items()
    }
    promised = {name: (partial(predicted_seconds, act), act) for name, act in found.items()}
    tried = partial(measure_robustness, small, keep=False)
    promised["robustness, custom CNN"] = (
        partial(predicted_seconds, tried),
        partial(measure_robustness, small),
    )
    return judged | promised


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FACES)
    parser.add_argument("--strangers", type=Path, default=FACES.parent / "lfw")
    options = parser.parse_args()
    if not options.folder.is_dir():
        print(f"{options.folder} is no folder.", file=sys.stderr)
        return 2
    os.environ.setdefault("FACEREC_MODELS", str(SHARED / "models"))
    with tempfile.TemporaryDirectory() as home:
        os.environ["FACEREC_HOME"] = home
        rows, within = [], 0
        dataset, strangers = (str(one.resolve()) for one in (options.folder, options.strangers))
        promised: dict[str, tuple[Callable[[], float], Act]] = {
            name: (
                partial(training_seconds, config),
                lambda name=name, config=config: train(creating.create(name, config)),
            )
            for name, config in tries(dataset).items()
        }
        for name, (predict, act) in (promised | acts(dataset, strangers)).items():
            predicted = predict()
            began = time.perf_counter()
            act()
            seconds = time.perf_counter() - began
            ratio = predicted / seconds
            within += 1 / WITHIN <= ratio <= WITHIN
            rows.append((name, f"{predicted:.0f}", f"{seconds:.0f}", f"{ratio:.2f}"))
            print(*rows[-1], flush=True)
    show("Predicted and real time", ("act", "predicted s", "s", "ratio"), rows)
    print(f"{within} of {len(rows)} within a factor of {WITHIN}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
