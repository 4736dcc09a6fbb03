"""Acts on images that several pages offer, and their undo."""

import streamlit as st

from facerec.cleaning import editing
from facerec.datasets.folder import FaceFolder
from facerec.system.markdown import plain
from pages.shared.progress import errors_shown


def forget_clicks() -> None:
    """Draw the charts again without selections, since their filters have changed."""
    st.session_state["chart-round"] = st.session_state.get("chart-round", 0) + 1


def changed() -> None:
    """Draw the page again after an edit; the charts are reset, so that it counts as no click."""
    forget_clicks()
    st.rerun()


def undo_button(folder: FaceFolder, key: str) -> None:
    """Draw a button that undoes the last edit, and say what that was."""
    with errors_shown():
        if act := editing.last_act(folder):
            if st.button("Undo", icon=":material/undo:", key=f"undo-{key}", help=plain(act.words)):
                editing.undo(folder)
                changed()
            st.caption(plain(act.words))
