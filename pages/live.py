"""Live page: recognition of the people before the camera, with the threshold as a slider."""

from functools import partial

import streamlit as st

from facerec.live.frames import FrameDrawn
from facerec.live.pipeline import LivePipeline
from facerec.live.recorder import Recorder
from facerec.live.settings import LiveSettings
from facerec.runs.run import Run
from facerec.system.markdown import plain
from pages.components.camera import camera
from pages.live_panels import assessment, files, map, people, presenter, recording, settings
from pages.live_panels.catalogue import PANELS
from pages.live_panels.faces import every_run, names, names_and_bars, recognized
from pages.live_panels.view import LiveView
from pages.shared import addresses, cards, session
from pages.shared.take_home import WHAT, take_home

SOURCES = {
    "Webcam": ":material/videocam: Webcam",
    "File": ":material/upload_file: File",
    "Sample": ":material/palette: Sample video",
}
MOST_NAMED = 8
STAGES = {"detection": "find the faces", "recognition": "recognise them", "drawing": "draw"}


def live_pipeline(chosen: LiveSettings) -> LivePipeline:
    """The browser tab's pipeline with the present settings; the stream continues if they change."""
    pipeline: LivePipeline | None = st.session_state.get("pipeline")
    if pipeline is None or pipeline.closed:
        # Whoever has heard of the one before hears of this one, too.
        listeners = pipeline.listeners if pipeline else None
        pipeline = st.session_state["pipeline"] = chosen.pipeline(listeners)
    chosen.apply(pipeline)
    return pipeline


def end_with_stream(pipeline: LivePipeline, playing: bool) -> None:
    """Close the pipeline of a stream that has ended, so that the next stream gets its own.

    The stream closes it, too, but on busy cores so late that the next one already has it.
    """
    if playing:
        st.session_state["streaming"] = pipeline
    elif st.session_state.pop("streaming", None) is pipeline:
        pipeline.close(wait=False)


def live_recorder(pipeline: LivePipeline) -> Recorder:
    """The browser tab's recorder; it keeps a recording if the camera is stopped."""
    if "live-recorder" not in st.session_state:
        recorder = st.session_state["live-recorder"] = Recorder()
        pipeline.subscribe(FrameDrawn, recorder.add)
    return st.session_state["live-recorder"]


@st.fragment(run_every=0.5)
def who(live: LiveView) -> None:
    """Show the present names, twice a second."""
    if not live.playing:
        st.info("Press START below the picture to turn the camera on.", icon=":material/videocam:")
        return
    pipeline = live.pipeline
    if pipeline.error:
        st.error(plain(pipeline.error), icon=":material/error:")
    name = next(iter(pipeline.recognisers))
    present = pipeline.faces()
    if present and not recognized(present):
        st.subheader("Looking …", help=f"A face is named after {pipeline.looks} looks.")
    elif presenter.is_on():
        names(recognized(present))
        presenter.scores(live)
        return
    else:
        names_and_bars(recognized(present), pipeline.points[name], "live-bars")
    if st.toggle("How fast", key="live-speed", persist_state="session"):
        stages = " · ".join(
            f"{pipeline.milliseconds[stage]:.0f} ms to {words}"
            for stage, words in STAGES.items()
            if stage in pipeline.milliseconds
        )
        waited = pipeline.seconds_to_name
        named = "" if waited is None else f" · a new face is named after {waited:.1f} s"
        st.caption(f"{pipeline.frames_per_second:.0f} frames/s · {stages}{named}")


@st.fragment(run_every=1.0)
def toolbar(live: LiveView, recorder: Recorder) -> None:
    """Draw the buttons for recordings, and the table of each run's name for each face."""
    if live.pipeline.closed:
        # The end of the stream before came so late that it closed the pipeline of this one.
        st.rerun()
    recording.toolbar(recorder)
    if len(live.settings.runs) > 1:
        every_run(live.pipeline)


def webcam(chosen: LiveSettings) -> None:
    """Show the browser's camera through the pipeline."""
    pipeline = live_pipeline(chosen)
    recorder = live_recorder(pipeline)
    counts = assessment.counts_of(chosen, pipeline)
    taking = people.taking_of(chosen.first, pipeline)
    with st.container(key="live-stage"):
        video, state = st.columns([2, 1], gap="medium")
    with video:
        playing = camera("live", pipeline.video_frame, partial(pipeline.close, wait=False))
        end_with_stream(pipeline, playing)
        live = LiveView(chosen, pipeline, playing, counts, taking)
        presenter.apply(live)
        if playing and not presenter.is_on():
            toolbar(live, recorder)
        elif not playing:
            recording.downloads()
            recording.left_over()
    with state:
        if taking.person is None:
            who(live)
        else:
            people.progress(live)
        if presenter.is_on():
            map.draw(live)
            return
    with st.container(key="live-tabs"):
        tabs = st.tabs(list(PANELS), key="live-tab", on_change="rerun")
    for tab, panel in zip(tabs, PANELS.values(), strict=True):
        if tab.open:
            with tab:
                panel(live)


def knows(run: Run) -> str:
    """The people whom a run can name, in words."""
    if run.is_enrolled and not run.gallery.people:
        return "knows nobody yet, so everybody is Unknown: add people under People"
    if len(run.classes) > MOST_NAMED:
        more = len(run.classes) - MOST_NAMED
        return f"knows {', '.join(run.classes[:MOST_NAMED])} and {more} more"
    return f"knows {', '.join(run.classes)}"


session.inside_app()
run = session.run_in_use()
if run is None or not run.trained:
    st.title("Live")
    cards.empty_state(
        "To recognise faces, a network must have learned them first."
        if run is None
        else f"{plain(run.name)} has not finished its first epoch yet.",
        addresses.TRAIN,
        "Train a network",
        ":material/model_training:",
    )
    st.stop()
head = st.container(horizontal=True, vertical_alignment="center", key="live-head")
with head:
    st.title("Live", width="content")
    source = st.segmented_control(
        "Source",
        list(SOURCES),
        default="Webcam",
        required=True,
        format_func=SOURCES.__getitem__,
        label_visibility="collapsed",
        key="live-source",
        persist_state="session",
    )
    presenter.button()
with st.container(key="live-point"):
    chosen = settings.choose(run, head)
with st.container(key="live-said"):
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"**{plain(run.title)}** {plain(knows(run))}", width="stretch")
        with st.popover("Take home", icon=":material/home:", type="tertiary"):
            st.write(WHAT)
            take_home(run, "live-home")
    for item in chosen.runs.values():
        cards.remarks(item)
        cards.other_crop(item, chosen.detector.name)
webcam_chosen = source == "Webcam"
presenter.hear(chosen, webcam_chosen)
with st.container(key="live-words"):
    if presenter.is_on():
        presenter.words(chosen, webcam_chosen)
if webcam_chosen:
    webcam(chosen)
elif source == "File":
    files.upload(chosen)
else:
    files.sample(chosen)
