"""Learning from mistakes: "this is wrong, it is X"."""

import streamlit as st

from facerec.corrections import Corrections
from facerec.dataset import UNKNOWN, FaceFolder
from facerec.live import LiveFace, LivePipeline
from facerec.runs import Run
from pages import parts

MOST_FACES = 4


def panel(run: Run, pipeline: LivePipeline) -> None:
    """Take the faces of this moment, say who it is, and save one to its class."""
    with parts.errors_shown():
        corrections = _corrections(FaceFolder.open(run.config.dataset))
        st.write(
            "Was a face given a wrong name? Hold the moment, say who it is, and it is added to "
            f"**{corrections.folder.name}**, to be learned from in a new run."
        )
        taken: list[LiveFace] = st.session_state.get("live-taken", [])
        with st.container(horizontal=True):
            if st.button("Hold this moment", icon=":material/back_hand:", type="primary"):
                st.session_state["live-taken"] = pipeline.faces()[:MOST_FACES]
                st.rerun(scope="fragment")
            if corrections.saved and st.button("Undo the last", icon=":material/undo:"):
                undone = corrections.undo()
                st.toast(f"Taken back from {undone.file.class_name}.", icon=":material/undo:")
        if "live-taken" in st.session_state and not taken:
            st.caption("Nobody was in the picture.")
        _held(corrections, taken, pipeline.detector.name)
        if corrections.saved:
            _saved(run, corrections)


def _corrections(folder: FaceFolder) -> Corrections:
    """Those of this visit to the page, for this data set."""
    known: Corrections | None = st.session_state.get("live-corrections")
    if known is None or known.folder.path != folder.path:
        known = st.session_state["live-corrections"] = Corrections(folder)
    return known


def _held(corrections: Corrections, taken: list[LiveFace], detector: str) -> None:
    """The faces of the held moment, each with a button for each name that it could have."""
    classes = sorted(corrections.folder.class_names(), key=lambda name: (name == UNKNOWN, name))
    for column, face in zip(st.columns(MOST_FACES), taken, strict=False):
        with column:
            said = face.recognized.label if face.recognized else "not recognised yet"
            st.image(face.pixels, caption=f"It said: {said}", width="stretch")
            st.caption("It is")
            # Buttons, since a list would close whenever the names above it move.
            with st.container(horizontal=True, gap="small"):
                chosen = [name for name in classes if st.button(name, key=f"is-{name}-{id(face)}")]
            for name in chosen:
                corrections.add(name, face, detector)
                st.session_state["live-taken"] = [item for item in taken if item is not face]
                st.toast(f"Added to {name}.", icon=":material/check:")
                st.rerun(scope="fragment")


def _saved(run: Run, corrections: Corrections) -> None:
    """What was saved, and the way to learn from it."""
    names = ", ".join(correction.file.class_name for correction in corrections.saved)
    st.success(f"Added: {names}.", icon=":material/check:")
    if st.button("Learn from them in a new run", icon=":material/model_training:"):
        st.session_state["network_to_use"] = run.config.network
        st.session_state["continue_from_to_use"] = run.name
        parts.use(dataset=corrections.folder.name)
        st.switch_page("pages/train.py")
