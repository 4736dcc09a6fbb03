"""Face detectors, loaded once for all sessions."""

import streamlit as st

from facerec.faces.detection import FaceDetector, detector


@st.cache_resource(show_spinner="Loading the face detector …")
def loaded_detector(kind: str) -> FaceDetector:
    """The detector with this name, loaded once for all sessions."""
    return detector(kind)


def ready_detector(kind: str) -> FaceDetector:
    """The detector with this name; a caption says so if a fallback replaces it."""
    found = loaded_detector(kind)
    if found.notice:
        st.caption(f":material/info: {found.notice}")
    return found
