"""How long pages take: from the start of the app, and a click on Train while a training runs.

    python -m benchmarks.pages [FOLDER]

FOLDER holds a folder of face images for each class. Chromium opens each page of a fresh server, and
again. The time ends when the server has answered and the answer is drawn; the ratio is to an app of
Streamlit that draws one word. Then Chromium clicks on one preset after the other on
Train, until the page shows its number of epochs. The goals: Home from a fresh server in 4 seconds,
Live in 3, each page afterwards in 1, a click in half a second.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, expect

from benchmarks.table import show
from benchmarks.training import FACES
from facerec.networks.catalogue import NETWORKS
from facerec.runs import creating
from facerec.runs.settings import PRESETS, TrainingConfig, preset
from facerec.training import job as training_jobs
from facerec.training.loop import train
from tests.browser.driver import App, browser_page, running_app, settled

CLICKS = 20
CLICKED = "In class", "Careful"
PAGES = {
    "Home": "", "Data set": "dataset", "Augment": "augment", "Train": "train",
    "Experiments": "experiments", "Compare": "compare", "Live": "live",
}  # fmt: skip
NAMES = ("custom_cnn", "resnet50_scratch")


def visits(app: App, pages: dict[str, str]) -> list[tuple[str, float, float]]:
    """Seconds of the first and the second visit of each page, which are given by their address."""
    rows = []
    with browser_page() as page:
        for title, address in pages.items():
            seconds = []
            for _ in range(2):
                began = time.perf_counter()
                page.goto(f"{app.url}/{address}")
                settled(page)
                seconds.append(time.perf_counter() - began)
                # Nothing of the page is to be at work while the next one is measured.
                page.goto("about:blank")
            rows.append((title, *seconds))
    return rows


def opened(home: Path) -> list[tuple[str, ...]]:
    """A row of the table for each page of a fresh server."""
    word = home.parent / "word.py"
    word.write_text("import streamlit as st\n\nst.write('Hello')\n", encoding="utf-8")
    with running_app(home, word) as app:
        (baseline,) = visits(app, {"one word, by Streamlit alone": ""})
    with running_app(home) as app:
        rows = [baseline, *visits(app, PAGES)]
    with running_app(home) as app:
        _, live = visits(app, {"Home": "", "Live, its engines measured before": "live"})
        rows.append(live)
    return [
        (title, f"{first:.2f}", f"{again:.2f}", f"{again / baseline[2]:.1f}")
        for title, first, again in rows
    ]


def clicks(page: Page) -> list[float]:
    """Response time of each click in seconds."""
    seconds = []
    for number in range(CLICKS + 1):
        name = CLICKED[(number + 1) % 2]
        epochs = preset(name, "faces", "custom_cnn").epochs
        choice = page.get_by_test_id("stMain").get_by_text(PRESETS[name], exact=True)
        field = page.get_by_role("spinbutton", name="Epochs")
        began = time.perf_counter()
        choice.click()
        expect(field).to_have_value(str(epochs))
        seconds.append(time.perf_counter() - began)
        settled(page)
    return seconds[1:]


def measure(name: str, page: Page, baseline: float | None) -> tuple[float, tuple]:
    """The median response time in seconds, and a row of the table."""
    seconds = sorted(clicks(page))
    middle, slow = median(seconds), seconds[int(0.95 * len(seconds))]
    ratio = f"{middle / (baseline or middle):.2f}"
    return middle, (name, f"{middle:.2f}", f"{slow:.2f}", ratio)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FACES)
    folder = parser.parse_args().folder
    if not folder.is_dir():
        print(f"{folder} is no folder.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as place:
        home = Path(place) / "home"
        os.environ["FACEREC_HOME"] = str(home)
        shutil.copytree(folder, home / "data" / "faces")
        train(creating.create("run", replace(preset("In class", "faces", "custom_cnn"), epochs=1)))
        show("Pages of a fresh server", ("", "first s", "again s", "x baseline"), opened(home))
        with running_app(home) as app, browser_page() as page:
            page.goto(f"{app.url}/train")
            settled(page)
            idle, row = measure("idle", page, None)
            rows = [row]
            for network in NAMES:
                run = creating.create(network, TrainingConfig("faces", network, epochs=1000))
                training_jobs.start(run)
                page.goto(f"{app.url}/train")
                expect(page.get_by_text("batch 2 of")).to_be_visible(timeout=120_000)
                rows.append(measure(f"{NETWORKS[network].title} trains", page, idle)[1])
                run.job.stop()
                while training_jobs.status(run).active:
                    time.sleep(0.2)
    show(f"{CLICKS} clicks", ("", "median s", "95 % s", "x idle"), rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
