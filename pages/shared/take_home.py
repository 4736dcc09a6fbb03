"""A run as a program of its own: made with progress, then downloaded."""

from io import BytesIO

import streamlit as st

from facerec.runs.run import Run
from facerec.takeaway import folder
from pages.shared.progress import errors_shown, progress_bar

WHAT = (
    "The same recogniser, to be read, changed and run at home, without facerec: before a camera or "
    "in a picture. It carries a check that it is still the same."
)
KINDS = {
    "Python": "A program of some 200 lines on OpenCV, NumPy and ONNX Runtime.",
    "Browser": "A page for any web server, such as `python -m http.server`.",
}
FACES_HELP = (
    "The check compares faces. Drawn ones say as much as real ones do. With your own, the file "
    "holds pictures of people: give it only to those who may have them."
)


def take_home(run: Run, key: str) -> None:
    """Draw the buttons that make and download the program of a run.

    ``key`` tells widgets of several places on a page apart.
    """
    kind = st.segmented_control(
        "For", list(KINDS), default="Python", required=True, key=f"{key}-kind"
    )
    st.caption(KINDS[kind])
    with_faces = st.checkbox(
        "With faces of our people", key=f"{key}-faces", help=FACES_HELP, persist_state="session"
    )
    made_of = run.cache_key, run.operating_point, with_faces, kind
    made: tuple[object, bytes] | None = st.session_state.get("taken-home")
    if made is not None and made[0] == made_of:
        st.download_button(
            f"Download ({len(made[1]) / 1e6:.0f} MB)",
            BytesIO(made[1]),
            f"{run.name}-home.zip",
            "application/zip",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
            key=f"{key}-download",
        )
        return
    if st.button("Make it", icon=":material/home:", key=f"{key}-make"):
        with errors_shown(), progress_bar("Exporting") as progress:
            content = folder.zipped(run, with_faces, kind == "Browser", progress)
            st.session_state["taken-home"] = made_of, content
            st.rerun()
