"""How long an experiment will take on this computer."""

from facerec.datasets.folder import FaceFolder
from facerec.experiments.plan import Plan
from facerec.experiments.work import judged_strangers
from facerec.system.progress import Progress
from facerec.training.forecast import training_seconds


def seconds_for(plan: Plan, progress: Progress = lambda done, total: None) -> float:
    """Seconds that all trials of a plan will take here, one after another.

    Each combination of values is trained for about two seconds. Where trainings may end early
    (``Plan.may_end_early``), it is the most that they take.

    Raises
    ------
    FacerecError
        If a network cannot be built, or the data set cannot be used.
    """
    plan.refuse_known_strangers()
    strangers = judged_strangers(FaceFolder.open(plan.strangers)) if plan.strangers else []
    # Trials that differ in the threshold alone share one training.
    configs = dict.fromkeys(plan.config_of(trial) for trial in plan.trials() if trial.seed == 0)
    total = 0.0
    for number, config in enumerate(configs):
        progress(number, len(configs))
        total += plan.seeds * training_seconds(config, strangers)
    progress(len(configs), len(configs))
    return total
