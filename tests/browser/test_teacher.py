"""What a teacher does in front of a class, from an empty app to names on a live video."""

import base64
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Frame, Locator, Page, expect

from facerec.collecting.importing import import_faces
from facerec.datasets.folder import FaceFolder
from facerec.faces.detection import detector
from facerec.faces.drawing import GREEN, RED
from facerec.runs.run import Run
from tests.browser.driver import (
    App,
    answered,
    browser_page,
    choose,
    open_page,
    settled,
    start_camera,
)
from tests.waiting import until

TRAINING_MILLISECONDS = 180_000
EPOCHS_TO_WATCH = 6
FEWEST_PIXELS = 0.003


def import_pair(videos: Path) -> None:
    """A data set of the woman and the man, each from the video in which they are alone."""
    folder = FaceFolder.create("pair")
    for person, name in (("woman", "female"), ("man", "male")):
        video = videos / f"head-pose-face-detection-{name}.gif"
        import_faces([video], folder, detector("yunet"), person)


def train(page: Page, number_of_epochs: int) -> None:
    """Set the number of epochs and start."""
    epochs = page.get_by_role("spinbutton", name="Epochs")
    epochs.fill(str(number_of_epochs))
    epochs.press("Enter")
    settled(page)
    page.get_by_role("button", name="Start training").click()


def points_of_curves(page: Page) -> Locator:
    """The points drawn in the first chart of the page."""
    return page.locator(".js-plotly-plot").first.locator(".scatterlayer .point")


def video_picture(streamer: Frame) -> np.ndarray:
    """The returned video's present frame as RGB uint8."""
    encoded = streamer.evaluate(
        """() => {
            const video = document.querySelector('video');
            const canvas = document.createElement('canvas');
            canvas.width = video.videoWidth;
            canvas.height = video.videoHeight;
            canvas.getContext('2d').drawImage(video, 0, 0);
            return canvas.toDataURL('image/png').split(',')[1];
        }"""
    )
    return cv2.imdecode(np.frombuffer(base64.b64decode(encoded), np.uint8), cv2.IMREAD_COLOR_RGB)


def share_of(picture: np.ndarray, color: tuple[int, int, int]) -> float:
    """Share of pixels close to a colour; video compression moves colours a little."""
    distance = np.abs(picture.astype(int) - color).max(axis=2)
    return float((distance < 40).mean())


def framed(streamer: Frame, color: tuple[int, int, int]) -> np.ndarray:
    """The first picture of the returned video with boxes of a colour, soon.

    The browser holds the video back a little, to play it evenly.
    """

    def pictures() -> list[np.ndarray]:
        return [
            picture
            for picture in [video_picture(streamer)]
            if share_of(picture, color) > FEWEST_PIXELS
        ]

    return until(pictures)[0]


@pytest.mark.slow
def test_from_sample_data_to_names_on_live_video(
    app: App, camera, shared: Path, screenshots: Path, monkeypatch
) -> None:
    with browser_page(camera("female-and-male")) as page:
        page.goto(app.url)
        settled(page)
        page.get_by_role("button", name="Load the sample data").click()
        expect(page.get_by_text("Drawing the sample data:")).to_be_visible()
        expect(page.get_by_text("Next: train a network")).to_be_visible(timeout=120_000)

        open_page(page, "Train")
        # Long enough to be seen at work, and after a reload still, on a fast computer too.
        train(page, EPOCHS_TO_WATCH)
        at_work = page.get_by_text(re.compile(rf"Epoch \d of {EPOCHS_TO_WATCH} · training.* left"))
        expect(at_work).to_be_visible()
        bar = page.get_by_test_id("stMain").get_by_role("progressbar")
        before_reload = float(bar.get_attribute("aria-valuenow"))
        page.reload()
        settled(page)
        expect(at_work).to_be_visible()
        page.wait_for_function(
            """before => [...document.querySelectorAll('[data-testid=stMain] [role=progressbar]')]
                .some(bar => Number(bar.getAttribute('aria-valuenow')) > before)""",
            arg=before_reload,
        )
        expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=TRAINING_MILLISECONDS)
        drawn_at_work = points_of_curves(page).count()
        page.screenshot(path=screenshots / "training.png")
        finished = f"finished: {EPOCHS_TO_WATCH} of {EPOCHS_TO_WATCH} epochs"
        expect(page.get_by_text(finished)).to_be_visible(timeout=TRAINING_MILLISECONDS)
        # Two curves in each of three panels, and a ring about the kept epoch.
        drawn = 6 * EPOCHS_TO_WATCH + 3
        expect(points_of_curves(page)).to_have_count(drawn)
        assert drawn_at_work < drawn

        import_pair(shared / "data" / "video")
        open_page(page, "Train")
        choose(page, "Data set in use", "pair")
        train(page, 2)
        # So few images are learned within seconds: the page may see no epoch at work.
        expect(page.get_by_role("heading", name="pair-custom_cnn")).to_be_visible()
        expect(page.get_by_text("finished: 2 of 2 epochs")).to_be_visible(
            timeout=TRAINING_MILLISECONDS
        )

        open_page(page, "Compare")
        expect(page.get_by_text("Learning curves").first).to_be_visible()
        legend = page.locator(".js-plotly-plot .legendtext")
        expect(legend.filter(has_text="sample-custom_cnn")).to_be_visible()
        expect(legend.filter(has_text="pair-custom_cnn")).to_be_visible()
        page.screenshot(path=screenshots / "compare.png")

        open_page(page, "Live")
        with answered(page):
            page.get_by_role("slider", name="Threshold").press("Home")
        streamer = start_camera(page)
        labels = page.get_by_test_id("stMain").get_by_role("heading", level=2)
        expect(labels).to_have_count(2)
        # The run knows no Unknown, so that at threshold 0 everybody is one of the two.
        assert {text.rsplit(" ", 1)[0] for text in labels.all_text_contents()} <= {"woman", "man"}
        assert share_of(framed(streamer, GREEN), RED) < 0.0005
        page.screenshot(path=screenshots / "live.png")

        page.get_by_role("slider", name="Threshold").focus()
        page.keyboard.press("End")
        page.wait_for_function(
            """() => {
                const labels = [...document.querySelectorAll('[data-testid=stMain] h2')];
                return labels.length > 0 && labels.every(h => h.textContent.includes('Unknown'));
            }"""
        )
        assert share_of(framed(streamer, RED), GREEN) < 0.0005
        page.screenshot(path=screenshots / "live-threshold-1.png")
    assert [record["epoch"] for record in Run.open("sample-custom_cnn").history()] == list(
        range(1, EPOCHS_TO_WATCH + 1)
    )
    assert "Traceback" not in app.log
