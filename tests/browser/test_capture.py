"""Recording a person with the webcam."""

from pathlib import Path

from playwright.sync_api import expect

from facerec import images
from tests.browser.driver import App, browser_page, open_page, settled, start_camera


def test_webcam_fills_a_class(app: App, camera, screenshots: Path) -> None:
    with browser_page(camera("female")) as page:
        page.goto(app.url)
        settled(page)
        open_page(page, "Data set")
        page.get_by_role("button", name="New data set").click()
        page.get_by_role("textbox", name="Name").fill("class 7b")
        page.get_by_role("button", name="Create").click()
        settled(page)

        page.get_by_role("tab", name="Webcam").click()
        panel = page.get_by_role("tabpanel", name="Webcam")
        person = panel.get_by_role("combobox", name="Whose face is it?")
        person.fill("Ελένη")
        person.press("Enter")
        settled(page)
        wanted = panel.get_by_role("slider", name="Images to take")
        wanted.focus()
        page.keyboard.press("Home")
        settled(page)
        panel.get_by_role("button", name="Get ready to record").click()
        settled(page)
        start_camera(page)
        expect(panel.get_by_text("Ελένη: 0 of 10 images")).to_be_visible()
        panel.get_by_role("button", name="Record", exact=True).click()
        expect(panel.get_by_text("10 images of Ελένη are saved.")).to_be_visible(timeout=60_000)
        page.screenshot(path=screenshots / "capture.png")
        panel.get_by_role("button", name="Show them").click()
        settled(page)
        expect(page.get_by_text("Ελένη (10)").first).to_be_visible()
        assert "Traceback" not in app.log
    folder = app.home / "data" / "class 7b"
    faces = sorted((folder / "Ελένη").glob("*.jpg"))
    raw = sorted((folder / "_raw" / "Ελένη").glob("*.jpg"))
    assert len(faces) == len(raw) == 10
    assert images.read(faces[0]).shape == (224, 224, 3)
    assert images.read(raw[0]).shape[:2] == (360, 640)
