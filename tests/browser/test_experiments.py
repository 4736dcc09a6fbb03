"""An experiment from the guess to the sentence, and the inside of a network before the camera."""

import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from facerec.experiments.experiment import list_experiments
from facerec.experiments.findings import sentences
from facerec.recognition.fastest_engine import fastest_engine
from facerec.runs import creating
from facerec.runs.run import Run
from facerec.training.loop import train
from tests.browser.driver import App, browser_page, open_tab, settled, start_camera
from tests.examples import tiny_config, write_classes
from tests.waiting import LONG, until

FEWEST_MAPS_A_SECOND = 4
SECONDS = 10


@pytest.fixture
def home_of_app(app: App, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The app's home, with small faces of two sessions."""
    monkeypatch.setenv("FACEREC_HOME", str(app.home))
    write_classes(app.home / "data" / "colours", images_per_session=8)
    return app.home


def main(page: Page):
    return page.get_by_test_id("stMain")


@pytest.mark.slow
def test_guess_run_and_read_the_sentence(app: App, home_of_app: Path, screenshots: Path) -> None:
    with browser_page() as page:
        page.goto(f"{app.url}/experiments?dataset=colours")
        settled(page)
        question = page.get_by_role("combobox", name="Question")
        question.fill("How long should it learn?")
        page.keyboard.press("Enter")
        settled(page)
        page.get_by_role("button", name="How long will it take?").click()
        start = page.get_by_role("button", name="Start (")
        expect(start).to_be_visible(timeout=4_000 * LONG)
        expect(start).to_be_disabled()
        guess = page.get_by_role("textbox", name="What do you expect?")
        guess.fill("Longer is better")
        guess.press("Enter")
        expect(start).to_be_enabled()
        start.click()
        expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
        expect(main(page).get_by_text("Finished: 8 trainings")).to_be_visible(timeout=240_000)
        expect(main(page).get_by_text("You guessed: Longer is better")).to_be_visible()
        (experiment,) = list_experiments()
        assert experiment.done and experiment.plan.factor == "epochs"
        (sentence,) = sentences(experiment)
        expect(main(page).get_by_text(sentence)).to_be_visible()
        page.screenshot(path=screenshots / "experiment.png")
        page.reload()
        settled(page)
        expect(main(page).get_by_text("Finished: 8 trainings")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("button", name="HTML").click()
        assert "Longer is better" in Path(download.value.path()).read_text(encoding="utf-8")
    assert "Traceback" not in app.log


@pytest.mark.slow
def test_feature_maps_move_with_the_camera_and_the_video_goes_on(
    app: App, home_of_app: Path, camera, screenshots: Path
) -> None:
    run = creating.create("small", tiny_config(side=64, fields=7, epochs=3))
    train(run)
    fastest_engine(Run.open("small"))
    with browser_page(camera("female")) as page:
        page.goto(f"{app.url}/live?run=small")
        settled(page)
        start_camera(page)
        expect(main(page).get_by_role("heading", level=2)).to_be_visible(timeout=2_000 * LONG)
        main(page).get_by_text("How fast").click()
        alone = rate(page)
        open_tab(page, "Inside")
        maps = main(page).locator("img[src^='data:image/jpeg'], img[src*='/media/']").first
        expect(maps).to_be_visible()
        drawn = count_changes(page)
        beside = rate(page)
        page.screenshot(path=screenshots / "inside.png")
        assert drawn >= FEWEST_MAPS_A_SECOND * SECONDS, f"{drawn} in {SECONDS} s"
        assert beside >= 0.8 * alone, f"{beside} frames/s instead of {alone}"
        page.get_by_role("button", name="Hold this face").click()
        expect(main(page).get_by_text("What happens inside small")).to_be_visible()
        expect(main(page).get_by_text("sum of 27 products")).to_be_visible()
        page.get_by_role("button", name="Let it go").click()
        expect(page.get_by_role("button", name="Hold this face")).to_be_visible()
    assert "Traceback" not in app.log


def rate(page: Page) -> float:
    """Frames a second that the pipeline says, the best of some looks."""
    words = main(page).get_by_text("frames/s")
    expect(words).to_be_visible()
    found = []
    for _ in range(8):
        found.append(float(words.inner_text().split(" frames/s")[0].split()[-1]))
        time.sleep(0.5)
    until(lambda: found, seen=lambda: found)
    return sorted(found)[len(found) // 2]


def count_changes(page: Page) -> int:
    """How often a picture on the page gets another content in ``SECONDS``."""
    return page.evaluate(
        """seconds => new Promise(resolve => {
            const main = document.querySelector('[data-testid=stMain]');
            let changes = 0;
            const watcher = new MutationObserver(found => {
                changes += found.filter(item => item.target.tagName === 'IMG').length;
            });
            watcher.observe(main, {subtree: true, attributes: true, attributeFilter: ['src']});
            setTimeout(() => { watcher.disconnect(); resolve(changes); }, 1000 * seconds);
        })""",
        SECONDS,
    )
