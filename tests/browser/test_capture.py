"""Recording two people with the webcam, one after the other."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from facerec.faces import images
from tests.browser.driver import (
    App,
    browser_page,
    new_recording,
    played,
    settled,
    start_camera,
)

NAMES = ("Ελένη", "Ben")


@pytest.mark.slow
def test_webcam_fills_two_classes(app: App, camera, screenshots: Path) -> None:
    with browser_page(camera("female")) as page:
        panel = new_recording(page, app, "class 7b")
        who = panel.get_by_role("combobox", name="Who is to be recorded?")
        for name in NAMES:
            who.fill(name)
            who.press("Enter")
            expect(panel.get_by_text(name, exact=True)).to_be_visible()
        who.press("Escape")
        number = panel.get_by_role("spinbutton", name="Images of each person")
        number.fill("15")
        number.press("Enter")
        settled(page)
        panel.get_by_role("textbox", name="Name of this session").fill("monday")
        panel.get_by_role("button", name="Get ready").click()
        settled(page)
        stream = start_camera(page)

        record = panel.get_by_role("button", name="Record", exact=True)
        expect(panel.get_by_role("heading", name="Ελένη · 0 of 15")).to_be_visible()
        expect(panel.get_by_text("Ready: press Record")).to_be_visible()
        record.click()
        expect(
            panel.get_by_text(re.compile("^(Look straight|Turn your head|Raise|Lower|Good)"))
        ).to_be_visible()
        expect(panel.get_by_role("button", name="Ελένη 15/15")).to_be_visible()

        # Ben's turn has come, and waits for him to sit down.
        expect(panel.get_by_role("heading", name="Ben · 0 of 15")).to_be_visible()
        played(stream, 1)
        expect(panel.get_by_role("heading", name="Ben · 0 of 15")).to_be_visible()
        expect(page.get_by_test_id("stMetric").filter(has_text="Images")).to_contain_text("15")
        record.click()
        expect(panel.get_by_role("button", name=re.compile("Ben [1-9].15"))).to_be_visible()
        panel.get_by_role("button", name="Pause").click()
        expect(record).to_be_visible()
        page.screenshot(path=screenshots / "capture.png")
        paused = sorted((app.home / "data" / "class 7b" / "Ben").glob("*.jpg"))
        assert 0 < len(paused) < 15
        played(stream, 1)
        assert sorted((app.home / "data" / "class 7b" / "Ben").glob("*.jpg")) == paused
        record.click()
        saved = panel.get_by_text("Images saved: 15 of Ελένη, 15 of Ben.")
        expect(saved).to_be_visible()
        panel.get_by_role("button", name="Show them").click()
        settled(page)
        expect(page.get_by_test_id("stMetric").filter(has_text="Images")).to_contain_text("30")
        assert "Traceback" not in app.log
    folder = app.home / "data" / "class 7b"
    index = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    assert index["sessions"] == {name: ["monday"] for name in NAMES}
    for name in NAMES:
        faces = sorted((folder / name).glob("*.jpg"))
        raw = sorted((folder / "_raw" / name).glob("*.jpg"))
        assert [face.name for face in faces] == [f"monday_{n:04d}.jpg" for n in range(1, 16)]
        assert [face.name for face in raw] == [face.name for face in faces]
        assert images.read(faces[0]).shape == (224, 224, 3)
        assert images.read(raw[0]).shape[:2] == (360, 640)
        assert {f"{name}/{face.name}" for face in faces} <= index["images"].keys()
