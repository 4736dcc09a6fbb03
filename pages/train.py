"""Train page: choose a network and settings, start, and watch the curves move."""

from functools import partial

import streamlit as st

from facerec.runs.run import Run
from facerec.system.markdown import plain
from facerec.training import job as training_jobs
from pages.shared import addresses, cards, session
from pages.train_tabs import embedding, learning_rate, network, new_run, tuning, watching
from pages.train_tabs.titles import EMBEDDING, LEARNING_RATE, NETWORK, RUN, TUNING


def watch(run: Run | None) -> None:
    """Show a run, or say what to do if there is none."""
    if run is not None:
        watching.show(run)
        return
    st.info(
        "Choose a network on the left and start. The curves appear here, and move while it learns.",
        icon=":material/lightbulb:",
    )


session.inside_app()
st.title("Train")
folder, in_use = session.dataset_in_use(), session.run_in_use()
if folder is None:
    cards.empty_state(
        "There is no data set to train on yet.",
        addresses.HOME,
        "Load the sample data, or make your own",
        ":material/home:",
    )
    st.stop()
# The running training is shown rather than the run in use, even after a reload of the page.
run = training_jobs.running() or in_use
form, results = st.columns([2, 5], gap="medium")
with form, st.container(border=True):
    st.subheader("New run")
    st.caption(f"On the data set **{plain(folder.name)}**, {sum(folder.counts().values())} images")
    config = new_run.form(folder)
with results:
    if tab := st.session_state.pop("train_tab_to_open", None):
        st.session_state["train-tab"] = tab
    contents = {
        RUN: lambda: watch(run),
        NETWORK: partial(network.show, folder, config),
        LEARNING_RATE: lambda: learning_rate.show(config),
        TUNING: lambda: tuning.show(config),
        EMBEDDING: partial(embedding.show, folder, in_use),
    }
    tabs = st.tabs(list(contents), key="train-tab", on_change="rerun")
    # Only the open tab is drawn, since every tab polls for news.
    for tab, draw in zip(tabs, contents.values(), strict=True):
        if tab.open:
            with tab:
                draw()
