from dataclasses import replace
from types import SimpleNamespace

import pytest
import streamlit as st

from facerec.collecting.sources import named
from facerec.datasets.folder import UNKNOWN
from facerec.decisions.operating_point import OperatingPoint
from facerec.evaluation.judging import evaluate
from facerec.faces import images
from facerec.live.frames import FacesFound
from facerec.recognition.engines import TITLES
from facerec.recognition.fastest_engine import fastest_engine, last_measurements
from pages.live_panels.catalogue import PANELS
from pages.live_panels.view import LiveView
from tests.examples import CLASSES, noisy_color
from tests.pages.conftest import button, look_at_one_face, texts, widget


@pytest.fixture
def upload(monkeypatch):
    """Puts a picture of one colour-coded face where the page asks for a file."""
    content = images.encode(noisy_color((200, 60, 60), 1), ".png")
    monkeypatch.setattr("streamlit.file_uploader", lambda *_, **__: named("ada.png", content))


def choose_file(app):
    app.session_state["live-source"] = "File"
    widget(app.selectbox, "Face detector").set_value("none")
    return app.run()


def headline(app) -> str:
    """What the page says in large letters of the first face."""
    return next(e.value for e in app.markdown if e.value.startswith("## "))


def test_the_threshold_starts_from_the_runs_and_is_kept_with_it(open_page, trained_run) -> None:
    trained_run.save_operating_point(OperatingPoint(0.7, temperature=2.0))
    app = open_page("live")
    slider = widget(app.slider, "Threshold")
    assert slider.value == 0.7
    assert button(app, "Keep").disabled
    slider.set_value(0.85).run()
    button(app, "Keep").click().run()
    assert trained_run.operating_point == OperatingPoint(0.85, temperature=2.0)
    assert button(app, "Keep").disabled


def test_a_stream_started_soon_after_another_has_a_pipeline_of_its_own(
    open_page, trained_run, monkeypatch
) -> None:
    stream = SimpleNamespace(state=SimpleNamespace(playing=True))
    monkeypatch.setattr("pages.components.camera.webrtc_streamer", lambda **_: stream)
    app = open_page("live")
    first = app.session_state["pipeline"]
    app.run()
    assert app.session_state["pipeline"] is first and not first.closed
    stream.state.playing = False
    app.run()
    assert first.closed
    stream.state.playing = True
    app.run()
    assert app.session_state["pipeline"] is not first
    assert not app.session_state["pipeline"].closed


def test_a_stream_whose_pipeline_the_one_before_closed_late_gets_another(
    open_page, trained_run, monkeypatch
) -> None:
    given = []

    def close_the_first(*, on_video_ended, **_):
        given.append(on_video_ended)
        if len(given) == 1:
            on_video_ended()
        return SimpleNamespace(state=SimpleNamespace(playing=True))

    monkeypatch.setattr("pages.components.camera.webrtc_streamer", close_the_first)
    app = open_page("live")
    assert len(given) == 2 and not app.session_state["pipeline"].closed


def test_the_threshold_is_held_against_the_runs_score(open_page, trained_run, upload) -> None:
    trained_run.save_operating_point(OperatingPoint(3.0, "energy", low=-50.0, high=50.0))
    app = choose_file(open_page("live"))
    slider = widget(app.slider, "Threshold of the energy")
    assert (slider.value, slider.min, slider.max) == (3.0, -50.0, 50.0)
    assert "Energy" in texts(app)
    for threshold, color in ((-50.0, "green"), (50.0, "red")):
        widget(app.slider, "Threshold of the energy").set_value(threshold).run()
        assert headline(app).startswith(f"## :{color}[")


def test_an_image_is_labelled(open_page, trained_run, upload) -> None:
    app = choose_file(open_page("live"))
    assert not app.exception
    widget(app.slider, "Threshold").set_value(0.0).run()
    assert any(f"[{name}]" in headline(app) for name in CLASSES)


def test_at_threshold_one_everybody_is_unknown(open_page, trained_run, upload) -> None:
    app = choose_file(open_page("live"))
    widget(app.slider, "Threshold").set_value(1.0).run()
    assert headline(app).startswith(f"## :red[{UNKNOWN}]")


def test_the_missing_sample_video_leads_home(open_page, trained_run) -> None:
    app = open_page("live")
    app.session_state["live-source"] = "Sample"
    app.run()
    assert "The sample video is drawn with the sample data." in texts(app)


