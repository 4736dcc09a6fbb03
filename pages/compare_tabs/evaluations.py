"""Shared by the tabs of the Compare page: runs with their evaluations."""

from dataclasses import replace

import streamlit as st

from facerec.datasets.splits import evenly_drawn
from facerec.embeddings.faces import EmbeddedFaces, embed_faces
from facerec.evaluation.comparison import Contender, milliseconds_per_face
from facerec.recognition import enrolment
from facerec.runs.run import Run
from facerec.system.progress import Progress
from pages.components.embedding_map.kept import KeptFaces, kept_faces
from pages.shared import loaded
from pages.shared.loaded import ready_recogniser

MOST_OF_EACH = 300
BEST = "font-weight: 700; color: #15803d"


def contender(run: Run) -> Contender:
    """A run with its last evaluation; its times are not measured."""
    return Contender(run, loaded.evaluation_of(run))


def timed(contenders: list[Contender]) -> list[Contender]:
    """The contenders with their times, measured once for each run's weights and gallery."""
    return [
        replace(
            item,
            milliseconds=_milliseconds(item.run.name, item.run.knowledge_hash),
            seconds_to_enrol=_seconds_to_enrol(item.run.name, item.run.knowledge_hash)
            if item.run.is_enrolled
            else None,
        )
        for item in contenders
    ]


@st.cache_data(show_spinner="Measuring how long a face takes …", max_entries=64)
def _milliseconds(name: str, knowledge: str) -> float:
    return milliseconds_per_face(ready_recogniser(Run.open(name)))


@st.cache_data(show_spinner="Measuring how long a new person takes …", max_entries=64)
def _seconds_to_enrol(name: str, knowledge: str) -> float:
    return enrolment.seconds_to_enrol(Run.open(name))


def choose_judged(contenders: list[Contender], key: str) -> Contender | None:
    """Draw a choice of the evaluated runs; if there is none, say what to do and give None."""
    by_name = {item.run.name: item for item in judged(contenders)}
    if not by_name:
        return None
    name = next(iter(by_name))
    if len(by_name) > 1:
        name = st.selectbox("Run", list(by_name), key=key, width=320, label_visibility="collapsed")
    return by_name[name]


def looked_at(item: Contender) -> KeptFaces | None:
    """Embedded faces of a run's evaluation, limited in number for known people and strangers.

    None if they could not be embedded; the page then says why.
    """
    run, evaluation = item.run, item.last_evaluation
    kept = kept_faces(run, "judged", run.evaluation_file.stat().st_mtime_ns)

    def embed(progress: Progress) -> EmbeddedFaces:
        strangers = evaluation.strangers.face_files() if evaluation.strangers else []
        return embed_faces(
            ready_recogniser(run),
            evenly_drawn(evaluation.held_out.face_files(), MOST_OF_EACH),
            evenly_drawn(strangers, MOST_OF_EACH),
            progress,
        )

    return kept if kept.look(f"Looking at the faces with {run.name}", embed) else None


def judged(contenders: list[Contender]) -> list[Contender]:
    """The evaluated runs; if there is none, the page says what to do."""
    found = [item for item in contenders if item.evaluation is not None]
    if not found:
        st.info(
            "These runs have not been judged on images that they never saw. Press **Judge** above.",
            icon=":material/lightbulb:",
        )
    return found
