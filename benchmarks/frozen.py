"""Training of a wholly frozen network: how many augmented versions of each image are enough.

    python -m benchmarks.frozen [FOLDER] [--judged-on FOLDER] [--network NAME] [--seeds N]

Trains with new versions in every epoch, the baseline, and with 1, 2, 4 and 8 that take turns, and
prints accuracy, strangers named and seconds of each, and how many times as fast it is.
"""

import argparse
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import mean

from benchmarks.experiments import STRANGERS
from benchmarks.table import show
from benchmarks.training import FACES
from facerec.experiments import work
from facerec.experiments.experiment import Experiment
from facerec.experiments.plan import Plan
from facerec.networks.catalogue import NETWORKS
from facerec.runs.settings import USUAL, preset

DRAWS = (0, 1, 2, 4, 8)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FACES)
    parser.add_argument("--judged-on", type=Path, default=STRANGERS)
    parser.add_argument("--network", choices=list(NETWORKS), default="sface")
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    for folder in (options.folder, options.judged_on):
        if not folder.is_dir():
            print(f"{folder} is no folder.", file=sys.stderr)
            return 2
    with tempfile.TemporaryDirectory() as home:
        os.environ["FACEREC_HOME"] = home
        config = replace(preset(USUAL, str(options.folder.resolve()), options.network), draws=0)
        strangers = str(options.judged_on.resolve())
        plan = Plan(config, "draws", DRAWS, options.seeds, strangers=strangers)
        experiment = Experiment.create("draws", plan)
        began = time.perf_counter()
        work.carry_out(experiment)
        print(f"{time.perf_counter() - began:.0f} s")
        rows, baseline = [], 0.0
        for draws in DRAWS:
            own = [item.outcome for item in experiment.outcomes() if item.trial.value == draws]
            seconds = mean(item.seconds for item in own)
            baseline = baseline or seconds
            rows.append(
                (
                    str(draws or "new ones"),
                    ", ".join(f"{item.accuracy:.3f}" for item in own),
                    f"{mean(item.strangers_named or 0 for item in own):.1%}",
                    f"{mean(item.people_refused or 0 for item in own):.1%}",
                    f"{seconds:.0f}",
                    f"{baseline / seconds:.1f}",
                )
            )
    heads = ("versions", "accuracy", "strangers named", "own refused", "s", "times as fast")
    show(f"{NETWORKS[options.network].title}, {config.epochs} epochs", heads, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
