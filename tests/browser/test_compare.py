"""Comparing as a teacher does it: a click on a mistake, and a threshold that is found on Live."""

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from facerec.evaluation.evaluation import Evaluation
from facerec.evaluation.kept import last_evaluation
from facerec.faces import images
from facerec.runs import creating
from facerec.runs.run import Run
from facerec.training.loop import train
from tests.browser.driver import App, answered, browser_page, open_page, open_tab, settled
from tests.examples import CLASSES, noisy_color, tiny_config, write_classes
from tests.waiting import until

RUN = "colours-run"


@pytest.fixture
def app(app: App) -> App:
    """The app with a run that must be wrong of some images, and with strangers."""
    home = app.home
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
    train(creating.create(RUN, tiny_config(epochs=4, validation=0.4)))
    return app


def click_cell(panel: Locator, who: str, said: str) -> None:
    """Click a cell of the confusion matrix."""
    points = panel.get_by_test_id("stPlotlyChart").first.locator("path.point")
    # Invisible points lie over the cells.
    points.nth(CLASSES.index(who) * len(CLASSES) + CLASSES.index(said)).click(force=True)
    settled(panel.page)


def shown(panel: Locator) -> set[str]:
    """The images that are shown as tiles, all read at one moment."""
    return set(panel.locator("button.tile").evaluate_all("tiles => tiles.map(t => t.dataset.id)"))


def images_of(evaluation: Evaluation, who: str, said: str) -> set[str]:
    """The held-out images of a person that the network took for another."""
    predictions = [evaluation.classes[index] for index in evaluation.predictions]
    rows = zip(evaluation.held_out.keys, evaluation.held_out.names, predictions, strict=True)
    return {key for key, name, prediction in rows if (name, prediction) == (who, said)}


def words(page: Page) -> str:
    """What the threshold means, as the page says it."""
    return page.get_by_role("heading", name=re.compile("Of 100")).inner_text()


@pytest.mark.slow
def test_from_a_mistake_to_a_threshold_on_live(app: App, screenshots: Path) -> None:
    run = Run.open(RUN)
    with browser_page() as page:
        page.goto(f"{app.url}/compare")
        settled(page)
        page.get_by_role("combobox", name="Strangers").fill("visitors")
        page.keyboard.press("Enter")
        settled(page)
        page.get_by_role("button", name="Judge").click()
        headline = page.get_by_test_id("stMetric").filter(has_text=RUN)
        expect(headline).to_contain_text("%")

        open_tab(page, "Mistakes")
        settled(page)
        panel = page.get_by_role("tabpanel", name="Mistakes")
        evaluation = last_evaluation(run)
        taken_for_zoe = images_of(evaluation, "Ada", "Zoë")
        assert taken_for_zoe
        click_cell(panel, "Zoë", "Zoë")
        expect(panel.get_by_text("Zoë was recognised in")).to_be_visible()
        right = images_of(evaluation, "Zoë", "Zoë")
        until(lambda: shown(panel) and shown(panel) <= right)
        click_cell(panel, "Ada", "Zoë")
        expect(
            panel.get_by_text(f"Ada was taken for Zoë in {len(taken_for_zoe)} of")
        ).to_be_visible()
        until(lambda: shown(panel) == taken_for_zoe)
        page.screenshot(path=screenshots / "compare-mistakes.png")

        open_tab(page, "Threshold")
        settled(page)
        slider = page.get_by_role("slider", name="Threshold")
        with answered(page):
            slider.press("Home")
        at_zero = words(page)
        page.screenshot(path=screenshots / "compare-threshold.png")
        with answered(page):
            slider.press("End")
        assert words(page) != at_zero
        assert words(page).startswith(
            "Of 100 strangers, up to 95 may be named: of one stranger, none"
        )
        with answered(page):
            for _ in range(20):
                page.keyboard.press("ArrowLeft")
        expect(slider).to_have_value("0.9")
        with answered(page):
            page.get_by_role("button", name="Keep it with the run").click()
        assert run.operating_point.threshold == pytest.approx(0.9)

        open_page(page, "Live")
        expect(page.get_by_role("slider", name="Threshold")).to_have_value("0.9")
    assert "Traceback" not in app.log
