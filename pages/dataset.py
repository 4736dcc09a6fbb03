"""Data set: its classes and faces, import of files, capture with the webcam."""

import streamlit as st

from facerec import charts
from facerec.dataset import UNKNOWN, FaceFolder
from pages import parts
from pages.dataset_tabs import FACES, IMPORT, RECORD, faces, importing, recording


def new_dataset() -> None:
    """A form for a new, empty data set."""
    with st.form("new-dataset", border=False), parts.errors_shown():
        name = st.text_input("Name", placeholder="for example: class 7b")
        if st.form_submit_button("Create", type="primary"):
            parts.use(dataset=FaceFolder.create(name).name)
            st.rerun()


def delete_dataset(folder: FaceFolder) -> None:
    """A button that deletes the data set, behind a second question."""
    images = sum(folder.counts().values())
    st.write(f"This deletes **{folder.name}** with its {images} images. It cannot be undone.")
    if st.button("Delete it", type="primary", icon=":material/delete:"):
        folder.delete()
        st.rerun()


folder = parts.dataset_in_use()
with st.container(horizontal=True, vertical_alignment="bottom"):
    st.title(folder.name if folder else "Data set")
    with st.popover("New data set", icon=":material/add:"):
        new_dataset()
    if folder:
        with st.popover("Delete", icon=":material/delete:"):
            delete_dataset(folder)
if folder is None:
    st.info(
        "A data set holds the faces of the people to recognise. Make one with the button above, or "
        "load the sample data.",
        icon=":material/lightbulb:",
    )
    st.page_link("pages/home.py", label="Load the sample data", icon=":material/palette:")
    st.stop()
counts = folder.counts()
with st.container(horizontal=True):
    st.metric("People", len(counts.keys() - {UNKNOWN}), width="content")
    st.metric("Images", f"{sum(counts.values()):,}", width="content")
    sessions = sum(len(names) for names in folder.sessions().values())
    st.metric("Capture sessions", sessions, width="content")
if counts and UNKNOWN not in counts:
    st.info(
        f"There is no class {UNKNOWN} yet. Without faces of other people, a network must give "
        "everyone one of your names.",
        icon=":material/lightbulb:",
    )
if tab := st.session_state.pop("tab_to_open", None):
    st.session_state["dataset-tab"] = tab
# Only the open tab is drawn, so that the camera is off in the others.
faces_tab, import_tab, record_tab = st.tabs(
    [FACES, IMPORT, RECORD], key="dataset-tab", on_change="rerun"
)
if faces_tab.open:
    with faces_tab:
        if counts:
            left, right = st.columns([3, 1], gap="large")
            with left:
                faces.show(folder)
            with right:
                st.plotly_chart(charts.class_balance(counts), config={"displayModeBar": False})
        else:
            st.info(
                "No faces yet: import some, or record with the webcam.", icon=":material/lightbulb:"
            )
if import_tab.open:
    with import_tab:
        importing.show(folder)
if record_tab.open:
    with record_tab:
        recording.show(folder)
