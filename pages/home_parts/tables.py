"""The data sets and runs on the Home page: a click on a row takes it into use."""

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.faces import thumbnails
from facerec.runs.history import kept_record
from facerec.runs.run import Run
from facerec.training import job as training_jobs
from pages.shared import addresses, cards, session
from pages.shared.progress import STATES

FACES_SHOWN = 6
ROW_HEIGHT = 60
MOST_ROWS = 6


def datasets(folders: list[FaceFolder]) -> None:
    """Draw a row with faces for each data set; a click opens it."""
    st.subheader("Data sets", help="Click a row to open it.")
    rows = []
    for folder in folders:
        counts = folder.counts()
        firsts: dict[str, Path] = {}
        for face in folder.face_files():
            firsts.setdefault(face.class_name, face.path)
        paths = list(firsts.values())[:FACES_SHOWN]
        rows.append(
            {
                "Faces": thumbnails.strip(paths) if paths else None,
                "Data set": folder.name,
                "People": len(counts.keys() - {UNKNOWN}),
                "Images": sum(counts.values()),
                "Classes": ", ".join(f"{name} ({images})" for name, images in counts.items()),
            }
        )
    row = _clicked(
        pd.DataFrame(rows),
        "home-datasets",
        {"Faces": st.column_config.ImageColumn(width=FACES_SHOWN * (ROW_HEIGHT - 8))},
        row_height=ROW_HEIGHT,
    )
    if row is not None:
        session.use(dataset=folders[row].name)
        st.switch_page(addresses.DATASET)


def runs(found: list[Run]) -> None:
    """Draw a row for each run; a click takes it into use and offers what to do with it."""
    st.subheader("Runs", help="Click a row to use a run.")
    rows = []
    for run in found:
        history = run.history()
        kept = kept_record(history, run.config.keep) if history else {}
        rows.append(
            {
                "Run": run.name,
                "Recognises by": run.kind_title,
                "State": _state(run),
                "Epochs": "–" if run.is_enrolled else f"{len(history)} of {run.config.epochs}",
                "Validation accuracy": _percent(kept, "validation_accuracy"),
                "Macro F1": _percent(kept, "validation_macro_f1"),
            }
        )
    row = _clicked(pd.DataFrame(rows), "home-runs")
    if row is not None and found[row].name != st.session_state.get("run"):
        session.use(run=found[row].name)
        st.rerun()
    if row is not None:
        with st.container(horizontal=True):
            st.page_link(addresses.LIVE, label="See it live", icon=":material/videocam:")
            st.page_link(addresses.COMPARE, label="Compare", icon=":material/bar_chart:")
            st.page_link(addresses.TRAIN, label="Its curves", icon=":material/model_training:")


def _clicked(
    table: pd.DataFrame, key: str, columns: dict[str, Any] | None = None, row_height: int = 36
) -> int | None:
    """Draw a table that scrolls inside, and give the index of the chosen row, if any."""
    chosen = st.dataframe(
        table,
        hide_index=True,
        column_config=columns,
        row_height=row_height,
        height="content" if len(table) <= MOST_ROWS else (MOST_ROWS + 1) * row_height,
        on_select="rerun",
        selection_mode="single-row",
        key=key,
    )
    rows = chosen.selection.rows
    return rows[0] if rows else None


def _percent(record: dict[str, Any], name: str) -> str:
    return f"{record[name]:.1%}" if name in record else "–"


def _state(run: Run) -> str:
    """State of a run's training, or the number of people that an embedding recogniser knows."""
    if run.is_enrolled:
        return f"knows {cards.people_known(run.gallery)}"
    return STATES[training_jobs.status(run).state]
