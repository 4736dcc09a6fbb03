"""Recognisers and evaluations, loaded once for all tabs."""

import streamlit as st

from facerec.decisions.second_opinion import SCORE
from facerec.evaluation.evaluation import Evaluation
from facerec.evaluation.kept import last_evaluation
from facerec.explanation.heat_maps import Explainer
from facerec.recognition.engines import Engine
from facerec.recognition.fastest_engine import fastest_engine
from facerec.recognition.recogniser import Recogniser
from facerec.runs.run import CacheKey, Run


def evaluation_of(run: Run) -> Evaluation | None:
    """Last evaluation of a run, cached for all sessions; None before there is one.

    Errors as ``last_evaluation``.
    """
    file = run.evaluation_file
    if not file.exists():
        return None
    return _evaluation(run.name, run.knowledge_hash, file.stat().st_mtime_ns)


@st.cache_resource(show_spinner=False, max_entries=32)
def _evaluation(name: str, knowledge: str, changed: int) -> Evaluation | None:
    return last_evaluation(Run.open(name))


def ready_recogniser(run: Run) -> Recogniser:
    """The recogniser with which a run's figures are calculated, loaded once for all sessions."""
    return _recogniser(run.cache_key)


@st.cache_resource(show_spinner="Loading the network …", max_entries=4)
def _recogniser(key: CacheKey) -> Recogniser:
    return Recogniser(Run.open(key[0]), asks_sface=True)


def live_recogniser(run: Run, score: str) -> Recogniser:
    """A run's recogniser with the engine that is fastest on this computer, measured once.

    It asks SFace only if ``score`` is the second opinion, since that takes longer.
    """
    return _live_recogniser(run.cache_key, score == SCORE)


@st.cache_resource(show_spinner=False, max_entries=8)
def _live_recogniser(key: CacheKey, asks_sface: bool) -> Recogniser:
    run = Run.open(key[0])
    engine = _live_engine(run.name, run.weights_hash)
    return Recogniser(run, engine, asks_sface=asks_sface)


# Cached apart from the recogniser: a gallery changes often, its network does not.
@st.cache_resource(
    show_spinner="Finding the fastest way to calculate on this computer …", max_entries=8
)
def _live_engine(name: str, weights: str) -> Engine:
    return fastest_engine(Run.open(name))


@st.cache_resource(show_spinner=False, max_entries=2)
def explainer(key: CacheKey) -> Explainer:
    """What draws heat maps of the run with this ``cache_key``, loaded once for all sessions."""
    return Explainer(Run.open(key[0]))
