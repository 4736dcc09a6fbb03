from facerec.evaluation.judging import evaluate
from pages.compare_tabs.titles import TAKE_AWAY
from tests.pages.conftest import compare_tab


def test_everything_can_be_taken_away(open_page, trained_run) -> None:
    evaluate(trained_run)
    app = compare_tab(open_page, TAKE_AWAY)
    assert trained_run.name in app.code[0].value
    labels = [element.proto.label for element in app.get("download_button")]
    assert labels[:2] == ["Download the report", "Download as CSV"]
