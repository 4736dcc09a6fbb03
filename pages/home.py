"""Home page: data sets, runs, and the one next step."""

import pandas as pd
import streamlit as st

from facerec.collecting import samples
from facerec.datasets.folder import UNKNOWN, list_datasets
from facerec.runs import catalogue
from facerec.runs import run as runs
from facerec.runs.history import kept_record
from facerec.training import job as training_jobs
from pages.shared import cards, loaded, session
from pages.shared.progress import STATES, progress_bar
from pages.shared.words import plain


def next_step(datasets: int, found: list[runs.Run]) -> None:
    """Show the next step, with a link to its page."""
    trained = [run for run in found if run.trained]
    if not datasets:
        st.subheader("Start here")
        st.write(
            "Try everything at once with drawn people, or collect your own faces with a webcam."
        )
        return
    if (run := training_jobs.running()) is not None:
        st.subheader(f"{plain(run.name)} is being trained")
        st.page_link(session.TRAIN, label="Watch it learn", icon=":material/model_training:")
    elif not trained:
        st.subheader("Next: train a network")
        st.page_link(session.TRAIN, label="Train a network", icon=":material/model_training:")
    elif len(trained) == 1:
        st.subheader("Next: see it work, or train another to compare")
        st.page_link(session.LIVE, label="Recognise faces live", icon=":material/videocam:")
        st.page_link(session.TRAIN, label="Train another", icon=":material/model_training:")
    else:
        st.subheader("Next: compare your runs, or watch one live")
        st.page_link(session.COMPARE, label="Compare the runs", icon=":material/bar_chart:")
        st.page_link(session.LIVE, label="Recognise faces live", icon=":material/videocam:")


def state(run: runs.Run) -> str:
    """State of a run's training, or the number of people that an embedding recogniser knows."""
    if run.is_enrolled:
        return f"knows {cards.people_known(run.gallery)}"
    return STATES[training_jobs.status(run).state]


session.inside_app()
st.title("Who is in front of the camera?")
st.write(
    "Collect faces, train networks on them, compare the networks, and watch them recognise people "
    "live."
)
folders, all_runs = list_datasets(), catalogue.list_runs()
counts = {folder.name: folder.counts() for folder in folders}
with st.container(border=True):
    left, right = st.columns([3, 2], vertical_alignment="center", gap="large")
    with right, st.container(horizontal=True):
        st.metric("Data sets", len(folders))
        st.metric("Face images", f"{sum(sum(count.values()) for count in counts.values()):,}")
        st.metric("Runs", len(all_runs))
    with left:
        next_step(len(folders), all_runs)
        with st.container(horizontal=True):
            load = False
            if not samples.loaded():
                load = st.button(
                    "Load the sample data",
                    type="secondary" if folders else "primary",
                    icon=":material/palette:",
                    help="Draws four invented people, assorted strangers and a short video, in "
                    "less than half a minute. Nobody real, nothing downloaded.",
                )
            if not folders:
                st.page_link(
                    session.DATASET, label="Collect your own", icon=":material/photo_camera:"
                )
    if load:
        detector = loaded.ready_detector("auto")
        with progress_bar("Drawing the sample data") as progress:
            samples.load(detector, progress)
        session.use(dataset=samples.PEOPLE)
        st.rerun()

if folders:
    st.header("Data sets")
    st.dataframe(
        pd.DataFrame(
            {
                "Data set": name,
                "People": len(count.keys() - {UNKNOWN}),
                "Images": sum(count.values()),
                "Classes": ", ".join(f"{label} ({images})" for label, images in count.items()),
            }
            for name, count in counts.items()
        ),
        hide_index=True,
    )
if all_runs:
    st.header("Runs")
    rows = []
    for run in all_runs:
        history = run.history()
        kept = kept_record(history, run.config.keep) if history else {}
        epochs = "–" if run.is_enrolled else f"{len(history)} of {run.config.epochs}"
        rows.append(
            {
                "Run": run.name,
                "Recognises by": run.kind_title,
                "State": state(run),
                "Epochs": epochs,
                "Validation accuracy": kept.get("validation_accuracy"),
                "Macro F1": kept.get("validation_macro_f1"),
            }
        )
    st.dataframe(
        pd.DataFrame(rows).style.format(
            {"Validation accuracy": "{:.1%}", "Macro F1": "{:.1%}"}, na_rep="–"
        ),
        hide_index=True,
    )
