"""What several pages draw: the sidebar, progress with time left, error messages, training state."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

import av
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.pages_manager import PagesManager
from streamlit_webrtc import WebRtcMode, webrtc_streamer

from facerec import jobs, runs
from facerec.dataset import UNKNOWN, FaceFolder, list_datasets
from facerec.detection import DETECTORS, FaceDetector, detector
from facerec.errors import FacerecError
from facerec.evaluation import Evaluation, last_evaluation
from facerec.gallery import Gallery
from facerec.ice_servers import ice_servers
from facerec.jobs import Job
from facerec.matchers import MATCHERS
from facerec.runs import Run
from facerec.scores import SCORES, OperatingPoint
from pages.camera_help import camera_help

SLIDER_STEPS = 200
PICTURES_SHOWN = 4
STATES = {
    "new": "not trained yet",
    "starting": "starting",
    "training": "training",
    "finished": "finished",
    "stopped": "stopped",
    "failed": "failed",
    "interrupted": "interrupted",
}


def inside_app() -> None:
    """Begin again with ``app.py`` if a page was opened by its own address right after a start.

    Until ``app.py`` has called ``st.navigation``, Streamlit takes a folder named pages for an app
    without it, and the page would come alone, without the sidebar.
    """
    if not st.session_state.get("inside_app"):
        PagesManager.uses_pages_directory = False
        st.rerun()


def sidebar() -> None:
    """Choosers for the data set and the run in use, and what is being trained."""
    st.session_state["inside_app"] = True
    for kind in ("dataset", "run"):
        # A widget's value can only be set before it is drawn.
        if chosen := st.session_state.pop(f"{kind}_to_use", None):
            st.session_state[kind] = chosen
    datasets = [folder.name for folder in list_datasets()]
    trained = [run.name for run in runs.list_runs()]
    with st.sidebar:
        _chooser("Data set in use", "dataset", datasets, "none yet")
        _chooser("Run in use", "run", trained, "none yet")
        _training_state()


def _chooser(label: str, key: str, names: list[str], placeholder: str) -> None:
    if st.session_state.get(key) not in names:
        st.session_state.pop(key, None)
    index = 0 if names else None
    st.selectbox(
        label,
        names,
        index=index,
        key=key,
        bind="query-params",
        placeholder=placeholder,
        disabled=not names,
    )


@st.fragment(run_every=2)
def _training_state() -> None:
    for _, job in jobs.active_jobs():
        st.progress(job.done / job.total if job.total else 0.0, job.activity)
        st.caption(job_words(job))


def at_work() -> str:
    """What is at work now and keeps other trainings from starting, in words; empty if nothing."""
    return next((job.activity for _, job in jobs.active_jobs()), "")


def dataset_in_use() -> FaceFolder | None:
    """The data set chosen in the sidebar, if there is any."""
    name = st.session_state.get("dataset")
    return FaceFolder.open(name) if name else None


def run_in_use() -> Run | None:
    """The run chosen in the sidebar, if there is any."""
    name = st.session_state.get("run")
    return Run.open(name) if name else None


def use(*, dataset: str | None = None, run: str | None = None) -> None:
    """Choose a data set or a run in the sidebar from the next rerun on."""
    if dataset:
        st.session_state["dataset_to_use"] = dataset
    if run:
        st.session_state["run_to_use"] = run


def job_words(job: Job) -> str:
    """How far a training is, in words."""
    if job.state == "training" and job.epoch:
        return f"epoch {job.epoch} · {duration(job.seconds_left)} left"
    if job.state == "training" and job.total:
        return f"{job.done} of {job.total}"
    return STATES[job.state]


def remarks(run: Run) -> None:
    """Say what became of the faces that a run was trained on, where it is to be known."""
    for text in run.remarks():
        st.caption(f":material/warning: {run.name}: {text}")


def duration(seconds: float) -> str:
    """A length of time in words, such as "2 min 5 s"."""
    seconds = round(seconds)
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show a facerec error where the block stands, and go on with the page."""
    try:
        yield
    except FacerecError as error:
        st.error(str(error), icon=":material/error:")


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar with time left and a Stop button, as the callback facerec's functions take.

    Stop works because a click makes Streamlit end the running script at its next call, which is in
    the callback.
    """
    place = st.empty()
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, f"{title} …")
        st.button("Stop", icon=":material/stop:", key=f"stop-{title}")
    began = time.monotonic()
    drawn = 0.0

    def show(done: int, total: int) -> None:
        nonlocal drawn
        now = time.monotonic()
        if now - drawn < 0.2 and done < total:
            return
        drawn = now
        left = (now - began) / done * (total - done)
        bar.progress(done / total, f"{title}: {done} of {total} · {duration(left)} left")

    yield show
    place.empty()


def camera(
    key: str,
    on_frame: Callable[[av.VideoFrame], av.VideoFrame],
    on_end: Callable[[], None] | None = None,
    *,
    controls: bool = True,
) -> bool:
    """The browser's camera with what ``on_frame`` makes of its frames; whether it plays.

    Both callbacks run on other threads and must not touch Streamlit. The player's ``controls``,
    with the full screen, lie over the lower edge of the picture.
    """
    stream = webrtc_streamer(
        key=key,
        mode=WebRtcMode.SENDRECV,
        rtc_configuration={"iceServers": ice_servers()},
        media_stream_constraints={"video": True, "audio": False},
        video_frame_callback=on_frame,
        on_video_ended=on_end,
        video_html_attrs={"autoPlay": True, "controls": controls, "style": {"width": "100%"}},
    )
    camera_help(f"{key}-help")
    return stream.state.playing


def choose_person(folder: FaceFolder, key: str, label: str = "Whose face is it?") -> str | None:
    """A box to pick a class or type a new one."""
    return st.selectbox(
        label,
        sorted({*folder.class_names(), UNKNOWN}),
        index=None,
        accept_new_options=True,
        filter_mode="prefix",
        key=key,
        placeholder="Pick or type a name",
        help=f"A name becomes a class. {UNKNOWN} is for people the network should not name.",
    )


def choose_detector(label: str = "Face detector", key: str = "detector") -> str:
    """A select box of detectors; the chosen one's name."""
    return st.selectbox(
        label,
        list(DETECTORS),
        format_func=DETECTORS.get,
        key=key,
        help="What finds the faces in your pictures. Everything else works on what it finds.",
    )


