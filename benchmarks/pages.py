"""Response time of a click on the Train page, idle and while a training uses both cores.

    python -m benchmarks.pages [FOLDER]

FOLDER holds a folder of face images for each class. Chromium clicks on one network after the other.
The time ends when the page shows the network's description. The goal is at most half a second.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, expect

from benchmarks.table import show
from benchmarks.training import FACES
from facerec.networks.catalogue import NETWORKS
from facerec.runs import creating
from facerec.runs.settings import TrainingConfig
from facerec.training import job as training_jobs
from tests.browser.driver import browser_page, running_app, settled

CLICKS = 20
NAMES = ("custom_cnn", "resnet50_scratch")


def clicks(page: Page) -> list[float]:
    """Response time of each click in seconds."""
    seconds = []
    for number in range(CLICKS + 1):
        network = NETWORKS[NAMES[(number + 1) % 2]]
        choice = page.get_by_test_id("stRadio").get_by_text(network.title, exact=True)
        began = time.perf_counter()
        choice.click()
        expect(page.get_by_text(network.description)).to_be_visible()
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
