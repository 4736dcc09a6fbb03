from facerec.recognition import new_gallery
from facerec.runs.run import Run
from pages.train_tabs.titles import EMBEDDING
from tests.examples import CLASSES, RUN
from tests.pages.conftest import button, texts, widget


def train(open_page, run: Run):
    app = open_page("train")
    app.session_state["run"] = run.name
    app.session_state["train-tab"] = EMBEDDING
    return app.run()


def test_one_is_made_from_the_run_in_use(open_page, trained_run) -> None:
    app = train(open_page, trained_run)
    embedders = widget(app.selectbox, "Embeddings from")
    best, *others = (f"{title} (pretrained)" for title, _ in new_gallery.PRETRAINED.values())
    assert embedders.options == [best, trained_run.title, *others] and embedders.value == best
    embedders.set_value(trained_run.title)
    widget(app.radio, "How faces are compared").set_value("svm")
    widget(app.text_input, "Name of the recogniser").set_value("ours")
    button(app, "Make it").click().run()
    assert not app.exception
    made = Run.open("ours")
    assert set(made.classes) == set(CLASSES) and made.gallery.matcher == "svm"
    assert made.info.embedder == RUN and app.session_state["run"] == "ours"
    assert "ours is made. It knows 2 people." in texts(app)
    # It is no embedder itself, and nothing to continue a training from.
    assert made.title not in widget(app.selectbox, "Embeddings from").options
    assert "ours" not in widget(app.selectbox, "Continue from").options


def test_nobody_at_first_and_weights_that_cannot_be_had(open_page, trained_run) -> None:
    app = train(open_page, trained_run)
    widget(app.radio, "Who is known").set_value("Nobody at first")
    widget(app.selectbox, "Embeddings from").set_value(trained_run.title).run()
    button(app, "Make it").click().run()
    assert Run.open("colours-embedding").gallery.people == ()
    assert "add people before the camera" in texts(app)
    pretrained = widget(app.selectbox, "Embeddings from")
    pretrained.set_value("InceptionResnetV1, VGGFace2 (pretrained)").run()
    button(app, "Make it").click().run()
    (error,) = app.error
    assert "vggface2.pt" in error.value and "try again" in error.value
