"""Settings for so many minutes, with the times of a computer that the tests make up."""

from collections.abc import Callable

import pytest

from facerec.runs.settings import USUAL, TrainingConfig, preset
from facerec.training import minutes
from facerec.training.forecast import Forecast
from facerec.training.minutes import offers


@pytest.fixture
def computer(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the seconds of an epoch at 112 pixels; half the side takes a quarter of them."""

    def set_to(seconds: float) -> None:
        def forecast(config: TrainingConfig) -> Forecast:
            side = config.entry.size
            return Forecast(config, 5.0, {side: seconds * (side / 112) ** 2})

        monkeypatch.setattr(minutes, "forecast", forecast)

    return set_to


@pytest.mark.parametrize(
    ("epoch", "side", "epochs", "augmented"),
    [(1.0, 112, 40, True), (5.0, 64, 40, True), (10.0, 64, 35, True), (30.0, 64, 11, False)],
)
def test_the_slower_a_computer_the_less_it_is_offered(
    small_dataset, computer, epoch: float, side: int, epochs: int, augmented: bool
) -> None:
    computer(epoch)
    by_network = {item.config.network: item for item in offers(2, "colours", "custom_cnn")}
    found = by_network["custom_cnn"]
    assert (found.config.side, found.config.epochs) == (side, epochs)
    assert bool(found.config.augmentation.active()) == augmented
    assert found.fits and found.seconds <= 120


def test_what_does_not_fit_comes_last_with_its_shortest_time(small_dataset, computer) -> None:
    computer(500.0)
    found = offers(1, "colours", "resnet50_scratch")
    assert [item.config.network for item in found] == ["sface", "resnet50_scratch", "custom_cnn"]
    assert not any(item.fits for item in found)
    assert all(item.config.epochs == 1 and item.seconds > 60 for item in found)
    # A frozen network's later epochs take no time.
    computer(30.0)
    first, *_ = offers(1, "colours", "custom_cnn")
    assert first.config.network == "sface" and first.fits
    assert first.config.epochs == preset(USUAL, "colours", "sface").epochs


def test_each_network_is_tried_for_real(small_dataset) -> None:
    steps: list[tuple[int, int]] = []
    found = offers(30, "colours", "custom_cnn", lambda done, total: steps.append((done, total)))
    assert steps == [(0, 2), (1, 2), (2, 2)]
    for offer in found:
        usual = preset(USUAL, "colours", offer.config.network)
        assert offer.fits and offer.seconds > 0
        assert (offer.config.epochs, offer.config.side) == (usual.epochs, usual.side)
