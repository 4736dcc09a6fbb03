"""The command that carries out experiments."""

import argparse
import time
from dataclasses import asdict, replace
from typing import Any

from facerec.cli.arguments import add_settings, training_config
from facerec.cli.command import Command
from facerec.cli.output import bar, tell
from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.experiments import experiment as experiments
from facerec.experiments import findings, forecast, work
from facerec.experiments.effect import Effect
from facerec.experiments.experiment import Experiment, Result
from facerec.experiments.factors import Value, factor_named, factors, value_from
from facerec.experiments.findings import MEASURES, effect_on
from facerec.experiments.plan import Plan
from facerec.experiments.ready_made import READY_MADE, ready_made
from facerec.networks.setting import Setting
from facerec.runs.settings import EXPERIMENT, training_settings
from facerec.system.processor import keep_freed_memory


def _arguments(parser: argparse.ArgumentParser) -> None:
    ready = ", ".join(item.name for item in READY_MADE)
    parser.add_argument("--factor", help=f"what is turned: {', '.join(factors('custom_cnn'))}")
    parser.add_argument("--values", help="its values, with commas")
    parser.add_argument("--by", metavar="FACTOR", help="a second factor, for a grid")
    parser.add_argument("--by-values", metavar="VALUES", help="its values, with commas")
    parser.add_argument("--ready", metavar="NAME", help=f"a ready-made experiment: {ready}")
    parser.add_argument("--seeds", type=int, help="trainings with each value; 2 without it")
    parser.add_argument(
        "--judged-on", metavar="D", help="data set of strangers whom nobody is to be taken for"
    )
    parser.add_argument("--name", help="name of the experiment; made up from the factor without it")
    parser.add_argument("--resume", action="store_true", help="go on with --name")
    add_settings(parser, usual=EXPERIMENT)


def _experiment(options: argparse.Namespace) -> None:
    keep_freed_memory()
    experiment = _resumed(options) if options.resume else _new(options)
    began, plan = time.monotonic(), experiment.plan

    def show(result: Result) -> None:
        found = result.outcome
        record = {
            "run": result.run,
            "value": result.trial.value,
            "by": result.trial.second,
            "seed": result.trial.seed,
            **(asdict(found) if found else {}),
            "problem": result.problem,
        }
        words = f"accuracy {found.accuracy:.3f}" if found else result.problem
        in_words = plan.in_words(result.trial)
        tell(options, f"{in_words}, seed {result.trial.seed}: {words}", record)

    done = work.carry_out(experiment, show)
    record = {
        "experiment": experiment.name,
        "finished": done,
        "predicted_seconds": experiment.predicted_seconds,
        "seconds": round(time.monotonic() - began, 1),
        **_effects(experiment),
    }
    text = record["sentence"]
    if not done:
        text = f"stopped; go on with: experiment --name {experiment.name} --resume\n{text}"
    tell(options, f"{experiment.name}: {text}", record)


def _effects(experiment: Experiment) -> dict[str, Any]:
    """The effect on accuracy, the sentence, and the effect on the other measures."""
    plan, outcomes = experiment.plan, experiment.outcomes()
    seconds = plan.second_values or (None,)
    effects = {
        measure: [_levels(effect_on(measure, outcomes, second), second) for second in seconds]
        for measure in MEASURES
    }
    return {
        "factor": plan.factor,
        "by": plan.second,
        **effects["accuracy"][0],
        "sentence": " ".join(findings.sentences(experiment)),
        "measures": effects,
    }


def _levels(found: Effect, second: Value | None) -> dict[str, Any]:
    return {
        "levels": [asdict(level) for level in found.levels],
        "spread": found.spread,
        "clear": found.clear,
        **({} if second is None else {"at": second}),
    }


def _resumed(options: argparse.Namespace) -> Experiment:
    if not options.name:
        raise FacerecError("--resume needs --name: the name of the experiment to go on with.")
    return Experiment.open(options.name)


def _new(options: argparse.Namespace) -> Experiment:
    plan = _plan(options)
    with bar(options, "Measuring this computer") as progress:
        seconds = forecast.seconds_for(plan, progress)
    return Experiment.create(options.name or experiments.free_name(plan.factor), plan, seconds)


def _plan(options: argparse.Namespace) -> Plan:
    strangers = FaceFolder.open(options.judged_on).reference if options.judged_on else ""
    if options.ready:
        plan = ready_made(options.ready).plan(training_config(options).dataset, strangers)
        given = {
            item.name: getattr(options, item.name)
            for item in training_settings()
            if getattr(options, item.name) is not None
        }
        seeds = plan.seeds if options.seeds is None else options.seeds
        return replace(plan, config=replace(plan.config, **given), seeds=seeds)
    if not options.factor or not options.values:
        raise FacerecError(
            "Say what is turned, with --factor and --values, or choose --ready. The factors are: "
            f"{', '.join(factors(options.network))}."
        )
    config = training_config(options)
    factor = factor_named(options.factor, config.network)
    values = _values(options.values, factor)
    second, second_values = options.by or "", ()
    if second:
        second_values = _values(options.by_values or "", factor_named(second, config.network))
    seeds = 2 if options.seeds is None else options.seeds
    return Plan(config, factor.name, values, seeds, second, second_values, strangers)


def _values(text: str, factor: Setting[Any]) -> tuple[Any, ...]:
    return tuple(value_from(part, factor) for part in text.split(",") if part.strip())


COMMANDS = (
    Command(
        "experiment",
        "Turn one factor and see its effect: trainings with each value, and one sentence.",
        "experiment --factor share --values 0.1,0.5,1 --dataset class-7b",
        _experiment,
        _arguments,
    ),
)
