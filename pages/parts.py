"""Parts that several pages share: sidebar, progress bars, error messages, training state."""

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

from facerec.datasets.folder import UNKNOWN, FaceFolder, list_datasets
from facerec.decisions.gallery import Gallery
from facerec.decisions.matchers import MATCHERS
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import SCORES
from facerec.errors import FacerecError
from facerec.evaluation.evaluation import Evaluation
from facerec.evaluation.kept import last_evaluation
from facerec.faces.detection import DETECTORS, FaceDetector, detector
from facerec.live.ice_servers import ice_servers
from facerec.runs import catalogue
from facerec.runs.run import Run
from facerec.system import jobs
from facerec.system.jobs import Job
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
    """Rerun through ``app.py`` if a page was opened by its own URL right after the app's start.

    Until ``app.py`` has called ``st.navigation``, Streamlit runs the scripts in a folder named
    ``pages`` directly. The page would come without the sidebar.
    """
    if not st.session_state.get("inside_app"):
        PagesManager.uses_pages_directory = False
        st.rerun()


def sidebar() -> None:
    """Draw the select boxes for data set and run in use, and the running training."""
    st.session_state["inside_app"] = True
    for kind in ("dataset", "run"):
        # Streamlit allows setting a widget's value only before the widget is drawn.
        if chosen := st.session_state.pop(f"{kind}_to_use", None):
            st.session_state[kind] = chosen
    datasets = [folder.name for folder in list_datasets()]
    trained = [run.name for run in catalogue.list_runs()]
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
    """Activity of the job that keeps others from starting, in words; empty if there is none."""
    return next((job.activity for _, job in jobs.active_jobs()), "")


def dataset_in_use() -> FaceFolder | None:
    """The data set chosen in the sidebar, or None."""
    name = st.session_state.get("dataset")
    return FaceFolder.open(name) if name else None


def run_in_use() -> Run | None:
    """The run chosen in the sidebar, or None."""
    name = st.session_state.get("run")
    return Run.open(name) if name else None


def use(*, dataset: str | None = None, run: str | None = None) -> None:
    """Choose a data set or a run in the sidebar from the next rerun on."""
    if dataset:
        st.session_state["dataset_to_use"] = dataset
    if run:
        st.session_state["run_to_use"] = run


def job_words(job: Job) -> str:
    """Progress or state of a job, in words."""
    if job.state == "training" and job.epoch:
        return f"epoch {job.epoch} · {duration(job.seconds_left)} left"
    if job.state == "training" and job.total:
        return f"{job.done} of {job.total}"
    return STATES[job.state]


def remarks(run: Run) -> None:
    """Show the remarks on a run, such as that its data set was changed or deleted."""
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
    """Context manager that shows a ``FacerecError`` of its block on the page, which goes on."""
    try:
        yield
    except FacerecError as error:
        st.error(str(error), icon=":material/error:")


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """Context manager with a progress bar, the time left and a Stop button.

    It yields the progress callback that facerec's functions take. Stop works because a click makes
    Streamlit end the running script at its next call of Streamlit, which is in the callback.
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
    """Show the browser's camera with frames changed by ``on_frame``, and tell whether it plays.

    Both callbacks run on other threads and must not touch Streamlit. The player's ``controls``,
    full screen among them, cover the lower edge of the picture.
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
    """Draw a box to pick a class or type a new one; gives its name, or None."""
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
    """Draw a select box of the detectors, and give the chosen one's name."""
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
    """Draw a choice of the matchers, and give the chosen one's name."""
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
    """Number of enrolled people, in words."""
    people = len(gallery.persons)
    return {0: "nobody yet", 1: "1 person"}.get(people, f"{people} people")


def person_card(gallery: Gallery, name: str, faces: int) -> DeltaGenerator:
    """Draw a person's name, number of faces and some pictures, and give their container."""
    container = st.container(border=True, width=260)
    with container:
        st.markdown(f"**{name}** · {faces} {'face' if faces == 1 else 'faces'}")
        pictures = gallery.pictures_of(name)
        step = max(1, len(pictures) // PICTURES_SHOWN)
        st.image(pictures[::step][:PICTURES_SHOWN], width=50)
    return container


@st.cache_resource(show_spinner="Loading the face detector …")
def loaded_detector(kind: str) -> FaceDetector:
    """The detector with this name, loaded once for all sessions."""
    return detector(kind)


def ready_detector(kind: str) -> FaceDetector:
    """The detector with this name; a caption says so if a fallback replaces it."""
    found = loaded_detector(kind)
    if found.notice:
        st.caption(f":material/info: {found.notice}")
    return found


def evaluation_of(run: Run) -> Evaluation | None:
    """Last evaluation of a run, cached for all sessions; None before there is one.

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
    """Draw a threshold slider that starts from an operating point, and give the chosen point."""
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
    """Plotly's configuration for a chart that can be saved as ``facerec-<name>.png``."""
    return {
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"filename": f"facerec-{name}", "format": "png", "scale": 2},
    }


def empty_state(text: str, page: str, label: str, icon: str) -> None:
    """Show why a page has nothing to work on yet, with a link to the page that helps."""
    st.info(text, icon=":material/lightbulb:")
    st.page_link(page, label=label, icon=icon)
