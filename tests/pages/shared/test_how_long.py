"""Pages say how long an act will take before it begins."""

import re
from pathlib import Path

import pytest

from facerec.datasets.folder import FaceFolder, list_datasets
from facerec.evaluation.kept import last_evaluation
from facerec.runs import catalogue
from pages.compare_tabs.titles import GAP
from pages.shared.titles import FINDINGS, IMPORT
from pages.train_tabs.titles import EMBEDDING, TUNING
from tests.pages.conftest import button, compare_tab, texts, widget

PAGES = Path(__file__).resolve().parents[3] / "pages"
# Acts of some seconds, acts that begin by themselves, and those that measure.
SHORT = {
    "dataset.py": "opens an archive",
    "home.py": "says itself how long it takes",
    "shared/progress.py": "defines it",
    "shared/take_home.py": "some steps of unlike length",
    "components/embedding_map/kept.py": "begins by itself, and says the time left",
    "experiment_parts/choosing.py": "measures",
    "live_panels/settings.py": "some seconds",
    "train_tabs/minutes.py": "measures",
}


def opened(open_page, page: str, **state: object):
    app = open_page(page)
    for name, value in state.items():
        app.session_state[name.replace("_tab", "-tab")] = value
    app.run()
    assert not app.exception
    return app


def training(open_page):
    return opened(open_page, "train")


def search(open_page):
    return opened(open_page, "train", train_tab=TUNING)


def enrolling(open_page):
    app = opened(open_page, "train", train_tab=EMBEDDING)
    embedders = widget(app.selectbox, "Embeddings from")
    embedders.set_value(next(name for name in embedders.options if "pretrained" not in name))
    return app.run()


def judging(open_page):
    return opened(open_page, "compare")


def robustness(open_page):
    return compare_tab(open_page, GAP)


def copies(open_page):
    return opened(open_page, "augment")


def findings(open_page):
    return opened(open_page, "dataset", tab_to_open=FINDINGS)


def importing(open_page):
    app = opened(open_page, "dataset", tab_to_open=IMPORT)
    source = str(FaceFolder.open("colours").path)
    widget(app.text_input, "Or a folder on this computer").set_value(source)
    widget(app.selectbox, "Face detector").set_value("none")
    return app.run()


PROMISES = {
    "training": training,
    "search": search,
    "enrolling": enrolling,
    "judging": judging,
    "robustness": robustness,
    "copies": copies,
    "faces": findings,
    "doubts": findings,
    "import_faces": importing,
}


@pytest.mark.parametrize("act", PROMISES)
def test_a_promise_is_made_and_nothing_else(open_page, trained_run, act: str) -> None:
    app = PROMISES[act](open_page)
    key = f"how-long-{act}"
    next(item for item in app.button if item.key == key).click().run()
    assert not app.exception and not app.error, texts(app)
    assert re.search(r"(About|At most) \*\*.* s\*\* on this computer", texts(app)), texts(app)
    assert key not in {item.key for item in app.button}
    assert [folder.name for folder in list_datasets()] == ["colours"]
    assert [run.name for run in catalogue.list_runs()] == [trained_run.name]
    assert last_evaluation(trained_run) is None


def test_a_run_that_is_judged_needs_no_promise(open_page, trained_run) -> None:
    app = judging(open_page)
    assert any(item.key == "how-long-judging" for item in app.button)
    button(app, "Judge").click().run()
    assert not any(item.key == "how-long-judging" for item in app.button)


def test_every_long_act_has_a_promise() -> None:
    """What shows progress says before how long it takes, unless there is a reason."""
    for file in PAGES.rglob("*.py"):
        content, name = file.read_text("utf-8"), file.relative_to(PAGES).as_posix()
        if "progress_bar(" in content:
            promised = "import how_long\n" in content or "def how_long(" in content
            assert promised != (name in SHORT), name
