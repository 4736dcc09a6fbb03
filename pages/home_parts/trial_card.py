"""The card that leads to ``your_face``; apart, since that needs PyTorch."""

import streamlit as st

ON = "your-face-on"


def is_on() -> bool:
    """Whether the camera is shown."""
    return bool(st.session_state.get(ON))


def card(first: bool) -> None:
    """Draw the card that leads to the camera; ``first`` if it is what to do first."""
    st.markdown("##### Your face in thirty seconds")
    st.write("Start the camera, press once, and your name stands at your face.")
    if st.button(
        "Try it",
        type="primary" if first else "secondary",
        icon=":material/face:",
        help="With SFace, which needs no training. Nothing is saved.",
    ):
        st.session_state[ON] = True
        st.rerun()
