"""The faces of a data set: filtered by charts, shown as tiles, selected, moved and deleted."""

import math
from collections.abc import Collection
from functools import partial

import pandas as pd
import streamlit as st

from facerec.charts import faces as face_charts
from facerec.cleaning import editing, erasure
from facerec.cleaning.table import face_table, filtered, measure, unmeasured
from facerec.datasets.folder import UNKNOWN, FaceFile, FaceFolder
from facerec.faces import thumbnails
from facerec.system.markdown import plain
from facerec.system.pace import predicted_seconds
from pages.components.tile_grid import Tile, tile_grid
from pages.shared import cards, choosers
from pages.shared.how_long import how_long
from pages.shared.image_acts import changed, forget_clicks, undo_button
from pages.shared.progress import errors_shown, progress_bar
from pages.shared.titles import IMPORT

TILES_PER_PAGE = 48
MOST_SESSIONS = 8
ALL = "All"
HISTOGRAMS = {
    "brightness": "Brightness",
    "sharpness": "Sharpness",
    "face_size": "Size of the face (pixels)",
}


def show(folder: FaceFolder) -> None:
    """Show the faces as tiles beside the charts that filter them."""
    table = face_table(folder)
    if table.empty:
        st.info(
            "No faces yet: import some, or record with the webcam.", icon=":material/lightbulb:"
        )
        return
    if missing := unmeasured(table):
        measure_button(folder, missing)
    if UNKNOWN not in folder.class_names():
        suggest_unknown()
    browser(folder, table)


