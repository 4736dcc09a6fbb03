"""Speed of the Data set page, opened and turned, with as many images as the report had.

    python -m benchmarks.tiles [IMAGES]

The data set has drawn faces, copied until there are IMAGES of them (21,000 by default), in a folder
that is deleted afterwards. The app runs in headless Chromium. The baseline is a plain page that
lists the folder, reads ``dataset.json`` and shows 48 files with ``st.image``. The figures are
medians over five visits. A visit begins with a click and ends when the last tile is drawn.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from playwright.sync_api import Page

from benchmarks.table import show
from facerec.datasets.folder import FaceFolder
from facerec.datasets.writer import FaceWriter, Origin
from facerec.faces.detection import HaarDetector
from facerec.faces.preprocessing import extract_faces
from facerec.sample_data.collection import photographs
from tests.browser.driver import CHROMIUM, browser_page, running_app, settled

REPORT_IMAGES = 21_000
VISITS = 5
PLAIN_PAGE = """
import math
import streamlit as st
from pathlib import Path
files = sorted(Path({folder!r}).glob("[!_.]*/*.jpg"))
number = st.pagination(math.ceil(len(files) / 48))
st.image([str(file) for file in files[(number - 1) * 48 : number * 48]], width=104)
"""


def build(folder: Path, images: int) -> None:
    """Make a data set with so many images and their details."""
    originals = FaceFolder(folder)
    detector = HaarDetector()
    with FaceWriter(originals) as writer:
        for photograph in photographs(12):
            for face in extract_faces(photograph.frame, detector)[:1]:
                writer.add(photograph.class_name, photograph.session, face, Origin("", "haar"))
    index = originals.read_index()
    faces, chance = originals.face_files(), random.Random(0)
    for number in range(len(faces), images):
        # Faces are drawn at random, since all pages would show the same pictures otherwise.
        face = chance.choice(faces)
        name = f"copies {number // 500}_{number:05d}.jpg"
        shutil.copyfile(face.path, face.path.with_name(name))
        index["images"][f"{face.class_name}/{name}"] = index["images"][face.key]
    originals.write_index(index)


PICTURES = """tile => {
    const roots = [document, ...[...document.querySelectorAll('*')]
        .map(element => element.shadowRoot).filter(Boolean)];
    return roots.flatMap(root => [...root.querySelectorAll(tile)]);
}"""


def seconds(act: Callable[[], None], page: Page, tile: str) -> float:
    """Time in seconds from a click until 48 new tiles are drawn."""
    before = page.evaluate(f"tile => ({PICTURES})(tile).map(picture => picture.src).join()", tile)
    began = time.perf_counter()
    act()
    page.wait_for_function(
        f"""([tile, before]) => {{
            const pictures = ({PICTURES})(tile);
            return pictures.length === 48
                && pictures.map(picture => picture.src).join() !== before
                && pictures.every(picture => picture.complete && picture.naturalWidth > 0);
        }}""",
        arg=[tile, before],
        polling=20,
    )
    return time.perf_counter() - began


def turned(page: Page, number: int, tile: str) -> float:
    button = page.get_by_test_id("stMain").get_by_role("button", name=f"Page {number}", exact=True)
    return seconds(button.click, page, tile)


def measure_ours(url: str) -> tuple[float, float, float]:
    """Seconds to open the page the first time and later, and to turn it."""
    with browser_page() as page:
        page.goto(url)
        settled(page)
        links = page.get_by_test_id("stSidebarNav")
        opened, turns = [], []
        for _ in range(VISITS + 1):
            link = links.get_by_role("link", name="Data set", exact=True)
            opened.append(seconds(link.click, page, ".tile img"))
            turns += [turned(page, number, ".tile img") for number in (2, 3)]
            links.get_by_role("link", name="Home", exact=True).click()
            settled(page)
    return opened[0], median(opened[1:]), median(turns)


def measure_plain(url: str) -> tuple[float, float, float]:
    with browser_page() as page:
        opened, turns = [], []
        for _ in range(VISITS + 1):
            page.goto("about:blank")
            opened.append(seconds(lambda: page.goto(url), page, "[data-testid=stImage] img"))
            turns += [turned(page, number, "[data-testid=stImage] img") for number in (2, 3)]
    return opened[0], median(opened[1:]), median(turns)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", nargs="?", type=int, default=REPORT_IMAGES)
    images = parser.parse_args().images
    if not CHROMIUM.exists():
        print(f"Chromium is not installed ({CHROMIUM}).", file=sys.stderr)
        return 2
    home = Path(tempfile.mkdtemp())
    try:
        build(home / "data" / "large", images)
        plain = home / "plain.py"
        plain.write_text(PLAIN_PAGE.format(folder=str(home / "data" / "large")))
        with running_app(home, plain) as app:
            baseline = measure_plain(app.url)
        with running_app(home) as app:
            ours = measure_ours(app.url)
    finally:
        shutil.rmtree(home)
    rows = [
        (name, f"{theirs:.2f}", f"{own:.2f}", f"{theirs / own:.2f}", wanted)
        for name, theirs, own, wanted in zip(
            ("first visit", "later visits", "next page"),
            baseline,
            ours,
            ("1.50", "1.50", "0.50"),
            strict=True,
        )
    ]
    show(
        f"{images:,} images: seconds until 48 tiles are drawn",
        ("", "plain st.image", "facerec", "ratio", "at most"),
        rows,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
