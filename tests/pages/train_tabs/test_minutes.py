from dataclasses import replace

import pytest

from facerec.augmentation.recipe import PRESETS
from facerec.runs.settings import USUAL, preset
from facerec.training.minutes import Offer
from tests.pages.conftest import button, texts, widget
from tests.pages.train_tabs.conftest import fields


@pytest.fixture
def offered(monkeypatch) -> list[float]:
    """Minutes for which settings were asked for; some are offered."""
    asked: list[float] = []

    def offers(minutes, dataset, network, progress):
        asked.append(minutes)
        progress(2, 2)
        fitting, other = (
            preset(USUAL, dataset, name) for name in ("resnet50_scratch", "custom_cnn")
        )
        fitting = replace(fitting, epochs=7, side=64, augmentation=PRESETS["None"])
        return [Offer(fitting, 95.0, True), Offer(other, 700.0, False)]

    monkeypatch.setattr("pages.train_tabs.minutes.offers", offers)
    return asked


def test_what_fits_into_the_minutes_is_put_into_the_form(open_page, small_dataset, offered) -> None:
    app = open_page("train")
    widget(app.number_input, "How many minutes have you?").set_value(3).run()
    button(app, "What can be done in them?").click().run()
    assert not app.exception and offered == [3]
    shown = texts(app)
    assert "**ResNet50, from scratch**, 64 pixels, 7 epochs, not augmented: at most 1 min" in shown
    assert "even that takes 11 min 40 s" in shown
    button(app, "Use").click().run()
    assert not app.exception
    found = fields(app)
    assert found["Network"].value == "resnet50_scratch"
    assert (found["Epochs"].value, found["Input side (pixels)"].value) == (7, 64)
    assert found["Augmentation"].value == "None"


def test_other_presets_do_not_ask(open_page, small_dataset) -> None:
    app = open_page("train")
    app.get("button_group")[0].set_value("Careful").run()
    assert not any(item.label == "How many minutes have you?" for item in app.number_input)
