"""Import of uploaded files or of a folder on this computer."""

from pathlib import Path

import streamlit as st

from facerec.dataset import FaceFolder
from facerec.importing import ImportReport, import_faces
from pages import parts

MEDIA = ["jpg", "jpeg", "png", "bmp", "webp", "tif", "tiff", "zip", "mp4", "mov", "avi", "mkv",
         "webm", "gif", "m4v"]  # fmt: skip


def show(folder: FaceFolder) -> None:
    """Import of uploaded files or of a folder on this computer."""
    left, right = st.columns(2, gap="large")
    with left:
        uploads = st.file_uploader(
            "Images, a video, or a ZIP with a folder for each person",
            MEDIA,
            accept_multiple_files=True,
        )
        path = st.text_input(
            "Or a folder on this computer",
            placeholder="with images, or with a folder for each person",
        )
    with right:
        person = parts.choose_person(folder, "import-person")
        st.caption("Not needed where each person has a folder of their own.")
        session = st.text_input(
            "Capture session",
            help="Pictures taken on one occasion. Judging by sessions shows how a network does on "
            "another day. Left empty, the file's name is taken.",
        )
        kind = parts.choose_detector(key="import-detector")
        keep_raw = st.toggle("Also keep the whole pictures")
    sources = [*uploads, *([Path(path).expanduser()] if path.strip() else [])]
    start = st.button("Import", type="primary", icon=":material/download:", disabled=not sources)
    if start:
        with parts.errors_shown():
            detector = parts.ready_detector(kind)
            with parts.progress("Importing") as progress:
                report = import_faces(
                    sources, folder, detector, person, session.strip() or None, keep_raw, progress
                )
            st.session_state["import-report"] = report
            st.rerun()
    if (report := st.session_state.get("import-report")) is not None:
        show_report(report)


def show_report(report: ImportReport) -> None:
    """What came in and what did not."""
    came = ", ".join(f"{count} of {name}" for name, count in sorted(report.added.items()))
    if came:
        st.success(f"Came in: {came}.", icon=":material/check:")
    if report.rejected:
        reasons = ", ".join(f"{count} {reason}" for reason, count in report.reasons().items())
        st.warning(f"Left out: {reasons}.", icon=":material/warning:")
        with st.expander("Which ones?"):
            st.dataframe(
                [{"Picture": item.name, "Why": item.reason} for item in report.rejected],
                hide_index=True,
            )
