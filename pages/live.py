"""Live page: recognition of the people before the camera, with the threshold as a slider."""

from functools import partial

import streamlit as st

from facerec.live.assessment import LiveCounts
from facerec.live.enrolment import FaceTaking
from facerec.live.pipeline import LivePipeline
from facerec.live.recorder import Recorder
from facerec.live.settings import LiveSettings
from facerec.runs.run import Run
from pages.components.camera import camera
from pages.live_panels import assessment, corrections, files, map, people, recording, settings
from pages.live_panels.faces import every_run, names_and_bars, recognized
from pages.shared import cards, session

SOURCES = {
    "Webcam": ":material/videocam: Webcam",
    "File": ":material/upload_file: Image or video file",
    "Sample": ":material/palette: Sample video",
}
ASSESSMENT = ":material/checklist: Live assessment"
PEOPLE = ":material/group: People"
MAP = ":material/scatter_plot: Map"
CORRECTIONS = ":material/edit: This is wrong"
STAGES = {"detection": "find the faces", "recognition": "recognise them", "drawing": "draw"}


def live_pipeline(chosen: LiveSettings) -> LivePipeline:
    """The browser tab's pipeline with the present settings; the stream continues if they change."""
    pipeline: LivePipeline | None = st.session_state.get("pipeline")
    if pipeline is None or pipeline.closed:
        pipeline = st.session_state["pipeline"] = chosen.pipeline()
        pipeline.recorder = live_recorder()
    chosen.apply(pipeline)
    return pipeline


def live_recorder() -> Recorder:
    """The browser tab's recorder; it keeps a recording if the camera is stopped."""
    if "live-recorder" not in st.session_state:
        st.session_state["live-recorder"] = Recorder()
    return st.session_state["live-recorder"]


@st.fragment(run_every=0.5)
def who(pipeline: LivePipeline, playing: bool) -> None:
    """Show the present names, twice a second."""
    if not playing:
        st.info("Press START below the picture to turn the camera on.", icon=":material/videocam:")
        return
    if pipeline.error:
        st.error(pipeline.error, icon=":material/error:")
    name = next(iter(pipeline.contenders))
    names_and_bars(recognized(pipeline.faces()), pipeline.points[name], "live-bars")
    if st.toggle("How fast", key="live-speed"):
        stages = " · ".join(
            f"{pipeline.milliseconds[stage]:.0f} ms to {words}"
            for stage, words in STAGES.items()
            if stage in pipeline.milliseconds
        )
        st.caption(f"{pipeline.frames_per_second:.0f} frames/s · {stages}")


@st.fragment(run_every=1.0)
def toolbar(pipeline: LivePipeline, several: bool) -> None:
    """Draw the buttons for recordings, and the table of each run's name for each face."""
    recording.toolbar(live_recorder())
    if several:
        every_run(pipeline)


@st.fragment(run_every=1.0)
def assess(chosen: LiveSettings, counts: LiveCounts, playing: bool) -> None:
    """Draw the panel of the live assessment, once a second."""
    assessment.panel(chosen, counts, playing)


@st.fragment
def enrol(chosen: LiveSettings, taking: FaceTaking, playing: bool) -> None:
    """Draw the panel of the known people and of enrolment."""
    people.panel(chosen.first, taking, playing)


@st.fragment
def correct(chosen: LiveSettings, pipeline: LivePipeline) -> None:
    """Draw the panel that corrects wrong names."""
    corrections.panel(chosen.first, pipeline)


def webcam(chosen: LiveSettings) -> None:
    """Show the browser's camera through the pipeline."""
    pipeline = live_pipeline(chosen)
    counts = assessment.counts_of(chosen, pipeline)
    taking = people.taking_of(chosen.first, pipeline)
    video, state = st.columns([3, 2], gap="large")
    with video:
        playing = camera("live", pipeline.video_frame, partial(pipeline.close, wait=False))
        if playing:
            toolbar(pipeline, len(chosen.runs) > 1)
        else:
            recording.downloads()
    with state:
        if taking.person is None:
            who(pipeline, playing)
        else:
            people.progress(chosen.first, taking, playing)
    tabs = st.tabs([ASSESSMENT, PEOPLE, CORRECTIONS, MAP], key="live-tab", on_change="rerun")
    if tabs[0].open:
        with tabs[0]:
            assess(chosen, counts, playing)
    if tabs[1].open:
        with tabs[1]:
            people.work(chosen.first)
            enrol(chosen, taking, playing)
    if tabs[2].open:
        with tabs[2]:
            correct(chosen, pipeline)
    if tabs[3].open:
        with tabs[3]:
            map.panel(chosen, pipeline, playing)


def knows(run: Run) -> str:
    """The people whom a run can name, in words."""
    if run.is_enrolled and not run.gallery.people:
        return "knows nobody yet, so everybody is Unknown: add people under People"
    return f"knows {', '.join(run.classes)}"


session.inside_app()
run = session.run_in_use()
if run is None or not run.trained:
    st.title("Live")
    cards.empty_state(
        "To recognise faces, a network must have learned them first."
        if run is None
        else f"{run.name} has not finished its first epoch yet.",
        session.TRAIN,
        "Train a network",
        ":material/model_training:",
    )
    st.stop()
with st.container(horizontal=True, vertical_alignment="center"):
    st.title("Live", width="content")
    source = st.segmented_control(
        "Source",
        list(SOURCES),
        default="Webcam",
        required=True,
        format_func=SOURCES.get,
        label_visibility="collapsed",
        key="live-source",
    )
chosen = settings.choose(run)
st.caption(f"**{run.title}** {knows(run)}")
for item in chosen.runs.values():
    cards.remarks(item)
if source == "Webcam":
    webcam(chosen)
elif source == "File":
    files.upload(chosen)
else:
    files.sample(chosen)