def test_other_runs_stand_beside_the_one_in_use(open_page, trained_run, strict_run, upload) -> None:
    app = open_page("live")
    app.session_state["run"] = trained_run.name
    app = choose_file(app)
    assert not app.table
    widget(app.multiselect, "Other runs beside it").set_value(["strict"]).run()
    widget(app.slider, "Threshold").set_value(0.0).run()
    assert not app.exception
    table = app.table[0].value
    assert list(table.index) == [trained_run.name, "strict"]
    # Each at its own threshold.
    assert UNKNOWN in table.loc["strict"].iloc[0]
    assert UNKNOWN not in table.loc[trained_run.name].iloc[0]
    assert "They disagree about face 1." in texts(app)


def test_scores_that_need_judging_are_offered_once_it_is_done(
    open_page, trained_run, small_dataset
) -> None:
    app = open_page("live")
    label = "Score for the threshold"
    assert widget(app.selectbox, label).options == ["Confidence", "Margin"]
    evaluation = evaluate(trained_run, strangers=small_dataset)
    app.run()
    assert "Energy" in widget(app.selectbox, label).options
    widget(app.selectbox, label).set_value("energy").run()
    assert not app.exception
    slider = widget(app.slider, "Threshold of the energy")
    point = evaluation.point_for("energy", 1.0)
    assert (slider.min, slider.max) == (point.low, point.high)


def test_the_way_to_calculate_is_shown(open_page, trained_run) -> None:
    # Other tests' runs have the same name and weights, and may have been measured differently.
    st.cache_resource.clear()
    chosen = fastest_engine(trained_run)
    shown = texts(open_page("live"))
    # One that this processor cannot calculate with has no time.
    times = {
        found.name: found.milliseconds[1]
        for found in last_measurements(trained_run)
        if found.milliseconds
    }
    own = times.pop(chosen.name)
    assert f"{trained_run.name} calculates with {chosen.title}: {own:.1f} ms a face" in shown
    for name, milliseconds in times.items():
        assert f"; {TITLES[name]}: {milliseconds:.1f} ms" in shown


def test_a_panel_is_one_entry_and_hears_of_the_stream(
    open_page, trained_run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count_faces(live: LiveView) -> None:
        if "toy" not in st.session_state:
            st.session_state["toy"] = []
            live.pipeline.subscribe(FacesFound, st.session_state["toy"].append)
        faces = sum(len(found.faces) for found in st.session_state["toy"])
        st.write(f"{live.run.name}: {faces} faces, {'on' if live.playing else 'off'}")

    monkeypatch.setitem(PANELS, ":material/toys: Toy", count_faces)
    app = open_page("live")
    assert [tab.label for tab in app.tabs] == list(PANELS)
    assert "faces, off" not in texts(app), "its tab is closed"
    app.session_state["live-tab"] = ":material/toys: Toy"
    app.run()
    assert not app.exception
    assert f"{trained_run.name}: 0 faces, off" in texts(app)
    look_at_one_face(app)
    # STOP closes the pipeline, and the page makes another.
    before = app.session_state["pipeline"]
    before.close()
    app.run()
    assert app.session_state["pipeline"] is not before
    look_at_one_face(app)
    assert f"{trained_run.name}: 2 faces, off" in texts(app.run())


def test_a_run_that_learned_another_crop_says_so(open_page, trained_run) -> None:
    assert "It learned from" not in texts(open_page("live"))
    trained_run.save_config(trained_run.config, replace(trained_run.info, detectors={"none": 9}))
    assert "It learned from 9 pictures: 9 taken whole." in texts(open_page("live"))


def test_outside_presenter_mode_the_camera_is_neither_frozen_nor_mirrored(
    open_page, trained_run, monkeypatch: pytest.MonkeyPatch
) -> None:
    playing = SimpleNamespace(state=SimpleNamespace(playing=True))
    app = open_page("live")
    monkeypatch.setattr("pages.components.camera.webrtc_streamer", lambda **_: playing)
    look_at_one_face(app)
    pipeline = app.session_state["pipeline"]
    for name in ("live-presenting", "live-frozen", "live-mirrored"):
        app.session_state[name] = True
    app.run()
    assert not app.exception
    assert pipeline.mirrored and pipeline._frozen is not None
    app.session_state["live-presenting"] = False
    app.run()
    assert not pipeline.mirrored and pipeline._frozen is None


def test_the_work_on_a_video_can_be_stopped_and_begun_again(
    open_page, trained_run, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    monkeypatch.setattr("facerec.live.film._look", lambda source, pipeline, state: None)
    monkeypatch.setattr("facerec.system.paths.sample_video", lambda: tmp_path)
    app = open_page("live")
    app.session_state["live-source"] = "Sample"
    app.run()
    assert not app.exception
    looking = app.session_state["film"]
    button(app, "Stop").click().run()
    assert looking._state.stopped.is_set() and "It was stopped." in texts(app)
    button(app, "Look at it").click().run()
    assert not app.exception
    assert app.session_state["film"] is not looking
