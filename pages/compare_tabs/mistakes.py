"""Confusion matrix of a run; a click into a cell shows its images and their heat maps."""

import math
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from facerec.charts import faces as face_charts
from facerec.charts.confusion import MOST_NARROW, cell_at, confusion_chart
from facerec.cleaning import editing
from facerec.datasets.folder import UNKNOWN, FaceFile, FaceFolder
from facerec.evaluation.comparison import Contender
from facerec.evaluation.confusion import Cell, CellImage, ConfusionMatrix
from facerec.explanation.heat_maps import overlaid
from facerec.faces import thumbnails
from facerec.faces.preprocessing import face_file
from facerec.runs.run import CacheKey, Run
from facerec.system.markdown import plain
from pages.compare_tabs.evaluations import judged
from pages.components.tile_grid import Tile, tile_grid
from pages.shared import cards, inside_card, loaded, why_card
from pages.shared.image_acts import changed, undo_button
from pages.shared.progress import errors_shown

TILES_PER_PAGE = 12
SCORES = {
    "Precision": "Share of this person's images among the images that got this name.",
    "Recall": "Share of this person's images that got this name.",
    "F1": "Precision and recall in one number: high only if both are high.",
}
HEAT_HELP = (
    "Grad-CAM: it shows how much each place in the maps of the network's last convolution block "
    "spoke for the class that the network chose. For an embedding recogniser, it shows how much "
    "each place added to the similarity to that person."
)


@dataclass(frozen=True)
class View:
    """The chosen cell of a run's confusion matrix."""

    run: Run
    matrix: ConfusionMatrix
    cell: Cell

    @property
    def said(self) -> str:
        """The predicted class of the cell."""
        return self.matrix.classes[self.cell.column]

    @property
    def word(self) -> str:
        """Text that is unique to the cell, for the keys of widgets."""
        return f"{self.run.name}-{self.cell.row}-{self.cell.column}"


def show(contenders: list[Contender]) -> None:
    """Draw the choice of a run; its matrix on the left, images of the chosen cell on the right."""
    by_name = {item.run.name: item for item in judged(contenders)}
    if not by_name:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        name = st.selectbox(
            "Run", list(by_name), key="mistakes-run", width=320, label_visibility="collapsed"
        )
        item = by_name[name]
        matrix = ConfusionMatrix(item.last_evaluation, item.run.operating_point)
        st.markdown(mistakes_words(matrix))
    explore(item.run, matrix)


def mistakes_words(matrix: ConfusionMatrix) -> str:
    """Number of mistakes of the run on its held-out images, in words."""
    number = matrix.mistakes
    count = f"{number:,} mistake{'' if number == 1 else 's'}" if number else "No mistakes"
    return f"**{count}** on {len(matrix.evaluation.held_out):,} images it did not learn from"


@st.fragment
def explore(run: Run, matrix: ConfusionMatrix) -> None:
    """Draw matrix and images as a fragment, so that a click into the matrix is quick."""
    view = View(run, matrix, chosen_cell(run, matrix))
    if len(matrix.classes) <= MOST_NARROW:
        left, right = st.columns(2, gap="medium")
    else:
        left = right = st.container()
    with left:
        lit = lit_class(matrix)
        draw_matrix(view, lit)
        if lit is not None:
            formulas(matrix, lit)
        st.caption(
            "Blue: right. Orange: taken for somebody else. A deeper colour means a larger share of "
            "the row. Click a cell to see its images."
        )
    with right:
        st.markdown(f"**{plain(matrix.words(view.cell))}** {matrix.threshold_words(view.cell)}")
        closest = None
        with errors_shown():
            closest = show_images(view)
    with left:
        score_table(matrix)
    # Below both columns: it needs the whole width.
    if closest is not None and st.session_state.get("mistakes-inside"):
        inside_card.show(run, face_file(closest.path), "mistakes-inside-card")


def chosen_cell(run: Run, matrix: ConfusionMatrix) -> Cell:
    """The cell clicked last; at first, the cell with the most mistakes."""
    cell = st.session_state.get(f"mistakes-cell-{run.name}")
    return cell if cell in matrix.cells() else matrix.first_cell()


def lit_class(matrix: ConfusionMatrix) -> int | None:
    """Draw the choice of a class whose TP, FP, FN and TN are lit, and give its number."""
    name = st.selectbox(
        "True and false, positive and negative for",
        ["nobody", *matrix.classes],
        key="mistakes-lit",
        persist_state="session",
        width=320,
        help="Each cell then says what its images are for that person. True positives (TP) got the "
        "name and are right, false positives (FP) got it and are somebody else, false negatives "
        "(FN) should have got it, true negatives (TN) neither got it nor should.",
    )
    return None if name == "nobody" else matrix.classes.index(name)


