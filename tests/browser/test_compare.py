"""Comparing as a teacher does it: a click on a mistake, and a threshold that is found on Live."""

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from facerec import images
from facerec.dataset import UNKNOWN
from facerec.runs import Run
from facerec.training import train
from tests.browser.driver import App, browser_page, open_page, running_app, settled
from tests.examples import noisy_color, tiny_config, write_classes

RUN = "colours-run"


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The app with a run that must be wrong of some images, and with strangers."""
    home = tmp_path / "home"
    monkeypatch.setenv("FACEREC_HOME", str(home))
    data = home / "data" / "colours"
    write_classes(data, images_per_session=10)
    # Ada's last images look like Zoë's: those that are held out will be taken for hers.
    for number in range(6):
        file = f"session0_{number:04d}.jpg"
        shutil.copy(data / "Zoë" / file, data / "Ada" / f"mixed-up_{number:04d}.jpg")
    for number in range(30):
        images.write(
            home / "data" / "visitors" / "Somebody" / f"s_{number:04d}.jpg",
            noisy_color((120, 60, 140), 1000 + number),
        )
    train(Run.create(RUN, tiny_config(epochs=4, validation=0.4)))
    with running_app(home) as started:
        yield started


def words(page: Page) -> str:
    """What the threshold means, as the page says it."""
    return page.get_by_role("heading", name=re.compile("Of 100")).inner_text()


def test_from_a_mistake_to_a_threshold_on_live(app: App, screenshots: Path) -> None:
    run = Run.open(RUN)
    with browser_page() as page:
        page.goto(f"{app.url}/compare")
        settled(page)
        page.get_by_role("combobox", name="Strangers").fill("visitors")
        page.keyboard.press("Enter")
        settled(page)
        page.get_by_role("button", name="Judge").click()
        expect(page.get_by_text("Strangers who get somebody's name")).to_be_visible(timeout=60_000)

        page.get_by_role("tab", name="Threshold").click()
        slider = page.get_by_role("slider", name="Threshold")
        slider.focus()
        page.keyboard.press("Home")
        settled(page)
        at_zero = words(page)
        page.screenshot(path=screenshots / "compare-threshold.png")
        slider.focus()
        page.keyboard.press("End")
        settled(page)
        assert words(page) != at_zero
        assert "Of 100 strangers, 0 are named." in words(page)
        for _ in range(20):
            page.keyboard.press("ArrowLeft")
        settled(page)
        page.get_by_role("button", name="Keep it with the run").click()
        settled(page)
        assert run.operating_point.threshold == pytest.approx(0.9)

        open_page(page, "Live")
        expect(page.get_by_role("slider", name="Threshold")).to_have_attribute(
            "aria-valuenow", "0.9"
        )
    assert UNKNOWN in run.info.classes
    assert "Traceback" not in app.log
