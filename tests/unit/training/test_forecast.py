from dataclasses import replace

from facerec.augmentation.recipe import PRESETS
from facerec.runs.catalogue import list_runs
from facerec.runs.settings import USUAL, preset
from facerec.training import forecast
from tests.examples import DATASET, tiny_config


def test_more_epochs_take_longer(small_dataset) -> None:
    config = tiny_config(side=32, fields=2)
    short, long = (forecast.training_seconds(replace(config, epochs=n)) for n in (10, 400))
    assert 0 < short < long
    assert list_runs() == [], "nothing of the measurement stays"


def test_versions_that_come_again_cost_little(small_dataset) -> None:
    config = replace(preset(USUAL, DATASET, "sface"), augmentation=PRESETS["Gentle"])
    again, anew = (forecast.training_seconds(replace(config, draws=n)) for n in (1, 0))
    assert again < anew / 2
