from facerec.runs import catalogue, creating
from facerec.training import forecast
from tests.examples import tiny_config
from tests.pages.conftest import button, job, texts, widget


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


def test_settings_are_kept_while_another_page_is_open(open_page, trained_run) -> None:
    app = open_page("train")
    widget(app.number_input, "Batch size").set_value(7)
    widget(app.number_input, "Epochs").set_value(3).run()
    app.switch_page("pages/augment.py").run()
    app.switch_page("pages/train.py").run()
    assert widget(app.number_input, "Batch size").value == 7
    assert widget(app.number_input, "Epochs").value == 3


def test_the_settings_of_the_run_in_use_stand_beside_it(open_page, trained_run) -> None:
    creating.create("other", tiny_config(label_smoothing=0.25))
    for page in ("home", "compare", "live"):
        app = open_page(page)
        app.session_state["run"] = trained_run.name
        app.run()
        assert ":orange-background[Learning rate **5e-05**]" in texts(app)
        assert "Label smoothing **0**" in texts(app)
    app.session_state["run"] = "other"
    app.run()
    shown = texts(app)
    assert ":orange-background[Label smoothing **0.25**]" in shown, shown


def test_the_suggested_name_says_what_is_different(open_page, trained_run) -> None:
    app = open_page("train")
    widget(app.number_input, "Epochs").set_value(3).run()
    name = widget(app.text_input, "Name of the run").placeholder
    assert name.startswith("colours-custom_cnn epochs 3, ") and name.endswith("and more")


def test_the_time_of_a_training_is_said_when_asked_for(
    open_page, small_dataset, monkeypatch
) -> None:
    monkeypatch.setattr(forecast, "job_seconds", lambda config: 95.0)
    app = open_page("train")
    button(app, "How long will it take?").click().run()
    assert not app.exception
    assert "At most **1 min 35 s**" in texts(app)
