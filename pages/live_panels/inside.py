"""Inside: the feature maps of the face before the camera, as they change."""

import streamlit as st

from facerec.live.frames import LiveFace
from pages.live_panels.view import LiveView
from pages.shared import inside_card
from pages.shared.progress import errors_shown

SECONDS = 0.2
HELD = "live-inside-held"


def panel(live: LiveView) -> None:
    """Draw the feature maps of the first face, several times a second, or of a held face."""
    if live.run.is_enrolled:
        st.info(
            "An embedding recogniser compares numbers and has no classifier. Choose a trained run, "
            "and its layers stand here.",
            icon=":material/lightbulb:",
        )
        return
    if (held := st.session_state.get(HELD)) is not None:
        st.button(
            "Let it go",
            icon=":material/play_arrow:",
            key="live-inside-release",
            on_click=st.session_state.pop,
            args=(HELD, None),
        )
        inside_card.show(live.run, held, "live-inside-card")
        return
    if not live.playing:
        st.info("Press START, and the layers show what they see.", icon=":material/videocam:")
        return

    # A callback, which comes before the panel is drawn: a rerun after it could be lost between
    # those of the timer.
    def hold() -> None:
        if faces := _faces(live):
            st.session_state[HELD] = faces[0].pixels

    st.button(
        "Hold this face",
        icon=":material/pause:",
        key="live-inside-hold",
        on_click=hold,
        help="Then one click on a value shows its arithmetic.",
    )
    maps(live)


@st.fragment(run_every=SECONDS)
def maps(live: LiveView) -> None:
    """Draw the maps of the chosen layer for the first face."""
    if not (faces := _faces(live)):
        st.caption("Nobody in the picture")
        return
    # A fragment that reruns is outside the blocks of its first caller, so it needs its own.
    with errors_shown():
        look = inside_card.inside_of(live.run).look(faces[0].pixels)
        stage = inside_card.choose_stage(look.stages, "live-inside")
        st.image(inside_card.picture_url(stage), width="stretch")


def _faces(live: LiveView) -> list[LiveFace]:
    """The present faces, in the order in which they came."""
    return sorted(live.pipeline.faces(), key=lambda face: face.track)
