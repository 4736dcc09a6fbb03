from dataclasses import replace

import psutil
import pytest

from facerec.runs.settings import TrainingConfig
from facerec.system.jobs import Job
from facerec.training import learning_rate_finder
from facerec.training.learning_rate_finder import LearningRateTest
from pages.train_tabs.titles import LEARNING_RATE
from tests.pages.conftest import button, texts, widget
from tests.pages.train_tabs.conftest import charts, fields


@pytest.fixture
def open_tab(open_page):
    """Opens the Train page at one of its tabs."""

    def opened(tab: str):
        app = open_page("train")
        app.session_state["train_tab_to_open"] = tab
        return app.run()

    return opened


def test_a_learning_rate_is_found_and_used(
    open_tab, small_dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested: list[TrainingConfig] = []
    monkeypatch.setattr(learning_rate_finder, "start", tested.append)
    app = open_tab(LEARNING_RATE)
    button(app, "Find a learning rate").click().run()
    (config,) = tested
    assert (config.dataset, config.network) == (small_dataset.name, "custom_cnn")
    found = LearningRateTest(config, [1e-5, 1e-3, 1e-1], [2.0, 1.0, 3.0], 3e-4)
    monkeypatch.setattr(learning_rate_finder, "last_test", lambda: found)
    app.run()
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Suggested learning rate"] == "0.0003"
    assert charts(app) == ["learning-rate-test"] and "other settings" not in texts(app)
    button(app, "Use it").click().run()
    assert fields(app)["Learning rate"].value == 3e-4
    fields(app)["Batch size"].set_value(8).run()
    assert "other settings than the form's: batch size 32" in texts(app)


def test_a_learning_rate_test_shows_how_far_it_is_and_why_it_failed(
    open_tab, small_dataset, home
) -> None:
    folder = learning_rate_finder.job()
    folder.path.mkdir(parents=True)
    own = psutil.Process()
    active = Job("training", "", "the learning rate is being tested", own.pid, own.create_time())
    folder.write(replace(active, done=3, total=60))
    app = open_tab(LEARNING_RATE)
    assert "Step 3 of 60" in [bar.text for bar in app.get("progress")]
    assert button(app, "Start training").disabled
    widget(app.button, "Stop").click().run()
    assert folder.stop_file.exists()
    folder.write(Job("failed", "The loss never fell."))
    app.run()
    assert "The loss never fell." in texts(app)
