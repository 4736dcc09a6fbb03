"""The effect of each of the report's factors, and how well the time was predicted.

    python -m benchmarks.experiments [FOLDER] [--judged-on FOLDER] [--only NAMES] [--side]

Carries out the ready-made experiments on a folder of face images for each class, and prints the
effect on accuracy, the spread of the seeds, and predicted beside real time. With ``--side`` it
compares sides of the input instead, with three seeds.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.table import show
from benchmarks.training import FACES
from facerec.experiments import forecast, work
from facerec.experiments.effect import sentence
from facerec.experiments.experiment import Experiment
from facerec.experiments.factors import factor_named
from facerec.experiments.findings import effect_on, main_measure
from facerec.experiments.plan import Plan
from facerec.experiments.ready_made import NETWORK, READY_MADE
from facerec.runs.settings import EXPERIMENT, preset

STRANGERS = FACES.parent / "lfw"
SIDES = (224, 112, 64, 48)


def carried_out(name: str, plan: Plan) -> tuple[Experiment, float, float]:
    """A finished experiment, with the predicted and the real time in seconds."""
    predicted = forecast.seconds_for(plan)
    experiment = Experiment.create(name, plan, predicted)
    began = time.perf_counter()
    work.carry_out(experiment)
    return experiment, predicted, time.perf_counter() - began


def row(name: str, number: str, plan: Plan) -> tuple[str, ...]:
    """A row of the table of factors; the sentence is printed at once."""
    experiment, predicted, seconds = carried_out(name, plan)
    measure = main_measure(plan)
    found = effect_on(measure, experiment.outcomes())
    factor = factor_named(plan.factor, plan.config.network)
    print(f"{name}: {sentence(found, factor, measure.replace('_', ' '))}", flush=True)
    levels = ", ".join(f"{factor.shown(level.value)}: {level.mean:.0%}" for level in found.levels)
    spread = "" if found.spread is None else f"{100 * found.spread:.1f}"
    larger = "yes" if found.clear else "no"
    ratio = "at most" if plan.may_end_early else f"{predicted / seconds:.2f}"
    times = (f"{predicted:.0f}", f"{seconds:.0f}", ratio)
    return number, name, levels, f"{100 * found.size:.0f}", spread, larger, *times


def sides(plan: Plan) -> list[tuple[str, ...]]:
    """A row for each side of the input."""
    outcomes = carried_out("side", plan)[0].outcomes()
    rows = []
    for side in plan.values:
        own = [item.outcome for item in outcomes if item.trial.value == side]
        accuracies = [f"{item.accuracy:.3f}" for item in own]
        mean = sum(item.accuracy for item in own) / len(own)
        named = [item.strangers_named or 0 for item in own]
        seconds = sum(item.seconds for item in own) / len(own)
        strangers = f"{sum(named) / len(named):.0%}"
        rows.append((str(side), f"{mean:.3f}", ", ".join(accuracies), strangers, f"{seconds:.0f}"))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FACES)
    parser.add_argument("--judged-on", type=Path, default=STRANGERS)
    parser.add_argument("--only", default="")
    parser.add_argument("--side", action="store_true")
    options = parser.parse_args()
    for folder in (options.folder, options.judged_on):
        if not folder.is_dir():
            print(f"{folder} is no folder.", file=sys.stderr)
            return 2
    faces, strangers = str(options.folder.resolve()), str(options.judged_on.resolve())
    wanted = options.only.split(",") if options.only else [item.name for item in READY_MADE]
    with tempfile.TemporaryDirectory() as home:
        os.environ["FACEREC_HOME"] = home
        if options.side:
            plan = Plan(preset(EXPERIMENT, faces, NETWORK), "side", SIDES, 3, strangers=strangers)
            heads = ("side", "accuracy", "each seed", "strangers named", "s a training")
            show("Side of the input", heads, sides(plan))
            return 0
        rows = [
            row(item.name, str(item.number), item.plan(faces, strangers))
            for item in READY_MADE
            if item.name in wanted
        ]
    heads = (
        "",
        "experiment",
        "accuracy",
        "effect",
        "spread",
        "larger",
        "predicted s",
        "s",
        "ratio",
    )
    show("The report's factors (of the threshold: people refused)", heads, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
