from dataclasses import replace

import pytest

from facerec.augmentation.recipe import PRESETS
from facerec.runs.settings import TrainingConfig
from facerec.training.effort import effort


@pytest.mark.parametrize(
    ("changes", "slow"),
    [
        ({"draws": 1}, [1]),
        ({"draws": 3}, [1, 2, 3]),
        ({"draws": 0}, [1, 2, 3, 4, 5]),
        ({"draws": 0, "augmentation": PRESETS["None"]}, [1]),
        ({"draws": 0, "augmentation_strength": 0.0}, [1]),
        ({"draws": 1, "network": "custom_cnn"}, [1, 2, 3, 4, 5]),
    ],
)
def test_a_frozen_network_works_once_for_each_version(
    changes: dict[str, object], slow: list[int]
) -> None:
    config = TrainingConfig(**{"network": "sface", "epochs": 5, **changes})
    assert [epoch for epoch in range(1, 6) if effort(config, epoch) == 1.0] == slow
    assert all(effort(config, epoch) in (1.0, 0.03) for epoch in range(1, 6))


def test_small_faces_take_as_much_less_as_they_have_fewer_pixels() -> None:
    config = TrainingConfig(side=128, first_side=0.5, epochs=4)
    assert effort(config, 1) == 0.25 and effort(config, 4) == 1.0
    assert effort(replace(config, first_side=1.0), 1) == 1.0
