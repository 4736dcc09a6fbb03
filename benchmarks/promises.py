"""How long a training was said to take, beside how long it took.

    python -m benchmarks.promises [FOLDER]

Predicts each training as the Train page does, and then carries it out in the same process. Wanted
are nine of ten within a factor of 1.3.
"""

import argparse
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.table import show
from benchmarks.training import FACES
from facerec.augmentation.recipe import Augmentation
from facerec.runs import creating
from facerec.runs.settings import EXPERIMENT, USUAL, TrainingConfig, preset
from facerec.training.forecast import training_seconds
from facerec.training.loop import train

WITHIN = 1.3


def tries(dataset: str) -> dict[str, TrainingConfig]:
    """Trainings of all kinds, by what they are."""
    small = preset(EXPERIMENT, dataset, "custom_cnn")
    usual = preset(USUAL, dataset, "custom_cnn")
    sface = preset(USUAL, dataset, "sface")
    return {
        "Experiment": small,
        "Experiment, batches of 8": replace(small, batch_size=8),
        "Experiment, 48 filters": replace(small, filters=48),
        "Experiment, a quarter of the images": replace(small, share=0.25, epochs=40),
        "Experiment, not augmented": replace(small, augmentation=Augmentation(), epochs=40),
        "In class": usual,
        "224 pixels, 4 epochs": replace(usual, side=224, epochs=4),
        "ResNet50 from scratch, 1 epoch": replace(
            preset(USUAL, dataset, "resnet50_scratch"), epochs=1
        ),
        "SFace, In class": sface,
        "SFace, new versions in 4 epochs": replace(sface, draws=0, epochs=4),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FACES)
    options = parser.parse_args()
    if not options.folder.is_dir():
        print(f"{options.folder} is no folder.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as home:
        os.environ["FACEREC_HOME"] = home
        rows, within = [], 0
        for name, config in tries(str(options.folder.resolve())).items():
            predicted = training_seconds(config)
            began = time.perf_counter()
            train(creating.create(name.replace(",", ""), config))
            seconds = time.perf_counter() - began
            ratio = predicted / seconds
            within += 1 / WITHIN <= ratio <= WITHIN
            rows.append((name, f"{predicted:.0f}", f"{seconds:.0f}", f"{ratio:.2f}"))
            print(*rows[-1], flush=True)
    show("Predicted and real time", ("training", "predicted s", "s", "ratio"), rows)
    print(f"{within} of {len(rows)} within a factor of {WITHIN}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
