import shutil

from facerec.evaluation.judging import evaluate
from facerec.runs import catalogue
from pages.compare_tabs.titles import SIDE_BY_SIDE
from tests.pages.conftest import button, compare_tab, figures_of, texts, widget


def test_without_runs_the_way_is_to_train(open_page) -> None:
    assert "Train two or three networks" in texts(open_page("compare"))


def test_judging_is_kept_with_the_runs_and_shown_first(
    open_page, trained_run, second_run, small_dataset, home
) -> None:
    shutil.copytree(small_dataset.path, home / "data" / "visitors")
    app = open_page("compare")
    assert "Press **Judge**" in texts(app)
    # The runs' own data set offers no strangers.
    assert widget(app.selectbox, "Strangers").options == ["visitors"]
    widget(app.selectbox, "Strangers").set_value("visitors")
    button(app, "Judge").click().run()
    assert not app.exception
    for run in (trained_run, second_run):
        evaluation = evaluate(run)
        assert len(evaluation.strangers) == 24
        summary = evaluation.summary(run.operating_point)
        shown = widget(app.metric, run.name)
        assert shown.value == (f"{summary.strangers_named.short} / {summary.people_refused.short}")
        column = figures_of(app)[run.name]
        assert column["Your people refused (FRR)"] == str(summary.people_refused)
    assert "held-out images: too few" in texts(app)


def test_deleting_a_run(open_page, trained_run) -> None:
    app = compare_tab(open_page, SIDE_BY_SIDE)
    button(app, "Delete it").click().run()
    assert not app.exception
    assert not catalogue.list_runs()


def test_a_run_that_arrives_under_a_taken_name_gets_another(open_page, trained_run) -> None:
    app = open_page("compare")
    packed = catalogue.export(trained_run)
    upload = widget(app.get("file_uploader"), "Open a run exported elsewhere")
    upload.set_value([("run.zip", packed, "application/zip")]).run()
    field = widget(app.text_input, "Name here")
    assert field.value == f"{trained_run.name}-2"
    button(app, "Open it").click().run()
    assert not app.exception
    names = {run.name for run in catalogue.list_runs()}
    assert names == {trained_run.name, f"{trained_run.name}-2"}
