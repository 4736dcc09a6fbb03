"""The running app, and Chromium with a video as its camera, for tests and screenshots."""

import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from weakref import WeakKeyDictionary

import av
import cv2
import psutil
from playwright.sync_api import Frame, Locator, Page, WebSocket, sync_playwright
from playwright.sync_api import TimeoutError as WaitedInVain
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.waiting import LONG, until

PROJECT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
CAMERA_SIZE = (640, 360)
START_SECONDS = 180
POLLING_MILLISECONDS = 100
STARTS = 3
PLAYING = "document.querySelector('video') && document.querySelector('video').currentTime > 1"


def write_camera(video: Path, destination: Path, frames_per_second: int = 15) -> Path:
    """Write a video as a raw Y4M file, which Chromium plays as its camera in a loop."""
    width, height = CAMERA_SIZE
    with av.open(str(video)) as source, destination.open("wb") as target:
        header = f"YUV4MPEG2 W{width} H{height} F{frames_per_second}:1 Ip A1:1 C420jpeg\n"
        target.write(header.encode())
        for frame in source.decode(video=0):
            pixels = cv2.resize(frame.to_ndarray(format="rgb24"), CAMERA_SIZE)
            target.write(b"FRAME\n" + cv2.cvtColor(pixels, cv2.COLOR_RGB2YUV_I420).tobytes())
    return destination


class App:
    """The Streamlit server in a separate process, with its own data and models."""

    def __init__(self, home: Path, script: Path) -> None:
        self.home = home
        self._script = script
        self._told = 0
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
        until(self._answers, START_SECONDS, lambda: self.log)

    def _answers(self) -> bool:
        assert self._process.poll() is None, self.log
        try:
            urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1)
            return True
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False

    @property
    def process_id(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()

    @property
    def log(self) -> str:
        """Output of the server since ``forget_log``, without what says nothing of the app.

        That is the warning that a computer lacks bf16, Streamlit's own complaint about a tab that
        was closed while the server answered it, and asyncio's about a loop that was collected after
        its socket.
        """
        printed = (self.home / "server.log").read_bytes()[self._told :].decode(errors="replace")
        for harmless in (
            r"RuntimeError: .*\bbf16 natively\.",
            r"RuntimeError: Unexpected ASGI message 'websocket\..*",
            r"starlette\.websockets\.WebSocketDisconnected: .*",
            r"ValueError: Invalid file descriptor: -1",
        ):
            printed = re.sub(
                rf"Traceback \(most recent call last\):\n(  .*\n)*{harmless}\n", "", printed
            )
        return printed

    def forget_log(self) -> None:
        """Begin the log anew."""
        self._told = (self.home / "server.log").stat().st_size


@contextmanager
def running_app(home: Path, script: Path = PROJECT / "app.py") -> Iterator[App]:
    """The app with this home folder, which may be empty."""
    home.mkdir(parents=True, exist_ok=True)
    app = App(home, script)
    app.start()
    try:
        yield app
    finally:
        app.stop()
        end_jobs(app)


def end_jobs(app: App) -> None:
    """End the app's trainings, which outlive pages and server: none may slow down the next test."""
    for process in psutil.process_iter(["environ"]):
        if (process.info["environ"] or {}).get("FACEREC_HOME") == str(app.home):
            if process.pid not in (os.getpid(), app.process_id):
                process.kill()


class Conversation:
    """Requests of a page to its server, and the answers.

    Attributes
    ----------
    asked : int
        Number of reruns that a user's act requested. Reruns by the page's timer do not count.
    drawn : int
        Number of runs of the script, or of a fragment of it, that have ended.
    waits : bool
        Whether no run has ended since the last request.
    """

    def __init__(self, page: Page) -> None:
        self.asked = self.drawn = 0
        self.waits = False
        page.on("websocket", self._opened)

    def _opened(self, socket: WebSocket) -> None:
        self.waits = True
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, content: str | bytes) -> None:
        if isinstance(content, bytes):
            message = BackMsg.FromString(content)
            if message.WhichOneof("type") == "rerun_script":
                self.asked += not message.rerun_script.is_auto_rerun
                self.waits = True

    def _received(self, content: str | bytes) -> None:
        if isinstance(content, bytes):
            message = ForwardMsg.FromString(content)
            # A run that ended early, because another one began, is no answer.
            early = ForwardMsg.FINISHED_EARLY_FOR_RERUN
            if message.WhichOneof("type") == "script_finished" and message.script_finished != early:
                self.drawn += 1
                self.waits = False


_conversations: WeakKeyDictionary[Page, Conversation] = WeakKeyDictionary()


def _listen(page: Page) -> None:
    page.set_default_timeout(1_000 * LONG)
    _conversations[page] = Conversation(page)


