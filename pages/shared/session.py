"""The app around a page: the sidebar, what is in use, what is at work."""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from facerec.datasets.folder import FaceFolder, list_datasets
from facerec.runs import catalogue, differences
from facerec.runs.run import Run
from facerec.runs.settings import PRESETS, USUAL, preset
from facerec.system import jobs
from facerec.system.markdown import plain
from pages.shared.progress import job_words


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
    runs, damaged = catalogue.read_runs()
    with st.sidebar:
        _chooser("Data set in use", "dataset", datasets, "none yet")
        # An experiment makes many runs; one is listed while it is in use.
        in_use = st.session_state.get("run")
        names = [run.name for run in runs if not run.info.experiment or run.name == in_use]
        _chooser("Run in use", "run", names, "none yet")
        if name := st.session_state.get("run"):
            _settings(next(run for run in runs if run.name == name))
        for name, why in damaged.items():
            st.warning(f"{plain(name)} is left out. {plain(why)}", icon=":material/warning:")
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


def _settings(run: Run) -> None:
    """List the settings of the run in use; those that are not as usual are marked."""
    if run.is_enrolled:
        return
    usual = differences.in_words(preset(USUAL, run.config.dataset, run.config.network))
    with st.expander("How it was trained", icon=":material/settings:"):
        st.caption(
            "  \n".join(
                f"{title} **{plain(value)}**"
                if value == usual[title]
                else f":orange-background[{title} **{plain(value)}**]"
                for title, value in differences.in_words(run.config).items()
            ),
            help=f"Marked: what is not as in the settings *{PRESETS[USUAL]}*.",
        )


@st.fragment(run_every=2)
def _training_state() -> None:
    for _, job in jobs.active_jobs():
        st.progress(min(1.0, job.done / job.total) if job.total else 0.0, plain(job.activity))
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
