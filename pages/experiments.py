"""Experiments page: turn one factor, guess, watch its effect."""

import streamlit as st

from facerec.experiments.experiment import Experiment, list_experiments
from pages.experiment_parts import choosing, results
from pages.shared import addresses, cards, session
from pages.shared.progress import errors_shown

session.inside_app()
st.title("Experiments")
folder = session.dataset_in_use()
if folder is None:
    cards.empty_state(
        "An experiment trains a small network several times, and needs a data set for it.",
        addresses.HOME,
        "Load the sample data, or make your own",
        ":material/home:",
    )
    st.stop()
names = [experiment.name for experiment in list_experiments()]
form, found = st.columns([2, 5], gap="medium")
with form, st.container(border=True), errors_shown():
    choosing.form(folder)
with found, errors_shown():
    if names:
        chosen = results.choose(names)
        results.show(Experiment.open(chosen))
    else:
        st.info(
            "Choose a question on the left, write down what you expect, and start. The chart "
            "grows while the networks are trained.",
            icon=":material/lightbulb:",
        )
