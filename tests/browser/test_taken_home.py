"""A run taken home as a page, in a browser with a camera."""

import hashlib
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from facerec.datasets.folder import FaceFolder
from facerec.networks.catalogue import NETWORKS
from facerec.recognition.new_gallery import create
from facerec.runs.run import Run
from facerec.system import files, paths
from facerec.takeaway import runtime
from facerec.takeaway.folder import take_home
from tests.browser.driver import browser_page
from tests.unit.takeaway.test_networks import run_of

FEWEST_FRAMES_A_SECOND = 10


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder on a plain web server, as ``python -m http.server`` is one."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """ONNX Runtime for browsers as it was published."""
    try:
        with urllib.request.urlopen(runtime.URL, timeout=30) as response:
            content = response.read()
    except OSError as error:
        pytest.skip(f"npm's registry cannot be reached: {error}")
    assert hashlib.sha256(content).hexdigest() == runtime.SHA256
    return content


@pytest.fixture
def page_of(home: Path, package: bytes, tmp_path: Path) -> Callable[[Run], Path]:
    """A function that takes a run home as a page."""
    files.write_bytes(paths.pretrained_folder() / runtime.NAME, package)

    def write(run: Run) -> Path:
        take_home(run, tmp_path / f"page of {run.name}", web=True)
        return tmp_path / f"page of {run.name}"

    return write


def said(page: Page, kind: str = ""):
    return page.locator(f"#said{kind}")


def opened(page: Page, address: str) -> list[str]:
    """Open a taken-home page; the addresses that it asks, which grow."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    expect(said(page)).to_contain_text("Knows")
    return asked


@pytest.mark.slow
@pytest.mark.parametrize("enrolled", [False, True])
@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_is_the_same_in_a_browser(
    network: str, enrolled: bool, small_dataset: FaceFolder, page_of
) -> None:
    run = run_of(network, small_dataset)
    if enrolled:
        run = create("gallery", run, small_dataset)
    with served(page_of(run)) as address, browser_page() as page:
        opened(page, address)
        page.get_by_role("button", name="Is it the same").click()
        expect(said(page, ".same, #said.problem")).to_be_visible()
        expect(said(page)).to_contain_text("It is the same recogniser.")


@pytest.mark.slow
def test_it_recognises_before_the_camera(trained_run: Run, page_of, camera, screenshots) -> None:
    with served(page_of(trained_run)) as address, browser_page(camera("female")) as page:
        asked = opened(page, address)
        page.get_by_role("button", name="Camera on").click()
        expect(said(page)).to_contain_text("frames/s")
        seen = []
        for _ in range(8):
            time.sleep(1)
            seen.append(float(said(page).inner_text().split(" frames/s")[0]))
        page.screenshot(path=screenshots / "taken-home.png")
        assert sorted(seen)[len(seen) // 2] >= FEWEST_FRAMES_A_SECOND, seen
        expect(said(page)).not_to_contain_text("no face")
        page.locator("#threshold").fill("1")
        expect(said(page)).to_contain_text("Unknown")
        page.get_by_role("button", name="Camera off").click()
        expect(page.get_by_role("button", name="Camera on")).to_be_visible()
        assert all(url.startswith((address, "data:", "blob:")) for url in asked), asked


@pytest.mark.slow
def test_what_is_wrong_is_one_line(trained_run: Run, page_of, tmp_path: Path) -> None:
    folder = page_of(trained_run)
    with served(folder) as address:
        with browser_page() as page:
            opened(page, address)
            page.get_by_role("button", name="Camera on").click()
            expect(said(page, ".problem")).to_have_text(
                "There is no camera, or another program uses it."
            )
            text = tmp_path / "text.jpg"
            text.write_text("no picture")
            page.locator("#file").set_input_files(text)
            expect(said(page, ".problem")).to_contain_text("text.jpg is no picture")
        for name, content, words in (
            ("model.json", b'{"format": 2, "files": {}}', "format 2"),
            ("model.json", b'{"format"', "model.json is damaged"),
            ("model.json", b"[]", "model.json is damaged"),
            ("network.onnx", b"cut", "network.onnx is damaged"),
            ("network.onnx", None, "network.onnx is missing"),
        ):
            kept = (folder / name).read_bytes()
            (folder / name).unlink() if content is None else (folder / name).write_bytes(content)
            with browser_page() as page:
                page.goto(address)
                expect(said(page, ".problem")).to_contain_text(words)
            (folder / name).write_bytes(kept)
