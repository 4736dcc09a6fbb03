"""The map in a browser: a face comes up under the pointer, and live faces drop among the others."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from facerec.datasets.folder import FaceFolder
from facerec.recognition import new_gallery
from facerec.runs import creating
from facerec.runs.run import Run
from facerec.training.loop import train
from tests.browser.driver import (
    App,
    browser_page,
    open_tab,
    redrawn,
    settled,
    start_camera,
)
from tests.examples import CLASSES, tiny_config, write_classes

RUN = "enrolled"


@pytest.fixture
def app(app: App) -> App:
    """The app with an embedding recogniser of colours."""
    write_classes(app.home / "data" / "colours", images_per_session=3)
    train(run := creating.create("network", tiny_config(epochs=1)))
    new_gallery.create(RUN, run, FaceFolder.open("colours"))
    return app


def test_faces_on_the_live_map(app: App, camera, screenshots: Path) -> None:
    with browser_page(camera("female-and-male")) as page:
        page.goto(f"{app.url}/live?run={RUN}")
        settled(page)
        open_tab(page, "Map")
        points = page.locator(".map [data-point]")
        expect(points.first).to_be_visible()
        assert points.count() == len(Run.open(RUN).gallery)

        card = page.locator(".map .card")
        expect(card).to_be_hidden()
        points.first.hover(force=True)
        expect(card).to_be_visible()
        expect(card.locator(".name")).to_have_text(CLASSES[0])
        assert (
            card.locator(".face")
            .evaluate("e => e.style.backgroundImage")
            .startswith('url("data:image/jpeg')
        )
        page.mouse.move(0, 0)
        expect(card).to_be_hidden()
        page.locator(".map").focus()
        page.keyboard.press("ArrowRight")
        expect(card).to_be_visible()

        start_camera(page)
        person = page.locator(".map .person")
        expect(person.locator("img").first).to_be_visible()
        page.screenshot(path=screenshots / "live-map.png")
        page.get_by_text("PCA", exact=True).click()
        expect(page.get_by_text("This plane shows")).to_be_visible()
        expect(person.locator("img").first).to_be_visible()
        # The map drawn before must not go on drawing its own: two people are in the video.
        redrawn(page, times=6)
        assert person.count() <= 2
    assert "Traceback" not in app.log
