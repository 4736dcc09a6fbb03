"""Screenshots for README and docs from the running app: python -m scripts.take_screenshots

The script loads the sample data, trains two networks for a few epochs and uses the drawn video as
the camera, so that no picture shows a real face. Every page is also taken in two sizes, with five
classes and with thirty drawn people, into docs/images/sizes. It needs Chromium and YuNet.
"""

import os
import re
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from facerec.datasets.folder import FaceFolder
from facerec.datasets.writer import FaceWriter, Origin
from facerec.evaluation.judging import evaluate
from facerec.experiments import work
from facerec.experiments.experiment import Experiment
from facerec.experiments.ready_made import ready_made
from facerec.faces import videos
from facerec.faces.detection import detector
from facerec.faces.preprocessing import extract_faces
from facerec.recognition.fastest_engine import fastest_engine
from facerec.runs import creating
from facerec.runs.settings import preset
from facerec.sample_data.people import stranger
from facerec.sample_data.portrait import draw_frame
from facerec.sample_data.scenes import occasion
from facerec.sample_data.video import video_frames
from facerec.training.loop import train as training
from tests.browser.driver import (
    App,
    browser_page,
    choose,
    open_page,
    running_app,
    settled,
    start_camera,
    write_camera,
)

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
PATIENCE = 600_000
SIZES = (1280, 720), (1024, 768)
PAGES = "Home", "Data set", "Augment", "Train", "Experiments", "Compare", "Live"


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
        # An epoch may be over before the page is drawn again.
        later = "|".join(map(str, range(epochs // 2, epochs)))
        half = page.get_by_text(re.compile(rf"Epoch ({later}) of {epochs} · training"))
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


def experiment(app: App) -> None:
    """Carry out a ready-made experiment on the sample data."""
    os.environ["FACEREC_HOME"] = str(app.home)
    plan = ready_made("images").plan("sample", "sample-strangers")
    guess = "Twice as many pictures, half as many mistakes"
    work.carry_out(Experiment.create("images", replace(plan, guess=guess)))


def draw_thirty(home: Path) -> None:
    """A data set of thirty drawn people on two occasions, and a run that has learned a little."""
    os.environ["FACEREC_HOME"] = str(home)
    folder, finder = FaceFolder.create("class of thirty"), detector("auto")
    with FaceWriter(folder) as writer:
        for number in range(30):
            for image in range(12):
                place = occasion(number + image // 6)
                generator = np.random.default_rng((number, image))
                frame, _ = draw_frame(stranger(number), place, generator)
                for face in extract_faces(frame, finder)[:1]:
                    origin = Origin("drawn by facerec", finder.name)
                    writer.add(f"Person {number + 1:02}", f"day-{image // 6 + 1}", face, origin)
    config = replace(preset("In class", folder.name, "custom_cnn"), epochs=10)
    training_run = creating.create("thirty people", config)
    training(training_run)
    fastest_engine(training_run)
    evaluate(training_run)


def draw_camera(folder: Path) -> Path:
    """A camera of two of the thirty."""
    with videos.VideoWriter(folder / "two.mp4") as writer:
        for frame in video_frames([stranger(3), stranger(8)], frames=90):
            writer.write(frame)
    return write_camera(folder / "two.mp4", folder / "two.y4m")


def every_page(app: App, camera: Path, people: str) -> None:
    """Every page in two sizes, with this word for the number of people."""
    (IMAGES / "sizes").mkdir(exist_ok=True)
    for width, height in SIZES:
        with browser_page(camera, (width, height)) as page:
            page.goto(app.url)
            settled(page)
            for title in PAGES:
                open_page(page, title)
                if title == "Live":
                    start_camera(page)
                page.wait_for_timeout(3000)
                name = f"{title.lower().replace(' ', '-')}-{people}-{width}x{height}"
                file = IMAGES / "sizes" / f"{name}.jpg"
                page.screenshot(path=file, type="jpeg", quality=80)


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
            train(page, epochs=40, picture="train")
            choose(page, "Network", "ResNet50, from scratch")
            train(page, epochs=3)
            open_page(page, "Train")
            choose(page, "Network", "Custom CNN")
            open_page(page, "Compare")
            page.get_by_role("button", name="Judge").click()
            expect(page.get_by_text("strangers named").first).to_be_visible(timeout=PATIENCE)
            settled(page)
            take(page, "compare")
            for tab in ("Mistakes", "Threshold"):
                page.get_by_role("tab", name=tab).click()
                settled(page)
                take(page, tab.lower())
            page.get_by_role("tab", name="Mistakes").click()
            page.locator("button.tile").first.click()
            page.get_by_text("Look inside the network").click()
            settled(page)
            page.get_by_text("What happens inside").scroll_into_view_if_needed()
            page.wait_for_timeout(2000)
            page.screenshot(path=IMAGES / "inside.png")
            page.get_by_text("Look inside the network").click()
            experiment(app)
            open_page(page, "Experiments")
            take(page, "experiments")
            open_page(page, "Home")
            take(page, "home")
            choose(page, "Run in use", "sample-custom_cnn")
            open_page(page, "Live")
            start_camera(page)
            take(page, "live")
            page.keyboard.press("f")
            expect(page.get_by_role("application", name="Map of faces")).to_be_visible()
            settled(page)
            take(page, "present")
            page.keyboard.press("f")
            page.get_by_role("tab", name="People").click()
            page.get_by_role("button", name="Make an embedding recogniser of it").click()
            expect(page.get_by_role("button", name="Remove").first).to_be_visible(timeout=PATIENCE)
            settled(page)
            take(page, "people", place="People")
            page.get_by_role("tab", name="Map").click()
            settled(page)
            expect(page.get_by_role("application", name="Map of faces")).to_be_visible()
            take(page, "map", place="Map")
        every_page(app, camera, "five")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        draw_thirty(home)
        camera = draw_camera(Path(folder))
        with running_app(home) as app:
            every_page(app, camera, "thirty")


if __name__ == "__main__":
    main()
