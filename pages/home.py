"""Home page: data sets, runs, and the one next step."""

import streamlit as st

from facerec.collecting import samples
from facerec.datasets.folder import list_datasets
from facerec.runs import catalogue
from facerec.runs import run as runs
from facerec.system.markdown import plain
from facerec.training import job as training_jobs
from pages.home_parts import privacy, tables, trial_card
from pages.shared import addresses, cards, detectors, session
from pages.shared.progress import progress_bar


def next_step(datasets: int, found: list[runs.Run]) -> None:
    """Show the next step, with a link to its page."""
    trained = [run for run in found if run.trained]
    if not datasets:
        st.markdown("##### A class in ten minutes")
        st.write("Train on drawn people at once, or collect your own faces with a webcam.")
        return
    if (run := training_jobs.running()) is not None:
        st.markdown(f"##### {plain(run.name)} is being trained")
        st.page_link(addresses.TRAIN, label="Watch it learn", icon=":material/model_training:")
    elif not trained:
        st.markdown("##### Next: train a network")
        st.page_link(addresses.TRAIN, label="Train a network", icon=":material/model_training:")
    elif len(trained) == 1:
        st.markdown("##### Next: see it work, or train another to compare")
        st.page_link(addresses.LIVE, label="Recognise faces live", icon=":material/videocam:")
        st.page_link(addresses.TRAIN, label="Train another", icon=":material/model_training:")
    else:
        st.markdown("##### Next: compare your runs, or watch one live")
        st.page_link(addresses.COMPARE, label="Compare the runs", icon=":material/bar_chart:")
        st.page_link(addresses.LIVE, label="Recognise faces live", icon=":material/videocam:")


def sample_data() -> None:
    """Draw the button that loads the sample data."""
    if samples.loaded() or not st.button(
        "Load the sample data",
        icon=":material/palette:",
        help="Draws four invented people, assorted strangers and a short video, in less than half "
        "a minute. Nobody real, nothing downloaded.",
    ):
        return
    detector = detectors.ready_detector("auto")
    with progress_bar("Drawing the sample data") as progress:
        samples.load(detector, progress)
    session.use(dataset=samples.PEOPLE)
    st.rerun()


session.inside_app()
st.title("Who is in front of the camera?")
st.write(
    "Collect faces, train networks on them, compare the networks, and watch them recognise people "
    "live."
)
cards.erased()
folders, all_runs = list_datasets(), catalogue.own_runs()
if trial_card.is_on():
    # Imported late: it needs PyTorch, and Home must be there at once.
    from pages.home_parts import your_face

    your_face.show()
else:
    trial, step, kept = st.columns(3, gap="medium")
    with trial, st.container(border=True, height="stretch"):
        trial_card.card(first=not folders)
    with step, st.container(border=True, height="stretch"):
        next_step(len(folders), all_runs)
        with st.container(horizontal=True):
            sample_data()
            if not folders:
                st.page_link(
                    addresses.DATASET, label="Collect your own", icon=":material/photo_camera:"
                )
    with kept, st.container(border=True, height="stretch"):
        privacy.card()
    privacy.show()
if folders:
    tables.datasets(folders)
if all_runs:
    tables.runs(all_runs)
