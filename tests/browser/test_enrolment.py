"""People are made known before real (fake) cameras in seconds, and removed."""

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from facerec.collecting.importing import import_faces
from facerec.datasets.folder import FaceFolder
from facerec.decisions.operating_point import OperatingPoint
from facerec.faces.detection import detector
from facerec.recognition import new_gallery
from facerec.recognition.fastest_engine import fastest_engine
from facerec.runs import creating
from facerec.runs.run import Run
from facerec.runs.settings import TrainingConfig
from facerec.training.loop import train
from tests.browser.driver import App, browser_page, redrawn, settled, start_camera
from tests.waiting import until

FACES = 24
# Between what this embedder of a few seconds says of the two in the other light of the video of
# both (0.36 and more to themselves, 0.26 and less of the man to the woman). The gallery cannot
# tell it: all of a person's faces are of one video.
POINT = OperatingPoint(0.31, "similarity", 1.0, -1.0, 1.0)


@pytest.fixture
def recogniser(app: App, shared: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An embedding recogniser that knows nobody, over a network that learned from other people."""
    folder = FaceFolder.create("others")
    for person in sorted((shared / "data" / "faces").iterdir()):
        if person.name != "Unknown":
            pictures = sorted(person.iterdir())[:FACES]
            import_faces(pictures, folder, detector("yunet"), person.name, "first")
    # In fp32, so that it becomes the same on every processor.
    config = TrainingConfig(
        "others", epochs=6, fields=4, learning_rate=1e-3, seed=1, precision="fp32"
    )
    embedder = creating.create("embedder", config)
    train(embedder)
    fastest_engine(embedder)
    run = new_gallery.create("class", embedder, folder, "svm", enrol_all=False)
    run.save_operating_point(POINT)
    return run.name


def open_people(page: Page, app: App, run: str) -> None:
    """The Live page with the camera on, and its People tab."""
    page.goto(f"{app.url}/live?run={run}&dataset=others")
    settled(page)
    start_camera(page)
    page.get_by_role("tab", name="People").click()
    settled(page)


def names(page: Page) -> list[str]:
    """The names in large letters, without how sure they are."""
    headings = page.get_by_test_id("stMain").get_by_role("heading", level=2)
    return sorted(re.sub(r" \d+%$", "", text) for text in headings.all_inner_texts())


def wait_for_names(page: Page, *wanted: str) -> None:
    """Wait until these names stand there, also once they are drawn anew."""

    def stay() -> bool:
        if names(page) != sorted(wanted):
            return False
        redrawn(page)
        return names(page) == sorted(wanted)

    until(stay, seen=lambda: names(page))


def enrol(page: Page, person: str) -> float:
    """Make whoever is before the camera known; how many seconds it takes to the name."""
    name = page.get_by_role("textbox", name="Who is before the camera?")
    name.fill(person)
    # What is typed outlasts the names beside the picture, which are drawn anew meanwhile.
    redrawn(page, times=4)
    expect(name).to_have_value(person)
    page.get_by_role("button", name="Take pictures").click()
    began = time.monotonic()
    expect(page.get_by_text(re.compile(rf"{person} · \d+ of 20"))).to_be_visible()
    expect(page.get_by_text(f"{person} · 20 faces")).to_be_visible()
    wait_for_names(page, person)
    return time.monotonic() - began


@pytest.mark.slow
def test_two_people_become_known_one_after_the_other_and_one_is_removed(
    app: App, recogniser: str, camera, screenshots: Path
) -> None:
    with browser_page(camera("female")) as page:
        open_people(page, app, recogniser)
        expect(page.get_by_text("knows nobody yet, so everybody is Unknown")).to_be_visible()
        wait_for_names(page, "Unknown")
        seconds = [enrol(page, "woman")]
    with browser_page(camera("male")) as page:
        open_people(page, app, recogniser)
        seconds.append(enrol(page, "man"))
    with browser_page(camera("female-and-male")) as page:
        open_people(page, app, recogniser)
        wait_for_names(page, "man", "woman")
        page.screenshot(path=screenshots / "live-people.png")

        # Two before the camera: it waits, and says why.
        name = page.get_by_role("textbox", name="Who is before the camera?")
        name.fill("man")
        name.press("Enter")
        expect(page.get_by_text("Only one person in the picture, please")).to_be_visible()
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(name).to_be_visible()

        undo = page.get_by_role("button", name="Undo removing man")

        def removed() -> bool:
            # Streamlit now and then loses a click while a timer redraws a part of the page.
            if not undo.is_visible():
                page.get_by_role("button", name="Remove").nth(1).click()
                settled(page)
            return undo.is_visible()

        until(removed)
        wait_for_names(page, "Unknown", "woman")
        page.get_by_role("button", name="Undo removing man").click()
        wait_for_names(page, "man", "woman")
    assert Run.open(recogniser).gallery.counts() == {"woman": 20, "man": 20}
    assert max(seconds) < 60, seconds
    assert "Traceback" not in app.log
