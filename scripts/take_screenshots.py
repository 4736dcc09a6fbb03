"""Screenshots for the README from the running app: python -m scripts.take_screenshots

The script loads the sample data, trains two networks for a few epochs and uses the drawn video as
the camera, so that no picture shows a real face. It needs Chromium and YuNet (see README).
"""

import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.driver import (
    App,
    browser_page,
    open_page,
    running_app,
    settled,
    start_camera,
    write_camera,
)

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
PATIENCE = 600_000


def take(page: Page, name: str, place: str | None = None) -> None:
    """Save a screenshot of the drawn window, from the top of the page or from a tab."""
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
    if place:
        page.get_by_role("tab", name=place).evaluate("tab => tab.scrollIntoView()")
    page.wait_for_timeout(3000)
    page.screenshot(path=IMAGES / f"{name}.png")


def train(page: Page, epochs: int, picture: str | None = None) -> None:
    """Start a run and wait for its end; ``picture`` names a screenshot at half of it."""
    field = page.get_by_role("spinbutton", name="Epochs")
    field.fill(str(epochs))
    field.press("Enter")
    settled(page)
    page.get_by_role("button", name="Start training").click()
    if picture:
        half = page.get_by_text(f"Epoch {epochs // 2 + 1} of {epochs} · training")
        expect(half).to_be_visible(timeout=PATIENCE)
        take(page, picture)
    expect(page.get_by_text(f"finished: {epochs} of {epochs} epochs")).to_be_visible(
        timeout=PATIENCE
    )


def prepare(app: App, folder: Path) -> Path:
    """Load the sample data; the file of the drawn video for the camera."""
    with browser_page() as page:
        page.goto(app.url)
        settled(page)
        page.get_by_role("button", name="Load the sample data").click()
        expect(page.get_by_text("Next: train a network")).to_be_visible(timeout=PATIENCE)
    video = app.home / "data" / "_sample" / "two-people-and-a-stranger.mp4"
    return write_camera(video, folder / "camera.y4m")


def main() -> None:
    """Take screenshots of all pages, the findings of the data set, and tabs of Compare and Live."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder) / "home") as app:
        camera = prepare(app, Path(folder))
        with browser_page(camera) as page:
            page.goto(app.url)
            settled(page)
            open_page(page, "Data set")
            take(page, "dataset")
            page.get_by_role("tab", name="Findings").click()
            settled(page)
            take(page, "findings")
            open_page(page, "Augment")
            take(page, "augment")
            open_page(page, "Train")
            train(page, epochs=8, picture="train")
            page.get_by_text("ResNet50, from scratch").click()
            settled(page)
            train(page, epochs=3)
            open_page(page, "Train")
            page.get_by_text("Custom CNN", exact=True).first.click()
            settled(page)
            open_page(page, "Compare")
            page.get_by_role("button", name="Judge").click()
            expect(page.get_by_text("strangers named").first).to_be_visible(timeout=PATIENCE)
            settled(page)
            take(page, "compare")
            for tab in ("Mistakes", "Threshold"):
                page.get_by_role("tab", name=tab).click()
                settled(page)
                take(page, tab.lower())
            open_page(page, "Home")
            take(page, "home")
            page.get_by_role("combobox", name="Run in use").fill("sample-custom_cnn-1")
            page.keyboard.press("Enter")
            open_page(page, "Live")
            start_camera(page)
            take(page, "live")
            page.get_by_role("tab", name="People").click()
            page.get_by_role("button", name="Make an embedding recogniser of it").click()
            expect(page.get_by_role("button", name="Remove").first).to_be_visible(timeout=PATIENCE)
            settled(page)
            take(page, "people", place="People")
            page.get_by_role("tab", name="Map").click()
            settled(page)
            expect(page.get_by_role("application", name="Map of faces")).to_be_visible()
            take(page, "map", place="Map")


if __name__ == "__main__":
    main()
