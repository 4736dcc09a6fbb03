from facerec.decisions.operating_point import OperatingPoint
from facerec.evaluation.judging import evaluate
from pages.compare_tabs.titles import TAKE_AWAY
from tests.pages.conftest import button, compare_tab


def test_everything_can_be_taken_away(open_page, trained_run) -> None:
    evaluate(trained_run)
    app = compare_tab(open_page, TAKE_AWAY)
    assert trained_run.name in app.code[0].value
    labels = [element.proto.label for element in app.get("download_button")]
    assert labels[:2] == ["Download the report", "Download as CSV"]


def test_a_program_is_made_and_then_downloaded(open_page, trained_run) -> None:
    app = compare_tab(open_page, TAKE_AWAY)
    button(app, "Make it").click().run()
    assert not app.exception and not app.error
    label = app.get("download_button")[0].proto.label
    assert label.startswith("Download (") and label.endswith(" MB)")
    trained_run.save_operating_point(OperatingPoint(0.7))
    app.run()
    assert button(app, "Make it"), "the threshold is another one now"


def test_why_there_is_no_program_is_said(open_page, trained_run) -> None:
    trained_run.save_operating_point(OperatingPoint(0.5, "second_opinion"))
    app = compare_tab(open_page, TAKE_AWAY)
    button(app, "Make it").click().run()
    assert not app.exception
    assert "SFace was not asked" in app.error[0].value