def choose_matcher(
    key: str,
    chosen: str = next(iter(MATCHERS)),
    label_visibility: Literal["visible", "collapsed"] = "visible",
) -> str:
    """A choice of how an embedding recogniser compares faces; the chosen one's name."""
    names = list(MATCHERS)
    return st.radio(
        "How faces are compared",
        names,
        names.index(chosen),
        format_func=lambda name: MATCHERS[name].title,
        captions=[matcher.description for matcher in MATCHERS.values()],
        key=key,
        label_visibility=label_visibility,
    )


def people_known(gallery: Gallery) -> str:
    """How many people are enrolled, in words."""
    people = len(gallery.persons)
    return {0: "nobody yet", 1: "1 person"}.get(people, f"{people} people")


def person_card(gallery: Gallery, name: str, faces: int) -> DeltaGenerator:
    """Somebody's name, number of faces and some of their pictures; the container they are in."""
    container = st.container(border=True, width=260)
    with container:
        st.markdown(f"**{name}** · {faces} {'face' if faces == 1 else 'faces'}")
        pictures = gallery.pictures_of(name)
        step = max(1, len(pictures) // PICTURES_SHOWN)
        st.image(pictures[::step][:PICTURES_SHOWN], width=50)
    return container


@st.cache_resource(show_spinner="Loading the face detector …")
def loaded_detector(kind: str) -> FaceDetector:
    """The detector of that name, loaded once for all."""
    return detector(kind)


def ready_detector(kind: str) -> FaceDetector:
    """The detector of that name, with a remark on the page where it is not the one hoped for."""
    found = loaded_detector(kind)
    if found.notice:
        st.caption(f":material/info: {found.notice}")
    return found


def evaluation_of(run: Run) -> Evaluation | None:
    """What the run was last found to do, read once for all; None before it was judged.

    Errors as ``last_evaluation``.
    """
    file = run.evaluation_file
    if not file.exists():
        return None
    return _evaluation(run.name, run.knowledge_hash, file.stat().st_mtime_ns)


@st.cache_resource(show_spinner=False, max_entries=32)
def _evaluation(name: str, knowledge: str, changed: int) -> Evaluation | None:
    return last_evaluation(Run.open(name))


def threshold_slider(saved: OperatingPoint, key: str, help: str) -> OperatingPoint:
    """A slider for the threshold that starts from an operating point; the point it makes."""
    title = SCORES[saved.score].title.lower()
    threshold = st.slider(
        "Threshold" if saved.score == "confidence" else f"Threshold of the {title}",
        saved.low,
        saved.high,
        saved.threshold,
        (saved.high - saved.low) / SLIDER_STEPS,
        format="%.3f",
        key=key,
        help=help,
    )
    return replace(saved, threshold=threshold)


def chart_config(name: str) -> dict[str, Any]:
    """Plotly's settings for a chart that can be saved as a PNG file of that name."""
    return {
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"filename": f"facerec-{name}", "format": "png", "scale": 2},
    }


def empty_state(text: str, page: str, label: str, icon: str) -> None:
    """What a page shows when it has nothing to work on yet: the reason, and the way on."""
    st.info(text, icon=":material/lightbulb:")
    st.page_link(page, label=label, icon=icon)
