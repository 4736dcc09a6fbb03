"""Every page, with each kept file damaged in turn: no page is blank."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from facerec.cleaning import editing
from facerec.datasets.folder import FaceFolder
from facerec.decisions.operating_point import OperatingPoint
from facerec.evaluation import robustness
from facerec.evaluation.judging import evaluate
from facerec.live import kept_assessments
from facerec.live.kept_assessments import LiveAssessment
from facerec.runs import creating
from facerec.runs.run import Run
from facerec.system import files
from tests.examples import tiny_config
from tests.pages.conftest import job, texts

PAGES = ("home", "dataset", "augment", "train", "compare", "live")
DAMAGES = {
    "empty": "",
    "cut": None,
    "number": "5",
    "list": "[]",
    "other types": '{"created": 5, "epoch": [], "images": 3, "words": {}, "state": 1}',
    "deep": "[" * 3000 + "]" * 3000,
}
OF_RUN = (
    "config.json", "history.jsonl", "job.json", "remarks.json", "evaluation.json",
    "threshold.json", "robustness.json", "live_assessments.json", "engine.json",
)  # fmt: skip
# Engines are measured again. The others are told of when somebody opens what they are for.
UNSEEN = ("engine.json", "job.json", "robustness.json", "live_assessments.json")
OF_DATASET = ("dataset.json", "_undo/act.json")


@pytest.fixture
def everything(trained_run: Run, small_dataset: FaceFolder) -> Run:
    """A run with all the files that pages keep, beside another run."""
    evaluate(trained_run)
    trained_run.add_remark("Something was changed.")
    point = OperatingPoint(0.6)
    trained_run.save_operating_point(point)
    kept_assessments.add(trained_run, LiveAssessment(point, {"Ada": {"Ada": 3}}))
    robustness.measure_robustness(trained_run)
    job(trained_run, "finished")
    another = creating.create("another", tiny_config())
    values = files.read_json(another.config_file)
    files.write_json(another.config_file, {**values, "created": "2020-01-01T00:00:00+00:00"})
    editing.delete_images(small_dataset, small_dataset.face_files("Ada")[:1])
    return trained_run


def damage(file: Path, how: str) -> None:
    assert file.is_file(), file
    content = DAMAGES[how]
    file.write_bytes(file.read_bytes()[:-9] if content is None else content.encode())


def parts(app: AppTest) -> int:
    """Number of the parts of a page, beside those that tell of an error."""
    main = app.main
    return sum(
        len(main.get(kind)) for kind in ("title", "markdown", "caption", "button", "tab", "alert",
                                         "selectbox", "slider", "metric", "page_link", "imgs")
    ) - len(main.error)  # fmt: skip


@pytest.mark.parametrize(
    "how",
    [pytest.param(how, marks=[] if how == "empty" else [pytest.mark.slow]) for how in DAMAGES],
)
@pytest.mark.parametrize("name", (*OF_RUN, *OF_DATASET))
def test_a_damaged_file_costs_its_own_row(
    name: str, how: str, everything: Run, small_dataset: FaceFolder, open_page
) -> None:
    home = everything.folder if name in OF_RUN else small_dataset.path
    damage(home / name, how)
    told = ""
    for page in PAGES:
        app = open_page(page)
        assert not app.exception, (page, app.exception)
        # A title and what to do next, at least.
        assert parts(app) >= 2, (page, texts(app))
        told += texts(app)
    if how in ("number", "deep") and name not in UNSEEN:
        assert Path(name).name in told, told
