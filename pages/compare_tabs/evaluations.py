"""What the tabs of the Compare page have in common: runs, and what they were found to do."""

from dataclasses import dataclass

import streamlit as st

from facerec import enrolment
from facerec.comparison import Contender, milliseconds_per_face
from facerec.embedded_faces import EmbeddedFaces, embed_faces
from facerec.evaluation import Evaluation
from facerec.progress import Progress
from facerec.recognition import Classifier
from facerec.runs import Run
from facerec.sampling import evenly_drawn
from pages import parts
from pages.embedding_map.kept import KeptFaces, kept_faces

MOST_OF_EACH = 300
BEST = "font-weight: 700; color: #15803d"


@dataclass(frozen=True)
class Candidate:
    """A run that is compared.

    Parameters
    ----------
    run : Run
    evaluation : Evaluation or None
        None before it was judged with its present weights.
    """

    run: Run
    evaluation: Evaluation | None


def candidate(run: Run) -> Candidate:
    """A run with its last evaluation."""
    return Candidate(run, parts.evaluation_of(run))


def contenders(candidates: list[Candidate]) -> list[Contender]:
    """The same with what a face takes on this computer, measured once for each run's weights."""
    return [
        Contender(
            item.run,
            item.evaluation,
            _milliseconds(item.run.name, item.run.knowledge_hash),
            _seconds_to_enrol(item.run.name, item.run.knowledge_hash) if item.run.gallery else None,
        )
        for item in candidates
    ]


@st.cache_data(show_spinner="Measuring how long a face takes …", max_entries=64)
def _milliseconds(name: str, knowledge: str) -> float:
    return milliseconds_per_face(ready_classifier(Run.open(name)))


@st.cache_data(show_spinner="Measuring how long a new person takes …", max_entries=64)
def _seconds_to_enrol(name: str, knowledge: str) -> float:
    return enrolment.seconds_to_enrol(Run.open(name))


def ready_classifier(run: Run) -> Classifier:
    """What the run's figures are calculated with, loaded once for all."""
    return _classifier(run.cache_key)


@st.cache_resource(show_spinner="Loading the network …", max_entries=4)
def _classifier(key: tuple[str, str, bool]) -> Classifier:
    return Classifier(Run.open(key[0]))


def choose_judged(candidates: list[Candidate], key: str) -> Candidate | None:
    """A choice among the runs that were judged; says what to do, and gives None, without any."""
    by_name = {item.run.name: item for item in judged(candidates)}
    if not by_name:
        return None
    name = next(iter(by_name))
    if len(by_name) > 1:
        name = st.selectbox("Run", list(by_name), key=key, width=320, label_visibility="collapsed")
    return by_name[name]


def looked_at(item: Candidate) -> KeptFaces | None:
    """The faces that a run was judged on, at most so many known ones and as many strangers.

    None where they could not be looked at; the page then says why.
    """
    run, evaluation = item.run, item.evaluation
    kept = kept_faces(run, "judged", run.evaluation_file.stat().st_mtime_ns)

    def embed(progress: Progress) -> EmbeddedFaces:
        strangers = evaluation.strangers.face_files() if evaluation.strangers else []
        return embed_faces(
            ready_classifier(run),
            evenly_drawn(evaluation.held_out.face_files(), MOST_OF_EACH),
            evenly_drawn(strangers, MOST_OF_EACH),
            progress,
        )

    return kept if kept.look(f"Looking at the faces with {run.name}", embed) else None


def judged(candidates: list[Candidate]) -> list[Candidate]:
    """Those that were judged; says on the page what to do where none was."""
    found = [item for item in candidates if item.evaluation is not None]
    if not found:
        st.info(
            "Nothing is known yet of how these runs do on images they never saw. Press **Judge** "
            "above.",
            icon=":material/lightbulb:",
        )
    return found
