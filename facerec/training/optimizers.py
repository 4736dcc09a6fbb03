"""Optimizers and learning rate schedules by name."""

import math
from collections.abc import Iterable

from torch import nn, optim
from torch.optim import lr_scheduler

from facerec.runs.settings import TrainingConfig

# Share of the learning rate at the start of the warm-up, and at the end of "exponential".
_SMALL = 0.01
_STEPS = 3
_CYCLES = 4


def make_optimizer(config: TrainingConfig, parameters: Iterable[nn.Parameter]) -> optim.Optimizer:
    """The optimizer of a run, for the parameters that need a gradient."""
    trained = [parameter for parameter in parameters if parameter.requires_grad]
    rate, decay = config.learning_rate, config.weight_decay
    match config.optimizer:
        case "adam":
            # Loshchilov and Hutter, Decoupled weight decay regularization, 2019. With a weight
            # decay of 0, AdamW is plain Adam.
            return optim.AdamW(trained, rate, weight_decay=decay)
        case "sgd":
            return optim.SGD(trained, rate, momentum=0.9, weight_decay=decay)
        case "adagrad":
            return optim.Adagrad(trained, rate, weight_decay=decay)
        case "rmsprop":
            return optim.RMSprop(trained, rate, weight_decay=decay)
    raise ValueError(f"there is no optimizer {config.optimizer!r}")


def make_schedule(
    config: TrainingConfig, optimizer: optim.Optimizer, batches: int
) -> lr_scheduler.LRScheduler:
    """The learning-rate schedule of a run, stepped after each batch.

    ``batches`` is the number of batches in an epoch.
    """
    steps = config.epochs * batches
    if config.schedule == "one_cycle":
        # Smith and Topin, Super-convergence, 2018. It has a warm-up of its own.
        # AdaGrad has no momentum to cycle against the rate.
        has_momentum = bool({"momentum", "betas"} & set(optimizer.defaults))
        return lr_scheduler.OneCycleLR(
            optimizer, config.learning_rate, steps, cycle_momentum=has_momentum
        )
    warming = min(round(config.warmup_epochs * batches), steps - 1)
    main = _main(config.schedule, optimizer, steps - warming)
    if not warming:
        return main
    warm_up = lr_scheduler.LinearLR(optimizer, _SMALL, total_iters=warming)
    return lr_scheduler.SequentialLR(optimizer, [warm_up, main], [warming])


def rates(config: TrainingConfig, steps: int = 200) -> tuple[list[float], list[float]]:
    """The learning rate over the epochs of a run: epochs from 0, and the rate at each."""
    batches = max(1, steps // config.epochs)
    optimizer = optim.SGD([nn.Parameter()], config.learning_rate)
    schedule = make_schedule(config, optimizer, batches)
    found = []
    for _ in range(config.epochs * batches):
        found.append(float(schedule.get_last_lr()[0]))
        optimizer.step()
        schedule.step()
    return [step / batches for step in range(len(found))], found


def _main(name: str, optimizer: optim.Optimizer, steps: int) -> lr_scheduler.LRScheduler:
    match name:
        case "step":
            return lr_scheduler.StepLR(optimizer, math.ceil(steps / _STEPS))
        case "exponential":
            return lr_scheduler.ExponentialLR(optimizer, _SMALL ** (1 / steps))
        case "cosine":
            return lr_scheduler.CosineAnnealingLR(optimizer, steps)
        case "cyclic":
            # Smith, Cyclical learning rates for training neural networks, 2017.
            half = max(1.0, steps / (2 * _CYCLES))
            return lr_scheduler.LambdaLR(
                optimizer, lambda step: 1 - 0.9 * (1 - abs(step / half % 2 - 1))
            )
        case "constant":
            return lr_scheduler.ConstantLR(optimizer, factor=1.0)
    raise ValueError(f"there is no schedule {name!r}")
