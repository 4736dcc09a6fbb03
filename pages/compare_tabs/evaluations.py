"""What the tabs of the Compare page have in common: runs, and what they were found to do."""

from dataclasses import dataclass

import streamlit as st

from facerec.comparison import Contender, milliseconds_per_face
from facerec.evaluation import Evaluation
from facerec.recognition import Classifier
from facerec.runs import Run
from pages import parts

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
        Contender(item.run, item.evaluation, _milliseconds(item.run.name, item.run.weights_hash))
        for item in candidates
    ]


@st.cache_data(show_spinner="Measuring how long a face takes …", max_entries=64)
def _milliseconds(name: str, weights: str) -> float:
    return milliseconds_per_face(Classifier(Run.open(name)))


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