def formulas(matrix: ConfusionMatrix, lit: int) -> None:
    """Show precision, recall and F1 of a class with the numbers put in."""
    counts = matrix.counts_of(lit)
    st.markdown(
        f"**{plain(matrix.classes[lit])}**: TP {counts.tp} · FP {counts.fp} · FN {counts.fn} · "
        f"TN {counts.tn}"
    )
    for name, formula in counts.formulas().items():
        st.latex(rf"\text{{{name}}} = {formula}")


def draw_matrix(view: View, lit: int | None) -> None:
    """Draw the matrix; a click chooses a cell."""
    key = f"mistakes-matrix-{view.run.name}"

    def choose() -> None:
        if clicked := cell_at(st.session_state[key]["selection"]["points"]):
            st.session_state[f"mistakes-cell-{view.run.name}"] = clicked
            forget_selection()

    st.plotly_chart(
        confusion_chart(view.matrix, view.cell, lit),
        key=key,
        config=cards.chart_config(f"confusion-{view.run.name}"),
        selection_mode="points",
        on_select=choose,
    )


def score_table(matrix: ConfusionMatrix) -> None:
    """Show precision, recall and F1 of each class."""
    scores = matrix.evaluation.class_scores()
    table = pd.DataFrame(
        {
            "Class": list(scores),
            "Precision": [100 * score.precision for score in scores.values()],
            "Recall": [100 * score.recall for score in scores.values()],
            "F1": [100 * score.f1 for score in scores.values()],
            "Images": [score.images for score in scores.values()],
        }
    )
    columns = {
        name: st.column_config.NumberColumn(format="%.0f%%", help=words)
        for name, words in SCORES.items()
    }
    st.dataframe(table, hide_index=True, column_config=columns)


def show_images(view: View) -> FaceFile | None:
    """Show the images of a cell as tiles, with buttons to move or delete them.

    Gives the image that is shown in large, if one is.
    """
    among = view.matrix.judged(view.cell)
    folder = FaceFolder.open(among.dataset)
    faces = {face.key: face for face in folder.face_files()}
    say_changes(folder, sum(key not in faces for key in among.keys), len(among))
    images = view.matrix.images(view.cell)
    there = {faces[image.key]: image for image in images if image.key in faces}
    if gone := len(images) - len(there):
        st.caption(f"{gone} of the images of this cell {'is' if gone == 1 else 'are'} gone.")
    acts = st.container(horizontal=True, vertical_alignment="center")
    selected = []
    if there:
        heated = heat_toggle(view)
        shown = page_of(there, f"mistakes-page-{view.word}")
        selected = face_tiles(view, shown, heated)
        if len(selected) == 1:
            closer(view, selected[0], shown[selected[0]], heated)
            why(view, folder, selected[0])
            look_inside(view)
    with acts:
        if view.matrix.of_strangers(view.cell):
            st.caption(f"From the data set {plain(folder.name)}.")
        else:
            offer_acts(view, folder, selected)
    return selected[0] if len(selected) == 1 else None


def say_changes(folder: FaceFolder, gone: int, judged: int) -> None:
    """Say so if the data set has changed since the evaluation."""
    if gone:
        were = "was" if gone == 1 else "were"
        st.info(
            f"{gone} of the {judged} images from {plain(folder.name)} {were} moved or "
            "deleted after this run was judged: the matrix shows how it was before. Train a new "
            "run to see what the change brings.",
            icon=":material/history:",
        )


def heat_toggle(view: View) -> bool:
    """Draw the switch for heat maps with its explanation, and tell whether it is on."""
    heated = st.toggle(
        "Show what the network looked at",
        key="mistakes-heat",
        help=HEAT_HELP,
        on_change=keep_selection,
    )
    if heated:
        st.caption(
            f"The face glows where it spoke most for **{plain(view.said)}**. A glow on the wall "
            "or the clothes warns that the network learned the room and not the person. The glow "
            "is scaled for each image, and it shows where the network looked, not why."
        )
    return heated


def keep_selection() -> None:
    """Remember the selected tiles, so that the tiles that replace them are selected too."""
    st.session_state["mistakes-chosen"] = st.session_state.get("mistakes-selected", [])


def forget_selection() -> None:
    st.session_state.pop("mistakes-chosen", None)


