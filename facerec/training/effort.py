"""How much of a training's time each of its epochs takes."""

from facerec.runs.settings import TrainingConfig

# Taking known outputs of a frozen network takes so much of the time in which it works.
_KNOWN = 0.03


def effort(config: TrainingConfig, epoch: int) -> float:
    """Time of an epoch, from 1, as a share of that of one with new, whole faces.

    Smaller faces take less, and a network that is frozen as a whole works once for each augmented
    version.
    """
    share = (config.side_in(epoch) / config.entry.size) ** 2
    augmented = config.augmentation_strength and config.augmentation.active()
    versions = config.draws if augmented else 1
    known = config.entry.class_draws and versions and epoch > versions
    return share * (_KNOWN if known else 1.0)
