"""Data set page: classes and faces, import of files, capture with the webcam."""

from tempfile import TemporaryFile
from typing import BinaryIO

import streamlit as st

from facerec.cleaning import erasure
from facerec.datasets import exchange
from facerec.datasets.folder import UNKNOWN, FaceFolder, list_datasets
from facerec.system.markdown import plain
from pages.dataset_tabs import faces, findings, importing, recording
from pages.shared import addresses, cards, choosers, session
from pages.shared.progress import errors_shown, progress_bar
from pages.shared.titles import FACES, FINDINGS, IMPORT, RECORD

SESSIONS_HELP = "Capture sessions: pictures of a person taken on one occasion."


def new_dataset() -> None:
    """Draw a form for a new, empty data set, and one for an exported data set."""
    with st.form("new-dataset", border=False), errors_shown():
        name = st.text_input("Name", placeholder="for example: class 7b")
        if st.form_submit_button("Create", type="primary"):
            use(FaceFolder.create(name))
    st.divider()
    upload = st.file_uploader("Or open an exported one", "zip")
    if upload is None:
        return
    with errors_shown():
        name = choosers.free_name(exchange.name_in(upload), [item.name for item in list_datasets()])
        if st.button("Open", icon=":material/folder_open:"):
            with progress_bar("Opening") as progress:
                opened = exchange.open_dataset(upload, name, progress)
            use(opened)


def use(folder: FaceFolder) -> None:
    """Switch to a data set; the choices made in another one do not hold for it."""
    session.use(dataset=folder.name)
    st.session_state["tab_to_open"] = FACES if folder.class_names() else RECORD
    st.session_state["dataset-round"] = st.session_state.get("dataset-round", 0) + 1
    st.rerun()


def export_dataset(folder: FaceFolder) -> None:
    """Draw a button that downloads the data set as a ZIP archive."""
    st.write("Everything in one file, to be opened under **New** on another computer.")
    with_raw = st.toggle("With the whole pictures")
    st.download_button(
        "Download",
        lambda: exported(folder, with_raw),
        f"{folder.name}.zip",
        "application/zip",
        type="primary",
        icon=":material/download:",
    )


def exported(folder: FaceFolder, with_raw: bool) -> BinaryIO:
    """The data set's archive as an open temporary file, which is deleted when closed."""
    file = TemporaryFile()
    exchange.export_dataset(folder, file, with_raw)
    file.seek(0)
    return file


def delete_dataset(folder: FaceFolder) -> None:
    """Ask once more, with a button that deletes the data set."""
    images = sum(folder.counts().values())
    st.write(
        f"This deletes **{plain(folder.name)}** with its {images} images, and what "
        "recognisers of it keep of its people. It cannot be undone. What cannot be "
        "reached is said afterwards."
    )
    if st.button("Delete it", type="primary", icon=":material/delete:"):
        with errors_shown():
            cards.tell_erased(folder.name, erasure.erase_dataset(folder))
            st.rerun()


def headline(folder: FaceFolder) -> None:
    """Show the numbers of people, images and capture sessions."""
    counts = folder.counts()
    sessions = sum(len(names) for names in folder.sessions().values())
    st.metric("People", len(counts.keys() - {UNKNOWN}), width="content")
    st.metric("Images", f"{sum(counts.values()):,}", width="content")
    st.metric("Sessions", sessions, width="content", help=SESSIONS_HELP)


session.inside_app()
folder = session.dataset_in_use()
with st.container(horizontal=True, vertical_alignment="center"):
    st.title(plain(folder.name) if folder else "Data set", width="stretch")
    if folder:
        headline(folder)
    # A new key closes the popover once a data set is made.
    with st.popover(
        "New", icon=":material/add:", key=f"new-{st.session_state.get('dataset-round', 0)}"
    ):
        new_dataset()
    if folder:
        with st.popover("Export", icon=":material/folder_zip:"):
            export_dataset(folder)
        with st.popover("Delete", icon=":material/delete:"):
            delete_dataset(folder)
cards.erased()
if folder is None:
    st.info(
        "A data set holds the faces of the people to recognise. Make one with the button above, or "
        "load the sample data.",
        icon=":material/lightbulb:",
    )
    st.page_link(addresses.HOME, label="Load the sample data", icon=":material/palette:")
    st.stop()
tab = st.session_state.pop("tab_to_open", None)
if tab or "dataset-tab" not in st.session_state:
    # Where nothing is to be seen yet, recording comes first.
    st.session_state["dataset-tab"] = tab or (FACES if folder.class_names() else RECORD)
# Only the open tab is drawn, so that the camera is off while another tab is open.
contents = {RECORD: recording, IMPORT: importing, FACES: faces, FINDINGS: findings}
tabs = st.tabs(list(contents), key="dataset-tab", on_change="rerun")
for tab, content in zip(tabs, contents.values(), strict=True):
    if tab.open:
        with tab:
            content.show(folder)
