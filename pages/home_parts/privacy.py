"""What is kept on this computer, and how it goes."""

from pathlib import Path

import streamlit as st

from facerec.cleaning import erasure
from facerec.system.markdown import plain
from pages.shared import cards
from pages.shared.progress import errors_shown

CONSENT_NOTE = Path(__file__).parents[2] / "docs" / "consent-note.html"
SURE = "delete everything"
_OPEN = "privacy-open"


def card() -> None:
    """Draw the card that leads to what is kept."""
    st.markdown("##### Privacy")
    st.write(
        "Faces stay on this computer: in the folders `data` and `models`, and nowhere else. "
        "Nothing is sent."
    )
    st.button(
        "What is kept, and how it goes",
        icon=":material/shield_person:",
        on_click=_turn,
    )


def _turn() -> None:
    st.session_state[_OPEN] = not st.session_state.get(_OPEN)


def show() -> None:
    """Draw what is kept and the ways to delete it, if the card asks for it."""
    if not st.session_state.get(_OPEN):
        return
    with st.container(border=True):
        left, right = st.columns([3, 2], gap="large")
        with left:
            _kept()
        with right:
            _person()
            st.divider()
            _everything()


def _kept() -> None:
    st.markdown(
        "| | what | until |\n| --- | --- | --- |\n"
        "| **Data sets** | faces; whole pictures where you kept them | you delete them |\n"
        "| **Recognisers** | names, small pictures, 128 numbers a face | you remove the person |\n"
        "| **Trained networks** | weights that learned from the faces | you delete the run |\n"
        "| **Live** | nothing, unless you record or correct | |\n"
        "| **Your face in thirty seconds** | nothing on the disk | you close it |"
    )
    st.download_button(
        "A consent note to print",
        CONSENT_NOTE.read_bytes(),
        "facerec-consent-note.html",
        "text/html",
        icon=":material/print:",
        on_click="ignore",
    )


def _person() -> None:
    """Draw the choice of a person, and a button that deletes them everywhere."""
    names = erasure.people()
    name = st.selectbox(
        "Delete one person everywhere", names, index=None, placeholder="Nobody", disabled=not names
    )
    and_runs = st.checkbox(
        "Also the networks that were trained on them",
        help="Weights cannot forget somebody. Without this, the networks stay, and you are told "
        "which they are.",
    )
    if name and st.button(f"Delete {plain(name)}", icon=":material/person_remove:"):
        with errors_shown():
            cards.tell_erased(name, erasure.erase_person(name, and_runs))
            st.rerun()


def _everything() -> None:
    """Draw a button that deletes everything, once it is typed what it does."""
    typed = st.text_input(f"Delete everything: type “{SURE}”")
    if st.button(
        "Delete everything", icon=":material/delete_forever:", disabled=typed.strip() != SURE
    ):
        with errors_shown():
            cards.tell_erased("Everything", erasure.erase_everything())
            st.rerun()
