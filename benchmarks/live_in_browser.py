"""Frame rate of live recognition in Chromium, idle and while a training uses both cores.

    python -m benchmarks.live_in_browser [FOLDER] [--seconds 20]

FOLDER holds Intel's head-pose videos. The camera plays the video with two people at 15 frames/s,
and the custom CNN names both people. The figure counts the frames that the browser's player shows.
The goal is all 15 a second, and 10 a second while a training runs.
"""

import argparse
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Frame, expect

from benchmarks.table import show
from benchmarks.training import FACES
from facerec.collecting.importing import import_faces
from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.faces.detection import detector
from facerec.recognition.fastest_engine import fastest_engine
from facerec.runs import creating
from facerec.runs.run import Run
from facerec.runs.settings import preset
from facerec.training import job as training_jobs
from facerec.training.loop import train
from tests.browser.driver import browser_page, running_app, settled, start_camera, write_camera

VIDEOS = FACES.parent / "video"
SHOWN = "() => document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames"


def frames_per_second(streamer: Frame, seconds: int) -> float:
    """Frame rate that the player shows."""
    before = streamer.evaluate(SHOWN)
    streamer.page.wait_for_timeout(1000 * seconds)
    return (streamer.evaluate(SHOWN) - before) / seconds


def learned(videos: Path) -> Run:
    """A run that was trained for a short time on the woman and the man."""
    folder = FaceFolder.create("pair")
    for person, name in (("woman", "female"), ("man", "male")):
        video = videos / f"head-pose-face-detection-{name}.gif"
        import_faces([video], folder, detector("yunet"), person)
    run = creating.create("pair", replace(preset("In class", "pair", "custom_cnn"), epochs=3))
    train(run)
    fastest_engine(run)
    return run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=VIDEOS)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    if not options.folder.is_dir():
        print(f"{options.folder} is no folder.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as place:
        home = Path(place) / "home"
        os.environ["FACEREC_HOME"] = str(home)
        try:
            run = learned(options.folder)
        except FacerecError as error:
            print(error, file=sys.stderr)
            return 2
        both = options.folder / "head-pose-face-detection-female-and-male.gif"
        camera = write_camera(both, Path(place) / "camera.y4m")
        with running_app(home) as app, browser_page(camera) as page:
            page.goto(f"{app.url}/live?run={run.name}")
            settled(page)
            streamer = start_camera(page)
            names = page.get_by_test_id("stMain").get_by_role("heading", level=2)
            expect(names).to_have_count(2, timeout=60_000)
            rows = [("idle", frames_per_second(streamer, options.seconds))]
            for network in ("custom_cnn", "resnet50_scratch"):
                busy = creating.create(
                    network, replace(preset("In class", "pair", network), epochs=1000)
                )
                training_jobs.start(busy)
                expect(page.get_by_text("epoch 1 ·").first).to_be_visible(timeout=120_000)
                rows.append((f"{network} trains", frames_per_second(streamer, options.seconds)))
                busy.job.stop()
                page.wait_for_timeout(10_000)
    idle = rows[0][1]
    show(
        "Two people before the camera, 640x360",
        ("", "frames/s", "x idle"),
        [(name, f"{rate:.1f}", f"{rate / idle:.2f}") for name, rate in rows],
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
