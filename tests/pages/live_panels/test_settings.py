"""What a threshold promises of strangers, where other people were measured with the network."""

import pytest

from facerec.decisions.population import Population, population_of
from facerec.networks.metric import Metric
from facerec.recognition import enrolment
from facerec.runs.run import Run
from tests.pages.conftest import button, face, texts, widget
from tests.pages.live_panels.conftest import live

PEOPLE = ":material/group: People"


@pytest.fixture
def measured(empty: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A recogniser that knows Ada and Zoë, with SFace's population."""
    assert empty.population is None, "nothing was measured with this network"
    for name in ("Ada", "Zoë"):
        enrolment.enrol(empty, name, face(name)[None])
    population = population_of("sface")
    monkeypatch.setattr(
        Run, "population", property(lambda run: population if run.is_enrolled else None)
    )
    return empty


def expected(run: Run, rate: float) -> float:
    population: Population | None = run.population
    assert population is not None and run.gallery.metric is Metric.COSINE
    return max(population.threshold(rate, [1, 1]), run.suggested_point(rate).threshold)


def test_live_says_how_many_strangers_a_threshold_names(open_page, measured: Run) -> None:
    app = live(open_page, measured, PEOPLE)
    slider = widget(app.slider, "Threshold of the similarity")
    assert slider.value == pytest.approx(expected(measured, 0.001), abs=1e-3)
    assert "strangers, and look-alikes 6 times as often." in texts(app)
    before = texts(app)
    button(app, "1 in 10,000 strangers").click().run()
    assert not app.exception
    slider = widget(app.slider, "Threshold of the similarity")
    assert slider.value == pytest.approx(expected(measured, 0.0001), abs=1e-3)
    assert texts(app) != before
    assert not button(app, "Keep").disabled


def test_no_network_promises_what_was_not_measured(open_page, empty: Run) -> None:
    enrolment.enrol(empty, "Ada", face("Ada")[None])
    app = live(open_page, empty, PEOPLE)
    assert "look-alikes" not in texts(app)
    assert not [item for item in app.button if item.label.startswith("1 in ")]


def test_sface_gives_a_second_opinion_at_one_click(open_page, trained_run: Run) -> None:
    app = open_page("live")
    assert widget(app.slider, "Threshold").value == 0.5
    button(app, "Ask SFace, too").click().run()
    assert not app.exception
    slider = widget(app.slider, "Threshold of the second opinion")
    assert slider.value == pytest.approx(trained_run.suggested_point().threshold, abs=1e-3)
    assert "strangers, and look-alikes" in texts(app)
    recogniser = next(iter(app.session_state["pipeline"].recognisers.values()))
    assert recogniser.outputs(face("Ada")[None]).second_opinion is not None
    assert not [item for item in app.button if item.label.startswith("Ask SFace")]
    button(app, "Keep").click().run()
    assert trained_run.operating_point.score == "second_opinion"


def test_sface_is_not_asked_about_images_that_are_gone(
    open_page, trained_run: Run, small_dataset
) -> None:
    app = open_page("live")
    small_dataset.delete()
    button(app, "Ask SFace, too").click().run()
    assert any("was trained on are gone" in item.value for item in app.error)
