"""The Live page before real (fake) cameras: settings that act at once, and nothing left behind."""

import re
import shutil
from pathlib import Path

import numpy as np
import psutil
import pytest
from playwright.sync_api import Page, expect

from facerec.collecting.importing import import_faces
from facerec.datasets.folder import FaceFolder
from facerec.faces import videos
from facerec.faces.detection import detector
from facerec.live import kept_assessments
from facerec.recognition.fastest_engine import fastest_engine
from facerec.runs import creating
from facerec.runs.run import Run
from facerec.runs.settings import TrainingConfig
from facerec.training.loop import train
from tests.browser.driver import (
    App,
    browser_page,
    open_page,
    open_tab,
    played,
    settled,
    start_camera,
    stop_camera,
    streamer,
    write_camera,
)
from tests.waiting import LONG, until


@pytest.fixture(scope="module")
def pair(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with two runs on the woman and the man, ready to run as is fastest here."""
    home = tmp_path_factory.mktemp("pair")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACEREC_HOME", str(home))
        patch.setenv("FACEREC_MODELS", str(shared / "models"))
        folder = FaceFolder.create("pair")
        for person, name in (("woman", "female"), ("man", "male")):
            video = shared / "data" / "video" / f"head-pose-face-detection-{name}.gif"
            import_faces([video], folder, detector("yunet"), person)
        for name, epochs in (("first", 1), ("second", 3)):
            config = TrainingConfig("pair", epochs=epochs, fields=7, learning_rate=2e-3)
            run = creating.create(name, config)
            train(run)
            fastest_engine(run)
    return home


@pytest.fixture
def app(app: App, pair: Path) -> App:
    """The app with these runs."""
    shutil.copytree(pair, app.home, dirs_exist_ok=True)
    return app


def names(page: Page):
    """The names in large letters."""
    return page.get_by_test_id("stMain").get_by_role("heading", level=2)


def open_live(page: Page, app: App, run: str) -> None:
    page.goto(f"{app.url}/live?run={run}")
    settled(page)


def use_run(page: Page, name: str) -> None:
    page.get_by_role("combobox", name="Run in use").fill(name)
    page.keyboard.press("Enter")


def server_state(app: App) -> tuple[int, int]:
    """Threads and UDP sockets of the server."""
    process = psutil.Process(app.process_id)
    return process.num_threads(), len(process.net_connections("udp"))


# The first of these tests: the streams of a browser that was closed live on for half a minute.
@pytest.mark.slow
def test_start_and_stop_five_times_in_two_tabs_leaves_nothing(app: App, camera) -> None:
    with browser_page(camera("female")) as page:
        other = page.context.new_page()
        for tab in (page, other):
            open_live(tab, app, "second")
        most = None
        for number in range(5):
            # Both at once in the first and the last round.
            tabs = (page, other) if number in (0, 4) else (page,)
            for tab in tabs:
                start_camera(tab)
            for tab in tabs:
                tab.bring_to_front()
                until(lambda tab=tab: is_named(tab), 2 * LONG, seen=lambda tab=tab: shown(tab))
            for tab in tabs:
                stop_camera(tab)
                expect(tab.get_by_text("Press START below the picture")).to_be_visible()
            most = left_behind(app, most)
    assert "Traceback" not in app.log


def shown(tab: Page) -> str:
    """The words on the page and in the webcam component."""
    return "\n".join(part.locator("body").inner_text() for part in (tab, streamer(tab)))


def is_named(tab: Page) -> bool:
    """Whether one person is named; a connection that broke on busy cores is started again."""
    if streamer(tab).get_by_role("button", name="START").is_visible():
        start_camera(tab)
    return names(tab).count() == 1


def left_behind(app: App, most: int | None) -> int:
    """Wait until no socket is left and no more threads than that; how many may be left next.

    What the first round leaves says how many threads the others may leave.
    """
    states = [server_state(app)]

    def gone() -> bool:
        states.append(server_state(app))
        (before, _), (threads, sockets) = states[-2:]
        return sockets == 0 and (threads == before if most is None else threads <= most)

    until(gone, seen=lambda: states[-1])
    return states[-1][0] + 2 if most is None else most


@pytest.mark.slow
def test_two_people_with_everything_changed_while_they_stream(
    app: App, camera, screenshots: Path
) -> None:
    runs = [Run.open(name) for name in ("first", "second")]
    with browser_page(camera("female-and-male")) as page:
        open_live(page, app, "first")
        start_camera(page)
        expect(names(page)).to_have_count(2)
        page.screenshot(path=screenshots / "live-two.png")

        # Another run: it goes on with the stream that is there.
        use_run(page, "second")
        expect(page.get_by_text("second (Custom CNN)")).to_be_visible()
        expect(names(page)).to_have_count(2)
        played(streamer(page), 1)

        # Both runs beside each other.
        page.get_by_role("button", name="Settings").click()
        others = page.get_by_role("combobox", name="Other runs beside it")
        others.fill("first")
        others.press("Enter")
        page.keyboard.press("Escape")
        page.mouse.click(5, 300)
        table = page.get_by_test_id("stTable")
        expect(table.get_by_role("row")).to_have_count(3)
        expect(table).to_contain_text(re.compile("woman|man|Unknown"))

        # The threshold acts within a second.
        page.get_by_role("slider", name="Threshold").focus()
        page.keyboard.press("End")
        page.wait_for_function(
            """() => {
                const names = [...document.querySelectorAll('[data-testid=stMain] h2')];
                return names.length > 0 && names.every(h => h.textContent.includes('Unknown'));
            }""",
        )

        # A snapshot, and a recording with its sign.
        page.get_by_role("button", name="Record", exact=True).click()
        expect(page.get_by_text(re.compile(r"REC \d+ s"))).to_be_visible()
        expect(page.get_by_text(re.compile(r"REC [3-9] s"))).to_be_visible()
        page.get_by_role("button", name="Stop recording").click()
        with page.expect_download() as download:
            page.get_by_role("button", name=re.compile(r"Film, \d+ s")).click()
        frames = list(videos.video_frames(Path(download.value.path()).rename(app.home / "a.mp4")))
        assert len(frames) > 10 and frames[0].shape == (360, 640, 3)
        page.get_by_role("button", name="Snapshot").click()
        expect(page.get_by_role("button", name="Picture", exact=True)).to_be_visible()

        # The presenter says who is there; it counts for each run, and is kept with both.
        page.get_by_text("5 s", exact=True).click()
        page.get_by_role("button", name="A stranger").click()
        expect(page.get_by_text(re.compile(r"Counting a stranger: \d+ frames"))).to_be_visible()
        expect(page.get_by_text(re.compile(r"A stranger: \d+ frames counted"))).to_be_visible()
        page.get_by_role("button", name="Keep with the runs").click()
        expect(page.get_by_text("The figures begin with the first counted frame")).to_be_visible()

        # "This is wrong": the face is saved, and taken back.
        count = len(FaceFolder.open("pair").face_files("man"))
        page.get_by_role("tab", name="This is wrong").click()
        page.get_by_role("button", name="Hold this moment").click()
        panel = page.get_by_role("tabpanel", name="This is wrong")
        expect(panel.get_by_text("It said:").first).to_be_visible()
        panel.get_by_role("button", name="man", exact=True).first.click()
        expect(page.get_by_text("Added: man.")).to_be_visible()
        assert len(FaceFolder.open("pair").face_files("man")) == count + 1
        page.screenshot(path=screenshots / "live-correction.png")
        page.get_by_role("button", name="Undo the last").click()
        until(lambda: len(FaceFolder.open("pair").face_files("man")) == count)
        expect(page.get_by_text("Added: man.")).not_to_be_visible()

        open_page(page, "Compare")
        open_tab(page, "The gap")
        settled(page)
        expect(page.get_by_text(re.compile(r"\d+ frames, confidence over"))).to_be_visible()
    for run in runs:
        (kept,) = kept_assessments.assessments(run)
        assert kept.stranger_frames > 5 and kept.known_frames == 0
    # The slider stood at 1 for the run in use only.
    assert kept_assessments.assessments(runs[1])[0].false_acceptance_rate == 0
    assert "Traceback" not in app.log


def test_the_threshold_acts_on_a_video_while_it_plays(app: App, shared: Path) -> None:
    with browser_page() as page:
        open_live(page, app, "second")
        page.get_by_text("File", exact=True).click()
        settled(page)
        video = shared / "data" / "video" / "head-pose-face-detection-female.gif"
        page.locator("input[type=file]").set_input_files(video)
        player = page.locator(".st-key-film-player video")
        player.wait_for()
        said = page.locator(".st-key-film-player [role=status]")
        expect(said).to_contain_text("woman")
        player.evaluate("video => { window.first = video; }")
        before = player.evaluate("video => video.currentTime")
        slider = page.get_by_role("slider", name="Threshold")
        slider.press("End")
        expect(said).to_have_text("Unknown")
        slider.press("Home")
        expect(said).to_contain_text("woman")
        # It is the same video, which went on, and nothing was looked through again.
        assert player.evaluate("video => video === window.first && !video.paused")
        until(lambda: player.evaluate("video => video.currentTime") != before)
        assert not page.get_by_text("Looking at frame").count()
        with page.expect_download() as download:
            page.get_by_role("button", name="Save the labelled video").click()
        assert videos.frame_count(Path(download.value.path())) == videos.frame_count(video)
    assert "Traceback" not in app.log, app.log


@pytest.mark.slow
def test_a_class_sees_the_picture_large_and_keys_move_all(app: App, camera, screenshots) -> None:
    with browser_page(camera("female"), size=(1024, 768)) as page:
        open_live(page, app, "second")
        frame = start_camera(page)
        expect(names(page).first).to_contain_text("woman")
        narrow = page.locator("iframe[title*='webrtc']").bounding_box()["width"]
        page.keyboard.press("f")
        expect(page.get_by_test_id("stSidebar")).to_be_hidden()
        until(
            lambda: page.locator("iframe[title*='webrtc']").bounding_box()["width"] > 1.3 * narrow
        )
        said = page.locator(".st-key-live-words h3")
        expect(said).to_contain_text("judge it on Compare")
        slider = page.get_by_role("slider", name="Threshold")
        below = slider.bounding_box()
        assert below["y"] + below["height"] < 768, "the threshold is on the same screen"
        page.keyboard.press("ArrowUp")
        expect(slider).to_have_attribute("aria-valuetext", "0.520")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        expect(slider).to_have_attribute("aria-valuetext", "0.480")
        page.keyboard.press(" ")
        expect(page.get_by_role("button", name="Go on")).to_be_visible()
        page.keyboard.press("m")
        page.keyboard.press("n")
        expect(page.locator(".st-key-live-words")).to_contain_text("first (Custom CNN)")
        expect(names(page).first).not_to_contain_text("Looking")
        page.screenshot(path=screenshots / "present.png")
        page.keyboard.press(" ")
        expect(page.get_by_role("button", name="Freeze")).to_be_visible()
        # All the while the stream was one and the same.
        assert frame.evaluate("document.querySelector('video').currentTime") > 1
        played(frame, 1)
        page.keyboard.press("Escape")
        expect(page.get_by_test_id("stSidebar")).to_be_visible()
    assert "Traceback" not in app.log, app.log


def test_one_face_and_none(app: App, camera, tmp_path: Path) -> None:
    with browser_page(camera("male")) as page:
        open_live(page, app, "second")
        start_camera(page)
        expect(names(page)).to_have_count(1)
    empty = tmp_path / "empty.mp4"
    with videos.VideoWriter(empty) as writer:
        for _ in range(15):
            writer.write(np.full((360, 640, 3), 128, np.uint8))
    with browser_page(write_camera(empty, tmp_path / "empty.y4m")) as page:
        open_live(page, app, "second")
        start_camera(page)
        expect(page.get_by_text("Nobody in the picture")).to_be_visible()
    assert "Traceback" not in app.log


def test_a_refused_and_a_missing_camera_are_told_in_plain_words(app: App) -> None:
    with browser_page() as page:
        open_live(page, app, "first")
        expect(page.get_by_text("The browser sees no camera on this computer")).to_be_visible()
    with browser_page(fake_devices=True) as page:
        open_live(page, app, "first")
        streamer(page).get_by_role("button", name="START").click()
        expect(page.get_by_text("The browser refuses the camera to this page")).to_be_visible()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_ten_minutes_of_streaming_keep_memory_flat(app: App, camera) -> None:
    process = psutil.Process(app.process_id)
    with browser_page(camera("female-and-male")) as page:
        open_live(page, app, "second")
        start_camera(page)
        expect(names(page)).to_have_count(2)
        played(streamer(page), 120)
        early = process.memory_info().rss
        played(streamer(page), 480)
        expect(names(page)).to_have_count(2)
        late = process.memory_info().rss
    assert late < early + 60e6, (early, late)