def suggest_unknown() -> None:
    """Say why a data set needs the class Unknown, with a button to the tab that builds it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(
            f"There is no class {UNKNOWN} yet. Without faces of other people, a network must give "
            "everyone one of your names.",
            icon=":material/lightbulb:",
        )
        if st.button(f"Build {UNKNOWN}", icon=":material/groups:"):
            st.session_state["build-unknown"] = True
            st.session_state["tab_to_open"] = IMPORT
            st.rerun()


def measure_button(folder: FaceFolder, missing: list[FaceFile]) -> None:
    """Draw a button that measures images which were not imported by the app."""
    st.info(
        f"{len(missing)} images were put here by hand: their brightness, sharpness and duplicates "
        "are not known yet.",
        icon=":material/lightbulb:",
    )
    how_long(
        "measuring",
        (folder.reference, len(missing)),
        lambda: predicted_seconds(partial(measure, folder, missing)),
    )
    if st.button("Measure them", icon=":material/straighten:"):
        with errors_shown():
            with progress_bar("Measuring") as progress:
                measure(folder, missing, progress)
            st.rerun()


@st.fragment
def browser(folder: FaceFolder, table: pd.DataFrame) -> None:
    """Draw charts and tiles as a fragment, so that a click is quick even with many images."""
    tiles, side = st.columns([5, 2], gap="medium")
    with tiles:
        rows = filtered(table, *chosen_names(folder, table), chosen_ranges())
        if rows.empty:
            st.info("No image is left by these filters.", icon=":material/filter_alt_off:")
        pages = math.ceil(len(rows) / TILES_PER_PAGE)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{len(rows):,}** of {len(table):,} images")
            shown_ranges()
            # The key depends on the filters, so that other filters begin at the first page.
            number = st.pagination(pages, key=f"tiles-page-{filters()}") if pages > 1 else 1
        acts = st.container(horizontal=True, vertical_alignment="bottom")
        faces = list(rows["face"])[(number - 1) * TILES_PER_PAGE : number * TILES_PER_PAGE]
        selected = face_tiles(faces)
        with acts:
            offer_acts(folder, selected)
    with side:
        draw_charts(table)


def filters() -> tuple:
    """The present filters of the tiles: class, session and ranges."""
    return (
        st.session_state.get("tiles-class"),
        st.session_state.get("tiles-session"),
        tuple(sorted(chosen_ranges().items())),
    )


def chosen_names(folder: FaceFolder, table: pd.DataFrame) -> tuple[str | None, str | None]:
    """Draw boxes for class and session, and give the chosen ones, None for all.

    A click into a chart sets the boxes too.
    """
    counts = {ALL: len(table), **folder.counts()}
    # Set at each rerun: a box with other options, as after an edit, would lose its choice.
    st.session_state["tiles-class"] = kept("tiles-class", counts)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        class_name = st.selectbox(
            "Class",
            list(counts),
            format_func=lambda name: f"{name} ({counts[name]:,})",
            key="tiles-class",
            on_change=forget_clicks,
            width=220,
        )
        of_class = None if class_name == ALL else class_name
        sessions = sorted(filtered(table, of_class)["session"].unique())
        st.session_state["tiles-session"] = kept("tiles-session", sessions)
        if len(sessions) > 1:
            st.selectbox(
                "Capture session",
                [ALL, *sessions],
                format_func=lambda name: name or "no session",
                key="tiles-session",
                on_change=forget_clicks,
                width=220,
            )
        if of_class is not None:
            with st.popover("Edit class", icon=":material/edit:"):
                edit_class(folder, of_class)
    session = st.session_state["tiles-session"]
    return of_class, None if session == ALL else session


def kept(key: str, names: Collection[str]) -> str:
    """The choice in a box if it is still among the names, else all."""
    chosen = st.session_state.get(key, ALL)
    return chosen if chosen in names else ALL


def chosen_ranges() -> dict[str, tuple[float, float]]:
    """Chosen range of each measure, set by a click on a bar of its chart."""
    return st.session_state.setdefault("tiles-ranges", {})


def shown_ranges() -> None:
    """Draw a button for each chosen range, which removes it."""
    for name, (low, high) in chosen_ranges().items():
        st.button(
            f"{HISTOGRAMS[name]} {low:.0f} to {high:.0f}",
            icon=":material/close:",
            key=f"drop-{name}",
            on_click=drop_range,
            args=(name,),
            help="Show images outside this range again.",
        )


def drop_range(name: str) -> None:
    chosen_ranges().pop(name, None)
    forget_clicks()


def draw_charts(table: pd.DataFrame) -> None:
    """Draw charts in which a click on a bar filters the tiles, and a second click ends that."""
    st.caption("Click a bar to see its images.")
    by_class = table["class_name"].value_counts().sort_index()
    # With many classes, the other charts must stay in sight.
    with st.container(height=300 if len(by_class) > MOST_SESSIONS else "content", border=False):
        filter_chart(face_charts.counts(by_class.to_dict(), "Classes"), "class_name", pick_class)
    sessions = filtered(table, picked("tiles-class"))["session"].value_counts()
    if len(sessions) > 1:
        largest = sessions.head(MOST_SESSIONS)
        more = f" ({MOST_SESSIONS} of {len(sessions)})" * (len(sessions) > len(largest))
        filter_chart(
            face_charts.counts(largest.to_dict(), f"Capture sessions{more}"),
            "session",
            pick_session,
        )
    for name, title in HISTOGRAMS.items():
        if (values := table[name].dropna()).size:
            filter_chart(face_charts.histogram(values, title), name, pick_range)


def picked(key: str) -> str | None:
    chosen = st.session_state.get(key, ALL)
    return None if chosen == ALL else chosen


def filter_chart(figure, name: str, pick) -> None:
    """Draw a chart that calls ``pick`` with its name and the clicked points."""
    key = f"chart-{name}-{st.session_state.get('chart-round', 0)}"
    st.plotly_chart(
        figure,
        key=key,
        config={"displayModeBar": False},
        selection_mode="points",
        on_select=lambda: pick(name, st.session_state[key]["selection"]["points"]),
    )


def pick_class(name: str, points: list[dict]) -> None:
    st.session_state["tiles-class"] = points[0]["y"] if points else ALL


def pick_session(name: str, points: list[dict]) -> None:
    st.session_state["tiles-session"] = points[0]["y"] if points else ALL


def pick_range(name: str, points: list[dict]) -> None:
    if points:
        chosen_ranges()[name] = tuple(points[0]["customdata"])
    else:
        chosen_ranges().pop(name, None)


def face_tiles(faces: list[FaceFile]) -> list[FaceFile]:
    """Draw images as tiles, and give the selected ones.

    A tile shows the class, or the session if all tiles are of one class.
    """
    by_key = {face.key: face for face in faces}
    of_all = picked("tiles-class") is None
    chosen = tile_grid(
        [
            Tile(
                face.key,
                thumbnails.file_url(face.path),
                face.class_name if of_all else face.session,
                face.key,
            )
            for face in faces
        ],
        "faces",
    )
    return [by_key[name] for name in chosen]


def offer_acts(folder: FaceFolder, selected: list[FaceFile]) -> None:
    """Draw buttons for the selected images, and one that undoes the last edit."""
    nothing = not selected
    if st.button("Delete", icon=":material/delete:", disabled=nothing):
        with errors_shown():
            editing.delete_images(folder, selected)
            changed()
    with st.popover("Move to …", icon=":material/drive_file_move:", disabled=nothing):
        target = choosers.choose_person(folder, "move-to", "Which class do they belong to?")
        if st.button("Move them", type="primary", disabled=not target) and target:
            with errors_shown():
                editing.move_images(folder, dict.fromkeys(selected, target))
                changed()
    undo_button(folder, "faces")


def edit_class(folder: FaceFolder, class_name: str) -> None:
    """Draw forms that rename or delete a class."""
    name = st.text_input("New name", value=class_name, key=f"rename-{class_name}")
    if st.button("Rename", disabled=name.strip() in ("", class_name)):
        with errors_shown():
            editing.rename_class(folder, class_name, name)
            st.session_state.pop("tiles-class")
            st.rerun()
    st.divider()
    st.write(
        f"Deleting **{plain(class_name)}** also deletes their whole frames, their embeddings and "
        f"pictures in recognisers of {plain(folder.name)}, and the results of judging that name "
        "their images. It cannot be undone. What cannot be reached is said afterwards."
    )
    if st.button("Delete this class", type="primary", icon=":material/delete:"):
        with errors_shown():
            erased = erasure.erase_class(folder, class_name)
            cards.tell_erased(class_name, erased)
            st.session_state.pop("tiles-class")
            st.rerun()
