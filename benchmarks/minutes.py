"""What a training brings for its time: minutes in class, augmentation, and smaller faces at first.

    python -m benchmarks.minutes [FOLDER] [--seeds 3] [--only minutes|augmentation|growing]

Minutes: the settings that facerec offers for one minute and for three, and what they bring.
Augmentation: the custom CNN of *In class* with all of its epochs and with fewer, augmented or not.
Growing: the same network with faces that grow in four steps, beside whole faces from the beginning
(the baseline): how long until the validation accuracy first reaches 95 % of what the baseline of
the same seed ends with. Seconds are those of training alone, read from the history of each run.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import mean

from benchmarks.home import in_new_home
from benchmarks.table import show
from benchmarks.training import FACES
from facerec.augmentation.recipe import PRESETS as AUGMENTATIONS
from facerec.runs import creating
from facerec.runs.history import Record, best_record
from facerec.runs.settings import USUAL, TrainingConfig, preset
from facerec.system.processor import keep_freed_memory
from facerec.training.loop import train
from facerec.training.minutes import offers

MINUTES = (1, 3)
EPOCHS = (10, 40)
GROWING = (1.0, 0.5)
# Side of the input, and epochs: the larger one takes four times as long.
SIDES = {112: 40, 224: 20}
NEARLY = 0.95


def trained(config: TrainingConfig) -> list[Record]:
    """History of a training."""
    name = f"run {len(list(Path(os.environ['FACEREC_HOME'], 'models').glob('run *')))}"
    run = creating.create(name, config)
    train(run)
    return run.history()


def seconds_until(history: list[Record], accuracy: float) -> float | None:
    """Seconds of training until the validation accuracy is reached; None if it never is."""
    passed = 0.0
    for record in history:
        passed += record["seconds"]
        if record["validation_accuracy"] >= accuracy:
            return passed
    return None


def kept_accuracy(history: list[Record]) -> float:
    return best_record(history)["validation_accuracy"]


def in_minutes(dataset: str) -> Iterator[tuple]:
    for minutes in MINUTES:
        for network in ("custom_cnn", "resnet50_scratch"):
            for offer in offers(minutes, dataset, network):
                config = offer.config
                if network != "custom_cnn" and config.network != network:
                    continue
                began = time.perf_counter()
                history = trained(config) if offer.fits else []
                took = time.perf_counter() - began
                yield (
                    f"{minutes} min, {config.entry.title}",
                    config.entry.size,
                    config.epochs,
                    "yes" if config.augmentation.active() else "no",
                    f"{offer.seconds:.0f}",
                    f"{took:.0f}" if history else "",
                    len(history),
                    f"{kept_accuracy(history):.3f}" if history else "",
                )


def augmented(dataset: str, seeds: int) -> Iterator[tuple]:
    usual = preset(USUAL, dataset, "custom_cnn")
    for epochs in EPOCHS:
        for name in ("None", "Gentle"):
            for patience in {0, usual.patience if epochs == usual.epochs else 0}:
                histories = [
                    trained(
                        replace(
                            usual,
                            epochs=epochs,
                            patience=patience,
                            augmentation=AUGMENTATIONS[name],
                            seed=seed,
                        )
                    )
                    for seed in range(seeds)
                ]
                accuracies = [kept_accuracy(history) for history in histories]
                yield (
                    f"{epochs} epochs, {name}",
                    patience or "none",
                    f"{mean(map(len, histories)):.0f}",
                    f"{mean(accuracies):.3f}",
                    ", ".join(f"{accuracy:.3f}" for accuracy in accuracies),
                )


def grown(dataset: str, seeds: int) -> Iterator[tuple]:
    for side, epochs in SIDES.items():
        usual = replace(preset(USUAL, dataset, "custom_cnn"), side=side, patience=0, epochs=epochs)
        wanted: list[float] = []
        plain = 0.0
        for first in GROWING:
            histories = [
                trained(replace(usual, first_side=first, seed=seed)) for seed in range(seeds)
            ]
            wanted = wanted or [NEARLY * kept_accuracy(history) for history in histories]
            until = [
                seconds_until(history, accuracy)
                for history, accuracy in zip(histories, wanted, strict=True)
            ]
            reached = [seconds for seconds in until if seconds is not None]
            average = mean(reached) if reached else None
            plain = plain or average or 0.0
            whole = mean(sum(record["seconds"] for record in history) for history in histories)
            yield (
                f"{side} pixels, {usual.epochs} epochs, from {first:g}",
                f"{mean(map(kept_accuracy, histories)):.3f}",
                f"{whole:.0f}",
                ", ".join("never" if one is None else f"{one:.0f}" for one in until),
                f"{plain / average:.2f}" if average and len(reached) == seeds else "",
            )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FACES)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", choices=("minutes", "augmentation", "growing"))
    options = parser.parse_args()
    keep_freed_memory()
    return in_new_home(partial(measure, options))


def measure(options: argparse.Namespace) -> None:
    dataset = str(options.folder.resolve())
    head = {
        "minutes": ("", "side", "epochs", "augmented", "said", "took", "trained", "accuracy"),
        "augmentation": ("", "patience", "trained", "accuracy", "each seed"),
        "growing": ("", "accuracy", "seconds", "until 95 %", "times as fast"),
    }
    rows = {
        "minutes": lambda: in_minutes(dataset),
        "augmentation": lambda: augmented(dataset, options.seeds),
        "growing": lambda: grown(dataset, options.seeds),
    }
    for name in [options.only] if options.only else rows:
        found = []
        for row in rows[name]():
            print(*row, flush=True, file=sys.stderr)
            found.append(row)
        show(name.capitalize(), head[name], found)


if __name__ == "__main__":
    sys.exit(main())
