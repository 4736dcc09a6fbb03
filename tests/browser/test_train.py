"""Training that cannot be lost, and a search for settings, as a teacher sees them."""

import re
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from facerec.runs import catalogue
from facerec.runs.run import Run
from facerec.runs.settings import preset
from facerec.system import jobs
from facerec.training import job as training_jobs
from facerec.tuning.study import Study
from tests.browser.driver import App, browser_page, open_page, open_tab, running_app, settled
from tests.examples import write_classes
from tests.waiting import until

TRAINING_MILLISECONDS = 120_000
EPOCH = re.compile(r"Epoch \d+ of \d+ · (training|validation), batch \d+ of \d+ · .* left")


def set_number(page: Page, name: str, value: object) -> None:
    field = page.get_by_role("spinbutton", name=name, exact=True)
    field.fill(str(value))
    field.press("Enter")
    settled(page)


def open_train(page: Page, app: App) -> None:
    page.goto(f"{app.url}/train")
    settled(page)


def accuracy_shown(page: Page) -> None:
    """Wait until an epoch has been validated."""
    metric = page.get_by_test_id("stMetric").filter(has_text="Validation accuracy")
    expect(metric).to_contain_text("%", timeout=TRAINING_MILLISECONDS)


@pytest.mark.slow
def test_a_training_is_stopped_resumed_and_outlives_the_server(
    tmp_path: Path, screenshots: Path, monkeypatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("FACEREC_HOME", str(home))
    write_classes(home / "data" / "colours", images_per_session=20)
    with running_app(home) as app, browser_page() as page:
        other = page.context.new_page()
        open_train(other, app)
        open_train(page, app)
        set_number(page, "Epochs", 500)
        page.get_by_role("button", name="Start training").click()
        expect(page.get_by_text(EPOCH)).to_be_visible(timeout=TRAINING_MILLISECONDS)
        accuracy_shown(page)
        expect(page.get_by_text("Batch by batch")).to_be_visible()
        expect(page.get_by_text("F1 by class")).to_be_visible()
        expect(page.get_by_role("button", name="Start training")).to_be_disabled()
        page.screenshot(path=screenshots / "train-running.png")
        # Another tab sees the same run without doing anything.
        expect(other.get_by_text("colours-custom_cnn is being trained").first).to_be_visible()

        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.get_by_text(re.compile(r"Stopped: \d+ of 500 epochs"))).to_be_visible()
        run = Run.open("colours-custom_cnn")
        kept = run.history()
        assert kept and training_jobs.status(run).state == "stopped"

        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_text(EPOCH)).to_be_visible(timeout=TRAINING_MILLISECONDS)
        process = training_jobs.status(run).process
        app.stop()
        app.start()
        open_train(page, app)
        expect(page.get_by_text(EPOCH)).to_be_visible()
        assert training_jobs.status(run).process == process, "the server's end was not its end"
        assert run.history()[: len(kept)] == kept

        psutil.Process(process).kill()
        expect(page.get_by_text("The process is gone")).to_be_visible()
        page.screenshot(path=screenshots / "train-killed.png")
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_text(EPOCH)).to_be_visible(timeout=TRAINING_MILLISECONDS)
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.get_by_role("button", name="Resume")).to_be_visible()
        assert run.history()[: len(kept)] == kept and jobs.active_jobs() == []
        assert "Traceback" not in app.log


@pytest.mark.slow
def test_a_search_with_two_workers_ends_in_a_run(
    tmp_path: Path, screenshots: Path, monkeypatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("FACEREC_HOME", str(home))
    write_classes(home / "data" / "colours")
    with running_app(home) as app, browser_page() as page:
        open_train(page, app)
        open_tab(page, "Tuning")
        settled(page)
        set_number(page, "Trials", 4)
        set_number(page, "Epochs of each", 2)
        set_number(page, "Share of the data", 1.0)
        page.get_by_role("button", name="Start the search").click()
        expect(page.get_by_text(re.compile(r"2 at work · at most .* left"))).to_be_visible()
        expect(page.get_by_role("button", name="Train with the best settings")).to_be_enabled(
            timeout=TRAINING_MILLISECONDS
        )
        study = Study("search-1")
        assert study.done() == 4
        expect(page.get_by_text("Every trial as a line")).to_be_visible()
        page.screenshot(path=screenshots / "tuning.png", full_page=True)
        set_number(page, "Epochs of the run", 2)
        page.get_by_role("button", name="Train with the best settings").click()
        expect(page.get_by_text("Finished: 2 of 2 epochs")).to_be_visible(
            timeout=TRAINING_MILLISECONDS
        )
        run = Run.open("colours-custom_cnn")
        assert run.config.learning_rate == study.best().params["learning_rate"]
        assert "Traceback" not in app.log


def test_a_run_is_trained_as_the_page_showed_whatever_was_drawn_in_between(app: App) -> None:
    write_classes(app.home / "data" / "colours")
    with browser_page() as page:
        open_train(page, app)
        settings = page.get_by_role("button", name="All settings")
        batch_size = page.get_by_role("spinbutton", name="Batch size")
        settings.click()
        set_number(page, "Batch size", 7)
        page.keyboard.press("Escape")
        set_number(page, "Epochs", 1)
        open_page(page, "Augment")
        open_page(page, "Train")
        set_number(page, "Learning rate", 0.0015)
        settings.click()
        expect(batch_size).to_have_value("7")
        expect(page.get_by_role("spinbutton", name="Learning rate")).to_have_value("0.0015")
        for group in page.get_by_test_id("stPopoverBody").get_by_role("tab").all():
            group.click()
            settled(page)
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Start training").click()
        until(lambda: [run.name for run in catalogue.list_runs()])
        run = Run.open("colours-custom_cnn")
        wanted = {"epochs": 1, "batch_size": 7, "learning_rate": 0.0015}
        assert run.config == replace(preset("In class", "colours", "custom_cnn"), **wanted)
