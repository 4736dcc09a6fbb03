"""An embedding recogniser and its enrolled people."""

import streamlit as st

from facerec.runs.run import Run
from facerec.system.markdown import plain
from pages.shared import addresses, cards


def show(run: Run) -> None:
    """Show the recogniser's parts, and the people whom it knows."""
    gallery = run.gallery
    st.subheader(plain(run.name))
    st.caption(
        f"{run.kind_title} · network of {plain(run.info.embedder)} · "
        f"{run.info.parameters:,} parameters, none of them trained for it · "
        f"data set {plain(run.dataset_name)}"
    )
    cards.remarks(run)
    with st.container(horizontal=True):
        st.metric("People known", len(gallery.persons), width="content")
        st.metric("Faces", f"{len(gallery):,}", width="content")
    ways_on(run)
    with st.container(horizontal=True):
        for name, faces in gallery.counts().items():
            cards.person_card(gallery, name, faces)


def ways_on(run: Run) -> None:
    """Draw links to the next steps with a recogniser."""
    if not run.gallery.people:
        st.info(
            "Nobody is known yet: add people before the camera on the Live page, under People.",
            icon=":material/lightbulb:",
        )
    with st.container(horizontal=True):
        st.page_link(addresses.LIVE, label="See it live, add people", icon=":material/videocam:")
        st.page_link(addresses.COMPARE, label="Compare", icon=":material/bar_chart:")
