"""The faces of a data set as tiles."""

import math

import streamlit as st

from facerec.dataset import FaceFolder

TILES_PER_PAGE = 48


def show(folder: FaceFolder) -> None:
    """Tiles of a class, page by page."""
    counts = folder.counts()
    names = list(counts)
    chosen = st.segmented_control(
        "Class",
        names,
        default=names[0],
        required=True,
        format_func=lambda name: f"{name} ({counts[name]})",
        key="tiles-class",
    )
    files = folder.face_files(chosen)
    if not files:
        st.info(f"{chosen} has no images yet.", icon=":material/lightbulb:")
        return
    pages = math.ceil(len(files) / TILES_PER_PAGE)
    number = st.pagination(pages, key=f"tiles-page-{chosen}") if pages > 1 else 1
    shown = files[(number - 1) * TILES_PER_PAGE : number * TILES_PER_PAGE]
    st.image([str(file.path) for file in shown], width=104)
    sessions = [session or "no session" for session in folder.sessions()[chosen]]
    more = f" and {len(sessions) - 12} more" if len(sessions) > 12 else ""
    st.caption(f"Capture sessions: {', '.join(sessions[:12])}{more}")
