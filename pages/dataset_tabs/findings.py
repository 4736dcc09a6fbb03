"""Problems found in a data set: each with its images as tiles, and an act that mends it."""

import math
from functools import partial

import streamlit as st

from facerec.cleaning import editing
from facerec.cleaning.findings import Finding, Suspect, doubted, findings, under_another_name
from facerec.cleaning.table import face_table, look_for_faces, unmeasured
from facerec.datasets.folder import FaceFolder
from facerec.faces import thumbnails
from facerec.recognition.recogniser import Recogniser
from facerec.system.markdown import plain
from facerec.system.pace import predicted_seconds
from pages.components.tile_grid import Tile, tile_grid
from pages.dataset_tabs.faces import TILES_PER_PAGE, measure_button
from pages.shared import detectors, session
from pages.shared.how_long import how_long
from pages.shared.image_acts import changed, undo_button
from pages.shared.progress import errors_shown, progress_bar
from pages.shared.titles import RECORD


def show(folder: FaceFolder) -> None:
    """Show the findings on the left, and the chosen one with its images on the right."""
    table = face_table(folder)
    if table.empty:
        st.info("There are no images to check yet.", icon=":material/lightbulb:")
        return
    if missing := unmeasured(table):
        measure_button(folder, missing)
    found = {finding.kind: finding for finding in findings(table)}
    if (suspicion := suspected(folder)) is not None:
        found[suspicion.kind] = suspicion
    left, right = st.columns([2, 5], gap="large")
    with left:
        if found:
            if st.session_state.get("finding") not in found:
                st.session_state["finding"] = next(iter(found))
            kind: str | None = st.radio(
                "Findings", list(found), format_func=lambda name: found[name].title, key="finding"
            )
        else:
            kind = None
            st.success("Nothing to mend was found.", icon=":material/check:")
        undo_button(folder, "findings")
        st.divider()
        further_checks(folder)
    with right:
        if kind is not None:
            detail(folder, found[kind])


def suspected(folder: FaceFolder) -> Finding | None:
    """Images that look mislabelled, from the last check with a run; images gone since are left out.

    None if there is no such image.
    """
    name, suspects = st.session_state.get("doubted", (None, []))
    if name != folder.name:
        return None
    present = set(folder.face_files())
    return under_another_name([suspect for suspect in suspects if suspect.face in present])


def further_checks(folder: FaceFolder) -> None:
    """Draw buttons for slow checks, in which the detector or a trained run sees every image."""
    st.markdown("**Look more closely**")
    if st.button(
        "Is there a face in each?",
        icon=":material/frame_inspect:",
        help="The face detector looks at every image again.",
    ):
        with errors_shown():
            detector = detectors.ready_detector("auto")
            with progress_bar("Looking for faces") as progress:
                look_for_faces(folder, folder.face_files(), detector, progress)
            if not any(finding.kind == "no face" for finding in findings(face_table(folder))):
                st.toast("There is a face in every image.", icon=":material/check:")
            st.rerun()
    how_long(
        "faces",
        folder.reference,
        lambda: predicted_seconds(
            partial(look_for_faces, folder, folder.face_files(), detectors.ready_detector("auto"))
        ),
    )
    run = session.run_in_use()
    wanted = st.button(
        "Is each in the right class?",
        icon=":material/person_search:",
        disabled=run is None or not run.trained,
        help="The run in use names the face in every image. This needs a trained run.",
    )
    if run is not None and run.trained:
        how_long(
            "doubts",
            (folder.reference, run.cache_key),
            lambda: predicted_seconds(partial(doubted, Recogniser(run), folder.face_files())),
        )
    if wanted and run is not None:
        with errors_shown():
            with progress_bar("Comparing") as progress:
                suspects = doubted(Recogniser(run), folder.face_files(), progress)
            st.session_state["doubted"] = folder.name, suspects
            if not suspects:
                st.toast(
                    f"{plain(run.name)} gives no image another name with high confidence.",
                    icon=":material/check:",
                )
            st.rerun()


def detail(folder: FaceFolder, finding: Finding) -> None:
    """Show a finding's explanation, its images, and the act that mends it."""
    st.subheader(finding.title)
    st.write(plain(finding.explanation))
    if finding.act == "record":
        if st.button("Record more of them", type="primary", icon=":material/videocam:", key="mend"):
            st.session_state["people_to_record"] = list(finding.people)
            st.session_state["tab_to_open"] = RECORD
            st.rerun()
        return
    pages = math.ceil(len(finding.suspects) / TILES_PER_PAGE)
    acts = st.container(horizontal=True, vertical_alignment="center")
    number = st.pagination(pages, key=f"finding-page-{finding.kind}") if pages > 1 else 1
    shown = finding.suspects[(number - 1) * TILES_PER_PAGE : number * TILES_PER_PAGE]
    chosen = set(
        tile_grid(
            [
                Tile(
                    suspect.face.key,
                    thumbnails.file_url(suspect.face.path),
                    suspect.note,
                    suspect.face.key,
                    fixed=not suspect.concerned,
                )
                for suspect in shown
            ],
            f"finding-{finding.kind}",
            [suspect.face.key for suspect in shown if suspect.concerned],
        )
    )
    with acts:
        selected = [suspect for suspect in shown if suspect.face.key in chosen]
        concerned = [suspect for suspect in finding.suspects if suspect.concerned]
        verb = {"delete": "Delete", "move": "Move"}[finding.act]
        if st.button(
            f"{verb} the {len(selected)} selected",
            type="primary",
            icon={"delete": ":material/delete:", "move": ":material/drive_file_move:"}[finding.act],
            disabled=not selected,
            key="mend",
        ):
            mend(folder, finding, selected)
        if pages > 1 and st.button(f"{verb} all {len(concerned):,}", key="mend-all"):
            mend(folder, finding, concerned)


def mend(folder: FaceFolder, finding: Finding, suspects: list[Suspect]) -> None:
    """Delete the images of a finding, or move each to the class it seems to belong to."""
    with errors_shown():
        if finding.act == "delete":
            editing.delete_images(folder, [suspect.face for suspect in suspects])
        else:
            editing.move_images(folder, {suspect.face: suspect.move_to for suspect in suspects})
        changed()
