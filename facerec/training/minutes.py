"""Settings of *In class* for as many minutes as there are."""

from dataclasses import dataclass, replace

from facerec.augmentation.recipe import PRESETS as AUGMENTATIONS
from facerec.faces.preprocessing import FACE_SIZE
from facerec.runs.settings import EXPERIMENT_SIDE, USUAL, TrainingConfig, preset
from facerec.system.progress import Progress
from facerec.training.forecast import Forecast, forecast

# Offered beside the network that was asked for, the best first ("Minutes in class" in
# docs/measurements.md).
OFFERED = ("sface", "custom_cnn")
# With a smaller share of the usual epochs, augmentation costs more than it brings ("The report's
# factors", there).
_AUGMENTED_FROM = 0.5
SIDES = (FACE_SIZE, 112, EXPERIMENT_SIDE)


@dataclass(frozen=True)
class Offer:
    """Settings for some minutes.

    Parameters
    ----------
    config : TrainingConfig
    seconds : float
        Most seconds that the training takes here.
    fits : bool
        Whether that is within the minutes; otherwise it is the shortest training there is.
    """

    config: TrainingConfig
    seconds: float
    fits: bool


def offers(
    minutes: float, dataset: str, network: str, progress: Progress = lambda done, total: None
) -> list[Offer]:
    """Settings of a network, and of those that are usually better, for so many minutes.

    Each network is tried for some seconds on the data set. The largest side is taken that leaves
    time for all epochs of *In class*; where there is none, the side with most epochs.

    Raises
    ------
    FacerecError
        If a network cannot be built, or the data set cannot be used.
    """
    names = list(dict.fromkeys((OFFERED[0], network, *OFFERED[1:])))
    found = []
    for number, name in enumerate(names):
        progress(number, len(names))
        found.append(_offer(60 * minutes, preset(USUAL, dataset, name)))
    progress(len(names), len(names))
    return sorted(found, key=lambda offer: not offer.fits)


def _offer(seconds: float, usual: TrainingConfig) -> Offer:
    tried_by_epochs: dict[int, Forecast] = {}
    sides = [side for side in SIDES if side <= usual.entry.class_side]
    for side in sides if "side" in usual.entry.options else [usual.side]:
        tried = forecast(replace(usual, side=side))
        epochs = tried.epochs_within(seconds)
        # Of sides with as many epochs, the largest stays.
        tried_by_epochs.setdefault(epochs, tried)
        if epochs == usual.epochs:
            break
    epochs, tried = max(tried_by_epochs.items(), key=lambda item: item[0])
    config = replace(tried.config, epochs=max(epochs, 1))
    if epochs < _AUGMENTED_FROM * usual.epochs:
        config = replace(config, augmentation=AUGMENTATIONS["None"])
    return Offer(config, tried.seconds(config.epochs), epochs > 0)
