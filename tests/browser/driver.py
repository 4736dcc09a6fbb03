"""The running app and a Chromium with a video as its camera, for tests and screenshots."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import cv2
from playwright.sync_api import Frame, Page, sync_playwright

PROJECT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
CAMERA_SIZE = (640, 360)
START_SECONDS = 60


def write_camera(video: Path, destination: Path, frames_per_second: int = 15) -> Path:
    """Write a video as the raw Y4M file that Chromium plays as its camera, over and over."""
    width, height = CAMERA_SIZE
    with av.open(str(video)) as source, destination.open("wb") as target:
        header = f"YUV4MPEG2 W{width} H{height} F{frames_per_second}:1 Ip A1:1 C420jpeg\n"
        target.write(header.encode())
        for frame in source.decode(video=0):
            pixels = cv2.resize(frame.to_ndarray(format="rgb24"), CAMERA_SIZE)
            target.write(b"FRAME\n" + cv2.cvtColor(pixels, cv2.COLOR_RGB2YUV_I420).tobytes())
    return destination


class App:
    """The Streamlit server in a process of its own, with its own data and models."""

    def __init__(self, home: Path, script: Path) -> None:
        self.home = home
        self._script = script
        with socket.socket() as free:
            free.bind(("localhost", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://localhost:{self.port}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._log = (self.home / "server.log").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(self._script), "--server.headless=true",
             f"--server.port={self.port}"],
            cwd=PROJECT,
            env={**os.environ, "FACEREC_HOME": str(self.home)},
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1)
                return
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                time.sleep(0.2)
        raise TimeoutError(f"The app did not start: see {self.home / 'server.log'}")

    @property
    def process_id(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()

    @property
    def log(self) -> str:
        """What the server printed so far."""
        return (self.home / "server.log").read_text(errors="replace")


@contextmanager
def running_app(home: Path, script: Path = PROJECT / "app.py") -> Iterator[App]:
    """The app over an empty or given home folder."""
    home.mkdir(parents=True, exist_ok=True)
    app = App(home, script)
    app.start()
    try:
        yield app
    finally:
        app.stop()


@contextmanager
def browser_page(
    camera: Path | None = None, size: tuple[int, int] = (1280, 720), fake_devices: bool = False
) -> Iterator[Page]:
    """A page of headless Chromium, with a Y4M file as its camera where one is given.

    With ``fake_devices`` and no file there is a camera too, but nobody allows its use.
    """
    arguments = ["--no-sandbox", "--disable-background-networking", "--disable-component-update",
                 "--disable-sync"]  # fmt: skip
    if camera or fake_devices:
        arguments.append("--use-fake-device-for-media-stream")
    if camera:
        arguments += [
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={camera}",
        ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        if camera:
            context.grant_permissions(["camera"])
        page = context.new_page()
        page.set_default_timeout(30_000)
        yield page
        browser.close()


def settled(page: Page) -> None:
    """Wait until Streamlit has drawn the page."""
    page.get_by_test_id("stApp").wait_for()
    # What was just clicked reaches the server, and what it sends back is drawn, a little later.
    page.wait_for_timeout(150)
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"
    )
    page.wait_for_timeout(150)


def open_page(page: Page, title: str) -> None:
    """Go to a page of the app by its name in the sidebar."""
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
    settled(page)


def streamer(page: Page) -> Frame:
    """The frame that holds the webcam component."""
    handle = page.locator("iframe[title*='webrtc']").first.element_handle()
    return handle.content_frame()


def start_camera(page: Page) -> Frame:
    """Press START and wait until the returned video plays."""
    frame = streamer(page)
    frame.get_by_role("button", name="START").click()
    frame.wait_for_function(
        "document.querySelector('video') && document.querySelector('video').currentTime > 1",
        timeout=60_000,
    )
    return frame
