from facerec.evaluation.judging import evaluate
from facerec.runs import creating
from facerec.runs.history import best_record
from facerec.training.loop import train
from tests.examples import tiny_config
from tests.pages.conftest import figures_of, texts


def test_figures_are_those_of_the_histories(open_page, trained_run, second_run) -> None:
    table = figures_of(open_page("compare"))
    for run in (trained_run, second_run):
        history = run.history()
        best = best_record(history)
        column = table[run.name]
        assert column["Accuracy, best epoch"] == f"{best['validation_accuracy']:.1%}"
        assert column["Accuracy, last epoch"] == f"{history[-1]['validation_accuracy']:.1%}"
        assert column["Best epoch"] == f"{best['epoch']} of {len(history)}"
        assert column["Parameters"] == f"{run.info.parameters:,}"
        assert float(column["Time for a face"].removesuffix(" ms")) > 0


def test_one_run_alone_asks_for_another(open_page, trained_run) -> None:
    assert "Choose a second run" in texts(open_page("compare"))


def test_what_was_done_differently_stands_beside_the_curves(open_page, trained_run) -> None:
    train(creating.create("quick", tiny_config(epochs=1, label_smoothing=0.25)))
    app = open_page("compare")
    different = app.dataframe[0].value
    assert set(different.index) == {"Epochs", "Label smoothing"}
    assert different.loc["Epochs"].to_dict() == {"quick": "1", trained_run.name: "2"}
    assert "Learning rate" in app.dataframe[1].value.index


def test_a_run_of_the_same_settings_differs_by_chance(open_page, trained_run, second_run) -> None:
    assert "what differs is chance" in texts(open_page("compare"))


def test_runs_that_were_judged_on_different_images_are_not_ranked(
    open_page, trained_run, small_dataset
) -> None:
    other = creating.create("other", tiny_config(seed=5))
    train(other)
    for run in (trained_run, other):
        evaluate(run, strangers=small_dataset)
    app = open_page("compare")
    assert "not judged on the same images" in texts(app)
    assert "These were not all" in texts(app)