@contextmanager
def browser_page(
    camera: Path | None = None, size: tuple[int, int] = (1280, 720), fake_devices: bool = False
) -> Iterator[Page]:
    """A page of headless Chromium, with a Y4M file as its camera if one is given.

    With ``fake_devices`` and no file, there is a camera, but its use is not allowed.
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
        context.on("page", _listen)
        yield context.new_page()
        browser.close()


def settled(page: Page) -> None:
    """Wait until the server has answered the last act, and the answer is drawn."""
    page.get_by_test_id("stApp").wait_for()
    conversation = _conversations[page]
    _draw(page)
    until(lambda: _state(page) == "notRunning" and not conversation.waits)
    _draw(page)


@contextmanager
def answered(page: Page) -> Iterator[None]:
    """Context manager that waits until the server has answered the act in its block.

    The act may reach the server with a delay, as a slider's does.
    """
    conversation = _conversations[page]
    asked = conversation.asked
    yield
    until(lambda: _state(page) and conversation.asked > asked)
    settled(page)


def redrawn(page: Page, times: int = 2) -> None:
    """Wait until the page's timer has redrawn it so many times."""
    conversation = _conversations[page]
    enough = conversation.drawn + times
    until(lambda: _state(page) and conversation.drawn >= enough)
    _draw(page)


def _state(page: Page) -> str:
    """The script's state on the page; the call also updates the page's conversation."""
    return page.get_by_test_id("stApp").get_attribute("data-test-script-state")


def _draw(page: Page) -> None:
    """Let the browser draw, and send pending acts."""
    page.evaluate("() => new Promise(next => requestAnimationFrame(() => setTimeout(next)))")


def open_page(page: Page, title: str) -> None:
    """Go to a page of the app by its name in the sidebar."""
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
    settled(page)


def new_recording(page: Page, app: App, dataset: str) -> Locator:
    """Make a data set on its page, and open its Webcam tab; the tab's panel comes back."""
    page.goto(app.url)
    settled(page)
    open_page(page, "Data set")
    page.get_by_role("button", name="New").click()
    page.get_by_role("textbox", name="Name").fill(dataset)
    page.get_by_role("button", name="Create").click()
    settled(page)
    open_tab(page, "Webcam")
    return page.get_by_role("tabpanel", name="Webcam")


def choose(page: Page, label: str, option: str) -> None:
    """Choose the first option of a select box that has these words."""
    page.get_by_role("combobox", name=label).fill(option)
    page.keyboard.press("Enter")
    settled(page)


def open_tab(page: Page, name: str) -> None:
    """Click a tab until it is chosen: an answer that was on its way may choose the earlier one."""
    tab = page.get_by_role("tab", name=name)

    def chosen() -> bool:
        if tab.get_attribute("aria-selected") != "true":
            tab.click()
            settled(page)
        return tab.get_attribute("aria-selected") == "true"

    until(chosen)


def streamer(page: Page) -> Frame:
    """The frame that holds the webcam component."""
    handle = page.locator("iframe[title*='webrtc']").first.element_handle()
    return handle.content_frame()


def played(frame: Frame, seconds: float) -> None:
    """Wait until the returned video has played for so many seconds without a restart."""
    frame.evaluate(
        """() => {
            window.watched = document.querySelector('video').srcObject;
            window.since = document.querySelector('video').currentTime;
        }"""
    )
    frame.wait_for_function(
        """seconds => {
            const video = document.querySelector('video');
            return video.srcObject === window.watched
                && video.currentTime > window.since + seconds;
        }""",
        arg=seconds,
        polling=POLLING_MILLISECONDS,
        timeout=1_000 * (LONG + 2 * seconds),
    )


def start_camera(page: Page) -> Frame:
    """Press START and wait until the returned video plays."""
    # A tab behind another draws nothing, and Playwright looks when the tab draws.
    page.bring_to_front()
    frame = streamer(page)
    for _ in range(STARTS):
        frame.get_by_role("button", name="START").click()
        try:
            frame.wait_for_function(
                PLAYING,
                polling=POLLING_MILLISECONDS,
                timeout=1_000 * LONG / 2,
            )
            return frame
        except WaitedInVain:
            # On busy cores, streamlit-webrtc now and then loses a message of its handshake. Whoever
            # sees no picture stops and starts again.
            stop_camera(page)
    raise AssertionError(f"no picture after {STARTS} starts")


def stop_camera(page: Page) -> None:
    """Press STOP and wait for START.

    A connection whose keep-alive the busy cores delayed has stopped by itself: there START already
    stands in place of STOP.
    """
    page.bring_to_front()
    frame = streamer(page)
    stop = frame.get_by_role("button", name="STOP")

    def stopped() -> bool:
        if frame.get_by_role("button", name="START").is_visible():
            return True
        if stop.is_visible() and stop.is_enabled():
            with suppress(WaitedInVain):
                stop.click(timeout=1_000)
        return False

    until(stopped)
