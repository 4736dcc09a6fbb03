"""Runs with a gallery on the Compare page: everything stands that makes sense for them."""

import shutil
from pathlib import Path

import pytest

from facerec.charts import report
from facerec.datasets.folder import FaceFolder
from facerec.evaluation.judging import evaluate
from facerec.recognition import new_gallery
from facerec.runs.run import Run
from pages.compare_tabs.evaluations import contender, timed
from pages.compare_tabs.take_away import predictions
from pages.compare_tabs.titles import GAP, MISTAKES, SIDE_BY_SIDE, THRESHOLD, TWO_FACES
from tests.examples import DATASET, RUN
from tests.pages.conftest import button, figures_of, texts, widget


@pytest.fixture(scope="module")
def gallery_folder(
    trained_folder: Path, drawn_classes: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of a recogniser over the trained run, judged on all images with strangers."""
    home = tmp_path_factory.mktemp("enrolled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACEREC_HOME", str(home))
        shutil.copytree(drawn_classes, home / "data" / DATASET)
        shutil.copytree(trained_folder, home / "models" / RUN)
        dataset = FaceFolder.open(DATASET)
        run = new_gallery.create("enrolled", Run.open(RUN), dataset, "neighbours")
        evaluate(run, dataset, dataset)
    return run.folder


@pytest.fixture
def gallery_run(gallery_folder: Path, trained_run: Run) -> Run:
    """The recogniser, beside the trained run."""
    shutil.copytree(gallery_folder, trained_run.folder.with_name("enrolled"))
    return Run.open("enrolled")


def open_tab(open_page, tab: str, *runs: Run):
    app = open_page("compare")
    app.session_state["compare-runs"] = [run.name for run in runs]
    app.session_state["compare-tab"] = tab
    app.run()
    assert not app.exception
    return app


def test_there_is_no_curve_of_what_was_not_trained(open_page, trained_run, gallery_run) -> None:
    app = open_tab(open_page, SIDE_BY_SIDE, trained_run, gallery_run)
    column = figures_of(app)["enrolled"]
    assert column["Accuracy, best epoch"] == column["Training time"] == "–"
    assert column["Accuracy"].endswith("%") and column["A new person takes"].endswith(" s")
    assert "enrolled: no curve" in texts(app)
    # Curves of the trained run, and the errors of both.
    assert len(app.get("plotly_chart")) == 2
    widget(app.multiselect, "Runs").set_value(["enrolled"]).run()
    assert "Embedding recognisers are not trained" in texts(app)
    assert len(app.get("plotly_chart")) == 1


def test_mistakes_are_explained_by_likeness(open_page, gallery_run) -> None:
    app = open_tab(open_page, MISTAKES, gallery_run)
    widget(app.toggle, "Show what the network looked at").set_value(True).run()
    assert not app.exception
    assert "The face glows where it spoke most for" in texts(app)


def test_the_threshold_is_that_of_the_similarity(open_page, trained_run, gallery_run) -> None:
    app = open_tab(open_page, THRESHOLD, gallery_run, trained_run)
    slider = widget(app.slider, "Threshold of the similarity")
    assert slider.value == pytest.approx(gallery_run.operating_point.threshold)


def test_the_gap_says_why_there_is_none(open_page, trained_run, gallery_run) -> None:
    app = open_tab(open_page, GAP, gallery_run, trained_run)
    assert "enrolled was not trained" in texts(app) and "colours-run" in texts(app)
    assert "There is no live assessment of this run yet" in texts(app)
    assert button(app, "Test robustness")
    assert not [item for item in app.metric if item.label == "Split by image"]


def test_it_compares_two_faces(open_page, gallery_run) -> None:
    app = open_tab(open_page, TWO_FACES, gallery_run)
    assert -1 <= float(widget(app.metric, "Cosine similarity").value) <= 1
    assert "16 pictures of 2 **strangers**" in texts(app)


def test_it_can_be_taken_away(gallery_run, trained_run) -> None:
    contenders = [contender(run) for run in (gallery_run, trained_run)]
    assert "enrolled" in report.html_report(timed(contenders))
    assert b"enrolled" in predictions(contenders[:1])
