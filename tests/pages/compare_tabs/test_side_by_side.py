from facerec.runs.history import best_record
from tests.pages.conftest import texts


def test_figures_are_those_of_the_histories(open_page, trained_run, second_run) -> None:
    table = open_page("compare").dataframe[0].value
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