def page_of(images: dict[FaceFile, CellImage], key: str) -> dict[FaceFile, CellImage]:
    """The images on the open page of tiles."""
    pages = math.ceil(len(images) / TILES_PER_PAGE)
    number = st.pagination(pages, key=key, on_change=forget_selection) if pages > 1 else 1
    return dict(list(images.items())[(number - 1) * TILES_PER_PAGE : number * TILES_PER_PAGE])


def face_tiles(view: View, shown: dict[FaceFile, CellImage], heated: bool) -> list[FaceFile]:
    """Draw images as tiles with the network's confidence, and give the selected ones."""
    with st.spinner("Asking the network …") if heated else nullcontext():
        urls = {
            face: thumbnails.data_url(looked_at(view, face))
            if heated
            else thumbnails.file_url(face.path)
            for face in shown
        }
    by_key = {face.key: face for face in shown}
    chosen = tile_grid(
        [Tile(face.key, urls[face], note(view, shown[face]), face.key) for face in shown],
        # A new key makes the browser draw the images again.
        f"mistakes-{view.run.name}-{'heat' if heated else 'plain'}",
        [key for key in st.session_state.get("mistakes-chosen", []) if key in by_key],
    )
    st.session_state["mistakes-selected"] = chosen
    return [by_key[key] for key in chosen]


def note(view: View, image: CellImage) -> str:
    """Confidence of the network, and whether the face was refused."""
    refused = view.said != UNKNOWN and not image.named
    return f"{image.confidence:.0%}{', refused' * refused}"


def looked_at(view: View, face: FaceFile) -> Any:
    """A face with the heat map of the predicted class: RGB uint8, shape (224, 224, 3)."""
    changed = face.path.stat().st_mtime_ns if face.path.exists() else 0
    return _looked_at(view.run.cache_key, face.path, changed, view.cell.column)


@st.cache_data(show_spinner=False, max_entries=500)
def _looked_at(key: CacheKey, path: Path, changed: int, target: int) -> Any:
    face = face_file(path)
    return overlaid(face, loaded.explainer(key).heat(face[None], [target])[0])


def closer(view: View, face: FaceFile, image: CellImage, heated: bool) -> None:
    """Show one image in large, with the probabilities of all classes."""
    picture, bars = st.columns(2)
    picture.image(looked_at(view, face) if heated else face_file(face.path))
    point = view.matrix.point
    figure = face_charts.probability_bars(
        dict(zip(view.matrix.classes, image.probabilities.tolist(), strict=True)),
        image.named,
        point.threshold if point.score == "confidence" else None,
    )
    bars.plotly_chart(figure, key="mistakes-closer", config={"displayModeBar": False})


def why(view: View, folder: FaceFolder, face: FaceFile) -> None:
    """Draw the switch for the card that says why a face got the wrong name, and the card."""
    true = None if view.matrix.of_strangers(view.cell) else face.class_name
    if view.said in (true, UNKNOWN) or not st.toggle(
        "Why was it wrong?", key="mistakes-why", persist_state="session"
    ):
        return
    size = folder.details().get(face.key, {}).get("face_size")
    why_card.show(view.run, face_file(face.path), view.said, true, size, "mistakes-why")


def look_inside(view: View) -> None:
    """Draw the switch for the card that shows a face inside the network."""
    if not view.run.is_enrolled:
        st.toggle("Look inside the network", key="mistakes-inside", persist_state="session")


def offer_acts(view: View, folder: FaceFolder, selected: list[FaceFile]) -> None:
    """Draw buttons for the selected images, as on the Data set page."""
    nothing = not selected
    if st.button("Delete", icon=":material/delete:", disabled=nothing, key="mistakes-delete"):
        with errors_shown():
            editing.delete_images(folder, selected)
            changed()
    with st.popover("Move to …", icon=":material/drive_file_move:", disabled=nothing):
        target = choose_class(view, folder)
        wanted = st.button("Move them", type="primary", disabled=not target, key="mistakes-move")
        if wanted and target:
            with errors_shown():
                editing.move_images(folder, dict.fromkeys(selected, target))
                changed()
    undo_button(folder, "mistakes")


def choose_class(view: View, folder: FaceFolder) -> str | None:
    """Draw a box to pick another class or type a new one; at first, the predicted class."""
    others = sorted({*folder.class_names(), UNKNOWN} - {view.matrix.rows[view.cell.row]})
    return st.selectbox(
        "Which class do they belong to?",
        others,
        index=others.index(view.said) if view.said in others else None,
        accept_new_options=True,
        filter_mode="prefix",
        key=f"mistakes-move-to-{view.word}",
        placeholder="Pick or type a name",
    )
