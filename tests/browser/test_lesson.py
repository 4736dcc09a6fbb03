"""The ten-minute lesson of docs/teaching.md, from sample data alone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driver import App, browser_page, choose, open_page, open_tab, settled

EPOCHS = 20
TRAINING_MILLISECONDS = 300_000


def train(page: Page, split: str, name: str) -> None:
    """Train a run with this split, and wait for its end."""
    epochs = page.get_by_role("spinbutton", name="Epochs")
    epochs.fill(str(EPOCHS))
    epochs.press("Enter")
    settled(page)
    choose(page, "Split", split)
    field = page.get_by_role("textbox", name="Name of the run")
    field.fill(name)
    field.press("Enter")
    settled(page)
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    expect(page.get_by_text(f"finished: {EPOCHS} of {EPOCHS} epochs")).to_be_visible(
        timeout=TRAINING_MILLISECONDS
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_lesson_from_sample_data_alone(app: App, screenshots) -> None:
    with browser_page() as page:
        page.goto(app.url)
        settled(page)
        page.get_by_role("button", name="Load the sample data").click()
        expect(page.get_by_text("Next: train a network")).to_be_visible(timeout=120_000)

        # Two runs that differ in one thing.
        open_page(page, "Train")
        train(page, "random", "by image")
        train(page, "session", "by session")

        # The gap between two occasions.
        open_page(page, "Compare")
        open_tab(page, "The gap")
        expect(page.get_by_text("points").first).to_be_visible()
        page.screenshot(path=screenshots / "lesson-gap.png")

        # The stranger in the middle gets a name at any threshold, until SFace is asked.
        open_page(page, "Live")
        choose(page, "Run in use", "by image")
        page.get_by_text("Sample video").click()
        said = page.locator(".st-key-film-player [role=status]")
        expect(said).to_contain_text("Ada")
        slider = page.get_by_role("slider", name="Threshold")
        slider.press("Home")
        expect(said).not_to_contain_text("Unknown")
        page.screenshot(path=screenshots / "lesson-stranger-named.png")
        page.get_by_role("button", name="Ask SFace, too").click()
        expect(page.get_by_role("slider", name="Threshold of the second opinion")).to_be_visible()
        expect(said).to_contain_text("Unknown", timeout=120_000)
        expect(said).to_contain_text("Ada")
        expect(said).to_contain_text("Bruno")
        page.screenshot(path=screenshots / "lesson-stranger-refused.png")
    assert "Traceback" not in app.log, app.log
