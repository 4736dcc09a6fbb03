from facerec.runs import catalogue, creating
from tests.pages.conftest import button, job, texts


def test_a_second_start_is_refused(open_page, trained_run) -> None:
    app = open_page("train")
    job(trained_run, "training", epoch=1, phase="training", done=1, total=8, seconds_left=9.0)
    # The page was drawn before another tab started it.
    button(app, "Start training").click().run()
    assert len(catalogue.list_runs()) == 1
    app.run()
    assert button(app, "Start training").disabled
    assert f"{trained_run.name} is being trained: stop it, or wait" in texts(app)


def test_what_another_tab_starts_is_shown(open_page, trained_run) -> None:
    app = open_page("train")
    other = creating.create("elsewhere", trained_run.config)
    job(other, "training", epoch=1, phase="training", batch=1, batches=5, done=1, total=10)
    app.run()
    assert "elsewhere" in [element.value for element in app.subheader]
