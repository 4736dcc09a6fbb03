"""Before a class: record people, clean the data set, augment it, and train on it."""

import re
from pathlib import Path

import cv2
import pytest
from playwright.sync_api import Locator, Page, expect

from facerec.datasets.folder import FaceFolder
from facerec.faces import images
from facerec.runs.run import Run
from tests.browser.driver import (
    App,
    answered,
    browser_page,
    open_page,
    open_tab,
    settled,
    start_camera,
)

IMAGES_OF_EACH = 20


def record(page: Page, name: str, session: str) -> None:
    """Record one person on the Webcam tab, and see the counter fill."""
    open_tab(page, "Webcam")
    panel = page.get_by_role("tabpanel", name="Webcam")
    who = panel.get_by_role("combobox", name="Who is to be recorded?")
    who.fill(name)
    who.press("Enter")
    who.press("Escape")
    number = panel.get_by_role("spinbutton", name="Images of each person")
    number.fill(str(IMAGES_OF_EACH))
    number.press("Enter")
    settled(page)
    panel.get_by_role("textbox", name="Name of this session").fill(session)
    panel.get_by_role("button", name="Get ready").click()
    settled(page)
    start_camera(page)
    expect(panel.get_by_role("heading", name=f"{name} · 0 of {IMAGES_OF_EACH}")).to_be_visible()
    panel.get_by_role("button", name="Record", exact=True).click()
    filling = re.compile(rf"{name} · ([1-9]|1[0-9]) of {IMAGES_OF_EACH}")
    expect(panel.get_by_role("heading", name=filling)).to_be_visible()
    saved = panel.get_by_text(f"Images saved: {IMAGES_OF_EACH} of {name}.")
    expect(saved).to_be_visible()
    panel.get_by_role("button", name="Show them").click()
    settled(page)


def tile(page: Page, key: str) -> Locator:
    return page.locator(f"button.tile[data-id='{key}']")


def selected(page: Page) -> Locator:
    return page.locator("button.tile[aria-pressed=true]")


def plant(folder: Path) -> None:
    """Put a near-duplicate and a blurred image beside the woman's recorded ones, by hand."""
    first, second = sorted((folder / "Woman").glob("*.jpg"))[:2]
    twin = cv2.convertScaleAbs(images.read(first), alpha=1.05)
    images.write(folder / "Woman" / "planted_0001.jpg", twin)
    blurred = cv2.GaussianBlur(images.read(second), (0, 0), 12)
    images.write(folder / "Woman" / "planted_0002.jpg", blurred)


def clean(page: Page) -> None:
    """Measure what was put there by hand, and delete what the findings show of it."""
    open_page(page, "Data set")
    page.get_by_role("button", name="Measure them").click()
    expect(page.get_by_text("were put here by hand")).to_have_count(0)
    open_tab(page, "Findings")
    settled(page)
    page.get_by_text(re.compile("nearly the same as another")).first.click()
    settled(page)
    expect(tile(page, "Woman/planted_0001.jpg")).to_be_visible()
    # The recorded images are much alike as well; only the planted one is to go.
    page.get_by_role("button", name="None", exact=True).click()
    expect(selected(page)).to_have_count(0)
    # Of two that are alike the sharper stays, whichever that is. The blurred one is found as well.
    twin = page.locator(
        "button.tile:not([disabled])[data-id^='Woman/']:not([data-id='Woman/planted_0002.jpg'])"
    ).first
    twin.click()
    expect(selected(page)).to_have_count(1)
    page.screenshot(path="test-results/findings.png")
    page.get_by_role("button", name="Delete the 1 selected").click()
    settled(page)
    expect(page.get_by_text("Deleted 1 image of Woman")).to_be_visible()

    page.get_by_text("1 image is blurred").first.click()
    settled(page)
    expect(selected(page)).to_have_attribute("data-id", "Woman/planted_0002.jpg")
    page.get_by_role("button", name="Delete the 1 selected").click()
    settled(page)
    expect(page.get_by_text("1 image is blurred")).to_have_count(0)
    expect(tile(page, "Woman/planted_0002.jpg")).to_have_count(0)


def undo_and_redo(page: Page) -> None:
    """Delete two tiles of the man, take it back, and see a chart filter the tiles."""
    open_tab(page, "Faces")
    settled(page)
    bar = page.locator(".js-plotly-plot").first.locator(".barlayer .point path").nth(0)
    box = bar.bounding_box()
    page.mouse.click(box["x"] + 5, box["y"] + box["height"] / 2)
    settled(page)
    expect(page.locator("button.tile")).to_have_count(IMAGES_OF_EACH)
    expect(tile(page, "Man/monday_0001.jpg")).to_be_visible()
    tile(page, "Man/monday_0001.jpg").click()
    tile(page, "Man/monday_0003.jpg").click(modifiers=["Shift"])
    expect(selected(page)).to_have_count(3)
    page.get_by_test_id("stMain").get_by_role("button", name="Delete", exact=True).nth(1).click()
    expect(page.locator("button.tile")).to_have_count(IMAGES_OF_EACH - 3)
    settled(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("button.tile")).to_have_count(IMAGES_OF_EACH)


@pytest.mark.slow
def test_from_two_recordings_to_a_clean_augmented_data_set_to_train_on(
    app: App, camera, screenshots: Path, monkeypatch
) -> None:
    folder = app.home / "data" / "class 7b"
    with browser_page(camera("female")) as page:
        page.goto(f"{app.url}/dataset")
        settled(page)
        page.get_by_role("button", name="New").click()
        page.get_by_role("textbox", name="Name").fill("class 7b")
        page.get_by_role("button", name="Create").click()
        settled(page)
        record(page, "Woman", "monday")
    with browser_page(camera("male")) as page:
        page.goto(f"{app.url}/dataset?dataset=class+7b")
        settled(page)
        record(page, "Man", "monday")
        metric = page.get_by_test_id("stMetric")
        expect(metric.filter(has_text="People")).to_contain_text("2")
        expect(metric.filter(has_text="Sessions")).to_contain_text("2")
        assert FaceFolder(folder).sessions() == {"Man": ["monday"], "Woman": ["monday"]}
        before = FaceFolder(folder).counts()

        plant(folder)
        clean(page)
        assert FaceFolder(folder).counts() == before
        undo_and_redo(page)
        assert FaceFolder(folder).counts() == before
        page.screenshot(path=screenshots / "faces.png")

        open_page(page, "Augment")
        page.get_by_text("Write augmented copies to a new data set").click()
        copies = page.get_by_role("slider", name="Copies of each image")
        with answered(page):
            copies.press("Home")
        page.get_by_role("button", name="Write the copies").click()
        expect(page.get_by_text("80 images are in class 7b augmented")).to_be_visible()

        open_page(page, "Train")
        expect(page.get_by_text("On the data set class 7b augmented, 80 images")).to_be_visible()
        epochs = page.get_by_role("spinbutton", name="Epochs")
        epochs.fill("1")
        epochs.press("Enter")
        settled(page)
        page.get_by_role("button", name="Start training").click()
        expect(page.get_by_text("finished: 1 of 1 epochs")).to_be_visible(timeout=120_000)
        assert "Traceback" not in app.log
    (run,) = (Run(path) for path in (app.home / "models").iterdir() if path.is_dir())
    assert run.info.classes == ("Man", "Woman")
    assert [record["epoch"] for record in run.history()] == [1]
