import shutil

import pytest

from facerec import runs
from facerec.history import best_record
from facerec.runs import Run
from tests.pages.conftest import button, texts, widget


@pytest.fixture
def second_run(trained_run: Run) -> Run:
    """Another run, one epoch shorter."""
    shutil.copytree(trained_run.folder, trained_run.folder.with_name("other"))
    other = Run.open("other")
    other.write_history(trained_run.history()[:1])
    return other


def test_final_figures_are_those_of_the_histories(open_page, trained_run, second_run) -> None:
    table = open_page("compare").dataframe[0].value.set_index("Run")
    for run in (trained_run, second_run):
        history = run.history()
        row = table.loc[run.name]
        kept = best_record(history)
        assert row["Accuracy"] == kept["validation_accuracy"]
        assert row["Macro F1"] == kept["validation_macro_f1"]
        assert row["Loss"] == kept["validation_loss"]
        assert row["Epochs"] == len(history)
        assert row["Training time (s)"] == pytest.approx(sum(r["seconds"] for r in history))
        assert row["Parameters"] == run.info.parameters


def test_one_run_alone_asks_for_another(open_page, trained_run) -> None:
    assert "Train another network" in texts(open_page("compare"))


def test_judging_on_strangers_is_kept_with_the_runs(open_page, trained_run, second_run) -> None:
    app = open_page("compare")
    widget(app.selectbox, "Strangers").set_value("colours")
    button(app, "Judge these runs").click().run()
    assert not app.exception
    table = app.dataframe[1].value.set_index("Run")
    for run in (trained_run, second_run):
        summary = run.evaluation()["summary"]
        assert summary["strangers"] == 24
        assert table.loc[run.name, "FAR"] == summary["false_acceptance_rate"]
        assert table.loc[run.name, "FRR"] == summary["false_rejection_rate"]


def test_deleting_a_run(open_page, trained_run) -> None:
    app = open_page("compare")
    button(app, "Delete it").click().run()
    assert not app.exception
    assert not runs.list_runs()
