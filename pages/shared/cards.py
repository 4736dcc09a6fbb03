"""Cards, remarks and empty states."""

from collections.abc import Iterable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from facerec.cleaning.erasure import Erased
from facerec.decisions.gallery import Gallery
from facerec.runs.geometry import other_crop as crop_difference
from facerec.runs.run import Run
from facerec.system.markdown import plain
from pages.shared.progress import errors_shown

PICTURES_SHOWN = 4


def remarks(run: Run) -> None:
    """Show the remarks on a run, such as that its data set was changed or deleted."""
    with errors_shown():
        for text in run.remarks():
            st.caption(f":material/warning: {plain(run.name)}: {plain(text)}")


def other_crop(run: Run, detector: str) -> None:
    """Say so if a run learned from faces that were cropped otherwise than by this detector."""
    if text := crop_difference(run, detector):
        st.caption(f":material/warning: {plain(run.name)}: {plain(text)}")


def people_known(gallery: Gallery) -> str:
    """Number of enrolled people, in words."""
    people = len(gallery.persons)
    return {0: "nobody yet", 1: "1 person"}.get(people, f"{people} people")


def person_card(gallery: Gallery, name: str, faces: int) -> DeltaGenerator:
    """Draw a person's name, number of faces and some pictures, and give their container."""
    container = st.container(border=True, width=260)
    with container:
        st.markdown(f"**{plain(name)}** · {faces} {'face' if faces == 1 else 'faces'}")
        pictures = gallery.pictures_of(name)
        step = max(1, len(pictures) // PICTURES_SHOWN)
        st.image(pictures[::step][:PICTURES_SHOWN], width=50)
    return container


def tell_erased(name: str, erased: Erased) -> None:
    """Keep what a deletion removed for ``erased`` to show."""
    st.session_state["erased"] = name, erased


def erased() -> None:
    """Say what the last deletion removed and what is left, until it is closed."""
    if "erased" not in st.session_state:
        return
    name, found = st.session_state["erased"]
    with st.container(border=True):
        st.markdown(f"**{plain(name)}** is deleted. Removed:")
        st.markdown(_list(found.removed) or "- nothing was in it")
        st.markdown("Not removed:")
        st.markdown(_list(found.remains) or "- nothing is left")
        if st.button("Close", key="erased-close"):
            del st.session_state["erased"]
            st.rerun()


def _list(texts: Iterable[str]) -> str:
    return "\n".join(f"- {plain(text)}" for text in texts)


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
