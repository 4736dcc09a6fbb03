"""Settings of *In class* for as many minutes as the teacher has."""

import streamlit as st

from facerec.datasets.folder import FaceFolder
from facerec.networks.catalogue import NETWORKS
from facerec.system import jobs
from facerec.training.minutes import Offer, offers
from pages.shared import session
from pages.shared.progress import duration, errors_shown, progress_bar

MOST = 60


def choose(folder: FaceFolder, network: str) -> None:
    """Draw the question for the minutes, and the settings that this computer does in them."""
    with st.popover("How many minutes?", icon=":material/timer:", width="stretch"):
        minutes = st.number_input(
            "How many minutes have you?",
            1,
            MOST,
            2,
            key="class-minutes",
            persist_state="session",
            help="Each network is tried on your data set for some seconds.",
        )
        known: dict[object, list[Offer]] = st.session_state.setdefault("minutes-offers", {})
        of = folder.reference, sum(folder.counts().values()), network, minutes
        if st.button(
            "What can be done in them?",
            icon=":material/speed:",
            disabled=bool(session.at_work()),
        ):
            with errors_shown(), progress_bar("Measuring this computer") as progress:
                jobs.refuse_if_busy()
                known[of] = offers(minutes, folder.reference, network, progress)
        for offer in known.get(of, []):
            _show(offer)


def _show(offer: Offer) -> None:
    config = offer.config
    title = NETWORKS[config.network].title
    epochs = f"{config.epochs} epoch{'' if config.epochs == 1 else 's'}"
    augmented = "" if config.augmentation.active() else ", not augmented"
    words = f"**{title}**, {config.entry.size} pixels, {epochs}{augmented}"
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        if not offer.fits:
            st.markdown(f"{words}: even that takes {duration(offer.seconds)}.")
        else:
            st.markdown(f"{words}: at most {duration(offer.seconds)}.")
            if st.button("Use", key=f"offer-{config.network}", icon=":material/check:"):
                _use(offer)


def _use(offer: Offer) -> None:
    config = offer.config
    st.session_state["network_to_use"] = config.network
    st.session_state["settings_to_use"] = {"epochs": config.epochs, "side": config.side}
    st.session_state["recipe_to_use"] = config.augmentation
    st.rerun()
